package launch

import (
	"fmt"
	"slices"
	"strings"
)

// RoleFor returns the YAML of the roles that grant the missing rights, one for
// each namespace and one for what has no namespace, each with a comment that
// shows how to bind it.
func RoleFor(missing []Need) string {
	var namespaces []string
	for _, need := range missing {
		if !slices.Contains(namespaces, need.Namespace) {
			namespaces = append(namespaces, need.Namespace)
		}
	}
	slices.Sort(namespaces)
	var roles []string
	for _, namespace := range namespaces {
		roles = append(roles, role(namespace, missing))
	}
	return strings.Join(roles, "---\n")
}

func role(namespace string, missing []Need) string {
	var b strings.Builder
	if namespace == "" {
		b.WriteString("# kubectl create clusterrolebinding nettrace --clusterrole=nettrace --user=USER\n")
	} else {
		fmt.Fprintf(&b, "# kubectl -n %s create rolebinding nettrace --role=nettrace --user=USER\n", namespace)
	}
	b.WriteString("apiVersion: rbac.authorization.k8s.io/v1\n")
	if namespace == "" {
		b.WriteString("kind: ClusterRole\nmetadata:\n  name: nettrace\n")
	} else {
		fmt.Fprintf(&b, "kind: Role\nmetadata:\n  name: nettrace\n  namespace: %s\n", namespace)
	}
	b.WriteString("rules:\n")
	for _, rule := range rules(namespace, missing) {
		fmt.Fprintf(&b, "- apiGroups: [%q]\n  resources: [%s]\n  verbs: [%s]\n",
			rule.group, rule.resource, strings.Join(rule.verbs, ", "))
	}
	return b.String()
}

type rule struct {
	group, resource string
	verbs           []string
}

// rules gathers the verbs for each resource, in the order of the needs.
func rules(namespace string, missing []Need) []rule {
	var rules []rule
	for _, need := range missing {
		if need.Namespace != namespace {
			continue
		}
		resource := need.Resource
		if need.Subresource != "" {
			resource += "/" + need.Subresource
		}
		i := slices.IndexFunc(rules, func(r rule) bool { return r.group == need.Group && r.resource == resource })
		if i < 0 {
			i = len(rules)
			rules = append(rules, rule{group: need.Group, resource: resource})
		}
		if !slices.Contains(rules[i].verbs, need.Verb) {
			rules[i].verbs = append(rules[i].verbs, need.Verb)
		}
	}
	return rules
}
