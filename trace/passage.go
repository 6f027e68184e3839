package trace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// fronts finds the proxies through which the targets were asked and gave answers, by
// the index of the trace.
func (run *Run) fronts(ctx context.Context, records [][]wire.Record) [][]target.Front {
	asked := map[int]bool{}
	for i := range run.Plans {
		for _, record := range records[i] {
			if record.Cell == nil {
				continue
			}
			trace, r, ok := run.whose(i, record.Cell.Route)
			answered := slices.ContainsFunc(record.Cell.Tallies, func(t wire.Tally) bool { return t.Status != 0 })
			if ok && answered && r.Protocol.Web() && (r.Kind == route.Ingress || r.Kind == route.Gateway) {
				asked[trace] = true
			}
		}
	}
	all := make([][]target.Front, len(run.Traces))
	for i, t := range run.Traces {
		if asked[i] {
			all[i] = run.reader.Fronts(ctx, t.Target)
		}
	}
	return all
}

// proxiesOf returns the pods of the fronts, each once, without those that are
// endpoints themselves: of these the logs are read as such.
func proxiesOf(fronts [][]target.Front, endpoints []evidence.Numbered) []corev1.Pod {
	known := map[string]bool{}
	for _, e := range endpoints {
		known[e.Pod.Namespace+"/"+e.Pod.Name] = true
	}
	var all []corev1.Pod
	for _, of := range fronts {
		for _, f := range of {
			for _, pod := range f.Pods {
				if name := pod.Namespace + "/" + pod.Name; !known[name] {
					known[name] = true
					all = append(all, pod)
				}
			}
		}
	}
	return all
}

// passed returns what the logs of proxies show of who answered. Where EndpointSlices
// were written to meanwhile, an address may have become another pod's.
func (run *Run) passed(logs logged, changes []target.Changes) []evidence.Sighting {
	var all []evidence.Sighting
	for _, p := range logs.passages {
		if p.Vantage > len(run.Plans) {
			continue
		}
		trace, r, ok := run.whose(p.Vantage-1, p.Route)
		s, told := run.directory.Sighting(p)
		if ok && told && !changes[trace].Written && (r.Kind == route.Ingress || r.Kind == route.Gateway) {
			all = append(all, s)
		}
	}
	return evidence.Uncontested(all, logs.sightings)
}

// retries counts the requests that proxies have sent again, by vantage and route.
func (t *Trace) retries(logs logged) []finding.Retries {
	this := slices.Index(t.run.Traces, t)
	var all []finding.Retries
	counted := map[evidence.Marker]bool{}
	for _, p := range logs.passages {
		if p.Retries == 0 || counted[p.Marker] || p.Vantage > len(t.run.Plans) {
			continue
		}
		if trace, _, ok := t.run.whose(p.Vantage-1, p.Route); !ok || trace != this {
			continue
		}
		a := t.run.Plans[p.Vantage-1].Asked[p.Route-1]
		if a.Trail {
			continue
		}
		counted[p.Marker] = true
		at := slices.IndexFunc(all, func(r finding.Retries) bool { return r.Vantage == p.Vantage-1 && r.Route == a.Route })
		if at < 0 {
			at, all = len(all), append(all, finding.Retries{Vantage: p.Vantage - 1, Route: a.Route, InVain: map[int]int{}})
		}
		all[at].Requests++
		for _, address := range p.Upstreams[:len(p.Upstreams)-1] {
			all[at].InVain[t.run.directory.Index(t.Target, address)]++
		}
	}
	return all
}

// unlogged says of which ways it would be known who answered, had the proxy an access
// log, and none was found.
func (t *Trace) unlogged(o outcome, cells []verdict.Cell) []string {
	this := slices.Index(t.run.Traces, t)
	if len(o.logs.fronts) == 0 || len(o.logs.fronts[this]) == 0 || len(t.Target.Endpoints) < 2 {
		return nil
	}
	for _, p := range o.logs.passages {
		if p.Vantage > len(t.run.Plans) {
			continue
		}
		if a, _, ok := t.run.whose(p.Vantage-1, p.Route); ok && a == this && !t.run.Plans[p.Vantage-1].Asked[p.Route-1].Trail {
			return nil // there is one
		}
	}
	var objects, services []string
	for _, c := range cells {
		r := t.Routes[c.Route]
		if c.OK > 0 && c.Unknown > 0 && (r.Kind == route.Ingress || r.Kind == route.Gateway) && !slices.Contains(objects, r.Object) {
			objects = append(objects, r.Object)
		}
	}
	for _, f := range o.logs.fronts[this] {
		services = append(services, f.Service)
	}
	refused := slices.ContainsFunc(o.logs.unread, func(u target.Unread) bool { return strings.HasPrefix(u.Resource, "pods/log of the controllers") })
	if len(objects) == 0 || refused {
		return nil
	}
	return []string{fmt.Sprintf("an access log of %s with the User-Agent and the server would tell who answered through %s; no such line was found", list(services), list(objects))}
}
