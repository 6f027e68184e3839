package print

import (
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// overview says the verdict of each target in a line.
func overview(out io.Writer, reports []*trace.Report) {
	counts := map[verdict.Verdict]int{}
	for _, r := range reports {
		counts[r.Verdict.Status]++
	}
	var parts []string
	for _, v := range []verdict.Verdict{verdict.Broken, verdict.Degraded, verdict.Healthy, verdict.Stopped, verdict.ShortCut, verdict.Untested} {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], v))
		}
	}
	fmt.Fprintf(out, "%d Services · %s\n\n", len(reports), strings.Join(parts, " · "))
	width := 0
	for _, r := range reports {
		width = max(width, runewidth.StringWidth(mark(r.Verdict.Status)))
	}
	for _, r := range reports {
		fmt.Fprint(out, hang(runewidth.FillRight(mark(r.Verdict.Status), width), fmt.Sprintf("svc/%s -n %s: %s", r.Target.Name, r.Target.Namespace, r.Verdict.Summary)))
	}
}

// heading names the target and what it promises.
func heading(r *trace.Report) string {
	t := r.Target
	ready, nodes := 0, map[string]bool{}
	for _, e := range t.Endpoints {
		if e.Ready {
			ready++
		}
		if e.Node != "" {
			nodes[e.Node] = true
		}
	}
	endpoints := fmt.Sprintf("%d/%d endpoints ready", ready, len(t.Endpoints))
	switch len(nodes) {
	case 0:
	case 1:
		endpoints += " on 1 node"
	default:
		endpoints += fmt.Sprintf(" on %d nodes", len(nodes))
	}
	if len(t.Endpoints) == 0 {
		endpoints = "no endpoints"
	}
	return fmt.Sprintf("svc/%s -n %s · %s · %s", t.Name, t.Namespace, strings.TrimSpace(t.Type+" "+leads(t)), endpoints)
}

// judged says the verdict, how far requests get, and why no further.
func judged(r *trace.Report) string {
	label := mark(r.Verdict.Status)
	if r.Verdict.Reach == "" {
		return hang(label, r.Verdict.Summary)
	}
	return hang(label, r.Verdict.Reach+":") + hang(strings.Repeat(" ", runewidth.StringWidth(label)), r.Verdict.Summary)
}

// maxPorts is how many ports of a Service are listed; of more, the number is told.
const maxPorts = 8

// leads says which ports lead to which, or the name that the Service is another
// for.
func leads(t trace.Target) string {
	if t.ExternalName != "" {
		return t.ExternalName
	}
	var ports []string
	for _, p := range t.Ports {
		ports = append(ports, fmt.Sprintf("%d→%s", p.Port, p.TargetPort))
	}
	if more := len(ports) - maxPorts; more > 1 {
		ports = append(ports[:maxPorts], fmt.Sprintf("and %d more ports", more))
	}
	return strings.Join(ports, " ")
}

func mark(v verdict.Verdict) string {
	switch v {
	case verdict.Healthy:
		return "✔ HEALTHY  "
	case verdict.Degraded:
		return "✘ DEGRADED  "
	case verdict.Broken:
		return "✘ BROKEN  "
	case verdict.Stopped:
		return "? STOPPED AT PROXY  "
	case verdict.ShortCut:
		return "? SHORT-CUT  "
	}
	return "? UNTESTED  "
}
