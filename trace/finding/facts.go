package finding

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// service returns the target as kubectl names it.
func (f Facts) service() string { return "service " + f.Target.Service.Name }

// namespaced starts a kubectl command in the target's namespace.
func (f Facts) namespaced(format string, args ...any) string {
	return "kubectl -n " + f.Target.Service.Namespace + " " + fmt.Sprintf(format, args...)
}

// patch returns the command that replaces one field of the Service. The test
// operation makes the API server refuse when the field has changed since.
func (f Facts) patch(path string, was, becomes any) string {
	return patchOf("service", f.Target.Service.Namespace, f.Target.Service.Name, path, was, becomes)
}

// patchOf returns the command that replaces one field of an object, in the same
// way.
func patchOf(kind, namespace, name, path string, was, becomes any) string {
	return patchWith(kind, namespace, name, operation{"test", path, was}, operation{"replace", path, becomes})
}

// operation is one of a JSON patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// patchWith returns the command that patches an object.
func patchWith(kind, namespace, name string, operations ...operation) string {
	text, err := json.Marshal(operations)
	if err != nil {
		return "" // values of the API always marshal
	}
	return fmt.Sprintf("kubectl -n %s patch %s %s --type=json -p '%s'", namespace, kind, name, strings.ReplaceAll(string(text), "'", `'\''`))
}

// cells returns the tested cells of one kind and port, contrast routes aside.
func (f Facts) cells(kind route.Kind, port int) []verdict.Cell {
	return f.where(func(r route.Route) bool { return r.Kind == kind && r.Port == port && !r.Contrast })
}

// where returns the tested cells of the routes that are wanted.
func (f Facts) where(wanted func(route.Route) bool) []verdict.Cell {
	var found []verdict.Cell
	for _, c := range f.Cells {
		if c.Verdict != verdict.Untested && wanted(f.Routes[c.Route]) {
			found = append(found, c)
		}
	}
	return found
}

// proxied reports what traffic to the Service's virtual addresses shows of one
// port: whether any was sent, and whether all of it failed.
func (f Facts) proxied(port int) (tested, failed bool) {
	cells := f.throughService(port)
	for _, c := range cells {
		if c.Verdict != verdict.Broken {
			return true, false
		}
	}
	return len(cells) > 0, len(cells) > 0
}

// outcome says in words how requests to the cells went, such as
// "10.96.0.7:80 from n1: refused x20".
func (f Facts) outcome(cells []verdict.Cell) []Evidence {
	var seen []Evidence
	for _, c := range cells {
		r := f.Routes[c.Route]
		name := r.Address
		if r.Endpoint >= 0 {
			name = f.Target.Endpoint(r.Endpoint).Name + " at " + r.Address
		}
		seen = append(seen, traffic(fmt.Sprintf("%s from %s: %s", name, f.Vantages[c.Vantage], went(c))))
	}
	return seen
}

// went counts how the requests of a cell ended.
func went(c verdict.Cell) string {
	var parts []string
	if c.OK > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d answered", c.OK, c.Sent))
	}
	counts := map[string]int{}
	for _, failure := range c.Failures {
		counts[failure.What] += failure.Count
	}
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s x%d", what, counts[what]))
	}
	return strings.Join(parts, ", ")
}

// allFailed reports whether every failure of the cells is of one of the kinds, and
// nothing succeeded.
func allFailed(cells []verdict.Cell, what ...string) bool {
	for _, c := range cells {
		if c.OK > 0 {
			return false
		}
		for _, failure := range c.Failures {
			if !slices.Contains(what, failure.What) {
				return false
			}
		}
	}
	return len(cells) > 0
}

// labelText writes labels as kubectl does.
func labelText(labels map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, key+"="+labels[key])
	}
	return strings.Join(parts, ",")
}

// portText names a Service port.
func portText(p target.Port) string {
	return cmp.Or(p.Name, fmt.Sprint(p.Port))
}

// said says what an answer was.
func said(t wire.Tally) string {
	switch {
	case t.GRPC != "":
		return "gRPC " + t.GRPC
	case t.Status == 0:
		return "a connection"
	}
	return fmt.Sprintf("HTTP %d", t.Status)
}

// sortedKeys returns the keys of the map in their order.
func sortedKeys[V any](all map[string]V) []string { return slices.Sorted(maps.Keys(all)) }

// some lists at most four of the names, and says how many more there are.
func some(names []string) string {
	if len(names) > 4 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}
