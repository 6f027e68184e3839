package compare

import (
	"fmt"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Subject is one of two that are to be compared.
type Subject struct {
	// Name is how the user names it, such as ingress/web.
	Name      string
	Namespace string
	// Object is the Ingress or route of the Gateway API that it is, as cells have it. It
	// is empty for a Service or workload, whose ways are the Services' own addresses.
	Object   string
	Services []target.Name
}

// way are the cells of one request: from all vantages, at all addresses, and, where a
// rule divides its requests, in the reports of all Services behind it.
type way struct {
	Asked
	cells []trace.Cell
	// services are those that it leads to, and endpoints theirs.
	services  []string
	endpoints map[string]bool
}

// asked reports whether any request was sent.
func (w way) asked() bool {
	return slices.ContainsFunc(w.cells, func(c trace.Cell) bool { return c.Sent > 0 })
}

// proxied reports whether the way leads through a proxy that reads requests.
func (a Asked) proxied() bool { return a.Kind == route.Ingress || a.Kind == route.Gateway }

// url names what a user would ask for, without the protocol.
func (a Asked) url() string {
	return fmt.Sprintf("%s %s%s %v", a.Method, a.Host, a.Path, a.Headers)
}

// identity tells the ways of one side apart.
func (a Asked) identity() string {
	if a.proxied() {
		return fmt.Sprintf("%s %s", a.Protocol, a.url())
	}
	return fmt.Sprintf("%s %d %s", a.Kind, a.Port, a.Protocol)
}

// ways returns the ways of the subject, when it is compared with the other; or, as
// strays, what its proxy was asked for although no rule of it takes that.
func (s Subject) ways(reports []*trace.Report, other Subject, strays bool) []way {
	var all []way
	index := map[string]int{}
	for _, r := range reports {
		if s.Object == "" && !slices.Contains(s.Services, target.Name{Namespace: r.Target.Namespace, Name: r.Target.Name}) {
			continue
		}
		for _, c := range r.Cells {
			if c.Contrast != strays || c.Padding > 0 || !s.has(c, other, headless(r)) {
				continue
			}
			asked := askedOf(c)
			key := asked.identity()
			if c.Vantage == "" && c.Host == "" {
				key += c.Rule + c.Reason // all that is known of it is why it is not asked
			}
			i, known := index[key]
			if !known {
				i = len(all)
				index[key] = i
				all = append(all, way{Asked: asked, endpoints: map[string]bool{}})
			}
			all[i].add(c, r)
		}
	}
	return all
}

// has reports whether a cell is about one of the subject's ways. A Service that is held
// against what stands in front of one is its ClusterIP, and one that has none its pods.
func (s Subject) has(c trace.Cell, other Subject, headless bool) bool {
	switch {
	case s.Object != "":
		return c.Object == s.Object && (c.Kind == route.Ingress || c.Kind == route.Gateway)
	case c.Kind == route.ClusterIP || c.Kind == route.Pod && headless:
		return true
	}
	return other.Object == "" && (c.Kind == route.NodePort || c.Kind == route.LoadBalancer)
}

// cut reports whether there are more ways through Ingresses and routes than were asked.
func cut(reports []*trace.Report) bool {
	return slices.ContainsFunc(reports, func(r *trace.Report) bool {
		return slices.ContainsFunc(r.Cells, func(c trace.Cell) bool {
			return (c.Kind == route.Ingress || c.Kind == route.Gateway) && c.Object == "" && c.Vantage == ""
		})
	})
}

// headless reports whether the Service has no ClusterIP that was asked.
func headless(r *trace.Report) bool {
	return !slices.ContainsFunc(r.Cells, func(c trace.Cell) bool { return c.Kind == route.ClusterIP })
}

func askedOf(c trace.Cell) Asked {
	return Asked{Kind: c.Kind, Protocol: c.Protocol, Method: c.Method, Host: c.Host, Path: c.Path, Headers: c.Headers, Port: c.Port, Object: c.Object, Rule: c.Rule}
}

// add adds a cell of the report.
func (w *way) add(c trace.Cell, r *trace.Report) {
	w.cells = append(w.cells, c)
	if c.Address != "" && !slices.Contains(w.Addresses, c.Address) {
		w.Addresses = append(w.Addresses, c.Address)
	}
	if service := r.Target.Namespace + "/" + r.Target.Name; !slices.Contains(w.services, service) {
		w.services = append(w.services, service)
		slices.Sort(w.services)
	}
	for _, e := range r.Target.Endpoints {
		w.endpoints[e.Name] = true
	}
}

// side describes the subject as the reports have it.
func (s Subject) side(reports []*trace.Report) Side {
	side := Side{Target: s.Name, Namespace: s.Namespace, Services: []string{}, Endpoints: []trace.Endpoint{}}
	for _, name := range s.Services {
		side.Services = append(side.Services, name.String())
	}
	for _, r := range reports {
		if slices.Contains(s.Services, target.Name{Namespace: r.Target.Namespace, Name: r.Target.Name}) {
			side.Endpoints = append(side.Endpoints, r.Target.Endpoints...)
		}
	}
	return side
}
