package trace

import (
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// alike has the ways through the chosen objects asked for the same. Where two objects
// are each for a host of its own, the requests differ in that alone.
func (run *Run) alike() {
	objects := run.Options.Route.Through
	if !run.Options.Alike {
		return
	}
	var all []route.Request
	var hosts [][]string
	for _, object := range objects {
		var own []string
		for _, t := range run.Traces {
			for _, q := range route.Requests(t.Routes, object) {
				all = append(all, q)
				own = append(own, q.Host)
			}
		}
		slices.Sort(own)
		hosts = append(hosts, slices.Compact(own))
	}
	if Renamed(hosts) {
		for i := range all {
			all[i].Host = ""
		}
	}
	o := run.Options.Route
	o.Requests = route.Distinct(all)
	for _, t := range run.Traces {
		t.Routes = route.Of(t.Target, o)
	}
	for _, object := range objects {
		run.stray(object, o.Requests)
	}
}

// stray has the object's proxy asked a few times, too, for what no rule of the object
// takes: then it is seen what comes instead.
func (run *Run) stray(object string, requests []route.Request) {
	var asked []route.Request
	for _, t := range run.Traces {
		asked = append(asked, route.Requests(t.Routes, object)...)
	}
	for _, want := range requests {
		if slices.ContainsFunc(asked, want.Like) {
			continue
		}
		for _, t := range run.Traces {
			if strays := route.Strays(t.Routes, object, want); len(strays) > 0 {
				t.Routes = append(t.Routes, strays...)
				break
			}
		}
	}
}

// Renamed reports whether each of two ways has one host, and these differ: then they are
// meant to be the same site under two names.
func Renamed(hosts [][]string) bool {
	return len(hosts) == 2 && len(hosts[0]) == 1 && len(hosts[1]) == 1 && hosts[0][0] != hosts[1][0]
}
