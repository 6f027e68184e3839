package finding

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// ingressClassUnowned: nobody serves the Ingress, because it has no class, or one
// that does not exist.
func ingressClassUnowned(f Facts) []Finding {
	if slices.ContainsFunc(f.Target.Unread, func(u target.Unread) bool { return strings.HasPrefix(u.Resource, "ingressclasses") }) {
		return nil // which classes there are is not known
	}
	var all []Finding
	for _, in := range f.Target.Ingresses {
		var why string
		switch {
		case in.Class == "":
			why = "names no class, and no IngressClass is the default"
		case in.Controller == "":
			why = "names class " + in.Class + ", which does not exist"
		default:
			continue
		}
		name := "ingress " + in.Namespace + "/" + in.Name
		s := suspicion{object: name, condition: route.Condition{Text: name + " " + why}}
		s.cells = f.where(func(r route.Route) bool { return r.Object == name && !r.Contrast })
		if s.refuted() {
			continue // some controllers serve such ones
		}
		all = append(all, f.raise(s, Finding{
			Name:    "ingress-class-unowned",
			Summary: name + " " + why + ": no controller serves it",
			Fix: []Step{{
				Text:    "set spec.ingressClassName to one of the classes that there are",
				Command: "kubectl get ingressclasses",
			}},
		}))
	}
	return all
}

// backendMissing: a rule of an Ingress or a route leads to a port that the Service
// does not have.
func backendMissing(f Facts) []Finding {
	var all []Finding
	for _, s := range f.suspected(of(route.MissingPort)) {
		found := Finding{
			Name:    "ingress-backend-missing",
			Summary: fmt.Sprintf("%s %s", s.object, s.condition.Text),
			Fix:     f.leadToPort(s),
		}
		if !strings.HasPrefix(s.object, "ingress ") {
			found.Name = "route-refs-unresolved"
		}
		all = append(all, f.raise(s, found))
	}
	return all
}

// leadToPort proposes the patch that leads the Ingress's rules to the Service's
// port, where it has just one; else it names them.
func (f Facts) leadToPort(s suspicion) []Step {
	var names []string
	for _, p := range f.Target.Service.Spec.Ports {
		names = append(names, portText(target.Port{ServicePort: p}))
	}
	kind, name, _ := strings.Cut(s.object, " ")
	namespace, name, _ := strings.Cut(name, "/")
	see := []Step{{
		Text:    fmt.Sprintf("name one of the Service's ports (%s) in the rule", some(names)),
		Command: fmt.Sprintf("kubectl -n %s edit %s %s", namespace, kind, name),
	}}
	ports := f.Target.Service.Spec.Ports
	if kind != "ingress" || len(ports) != 1 {
		return see
	}
	for _, in := range f.Target.Ingresses {
		if in.Namespace != namespace || in.Name != name {
			continue
		}
		if was, path := f.missingBackend(in.Ingress); path != "" {
			return []Step{{
				Text:    fmt.Sprintf("lead the rule to port %d, the only one that the Service has", ports[0].Port),
				Command: patchOf("ingress", namespace, name, path, was, networkingv1.ServiceBackendPort{Number: ports[0].Port}),
			}}
		}
	}
	return see
}

// missingBackend returns the first port in the rules of the Ingress that the
// Service does not have, and the path of the field for a JSON patch.
func (f Facts) missingBackend(in *networkingv1.Ingress) (was networkingv1.ServiceBackendPort, path string) {
	for i, rule := range in.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for j, p := range rule.HTTP.Paths {
			to := p.Backend.Service
			if to != nil && to.Name == f.Target.Service.Name && !f.hasPort(to.Port) {
				return to.Port, fmt.Sprintf("/spec/rules/%d/http/paths/%d/backend/service/port", i, j)
			}
		}
	}
	return was, ""
}

func (f Facts) hasPort(wanted networkingv1.ServiceBackendPort) bool {
	for _, p := range f.Target.Service.Spec.Ports {
		if wanted.Name != "" && p.Name == wanted.Name || wanted.Name == "" && p.Port == wanted.Number {
			return true
		}
	}
	return false
}

// pathRegexUnderPrefix: a path looks like a pattern and is compared letter by
// letter. The requests that its author meant are those that were sent, so that
// failures confirm it.
func pathRegexUnderPrefix(f Facts) []Finding {
	var all []Finding
	for _, s := range f.suspected(of(route.Literal)) {
		all = append(all, f.raise(s, Finding{
			Name:    "ingress-path-regex-under-prefix",
			Summary: fmt.Sprintf("%s: %s, so that it matches nothing that a client would send", s.object, s.condition.Text),
			Fix:     f.regexFix(s),
		}))
	}
	return all
}

// regexFix says how the Ingress's controller is told that paths are regular
// expressions.
func (f Facts) regexFix(s suspicion) []Step {
	_, name, _ := strings.Cut(s.object, " ")
	namespace, name, _ := strings.Cut(name, "/")
	plain := Step{Text: "or write the prefix alone, without the pattern: Prefix matches all that is below it"}
	for _, in := range f.Target.Ingresses {
		if in.Namespace != namespace || in.Name != name {
			continue
		}
		annotation := map[string]string{
			"k8s.io/ingress-nginx":          "nginx.ingress.kubernetes.io/use-regex=true",
			"traefik.io/ingress-controller": "traefik.ingress.kubernetes.io/router.pathmatcher=PathRegexp",
		}[in.Controller]
		if annotation == "" {
			break
		}
		return []Step{
			{Text: "tell the controller that its paths are regular expressions (all of this Ingress's paths then are)", Command: fmt.Sprintf("kubectl -n %s annotate ingress %s %s", namespace, name, annotation)},
			{Text: "and let the path be one, by the type ImplementationSpecific", Command: patchWith("ingress", namespace, name, asPattern(in.Ingress, s)...)},
			plain,
		}
	}
	return []Step{plain}
}

// asPattern returns the operations that give the paths of the suspicion a type under
// which they may be patterns.
func asPattern(in *networkingv1.Ingress, s suspicion) []operation {
	var all []operation
	for i, rule := range in.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for j, p := range rule.HTTP.Paths {
			if p.PathType == nil || *p.PathType == networkingv1.PathTypeImplementationSpecific || p.Path != s.condition.Path {
				continue
			}
			at := fmt.Sprintf("/spec/rules/%d/http/paths/%d/", i, j)
			all = append(all, operation{"test", at + "path", p.Path}, operation{"replace", at + "pathType", networkingv1.PathTypeImplementationSpecific})
		}
	}
	return all
}

// ingressShadowed: another rule takes the requests of this one, or some of them. That
// all answers are of the target's pods refutes it, and so do some, where who gave the
// others is not known anyway.
func ingressShadowed(f Facts) []Finding {
	var all []Finding
	for _, s := range f.suspicions(of(route.Shadowed)) {
		own, strange := f.ownership(s.cells)
		if own > 0 && strange == 0 {
			continue
		}
		where := "may go elsewhere"
		if own > 0 {
			where = fmt.Sprintf("may go elsewhere, and %d of %d answers name no pod of the Service", strange, own+strange)
		}
		all = append(all, f.raise(s, Finding{
			Name:    "ingress-shadowed",
			Summary: fmt.Sprintf("%s: by its rules, requests for %s %s: %s", s.object, s.rule, where, s.condition.Text),
			Fix:     []Step{{Text: "give the two rules different paths or hosts; the longer path wins, and of two that are alike the older one"}},
		}))
	}
	return all
}

// ownership returns how many answers on the ways are known to be of the target's pods,
// and how many name none of them, although all do that come by the ClusterIP.
func (f Facts) ownership(ways []verdict.Cell) (own, strange int) {
	for _, c := range ways {
		for _, a := range c.Answers {
			if a.Endpoint < len(f.Target.Endpoints) {
				own += a.Count
			}
		}
		named := f.cells(route.ClusterIP, f.Routes[c.Route].Port)
		if len(named) > 0 && !slices.ContainsFunc(named, func(c verdict.Cell) bool { return c.Unknown > 0 || c.OK < c.Sent }) {
			strange += c.Unknown
		}
	}
	return own, strange
}

// redirects: a proxy sends clients elsewhere, mostly from HTTP to HTTPS. That is
// no failure, and nothing beyond it was tested.
func redirects(f Facts) []Finding {
	var all []Finding
	known := map[string]bool{}
	for _, c := range f.where(func(r route.Route) bool { return r.Kind == route.Ingress && !r.Contrast }) {
		r := f.Routes[c.Route]
		if c.Verdict != verdict.Stopped || !strings.Contains(c.Reason, "redirect") || known[r.Object] {
			continue
		}
		known[r.Object] = true
		all = append(all, Finding{
			Name: "ingress-redirects", Severity: Info, Status: Confirmed, Layer: route.Ingress,
			Summary:  fmt.Sprintf("%s answers with a redirect before any pod: %s", r.Object, c.Reason),
			Evidence: f.outcome([]verdict.Cell{c}),
			Fix:      []Step{{Text: "to trace the way behind it, give the Ingress a spec.tls for the host, or trace the address that it leads to"}},
		})
	}
	return all
}
