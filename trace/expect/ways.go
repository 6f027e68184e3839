package expect

import (
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// Ways chooses ways in. What is left empty chooses all.
type Ways struct {
	// Kind is one of the kinds of ways in, Object the Ingress or route as KIND/NAME or
	// KIND/NAMESPACE/NAME, and Host and Path what is asked for.
	Kind   route.Kind
	Object string
	Host   string
	Path   string
	// Port is the Service's, and From the vantage as --from takes it.
	Port int32
	From string
}

// chosen reports whether a cell is one of the ways. What was asked only to tell causes
// apart, or larger than others, is none.
func (w Ways) chosen(c trace.Cell) bool {
	return !c.Contrast && c.Padding == 0 &&
		(w.Kind == "" || c.Kind == w.Kind) &&
		(w.Object == "" || w.names(c.Object)) &&
		(w.Host == "" || c.Host == w.Host) &&
		(w.Path == "" || c.Path == w.Path) &&
		(w.Port == 0 || c.Port == w.Port) &&
		(w.From == "" || c.Vantage == w.From || c.Vantage == "pod@"+w.From)
}

// names reports whether the object, such as "ingress shop/web", is the one that was
// written as a reference.
func (w Ways) names(object string) bool {
	kind, name, _ := strings.Cut(object, " ")
	wantKind, wantName, _ := strings.Cut(w.Object, "/")
	if !strings.Contains(wantName, "/") {
		name = name[strings.LastIndex(name, "/")+1:]
	}
	return strings.EqualFold(kind, wantKind) && name == wantName
}

// asked reports whether requests that can be answered were sent on the way.
func asked(c trace.Cell) bool {
	return c.Verdict != verdict.Untested && c.Sent > 0 && c.Protocol.Web()
}
