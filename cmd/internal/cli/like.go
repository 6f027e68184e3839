package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch/like"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// likeness is what makes the probes look like a client, and how far it does.
type likeness struct {
	labels map[string]string
	node   string
	notes  []string
}

// client returns the name of the pod that --like names.
func client(text string) (string, error) {
	ref, err := parseReference(text)
	if err != nil || ref.Kind != target.PodObject {
		return "", fmt.Errorf("--like %s: name the client as pod/NAME", text)
	}
	return ref.Name, nil
}

// findLikeness reads the pod of --like and what policies know it by. The probes
// then run in its namespace, and, where the user says nothing else, on its node.
func (o *options) findLikeness(ctx context.Context, targets []target.Name) (likeness, error) {
	if o.like == "" {
		return likeness{}, nil
	}
	name, err := client(o.like)
	if err != nil {
		return likeness{}, err
	}
	var namespaces []string
	for _, t := range targets {
		namespaces = append(namespaces, t.Namespace)
	}
	known, err := like.Read(ctx, o.client, o.probeNamespace, name, namespaces...)
	if err != nil {
		return likeness{}, err
	}
	of := like.Of(known.Client, known.Policies)
	found := likeness{labels: of.Labels, node: known.Node}
	said := "no label, since no NetworkPolicy tells it from other pods of its namespace"
	if len(of.Labels) > 0 {
		said = "the labels by which NetworkPolicies know it: " + pairs(of.Labels)
	}
	found.notes = append(found.notes, fmt.Sprintf("the probes run in namespace %s like pod %s, with %s", o.probeNamespace, name, said))
	for _, w := range of.Withheld {
		found.notes = append(found.notes, fmt.Sprintf("to NetworkPolicy %s the probes may not be like pod %s: it asks for the label %s, and %s", w.Policy, name, w.Key, w.Why))
	}
	for _, u := range known.Unread {
		found.notes = append(found.notes, unchecked(u))
	}
	return found, nil
}

func unchecked(u launch.Unchecked) string { return fmt.Sprintf("not checked: %s (%s)", u.What, u.Why) }

// pairs writes labels as kubectl does.
func pairs(labels map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, key+"="+labels[key])
	}
	return strings.Join(parts, ",")
}
