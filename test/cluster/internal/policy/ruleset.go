package policy

import (
	"fmt"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// Table is the name of the nodes' table of rules.
const Table = "nettrace-policy"

// removal makes the table before it removes it, because to remove what is not
// there would be an error.
const removal = "table inet " + Table + "\ndelete table inet " + Table + "\n"

// ruleset is a table being written, for one node.
type ruleset struct {
	selecting
	annotations map[string]string // what each namespace does with what is denied
	node        string
	policies    []*networkingv1.NetworkPolicy
	hooks       strings.Builder
	chains      strings.Builder
	refuses     bool // whether something goes to the chain "refuse"
}

// isolation is a pod of the node and the policies that isolate it.
type isolation struct {
	pod      pod
	policies []*networkingv1.NetworkPolicy
}

// Render returns the rules of one node, as commands for nft that replace the
// table of rules that there is, or remove it where none are needed.
func Render(snapshot Snapshot, node string) (string, error) {
	rules := ruleset{
		selecting: snapshot.selecting(), annotations: map[string]string{}, node: node, policies: sorted(snapshot.Policies),
	}
	for _, namespace := range snapshot.Namespaces {
		rules.annotations[namespace.Name] = namespace.Annotations[DenyAnnotation]
	}
	for _, one := range []direction{egress(), ingress()} {
		if err := rules.write(one); err != nil {
			return "", err
		}
	}
	if rules.hooks.Len() == 0 {
		return removal, nil
	}
	if rules.refuses {
		rules.chain(&rules.chains, "refuse", refusal()...)
	}
	return removal + "table inet " + Table + " {\n" + rules.hooks.String() + rules.chains.String() + "}\n", nil
}

// write adds what holds for one direction, if anything does.
func (r *ruleset) write(d direction) error {
	isolated, err := r.isolated(d)
	if err != nil || len(isolated) == 0 {
		return err
	}
	r.hook(d, isolated)
	for _, one := range isolated {
		r.podChain(d, one)
	}
	for _, policy := range r.policies {
		if err := r.policyChain(d, policy); err != nil {
			return fmt.Errorf("rendering NetworkPolicy %s/%s: %w", policy.Namespace, policy.Name, err)
		}
	}
	return nil
}

// isolated returns the node's pods that any policy isolates in the direction.
func (r *ruleset) isolated(d direction) ([]isolation, error) {
	by := map[string][]*networkingv1.NetworkPolicy{}
	for _, policy := range r.policies {
		if !d.isolates(policy) {
			continue
		}
		pods, err := r.here(policy)
		if err != nil {
			return nil, fmt.Errorf("rendering NetworkPolicy %s/%s: %w", policy.Namespace, policy.Name, err)
		}
		for _, one := range pods {
			key := one.namespace + "/" + one.name
			by[key] = append(by[key], policy)
		}
	}
	var found []isolation
	for _, one := range r.pods {
		if policies := by[one.namespace+"/"+one.name]; len(policies) > 0 {
			found = append(found, isolation{one, policies})
		}
	}
	return found, nil
}

// here returns the pods on this node that a policy is for.
func (r *ruleset) here(policy *networkingv1.NetworkPolicy) ([]pod, error) {
	selected, err := r.of(policy)
	var pods []pod
	for _, one := range selected {
		if one.node == r.node {
			pods = append(pods, one)
		}
	}
	return pods, err
}

// hook writes the chain that the kernel calls, which finds the pod's chain.
// It comes after kube-proxy's, so that what kube-proxy refuses is refused.
func (r *ruleset) hook(d direction, isolated []isolation) {
	targets := map[family][]string{}
	for _, one := range isolated {
		for _, address := range one.pod.addresses {
			family := familyOf(address)
			targets[family] = append(targets[family], fmt.Sprintf("\t\t\t%s : goto %s", address, d.podChain(one.pod)))
		}
	}
	lines := []string{
		"type filter hook forward priority " + d.priority + "; policy accept;",
		"ct state established,related accept",
		// Without these no pod could find another one of its node at all.
		"icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept",
	}
	for _, family := range []family{v4, v6} {
		if found := targets[family]; len(found) > 0 {
			lines = append(lines, fmt.Sprintf("%s %s vmap {\n%s\n\t\t}", family, d.own, strings.Join(found, ",\n")))
		}
	}
	r.chain(&r.hooks, d.chain+"-of-pods", lines...)
}

// podChain writes where a pod's packets go: through all of its policies, each
// of which may accept, and then nowhere.
func (r *ruleset) podChain(d direction, of isolation) {
	var lines []string
	for _, itself := range fromPods(d.peer, []pod{of.pod}) {
		lines = append(lines, itself.text+" accept")
	}
	for _, policy := range of.policies {
		lines = append(lines, "jump "+d.policyChain(policy))
	}
	r.chain(&r.chains, d.podChain(of.pod), append(lines, r.denial(of.policies))...)
}

// policyChain writes what a policy accepts, if it has pods here.
func (r *ruleset) policyChain(d direction, policy *networkingv1.NetworkPolicy) error {
	selected, err := r.here(policy)
	if err != nil || len(selected) == 0 || !d.isolates(policy) {
		return err
	}
	var lines []string
	for _, rule := range d.rules(policy) {
		accepted, err := r.accepted(d, policy, rule, selected)
		if err != nil {
			return err
		}
		for _, one := range accepted {
			lines = append(lines, strings.TrimSpace(one.text+" accept"))
		}
	}
	r.chain(&r.chains, d.policyChain(policy), lines...)
	return nil
}

func (r *ruleset) chain(to *strings.Builder, name string, lines ...string) {
	fmt.Fprintf(to, "\tchain %s {\n", name)
	for _, line := range lines {
		fmt.Fprintf(to, "\t\t%s\n", line)
	}
	fmt.Fprintf(to, "\t}\n")
}
