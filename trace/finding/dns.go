package finding

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// names tells the findings about the Service's names apart: no answer at all,
// another one than it must be, and what these mean for Services without a
// ClusterIP. Each is told of once, for all names and vantages.
func names(f Facts) []Finding {
	var silent, wrong []verdict.Cell
	for _, c := range f.where(func(r route.Route) bool { return r.Kind == route.DNS && r.Lookup != nil }) {
		switch {
		case !c.Verdict.Failing():
		case slices.ContainsFunc(c.Failures, func(f verdict.Failure) bool { return f.Wrong }):
			wrong = append(wrong, c)
		default:
			silent = append(silent, c)
		}
	}
	s := f.Target.Service
	switch {
	case s.Spec.Type == corev1.ServiceTypeExternalName && len(silent)+len(wrong) > 0:
		return f.externalName(append(silent, wrong...))
	case s.Spec.Type == corev1.ServiceTypeExternalName:
		return f.foreignHost()
	case s.Spec.ClusterIP == corev1.ClusterIPNone && len(wrong) > 0:
		return f.headlessNames(wrong)
	case len(wrong) > 0:
		return f.wrongNames(wrong)
	case len(silent) > 0:
		return f.silentNames(silent)
	}
	return nil
}

func (f Facts) externalName(cells []verdict.Cell) []Finding {
	other := f.Target.Service.Spec.ExternalName
	return []Finding{{
		Name: "external-name-unresolvable", Severity: Error, Status: Confirmed, Layer: route.DNS,
		Summary:  fmt.Sprintf("%s stands for %s, and that has no address from inside the cluster", f.service(), other),
		Evidence: append([]Evidence{object("spec.externalName is " + other)}, f.outcome(cells[:min(4, len(cells))])...),
		Fix: []Step{{
			Text:    "correct the name (it must be a DNS name, not an address), or let the cluster's DNS forward it to a server that knows it",
			Command: f.namespaced("get service %s -o yaml", f.Target.Service.Name),
		}},
	}}
}

// foreignHost: clients of a Service that is another name for a server ask that server
// by the Service's name, and its ports mean nothing. Nothing is sent there to see what
// it makes of it.
func (f Facts) foreignHost() []Finding {
	s := f.Target.Service
	own := fmt.Sprintf("%s.%s.svc", s.Name, s.Namespace)
	found := Finding{
		Name: "external-name-host-header", Severity: Info, Status: Unverified,
		Summary:  fmt.Sprintf("clients that ask %s for %s tell it that name: servers that go by the Host header, and certificates, may know %s alone", s.Spec.ExternalName, own, s.Spec.ExternalName),
		Evidence: []Evidence{object("spec.externalName is " + s.Spec.ExternalName)},
		Fix:      []Step{{Text: "have clients use the other name itself, or send it as the Host header and in TLS"}},
	}
	if len(s.Spec.Ports) > 0 {
		found.Evidence = append(found.Evidence, object("spec.ports has entries, which nothing uses: clients must name the server's own port"))
	}
	return []Finding{found}
}

func (f Facts) headlessNames(cells []verdict.Cell) []Finding {
	return []Finding{{
		Name: "headless-dns-mismatch", Severity: Error, Status: Confirmed, Layer: route.DNS,
		Summary:  fmt.Sprintf("the name of the headless %s does not stand for its ready endpoints", f.service()),
		Evidence: f.outcome(cells[:min(4, len(cells))]),
		Fix: []Step{{
			Text:    "if endpoints have just changed, wait for the DNS's cache to run out (30 s by default); else see whether CoreDNS still reads the API (restart it if not)",
			Command: "kubectl -n kube-system logs -l k8s-app=kube-dns --tail=50",
		}},
	}}
}

func (f Facts) wrongNames(cells []verdict.Cell) []Finding {
	return []Finding{{
		Name: "dns-wrong-address", Severity: Error, Status: Confirmed, Layer: route.DNS,
		Summary:  fmt.Sprintf("the name of %s leads elsewhere than to its ClusterIP", f.service()),
		Evidence: f.outcome(cells[:min(4, len(cells))]),
		Fix: []Step{{
			Text:    "look for a rewrite, a hosts entry or a template for this name in CoreDNS's configuration",
			Command: "kubectl -n kube-system get configmap coredns -o yaml",
		}},
	}}
}

// silentNames: no answer to a name. Where other names of the cluster get none
// either, it is the DNS and not the Service.
func (f Facts) silentNames(cells []verdict.Cell) []Finding {
	if !slices.ContainsFunc(cells, func(c verdict.Cell) bool { return !f.withoutDNS(c) }) {
		return nil
	}
	found := Finding{
		Name: "dns-no-answer", Severity: Error, Status: Confirmed, Layer: route.DNS,
		Summary:  fmt.Sprintf("the name of %s does not %sresolve from %s", f.service(), always(cells), some(f.placesOf(cells))),
		Evidence: f.outcome(cells[:min(4, len(cells))]),
	}
	others := 0
	for _, c := range f.Controls {
		r := f.ControlRoutes[c.Route]
		if r.Lookup == nil || !slices.ContainsFunc(cells, func(o verdict.Cell) bool { return o.Vantage == c.Vantage }) {
			continue
		}
		text := fmt.Sprintf("%s from %s: %s", r.Address, f.Vantages[c.Vantage], went(c))
		if c.OK == 0 {
			others++
			text += ": other names do not resolve there either"
		}
		found.Evidence = append(found.Evidence, traffic(text))
	}
	if others > 0 || !allAnswered(cells) {
		found.Fix = []Step{{Text: "see whether the cluster's DNS runs, and whether a NetworkPolicy lets pods reach it (UDP and TCP, port 53)", Command: "kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide"}}
	} else {
		found.Fix = []Step{{Text: "see whether CoreDNS can read Services and EndpointSlices of all namespaces", Command: "kubectl -n kube-system logs -l k8s-app=kube-dns --tail=50"}}
	}
	return []Finding{found}
}

// withoutDNS reports whether a name gets no answer from a place where ClusterIPs do not
// work, of which the DNS has one, too: that is the cause, and told of.
func (f Facts) withoutDNS(c verdict.Cell) bool {
	broken := slices.ContainsFunc(f.where(func(r route.Route) bool { return r.Kind == route.ClusterIP && !r.Contrast }), func(o verdict.Cell) bool {
		return o.Vantage == c.Vantage && len(f.pastClusterIP(o)) > 0
	})
	return broken && slices.ContainsFunc(f.Controls, func(o verdict.Cell) bool {
		return o.Vantage == c.Vantage && o.OK == 0 && f.ControlRoutes[o.Route].Lookup != nil
	})
}

// always weakens a sentence where some lookups did go well.
func always(cells []verdict.Cell) string {
	if slices.ContainsFunc(cells, func(c verdict.Cell) bool { return c.OK > 0 }) {
		return "always "
	}
	return ""
}

// allAnswered reports whether a server did say that there is no such name.
func allAnswered(cells []verdict.Cell) bool {
	return !slices.ContainsFunc(cells, func(c verdict.Cell) bool {
		return slices.ContainsFunc(c.Failures, func(f verdict.Failure) bool { return f.Error != wire.ErrorDNS || f.What == "no answer" })
	})
}

// placesOf returns from where the cells were asked, each once.
func (f Facts) placesOf(cells []verdict.Cell) []string {
	var places []string
	for _, c := range cells {
		places = append(places, f.Vantages[c.Vantage])
	}
	return distinct(places)
}
