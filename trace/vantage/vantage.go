package vantage

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Kind is the sort of place.
type Kind string

// The kinds of vantage.
const (
	// Pod is an ordinary pod on a node.
	Pod Kind = "pod"
	// Node is a pod in the network of its node.
	Node Kind = "node"
	// Local is the machine that runs kubectl.
	Local Kind = "local"
	// Forward is the API server's port-forward into pods: a way around the
	// network, for where no probe can run.
	Forward Kind = "port-forward"
	// Witness is a pod in the network of its node that sends nothing, but sees the
	// requests of the others go by.
	Witness Kind = "witness"
)

// Vantage is a place that requests are sent from.
type Vantage struct {
	Kind Kind
	// Node is the name of the node on which the probe pod runs; empty for Local.
	Node string
}

// String returns the vantage as --from takes it.
func (v Vantage) String() string {
	if !v.Launched() {
		return string(v.Kind)
	}
	return string(v.Kind) + "@" + v.Node
}

// Launched reports whether a probe has to be launched in the cluster to send, or to
// watch, from there.
func (v Vantage) Launched() bool { return v.Kind == Pod || v.Kind == Node || v.Kind == Witness }

// Place returns how the vantage is called in a sentence.
func (v Vantage) Place() string {
	switch v.Kind {
	case Local:
		return "this machine"
	case Forward:
		return "the API server's port-forward"
	case Node:
		return "the network of " + v.Node
	}
	return v.Node
}

// OnPod returns the vantages of ordinary pods on the nodes.
func OnPod(nodes ...string) []Vantage {
	var all []Vantage
	for _, n := range nodes {
		all = append(all, Vantage{Kind: Pod, Node: n})
	}
	return all
}

// Parse returns the vantages that --from names: NODE or pod@NODE, node@NODE, or
// local.
func Parse(from []string, nodes []corev1.Node) ([]Vantage, error) {
	var chosen []Vantage
	for _, text := range from {
		v, err := parse(text, nodes)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(chosen, v) {
			chosen = append(chosen, v)
		}
	}
	return chosen, nil
}

func parse(text string, nodes []corev1.Node) (Vantage, error) {
	if text == string(Local) {
		return Vantage{Kind: Local}, nil
	}
	kind, name, found := strings.Cut(text, "@")
	if !found {
		kind, name = string(Pod), text
	}
	if kind != string(Pod) && kind != string(Node) || name == "" {
		return Vantage{}, fmt.Errorf("--from %s: a vantage is NODE or pod@NODE, node@NODE, or local", text)
	}
	i := slices.IndexFunc(nodes, func(n corev1.Node) bool { return n.Name == name })
	switch {
	case i < 0 && len(nodes) > 0:
		return Vantage{}, fmt.Errorf("--from %s: the cluster has no node %q; it has %s", text, name, nodeNames(nodes))
	case i >= 0 && !target.NodeReady(&nodes[i]):
		return Vantage{}, fmt.Errorf("--from %s: node %s is not ready, so that no probe can start there", text, name)
	}
	return Vantage{Kind: Kind(kind), Node: name}, nil
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
