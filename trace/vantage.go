package trace

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Vantage is a place that requests are sent from.
type Vantage struct {
	// Node is the name of the node on which the probe pod runs.
	Node string
}

// String returns the vantage as --from takes it.
func (v Vantage) String() string { return "pod@" + v.Node }

// vantages returns the places that from names, each NODE or pod@NODE; without
// any it chooses two nodes.
func vantages(t *target.Target, from []string) ([]Vantage, error) {
	if len(from) == 0 {
		return chooseVantages(t)
	}
	var chosen []Vantage
	for _, text := range from {
		kind, node, found := strings.Cut(text, "@")
		if !found {
			kind, node = "pod", text
		}
		if kind != "pod" || node == "" {
			return nil, fmt.Errorf("--from %s: a vantage is NODE or pod@NODE", text)
		}
		if len(t.Nodes) > 0 && t.Node(node) == nil {
			return nil, fmt.Errorf("--from %s: the cluster has no node %q; it has %s", text, node, nodeNames(t.Nodes))
		}
		if n := t.Node(node); n != nil && !target.NodeReady(n) {
			return nil, fmt.Errorf("--from %s: node %s is not ready, so that no probe can start there", text, node)
		}
		if v := (Vantage{Node: node}); !slices.Contains(chosen, v) {
			chosen = append(chosen, v)
		}
	}
	return chosen, nil
}

// chooseVantages returns two nodes: where possible one that hosts an endpoint
// and one that hosts none, because traffic takes other ways from each.
func chooseVantages(t *target.Target) ([]Vantage, error) {
	var hosting, others []Vantage
	for _, node := range preferred(t.Nodes) {
		if t.Hosts(node) {
			hosting = append(hosting, Vantage{Node: node})
		} else {
			others = append(others, Vantage{Node: node})
		}
	}
	if len(t.Nodes) == 0 {
		// Nodes must not be read: the endpoints tell of some.
		for _, e := range t.Endpoints {
			if v := (Vantage{Node: e.Node}); e.Node != "" && !slices.Contains(hosting, v) {
				hosting = append(hosting, v)
			}
		}
	}
	chosen := slices.Concat(hosting[:min(1, len(hosting))], others[:min(1, len(others))])
	for _, rest := range [][]Vantage{hosting, others} {
		for _, v := range rest {
			if len(chosen) < 2 && !slices.Contains(chosen, v) {
				chosen = append(chosen, v)
			}
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("choosing nodes for the probes: %s; name one with --from", whyNone(t))
	}
	return chosen, nil
}

func whyNone(t *target.Target) string {
	if len(t.Nodes) == 0 {
		return "nodes must not be listed, and no endpoint tells of one"
	}
	return fmt.Sprintf("none of %s is a ready Linux node", nodeNames(t.Nodes))
}

// preferred returns the names of the nodes that probes can run on: ready and
// with Linux; workers before control planes, and those that accept pods first.
func preferred(nodes []corev1.Node) []string {
	var best, rest []string
	for i := range nodes {
		n := &nodes[i]
		if !target.NodeReady(n) || n.Labels["type"] == "virtual-kubelet" || n.Labels[corev1.LabelOSStable] != "" && n.Labels[corev1.LabelOSStable] != "linux" {
			continue
		}
		_, control := n.Labels["node-role.kubernetes.io/control-plane"]
		if control || n.Spec.Unschedulable {
			rest = append(rest, n.Name)
		} else {
			best = append(best, n.Name)
		}
	}
	return append(best, rest...)
}

func nodeNames(nodes []corev1.Node) string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	if len(names) > 10 {
		names = append(names[:9], fmt.Sprintf("and %d more", len(names)-9))
	}
	return strings.Join(names, ", ")
}
