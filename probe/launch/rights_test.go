package launch

import (
	"slices"
	"testing"
)

func TestCheck(t *testing.T) {
	c := newCluster(t)
	c.denied["watch pods"] = true
	c.denied["get nodes"] = true
	missing, err := Check(t.Context(), c.client, Needs("shop"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, need := range missing {
		got = append(got, need.String())
	}
	if want := []string{"watch pods in namespace shop", "get nodes"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A large plan needs one right more, and only then is it asked for.
func TestNeedsOfLargePlan(t *testing.T) {
	c := newCluster(t)
	small, err := c.launcher.needs(testPlan())
	if err != nil || slices.Contains(small, SecretNeed("shop")) {
		t.Errorf("small plan: %v, %v", small, err)
	}
	large, err := c.launcher.needs(largePlan())
	if err != nil || !slices.Contains(large, SecretNeed("shop")) {
		t.Errorf("large plan: %v, %v", large, err)
	}
}

func TestRoleFor(t *testing.T) {
	got := RoleFor([]Need{
		{Verb: "create", Group: "batch", Resource: "jobs", Namespace: "shop"},
		{Verb: "delete", Group: "batch", Resource: "jobs", Namespace: "shop"},
		{Verb: "get", Resource: "nodes"},
		{Verb: "get", Resource: "pods", Subresource: "log", Namespace: "shop"},
		{Verb: "list", Resource: "pods", Namespace: "other"},
	})
	const want = `# kubectl create clusterrolebinding nettrace --clusterrole=nettrace --user=USER
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: nettrace
rules:
- apiGroups: [""]
  resources: [nodes]
  verbs: [get]
---
# kubectl -n other create rolebinding nettrace --role=nettrace --user=USER
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: nettrace
  namespace: other
rules:
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
---
# kubectl -n shop create rolebinding nettrace --role=nettrace --user=USER
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: nettrace
  namespace: shop
rules:
- apiGroups: ["batch"]
  resources: [jobs]
  verbs: [create, delete]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
`
	if got != want {
		t.Errorf("got:\n%s", got)
	}
}
