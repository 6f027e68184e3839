package trace_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// prober answers by the node that it is asked to work on.
type prober map[string]func(plan wire.Plan, observe func(wire.Record)) error

func (p prober) Probe(_ context.Context, from vantage.Vantage, plan wire.Plan, observe func(wire.Record)) error {
	return p[from.Node](plan, observe)
}

func TestSendWhenAProbeFails(t *testing.T) {
	run := prepare(t, web(2), tracetest.Options("n1", "n2"))
	network := tracetest.NewNetwork(web(2)).Of(run)
	works := func(node string) func(wire.Plan, func(wire.Record)) error {
		return func(plan wire.Plan, observe func(wire.Record)) error {
			return network.Probe(t.Context(), vantage.OnPod(node)[0], plan, observe)
		}
	}
	// One that dies on its way has told of some cells, but not of all.
	dies := func(_ wire.Plan, observe func(wire.Record)) error {
		observe(wire.Record{Number: 1, Cell: &wire.Cell{Route: 3, Sent: 20, Tallies: []wire.Tally{{Outcome: wire.Outcome{Error: wire.ErrorTimeout}, Count: 20}}}})
		return errors.New("the pod of n2 was killed")
	}
	reports, err := run.Send(t.Context(), prober{"n1": works("n1"), "n2": dies}, nil)
	if err == nil || err.Error() != "the pod of n2 was killed" {
		t.Errorf("error %v", err)
	}
	if len(reports) != 1 || reports[0].Verdict.Status != verdict.Healthy {
		t.Fatalf("reports %+v: what the other saw is healthy", reports)
	}
	report := reports[0]
	for _, c := range report.Cells {
		if c.Vantage != "pod@n1" {
			t.Errorf("the report has a cell from %s", c.Vantage)
		}
	}
	if report.Vantages[0].Error != "" || report.Vantages[1].Error != "the pod of n2 was killed" {
		t.Errorf("vantages %+v", report.Vantages)
	}
	fails := func(wire.Plan, func(wire.Record)) error { return errors.New("no") }
	if report, err := run.Send(t.Context(), prober{"n1": fails, "n2": dies}, nil); report != nil || err == nil || err.Error() != "no\nthe pod of n2 was killed" {
		t.Errorf("when all fail: report %v, error %v; want both errors and no report", report, err)
	}
}

func TestSendObserves(t *testing.T) {
	run := prepare(t, web(2), tracetest.Options("n1", "n2"))
	var mu sync.Mutex
	got := map[int]int{}
	_, err := run.Send(t.Context(), tracetest.NewNetwork(web(2)).Of(run), func(vantage int, record wire.Record) {
		mu.Lock()
		defer mu.Unlock()
		if record.Number != got[vantage]+1 {
			t.Errorf("record %d of vantage %d follows %d", record.Number, vantage, got[vantage])
		}
		got[vantage]++
	})
	if err != nil || got[0] != got[1] || got[0] == 0 {
		t.Errorf("%v records observed, %v", got, err)
	}
}

func TestReport(t *testing.T) {
	report := tracetest.NewNetwork(web(2).Pod("late", NotReady("x"))).Trace(t, "n1", "n2")
	if report.Load.Requests != 2*(10+10+3+2*2+20+5+5+1) || report.Load.Elapsed != 1500*time.Millisecond {
		t.Errorf("load %+v", report.Load)
	}
	cluster := report.Cells[slices.IndexFunc(report.Cells, func(c trace.Cell) bool { return c.Kind == route.ClusterIP })]
	if cluster.Vantage != "pod@n1" || cluster.Port != 80 || cluster.Address != "10.96.0.7:80" || cluster.Sent != 20 || cluster.OK != 20 || cluster.Host != "web.shop.svc" ||
		fmt.Sprint(cluster.Answers) != "[{web-1 answer 10} {web-2 answer 10}]" || cluster.Latency == nil || cluster.Latency.Total.P50 == 0 {
		t.Errorf("the ClusterIP's cell is %+v", cluster)
	}
	late := report.Cells[slices.IndexFunc(report.Cells, func(c trace.Cell) bool { return c.Contrast })]
	if late.Endpoint != "late" || late.Kind != route.Pod {
		t.Errorf("the contrast's cell is %+v", late)
	}
}

func TestReportHasNoNulls(t *testing.T) {
	for name, s := range map[string]*Service{"healthy": web(1), "nothing": NewService("web").Node("n1").Node("n2"), "broken": web(0)} {
		text, err := json.Marshal(tracetest.NewNetwork(s).Trace(t, "n1", "n2"))
		if err != nil || strings.Contains(string(text), "null") {
			t.Errorf("%s: %v, null in %s", name, err, text)
		}
	}
}
