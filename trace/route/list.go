package route

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// maxReferences bounds how many pods are asked directly, as a measure, for what
// a route from outside should make arrive at them.
const maxReferences = 10

// list collects routes, and the references that they need.
type list struct {
	target  *target.Target
	options Options
	routes  []Route
	// groups are those beyond one for each port, by what arrives at the pods.
	groups map[string]int
}

func newList(t *target.Target, o Options) *list {
	return &list{target: t, options: o, groups: map[string]int{}}
}

// add appends the routes whose kind is wanted. Pods are always asked, since they
// are the measure of everything else.
func (l *list) add(routes ...Route) {
	for _, r := range routes {
		if len(l.options.Via) == 0 || r.Kind == Pod || slices.Contains(l.options.Via, r.Kind) {
			l.routes = append(l.routes, r)
		}
	}
}

// addThrough appends a route that leads through a proxy to the target's port.
// Arriving is the request as the pods should get it. Where it is not the one
// that they are asked anyway, or where the endpoints of other backends may
// answer, the route gets a group of its own, with references in it.
func (l *list) addThrough(r Route, arriving Arriving) {
	p := l.target.Ports[r.Port]
	r.Group = r.Port + 1
	if r.Untested == "" && (arriving.differs(p, host(l.target, p)) || len(r.Backends) > 1) {
		r.Group = l.group(r, arriving)
	}
	if r.Arrives = arriving.Path; arriving.Unknown {
		r.Arrives = ""
	}
	l.add(r)
}

// Arriving is a request as pods get it from a proxy.
type Arriving struct {
	Host, Path string
	Headers    []wire.Header
	// Protocol is the one in which the proxy speaks to the pods, where it is known
	// to be another than the port's.
	Protocol wire.Protocol
	// Method is that of the request; empty means GET.
	Method string
	// Unknown is set where the proxy may change the request in a way that is not
	// understood.
	Unknown bool
}

// differs reports whether the request is another than the one that the port's
// pods are asked directly. That it names another host makes a difference, too:
// applications choose their site by it.
func (a Arriving) differs(p target.Port, host string) bool {
	if a.Protocol != "" && a.Protocol != p.Speaks {
		return true
	}
	return p.Speaks.Web() && (a.Path != p.Path || a.Host != host || len(a.Headers) > 0 || a.Method != "")
}

// group returns the number of the group for what arrives, and makes it with its
// references when it is new.
func (l *list) group(r Route, arriving Arriving) int {
	key := fmt.Sprintf("%d %s %s %s %s %v %v", r.Port, arriving.Protocol, arriving.Method, arriving.Host, arriving.Path, arriving.Headers, r.Backends)
	if number, known := l.groups[key]; known {
		return number
	}
	number := len(l.target.Ports) + len(l.groups) + 1
	l.groups[key] = number
	l.reference(r, arriving, number)
	return number
}

// reference asks pods directly: those of the target, and those of the other
// backends.
func (l *list) reference(r Route, arriving Arriving, group int) {
	asked := 0
	ask := func(endpoint int, address string, number int32) {
		d := base(l.target, r.Port, Pod, address, number)
		d.Protocol = cmp.Or(arriving.Protocol, d.Protocol)
		d.Group, d.Endpoint, d.Node = group, endpoint, l.target.Endpoint(endpoint).Node
		d.Contrast, d.Reference = true, true
		d.Method, d.Host, d.Path, d.Headers = arriving.Method, arriving.Host, arriving.Path, arriving.Headers
		d.Object, d.Rule = r.Object, r.Rule
		l.routes = append(l.routes, d)
		asked++
	}
	for i, e := range l.target.Endpoints {
		if sockets := e.Socketed(l.target.Ports[r.Port]); len(sockets) > 0 && e.Ready && asked < maxReferences {
			ask(i, sockets[0].Address, sockets[0].Number)
		}
	}
	asked = 0
	for _, b := range r.Backends {
		for _, i := range b.Endpoints {
			if e := l.target.Endpoint(i); e.Service != "" && len(e.Sockets) > 0 && e.Ready && asked < maxReferences {
				ask(i, e.Sockets[0].Address, e.Sockets[0].Number)
			}
		}
	}
}
