package trace

import (
	"cmp"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// maxCompared is how many endpoints are compared: to prove the fingerprints of more
// takes too many requests.
const maxCompared = 30

// compare says of which groups of a plan the endpoints' answers may be compared: a
// text that differs between all of them is a fingerprint only if everyone who may
// answer is asked, and if it differs between equals. What differs between two
// versions of an application would also be that of a pod that nobody knows of.
func (run *Run) compare() {
	shared := run.shared()
	for i := range run.Plans {
		p := &run.Plans[i]
		known := map[int]bool{}
		for n, r := range p.Wire.Routes {
			a := p.Asked[n]
			if a.Trace < 0 || r.Endpoint == 0 || !r.Protocol.Web() {
				continue
			}
			if _, decided := known[r.Group]; !decided {
				known[r.Group] = run.Traces[a.Trace].comparable(p, r.Group)
				if known[r.Group] {
					p.Wire.Comparable, p.Wire.Shared = append(p.Wire.Comparable, r.Group), shared
				}
			}
			if known[r.Group] && r.Padding == 0 {
				p.Wire.Routes[n].More = max(0, wire.MinAgreed-r.Requests)
			}
		}
	}
}

// shared returns what nodes are called, and where they are: every pod there may say
// that.
func (run *Run) shared() []string {
	var all []string
	for _, t := range run.Traces {
		for _, n := range t.Target.Nodes {
			all = append(all, n.Name, n.Labels[corev1.LabelTopologyZone])
			for _, a := range n.Status.Addresses {
				all = append(all, a.Address)
			}
		}
		for _, e := range t.Target.Endpoints {
			all = append(all, e.Node, e.Zone)
			if e.Pod != nil {
				all = append(all, e.Pod.Status.HostIP)
			}
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(text string) bool { return text == "" })
}

// comparable reports whether that is so of a group.
func (t *Trace) comparable(p *Plan, group int) bool {
	asked := map[int]bool{}
	var port target.Port
	for n, r := range p.Wire.Routes {
		if r.Group == group && r.Endpoint != 0 && r.Padding == 0 && r.Protocol.Web() {
			asked[r.Endpoint] = true
			port = t.Target.Ports[t.Routes[p.Asked[n].Route].Port]
		}
	}
	replicas := map[string]int{}
	for i, e := range t.Target.Endpoints {
		if len(e.Socketed(port)) == 0 {
			continue
		}
		if !asked[t.run.directory.Number(t.Target, i)] {
			return false
		}
		replicas[template(e)]++
	}
	for name, count := range replicas {
		if name == "" || count < 2 {
			return false
		}
	}
	return len(replicas) > 0 && len(asked) <= maxCompared && len(t.Target.Neighbours) == 0
}

// template names what an endpoint's pod was made from, or nothing where that is not
// known: only the pods of one revision of a workload are made alike.
func template(e target.Endpoint) string {
	if e.Pod == nil {
		return ""
	}
	labels := e.Pod.Labels
	return cmp.Or(labels[appsv1.DefaultDeploymentUniqueLabelKey], labels[appsv1.ControllerRevisionHashLabelKey])
}

// identified says where the place that the user has chosen does not tell the
// endpoints apart.
func (t *Trace) identified(records [][]wire.Record) []string {
	i := t.run.Options.Identify
	if i == nil {
		return nil
	}
	var held []wire.Locator
	for _, r := range records {
		_, more := evidence.Lessons(r)
		held = append(held, more...)
	}
	var notes []string
	for number, p := range t.Target.Ports {
		tells := slices.ContainsFunc(held, func(l wire.Locator) bool {
			return l.Kind == wire.IdentityChosen && !l.Withdrawn && t.portOf(l.Group) == number+1
		})
		asked := slices.ContainsFunc(t.Routes, func(r route.Route) bool {
			return r.Kind == route.Pod && r.Port == number && r.Protocol.Web() && r.Untested == ""
		})
		if asked && !tells {
			notes = append(notes, "--identify "+i.String()+" does not tell the endpoints apart on port "+fmt.Sprint(p.Port)+": it is not in their direct answers, changes, or is the same for several")
		}
	}
	return notes
}
