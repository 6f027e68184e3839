package finding

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// neighbour is a group of pods that the selector may have meant.
type neighbour struct {
	name, text string
	labels     map[string]string
	distance   int
}

// closest returns at most two pods whose labels differ the least from the
// selector. A pod that shares nothing with it is no neighbour, and neither is one
// that has only the same keys: every application has a label app, and to propose
// the database's pods to the shop's Service helps nobody. Of pods that differ
// alike one stands for all.
func closest(selector map[string]string, t *target.Target) []neighbour {
	var found []neighbour
	known := map[string]bool{}
	for i := range t.Others {
		n := compare(selector, &t.Others[i])
		if key := labelText(n.labels); n.distance < 2*len(selector) && !known[key] {
			known[key] = true
			found = append(found, n)
		}
	}
	slices.SortStableFunc(found, func(a, b neighbour) int { return cmp.Compare(a.distance, b.distance) })
	return found[:min(2, len(found))]
}

// compare measures how far a pod's labels are from the selector: one for each
// value that is written nearly alike, and two for each that is another one or is
// missing.
func compare(selector map[string]string, pod *corev1.Pod) neighbour {
	n := neighbour{name: "pod " + pod.Name, text: "pod " + pod.Name + " is close", labels: maps.Clone(selector)}
	for _, key := range slices.Sorted(maps.Keys(selector)) {
		value, has := pod.Labels[key]
		switch {
		case !has:
			n.distance += 2
			delete(n.labels, key)
			n.text += fmt.Sprintf("; it has no label %s", key)
		case value != selector[key]:
			n.distance += 2
			if target.Alike(value, selector[key]) {
				n.distance--
			}
			n.labels[key] = value
			n.text += fmt.Sprintf("; its %s is %s, not %s", key, value, selector[key])
		}
	}
	return n
}
