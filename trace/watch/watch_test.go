package watch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/watch"
)

func began() time.Time { return time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC) }

// at is so many seconds after the watch began.
func at(seconds float64) time.Time {
	return began().Add(time.Duration(seconds * float64(time.Second)))
}

func endpoint(name string, ready, terminating bool) target.Endpoint {
	return target.Endpoint{Name: name, Ready: ready, Terminating: terminating}
}

func texts(events []watch.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, e.Text)
	}
	return strings.Join(all, "; ")
}

func TestSeen(t *testing.T) {
	w := watch.New(began())
	for _, step := range []struct {
		endpoints []target.Endpoint
		want      string
	}{
		{[]target.Endpoint{endpoint("a", true, false), endpoint("b", true, false)}, ""},
		{[]target.Endpoint{endpoint("a", true, false), endpoint("b", true, false)}, ""},
		{[]target.Endpoint{endpoint("a", false, true), endpoint("b", true, false), endpoint("c", false, false)}, "a is terminating; c is new, and is not ready"},
		{[]target.Endpoint{endpoint("b", true, false), endpoint("c", true, false)}, "a is gone; c is ready"},
		{[]target.Endpoint{endpoint("b", true, false), endpoint("c", true, false)}, ""},
		{nil, "b is gone; c is gone"},
		{[]target.Endpoint{endpoint("b", true, false)}, "b is ready"},
	} {
		if got := texts(w.Seen(at(1), step.endpoints)); got != step.want {
			t.Errorf("%q, want %q", got, step.want)
		}
	}
}

// report is that of a round in which requests to the ClusterIP failed at these times.
func report(status verdict.Verdict, findings []finding.Finding, failed ...trace.Trouble) *trace.Report {
	return &trace.Report{
		Verdict: trace.Verdict{Status: status, Summary: "so it is"}, Findings: findings,
		Cells: []trace.Cell{
			{Kind: route.ClusterIP, Protocol: wire.TCP, Address: "10.96.0.7:5432", Verdict: status, Sent: 10, OK: 10},
			{Kind: route.ClusterIP, Protocol: wire.HTTP, Address: "10.96.0.7:80", Verdict: status, Sent: 100, Troubles: failed, Statuses: answered(100, failed)},
			// Neither pods' own addresses nor names are ways of clients, nor is what was
			// asked for contrast.
			{Kind: route.Pod, Address: "10.0.0.1:80", Verdict: status, Sent: 50, Troubles: []trace.Trouble{{Sent: at(1), What: "refused"}}},
			{Kind: route.DNS, Address: "web", Verdict: status, Sent: 50, Troubles: []trace.Trouble{{Sent: at(1), What: "dns"}}},
			{Kind: route.NodePort, Contrast: true, Verdict: status, Sent: 50, Troubles: []trace.Trouble{{Sent: at(1), What: "refused"}}},
		},
	}
}

// answered are the statuses of so many requests, of which these failed.
func answered(sent int, failed []trace.Trouble) []trace.Status {
	all := []trace.Status{{Status: 200, Count: sent - len(failed)}}
	for _, f := range failed {
		if f.What == "HTTP 503" {
			all = append(all, trace.Status{Status: 503, Count: 1})
		}
	}
	return all
}

func trouble(seconds float64, what string) trace.Trouble {
	return trace.Trouble{Sent: at(seconds), What: what}
}

func TestRounds(t *testing.T) {
	w := watch.New(began())
	w.Seen(began(), []target.Endpoint{endpoint("a", true, false)})
	changed := []finding.Finding{{Name: "endpoints-changed", Severity: finding.Info, Status: finding.Confirmed, Summary: "1 new"}}
	for i, round := range []struct {
		report *trace.Report
		want   string
	}{
		{report(verdict.Healthy, nil), "healthy: so it is"},
		{report(verdict.Healthy, nil), ""},
		{report(verdict.Degraded, changed), "endpoints-changed (info, confirmed): 1 new"},
		{report(verdict.Degraded, changed, trouble(62, "refused"), trouble(62.5, "timeout"), trouble(63, "refused"), trouble(75, "HTTP 503")),
			"clusterip 10.96.0.7:80: refused x2, timeout x1 in 1s; clusterip 10.96.0.7:80: HTTP 503 x1; degraded: so it is"},
		{report(verdict.Healthy, nil), "healthy: so it is; endpoints-changed is over"},
	} {
		from := at(float64(20 * i))
		if got := texts(w.Round(from, from.Add(21*time.Second), round.report)); got != round.want {
			t.Errorf("round %d: %q, want %q", i, got, round.want)
		}
	}
	w.Seen(at(61), []target.Endpoint{endpoint("a", false, true), endpoint("b", true, false)})
	w.Seen(at(64), []target.Endpoint{endpoint("b", true, false)})
	s := w.Summary(at(110))
	if s.Sent != 550 || s.Failed != 4 || len(s.Spells) != 2 || s.Spells[0].Count != 3 {
		t.Fatalf("%+v", s)
	}
	if got := texts(s.Spells[0].Meanwhile); got != "a is terminating; b is new, and is ready; a is gone" {
		t.Errorf("meanwhile %q", got)
	}
	if len(s.Spells[1].Meanwhile) != 0 {
		t.Errorf("long after it: %q", texts(s.Spells[1].Meanwhile))
	}
	if len(s.Lives) != 2 || s.Lives[0].Endpoint != "a" || s.Lives[0].Parts[1].Failed != 3 || s.Lives[0].Parts[2].Failed != 1 {
		t.Errorf("lives %+v", s.Lives)
	}
	if want := (watch.Blind{From: at(101), To: at(110)}); len(s.Blind) != 1 || s.Blind[0] != want {
		t.Errorf("blind %+v, want %+v", s.Blind, want)
	}
}

// Before the first round, between rounds that do not overlap, and after the last nothing
// is known; where rounds overlap, something is.
func TestBlind(t *testing.T) {
	w := watch.New(began())
	for _, span := range [][2]float64{{30, 50}, {4, 20}, {19, 25}} {
		w.Round(at(span[0]), at(span[1]), report(verdict.Healthy, nil))
	}
	var got []float64
	for _, b := range w.Summary(at(51)).Blind {
		got = append(got, b.From.Sub(began()).Seconds(), b.To.Sub(began()).Seconds())
	}
	if len(got) != 4 || got[0] != 0 || got[1] != 4 || got[2] != 25 || got[3] != 30 {
		t.Errorf("blind %v, want 0 to 4 and 25 to 30", got)
	}
	if s := watch.New(began()).Summary(at(1)); s.Sent != 0 || len(s.Spells)+len(s.Lives)+len(s.Blind) != 0 {
		t.Errorf("nothing was seen: %+v", s)
	}
}
