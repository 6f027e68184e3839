package print

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// Plan shows what a run would send and create, for people.
func Plan(w io.Writer, run *trace.Run, namespace, image string) error {
	fmt.Fprintf(w, "%s: nothing is sent and nothing is created (dry run)\n\n", targets(run))
	table := newGrid("FROM", "WAY IN", "ADDRESS", "REQUEST", "COUNT")
	jobs := 0
	for _, plan := range run.Plans {
		if plan.Vantage.Launched() && len(plan.Asked) > 0 {
			jobs++
		}
		for i, sent := range plan.Wire.Routes {
			r := run.Route(plan.Asked[i])
			way := string(r.Kind)
			if r.Contrast {
				way += " (contrast)"
			}
			if err := table.Append([]string{from(plan.Vantage), way, plain(sent.Address), plain(request(sent)), fmt.Sprint(sent.Requests)}); err != nil {
				return err
			}
		}
	}
	if err := table.write(w); err != nil {
		return err
	}
	for _, t := range run.Traces {
		fmt.Fprint(w, byReason(t.Unasked()))
	}
	load := run.Options.Load
	fmt.Fprintf(w, "\nLoad      %d requests, at most %d at once and %g a second\n", run.Requests(), load.Concurrency, load.Rate)
	_, err := fmt.Fprint(w, hang("Creates   ", fmt.Sprintf("%d Jobs in namespace %s with image %s (see them with -o yaml)", jobs, namespace, image)))
	return err
}

// targets names what a run traces.
func targets(run *trace.Run) string {
	var names []string
	for _, t := range run.Traces {
		names = append(names, fmt.Sprintf("svc/%s -n %s", t.Target.Service.Name, t.Target.Service.Namespace))
	}
	return strings.Join(names, ", ")
}

// from names a vantage in a table of plans.
func from(v vantage.Vantage) string {
	if v.Kind == vantage.Pod {
		return v.Node
	}
	return v.String()
}

// request says what is sent.
func request(r wire.Route) string {
	switch {
	case r.Lookup != nil:
		return "dns " + string(r.Lookup.Type)
	case r.Protocol == wire.UDP:
		return fmt.Sprintf("udp, %d bytes", len(r.Payload))
	case r.Protocol == wire.TCP:
		return "tcp connect"
	case r.Protocol == wire.GRPC || r.Protocol == wire.GRPCS:
		return fmt.Sprintf("%s %s", r.Protocol, cmp.Or(r.Path, "health check"))
	}
	text := fmt.Sprintf("%s %s %s", r.Protocol, cmp.Or(r.Method, "GET"), strings.Replace(r.Path, wire.MarkerSlot, "ID", 1))
	if r.Padding > 0 {
		text += fmt.Sprintf(" (+%d bytes)", r.Padding)
	}
	return text
}

// Explain shows for each way in where its address came from, what would be asked
// there, and from where.
func Explain(w io.Writer, run *trace.Run) error {
	fmt.Fprintf(w, "%s: nothing is sent and nothing is created\n", targets(run))
	for _, t := range run.Traces {
		for i, r := range t.Routes {
			if r.Contrast {
				continue
			}
			fmt.Fprint(w, "\n", explain(r, run.Askers(t, i)))
		}
	}
	return nil
}

// explain tells of one route.
func explain(r route.Route, askers []string) string {
	text := hang("", fmt.Sprintf("%s %s", r.Kind, r.Address))
	line := func(label, value string) {
		if value != "" {
			text += hang("  "+label+strings.Repeat(" ", 9-len(label)), value)
		}
	}
	line("found in", r.Source)
	line("guessed", r.Guessed)
	line("through", r.Object)
	line("rule", r.Rule)
	if r.Untested == "" {
		line("request", request(wire.Route{Protocol: r.Protocol, Method: r.Method, Path: r.Path, Lookup: r.Lookup, Payload: r.Payload}))
		line("host", r.Host)
		line("arrives", r.Arrives)
		line("from", strings.Join(askers, ", "))
	} else {
		line("untested", r.Untested)
	}
	return text
}
