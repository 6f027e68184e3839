package trace

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// summary says the verdict in one sentence that claims no more than was seen.
func summary(r *Report) string {
	switch r.Verdict.Status {
	case verdict.Healthy:
		return healthy(r)
	case verdict.Untested:
		return "nothing could be tested" + because(r)
	}
	// The cause says more than the symptom, but dead pods are not the cause of a
	// layer that fails where they alone would only degrade it.
	if r.Verdict.Layer != route.Pod && r.Verdict.Status == verdict.Broken && r.Verdict.Layers[route.Pod] == verdict.Degraded {
		return symptom(r)
	}
	for _, f := range r.Findings {
		if f.Severity == finding.Error && f.Status == finding.Confirmed && (f.Layer == "" || f.Layer == r.Verdict.Layer) {
			return f.Summary
		}
	}
	return symptom(r)
}

// healthy says who answered, as far as that is known.
func healthy(r *Report) string {
	if r.Target.Type == string(corev1.ServiceTypeExternalName) {
		return fmt.Sprintf("the name leads to %s, which has an address; requests to third parties are not sent", r.Target.ExternalName)
	}
	answered, unknown := map[string]bool{}, 0
	for _, c := range r.Cells {
		if c.Kind == route.Pod {
			continue
		}
		unknown += c.Unknown
		for _, a := range c.Answers {
			answered[a.Endpoint] = true
		}
	}
	for _, e := range r.Target.Neighbours {
		delete(answered, e.Name)
	}
	ready := 0
	for _, e := range r.Target.Endpoints {
		if e.Ready {
			ready++
		} else {
			delete(answered, e.Name)
		}
	}
	endpoints := " endpoints"
	if ready < len(r.Target.Endpoints) {
		endpoints = " ready endpoints"
	}
	text := "every way in that was tested works"
	switch {
	case len(answered) == ready && ready > 1:
		text += fmt.Sprintf("; all %d%s answered", ready, endpoints)
	case len(answered) > 0 && ready > 1:
		text += fmt.Sprintf("; %d of %d%s were seen to answer", len(answered), ready, endpoints)
	case unknown > 0 && ready > 1:
		text += "; the answers do not tell which pod gave them"
	}
	return text + stopped(r)
}

// stopped says which ways in did not lead as far as a pod, since a proxy answered
// itself: what is behind it was not seen to work.
func stopped(r *Report) string {
	var ways []string
	for _, c := range r.Cells {
		if way := cmp.Or(c.Object, layerName(c.Kind)); c.Verdict == verdict.Stopped && !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	if len(ways) == 0 {
		return ""
	}
	return "; not seen beyond the proxy: " + list(ways)
}

// symptom says which routes of the failing layer fail, and from where.
func symptom(r *Report) string {
	broken, degraded, tested := 0, 0, 0
	var from []string
	for _, c := range r.Cells {
		if c.Kind != r.Verdict.Layer || c.Contrast || !c.Verdict.Conclusive() {
			continue
		}
		tested++
		switch c.Verdict {
		case verdict.Healthy:
			continue
		case verdict.Degraded:
			degraded++
		default:
			broken++
		}
		if node := placeOf(c.Vantage); !slices.Contains(from, node) {
			from = append(from, node)
		}
	}
	ways := fmt.Sprintf("%d tested ways to the %s", tested, layerName(r.Verdict.Layer))
	var how string
	switch {
	case degraded == 0:
		how = fmt.Sprintf("%d of %s fail", broken, ways)
	case broken == 0:
		how = fmt.Sprintf("%d of %s fail at times", degraded, ways)
	default:
		how = fmt.Sprintf("%d of %s fail, and %d fail at times", broken, ways, degraded)
	}
	return fmt.Sprintf("%s (from %s)", how, list(from))
}

// placeOf returns how a sentence calls the vantage of a cell.
func placeOf(vantage string) string {
	if vantage == "local" {
		return "this machine"
	}
	if node, itself := strings.CutPrefix(vantage, "node@"); itself {
		return "the network of " + node
	}
	return strings.TrimPrefix(vantage, "pod@")
}

// list joins at most four names, and says how many more there are.
func list(names []string) string {
	if len(names) > 4 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}

func layerName(kind route.Kind) string {
	switch kind {
	case route.Pod:
		return "pods"
	case route.ClusterIP:
		return "ClusterIP"
	case route.DNS:
		return "DNS name"
	case route.NodePort:
		return "NodePort"
	case route.LoadBalancer:
		return "load balancer"
	case route.Ingress:
		return "Ingress"
	}
	return "Gateway"
}

// because gives the reason of the first untested route.
func because(r *Report) string {
	if r.Target.Type == string(corev1.ServiceTypeExternalName) {
		return fmt.Sprintf(": the Service is another name for %s, and requests to third parties are not sent", r.Target.ExternalName)
	}
	for _, c := range r.Cells {
		if c.Reason != "" {
			return ": " + c.Reason
		}
	}
	switch {
	case len(r.Target.Ports) == 0:
		return ": the Service has no port"
	case len(r.Target.Endpoints) == 0:
		return ": the Service has no endpoint and no address of its own"
	}
	return ""
}
