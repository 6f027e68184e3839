package print

import (
	"fmt"
	"io"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// Plan shows what a run would send and create, for people.
func Plan(w io.Writer, t *trace.Trace, namespace, image string) error {
	service := t.Target.Service
	fmt.Fprintf(w, "svc/%s -n %s: nothing is sent and nothing is created (dry run)\n\n", service.Name, service.Namespace)
	table := newGrid("FROM", "WAY IN", "ADDRESS", "REQUEST", "COUNT")
	total := 0
	for _, plan := range t.Plans {
		for i, sent := range plan.Wire.Routes {
			r := t.Routes[plan.Routes[i]]
			request := string(sent.Protocol) + " connect"
			if sent.Path != "" {
				request = fmt.Sprintf("%s GET %s", sent.Protocol, sent.Path)
			}
			if sent.Lookup != nil {
				request = fmt.Sprintf("%s lookup", sent.Lookup.Type)
			}
			if len(sent.Payload) > 0 {
				request = fmt.Sprintf("%s datagram of %d bytes", sent.Protocol, len(sent.Payload))
			}
			way := string(r.Kind)
			if r.Contrast {
				way += " (contrast)"
			}
			if err := table.Append([]string{plan.Vantage.Node, way, sent.Address, plain(request), fmt.Sprint(sent.Requests)}); err != nil {
				return err
			}
			total += sent.Requests
		}
	}
	if err := table.write(w); err != nil {
		return err
	}
	var untested []trace.Cell
	for _, r := range t.Routes {
		if r.Untested != "" {
			untested = append(untested, trace.Cell{Kind: r.Kind, Address: r.Address, Reason: r.Untested})
		}
	}
	fmt.Fprint(w, byReason(untested))
	load := t.Options.Load
	fmt.Fprintf(w, "\nLoad      %d requests, at most %d at once and %g a second\n", total, load.Concurrency, load.Rate)
	_, err := fmt.Fprint(w, hang("Creates   ", fmt.Sprintf("%d Jobs in namespace %s with image %s (see them with -o yaml)", len(t.Plans), namespace, image)))
	return err
}
