package vantage

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Choose returns pods on two nodes: where possible one that hosts an endpoint of
// the targets and one that hosts none, because traffic takes other ways from
// each.
func Choose(targets ...*target.Target) ([]Vantage, error) {
	var hosting, others []string
	nodes := targets[0].Nodes
	for _, node := range preferred(nodes) {
		if slices.ContainsFunc(targets, func(t *target.Target) bool { return t.Hosts(node) }) {
			hosting = append(hosting, node)
		} else {
			others = append(others, node)
		}
	}
	if len(nodes) == 0 {
		hosting = endpointNodes(targets)
	}
	chosen := slices.Concat(hosting[:min(1, len(hosting))], others[:min(1, len(others))])
	for _, node := range slices.Concat(hosting, others) {
		if len(chosen) < 2 && !slices.Contains(chosen, node) {
			chosen = append(chosen, node)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("choosing nodes for the probes: %s; name one with --from", whyNone(nodes))
	}
	return OnPod(chosen...), nil
}

// endpointNodes are the nodes that endpoints tell of, for where nodes must not
// be read.
func endpointNodes(targets []*target.Target) []string {
	var names []string
	for _, t := range targets {
		for _, e := range t.Endpoints {
			if e.Node != "" && !slices.Contains(names, e.Node) {
				names = append(names, e.Node)
			}
		}
	}
	return names
}

func whyNone(nodes []corev1.Node) string {
	if len(nodes) == 0 {
		return "nodes must not be listed, and no endpoint tells of one"
	}
	return fmt.Sprintf("none of %s is a ready Linux node", nodeNames(nodes))
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
