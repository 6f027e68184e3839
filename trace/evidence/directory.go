package evidence

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Directory numbers the endpoints of all targets of a run, as plans and records
// do. A pod that stands behind two Services has one number.
type Directory struct {
	numbers   map[string]int
	endpoints []target.Endpoint
}

// NewDirectory returns the directory of the targets' endpoints and neighbours.
func NewDirectory(targets []*target.Target) *Directory {
	d := &Directory{numbers: map[string]int{}}
	for _, t := range targets {
		for i := range t.Known() {
			e := t.Endpoint(i)
			if _, known := d.numbers[e.Key()]; !known {
				d.endpoints = append(d.endpoints, e)
				d.numbers[e.Key()] = len(d.endpoints)
				continue
			}
			// Another Service may lead to other addresses of the same pod.
			at := &d.endpoints[d.numbers[e.Key()]-1]
			at.Sockets = append(at.Sockets[:len(at.Sockets):len(at.Sockets)], e.Sockets...)
		}
	}
	return d
}

// Number returns the number of the target's endpoint with the index, from 1; 0
// for -1, which is none.
func (d *Directory) Number(t *target.Target, index int) int {
	if index < 0 {
		return 0
	}
	return d.numbers[t.Endpoint(index).Key()]
}

// Numbered is a pod, and the number of the endpoint that it is.
type Numbered struct {
	Pod    *corev1.Pod
	Number int
}

// Pods returns the endpoints that are pods.
func (d *Directory) Pods() []Numbered {
	var all []Numbered
	for i, e := range d.endpoints {
		if e.Pod != nil {
			all = append(all, Numbered{e.Pod, i + 1})
		}
	}
	return all
}

// Endpoints returns all endpoints in the order of their numbers, with what
// answers may call them. A string that would name two of them (pods in the
// host's network share its address and name) is left out, because it tells
// nothing.
func (d *Directory) Endpoints() []wire.Endpoint {
	owners := map[string]int{}
	all := make([][]wire.Identity, len(d.endpoints))
	for i, endpoint := range d.endpoints {
		all[i] = identities(endpoint)
		mine := map[string]bool{}
		for _, identity := range all[i] {
			if !mine[identity.Value] {
				mine[identity.Value] = true
				owners[identity.Value]++
			}
		}
	}
	endpoints := make([]wire.Endpoint, len(all))
	for i := range all {
		endpoints[i].ID = i + 1
		for _, identity := range all[i] {
			if owners[identity.Value] == 1 {
				endpoints[i].Identities = append(endpoints[i].Identities, identity)
			}
		}
	}
	return endpoints
}

// indexes returns which endpoint of the target has each number; those that are
// not the target's are missing.
func (d *Directory) indexes(t *target.Target) map[int]int {
	indexes := map[int]int{}
	for i := range t.Known() {
		if _, known := indexes[d.Number(t, i)]; !known {
			indexes[d.Number(t, i)] = i
		}
	}
	return indexes
}
