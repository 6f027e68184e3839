package finding

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// Trail is a request for what lies beneath the prefix of a rule, and what came of it
// through the proxy and of the same asked directly.
type Trail struct {
	// Object and Rule are those of the route.
	Object, Rule string
	// Prefix is the rule's, Sent the path with it, and Bare the one without.
	Prefix, Sent, Bare string
	// Kept is set where Bare was seen not to be what arrived.
	Kept bool
	// Through, Whole and Stripped are the statuses through the proxy, and directly of
	// Sent and of Bare; 0 where there were several or none.
	Through, Whole, Stripped int
	// Drops is the path with which everything beneath the prefix arrives by the
	// configuration, if that is a single one. Alike is set where different paths were
	// seen to get the same answer through the proxy, and others directly; Unlike where
	// they got different ones.
	Drops         string
	Alike, Unlike bool
}

// prefixNotStripped: the pods know a path, and do not know it beneath the prefix of a
// rule that hands the prefix on to them, nor the prefix itself. They may know others
// there, so that it is only told.
func prefixNotStripped(f Facts) []Finding {
	var all []Finding
	for _, t := range f.Trails {
		cells := f.where(func(r route.Route) bool { return r.Object == t.Object && r.Rule == t.Rule })
		known := t.Stripped >= http.StatusOK && t.Stripped < http.StatusMultipleChoices
		if !t.Kept || !known || t.Through != http.StatusNotFound || t.Whole != http.StatusNotFound || len(cells) == 0 {
			continue
		}
		for _, c := range cells {
			for _, tally := range c.Seen.Tallies {
				known = known && tally.Status == http.StatusNotFound
			}
		}
		if !known {
			continue // the prefix itself is known to them
		}
		all = append(all, Finding{
			Name: "ingress-prefix-not-stripped", Severity: Info, Status: Unverified, Layer: f.Routes[cells[0].Route].Kind,
			Summary: fmt.Sprintf("the pods know nothing that was asked beneath %s through %s, and know %s without it: the prefix is not stripped", t.Prefix, t.Object, pathOf(t.Bare)),
			Evidence: []Evidence{
				traffic(fmt.Sprintf("%s through %s: HTTP %d", pathOf(t.Sent), t.Object, t.Through)),
				traffic(fmt.Sprintf("%s asked of pods directly: HTTP %d", pathOf(t.Sent), t.Whole)),
				traffic(fmt.Sprintf("%s asked of pods directly: HTTP %d", pathOf(t.Bare), t.Stripped)),
			},
			Fix: []Step{{Text: "if the application does not serve " + t.Prefix + " itself, have the prefix stripped: " + stripping(f.Routes[cells[0].Route].Kind, t.Prefix)}},
		})
	}
	return all
}

// stripping says how a prefix is stripped.
func stripping(kind route.Kind, prefix string) string {
	if kind == route.Gateway {
		return "a URLRewrite filter in the rule, with path type ReplacePrefixMatch and replacePrefixMatch: /"
	}
	return fmt.Sprintf("with ingress-nginx path %s(/|$)(.*) of type ImplementationSpecific and annotation rewrite-target: /$2; with Traefik a Middleware stripPrefix; with others their own annotation", prefix)
}

// rewriteDropsPath: by the configuration everything beneath a prefix arrives as one
// path, because what comes after the prefix is not handed on.
func rewriteDropsPath(f Facts) []Finding {
	var all []Finding
	for _, t := range f.Trails {
		cells := f.where(func(r route.Route) bool { return r.Object == t.Object && r.Rule == t.Rule })
		if t.Drops == "" || t.Unlike || len(cells) == 0 {
			continue
		}
		found := Finding{
			Name: "ingress-rewrite-drops-path", Severity: Warning, Status: Unverified, Layer: f.Routes[cells[0].Route].Kind,
			Summary:  fmt.Sprintf("by its configuration, %s has whatever is asked for beneath %s arrive as %s", t.Object, t.Prefix, t.Drops),
			Evidence: []Evidence{object(fmt.Sprintf("%s rewrites every path of the rule to %s, without what comes after %s", t.Object, t.Drops, t.Prefix))},
			Fix:      []Step{{Text: "if that is not meant, hand on the rest of the path: " + stripping(f.Routes[cells[0].Route].Kind, t.Prefix)}},
		}
		if t.Alike {
			found.Status = Confirmed
			found.Evidence = append(found.Evidence, traffic(fmt.Sprintf("%s and a path that no application knows got there the answer that pods give to %s, and different ones of pods directly", pathOf(t.Sent), t.Drops)))
		}
		all = append(all, found)
	}
	return all
}

// pathOf returns a path without what makes each request its own.
func pathOf(text string) string {
	for _, own := range []string{"?nettrace=ID", "&nettrace=ID"} {
		text = strings.TrimSuffix(text, own)
	}
	return text
}
