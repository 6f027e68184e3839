package target

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"
)

// Changes are what became different about the endpoints of a Service since its
// Target was read.
type Changes struct {
	// Endpoints are those that differ, in the order of their names.
	Endpoints []Change
	// Written is set when the EndpointSlices were written to, or may have been.
	// What changed and changed back shows in that alone.
	Written bool
}

// Change is what happened to one endpoint.
type Change struct {
	Endpoint string
	// Event is one of those below.
	Event Event
	key   string
}

// Event is something that happens to an endpoint, in words that follow its name.
type Event string

// The events.
const (
	Appeared    Event = "is new"
	Disappeared Event = "is gone"
	GotReady    Event = "became ready"
	GotUnready  Event = "is no longer ready"
)

// Of returns what happened to the endpoint, or "".
func (c Changes) Of(e Endpoint) Event {
	for _, change := range c.Endpoints {
		if change.key == e.key {
			return change.Event
		}
	}
	return ""
}

// Endpoints returns the endpoints of a Service as its EndpointSlices show them now,
// without their pods.
func (r *Reader) Endpoints(ctx context.Context, name Name) ([]Endpoint, error) {
	list, err := readSlices(ctx, r.client, name.Namespace, name.Name)
	if err != nil {
		return nil, err
	}
	return endpoints(list, nil), nil
}

// Changes reads the EndpointSlices of the target again.
func (r *Reader) Changes(ctx context.Context, t *Target) (Changes, error) {
	list, err := readSlices(ctx, r.client, t.Service.Namespace, t.Service.Name)
	if err != nil {
		return Changes{}, err
	}
	changes := compare(t.Endpoints, endpoints(list, nil))
	changes.Written = len(changes.Endpoints) > 0 || !maps.Equal(t.generations, generations(list))
	return changes, nil
}

// compare returns how the endpoints differ from what they were.
func compare(before, after []Endpoint) Changes {
	var all []Change
	add := func(e Endpoint, event Event) { all = append(all, Change{Endpoint: e.Name, Event: event, key: e.key}) }
	was := map[string]Endpoint{}
	for _, e := range before {
		was[e.key] = e
	}
	for _, e := range after {
		old, known := was[e.key]
		delete(was, e.key)
		switch {
		case !known:
			add(e, Appeared)
		case e.Ready && !old.Ready:
			add(e, GotReady)
		case !e.Ready && old.Ready:
			add(e, GotUnready)
		}
	}
	for _, e := range was {
		add(e, Disappeared)
	}
	slices.SortFunc(all, func(a, b Change) int { return cmp.Or(cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.key, b.key)) })
	return Changes{Endpoints: all}
}

// generations returns the generation of each slice, which the API server counts up
// whenever anything but metadata changes.
func generations(list sliceList) map[types.UID]int64 {
	all := map[types.UID]int64{}
	for _, slice := range list {
		all[slice.UID] = slice.Generation
	}
	return all
}
