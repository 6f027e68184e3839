package trace

import (
	"fmt"
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
	// The cause says more than the symptom.
	for _, f := range r.Findings {
		if f.Severity == finding.Error && f.Status == finding.Confirmed {
			return f.Summary
		}
	}
	return symptom(r)
}

// healthy says who answered, as far as that is known.
func healthy(r *Report) string {
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
	ready := 0
	for _, e := range r.Target.Endpoints {
		if e.Ready {
			ready++
		}
	}
	text := "every way in that was tested works"
	switch {
	case len(answered) == ready && ready > 1:
		text += fmt.Sprintf("; all %d endpoints answered", ready)
	case len(answered) > 0 && ready > 1:
		text += fmt.Sprintf("; %d of %d endpoints were seen to answer", len(answered), ready)
	case unknown > 0 && ready > 1:
		text += "; the answers do not tell which pod gave them"
	}
	return text
}

// symptom says which routes of the failing layer fail, and from where.
func symptom(r *Report) string {
	failing, tested := 0, 0
	var from []string
	for _, c := range r.Cells {
		if c.Kind != r.Verdict.Layer || c.Contrast || c.Verdict == verdict.Untested {
			continue
		}
		tested++
		if c.Verdict == verdict.Healthy {
			continue
		}
		failing++
		if node := strings.TrimPrefix(c.Vantage, "pod@"); !strings.Contains(" "+strings.Join(from, " ")+" ", " "+node+" ") {
			from = append(from, node)
		}
	}
	return fmt.Sprintf("%d of %d tested ways to the %s fail (from %s)", failing, tested, layerName(r.Verdict.Layer), strings.Join(from, ", "))
}

func layerName(kind route.Kind) string {
	switch kind {
	case route.Pod:
		return "pods"
	case route.ClusterIP:
		return "ClusterIP"
	}
	return "NodePort"
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
	if len(r.Target.Endpoints) == 0 {
		return ": the Service has no endpoint"
	}
	return ""
}
