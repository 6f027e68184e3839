package print_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// What others wrote must neither command the terminal nor turn its direction.
func TestHostileText(t *testing.T) {
	const evil = "a\x1b[31m\x1b]0;owned\x07\u009b2Jb\u202ec\u2066d\x7fe\r\nf\u200bg\xffh"
	r := traced(t, web(2), fault(tracetest.Hop{Kind: route.ClusterIP}, tracetest.Timeout))
	r.Target.Endpoints[0].Name, r.Target.Endpoints[0].Node = evil, evil
	r.Verdict.Summary, r.Notes, r.NamedBy = evil, []string{evil}, []string{evil}
	r.Witnesses = []trace.WitnessReport{{Node: evil, Error: evil}, {Node: evil}}
	r.Unread = []target.Unread{{Resource: evil, Reason: evil, Loses: evil}}
	r.Vantages[0].Error = evil
	r.Target.Ports[0].Path, r.Target.Ports[0].Why = evil, evil
	r.Target.Name, r.Target.Ports[0].TargetPort = evil, evil
	for i := range r.Cells {
		r.Cells[i].Path, r.Cells[i].Reason = evil, evil
		for j := range r.Cells[i].Failures {
			r.Cells[i].Failures[j].What = evil
		}
		for j := range r.Cells[i].Answers {
			r.Cells[i].Answers[j].Endpoint = evil
		}
		r.Cells[i].Samples = []wire.Sample{{Detail: evil, TraceID: evil, Outcome: wire.Outcome{Error: evil, GRPC: evil}}}
		r.Cells[i].Certificates = []wire.Certificate{{SHA256: evil, Subject: evil, Issuer: evil, Names: []string{evil}, Mismatch: evil}}
		r.Cells[i].Resolutions = []wire.Resolution{{Values: []string{evil}, Code: evil, Name: evil}}
		r.Cells[i].HopsOf, r.Cells[i].Hops = evil, []trace.Hop{{Node: evil, Interface: evil, Device: evil, From: evil, To: evil, Endpoint: evil, Proxy: evil, Method: evil, Path: evil, Host: evil}}
		r.Cells[i].Want, r.Cells[i].Source = []string{evil}, evil
	}
	way := trace.Cell{Kind: route.Ingress, Protocol: evil, Address: evil, Host: evil, Path: evil, Object: evil, Rule: evil, Arrives: evil, Guessed: evil, Vantage: "node@" + evil,
		Verdict: verdict.Stopped, Reason: "redirects to " + evil + " (302)", Sent: 1, Failures: []trace.Failure{{What: evil, Count: 1}}, Certificates: r.Cells[0].Certificates}
	name := trace.Cell{Kind: route.DNS, Address: evil, Resolutions: r.Cells[0].Resolutions, Verdict: verdict.Healthy, OK: 1, Sent: 1, Vantage: "pod@" + evil}
	neighbour := trace.Cell{Kind: route.Gateway, Address: evil, Verdict: verdict.Healthy, Vantage: "local", Answers: []trace.Answer{{Endpoint: "other" + evil, Evidence: evil, Count: 1}}}
	r.Cells = append(r.Cells, way, name, neighbour)
	r.Target.Neighbours = []trace.Endpoint{{Name: "other" + evil, Service: evil, Node: evil}}
	r.Cells = append(r.Cells, trace.Cell{Kind: route.NodePort, Address: evil, Verdict: verdict.Untested, Reason: evil})
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Summary, f.Evidence[0].Text, f.Fix[0].Text, f.Fix[0].Command = evil, evil, evil, evil
	}
	for _, format := range []print.Format{print.Table, print.Wide, print.JSON, print.YAML} {
		text := write(t, format, r)
		for _, c := range text {
			if c != '\n' && !unicode.IsPrint(c) {
				t.Errorf("-o %q lets %U through", format, c)
				break
			}
		}
	}
	var back trace.Report
	if err := json.Unmarshal([]byte(write(t, print.JSON, r)), &back); err != nil {
		t.Fatal(err)
	}
	if want := strings.ToValidUTF8(evil, "\uFFFD"); back.Verdict.Summary != want {
		t.Errorf("JSON holds %q, want all of %q", back.Verdict.Summary, want)
	}
}
