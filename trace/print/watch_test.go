package print_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/watch"
)

func summary() (target.Name, []watch.Event, watch.Summary) {
	at := func(seconds int) time.Time { return time.Date(2026, 1, 2, 3, 4, seconds, 0, time.Local) }
	gone := watch.Event{Time: at(9), Kind: watch.EndpointEvent, Text: "web-1 is gone", Endpoint: "web-1"}
	return target.Name{Namespace: "shop", Name: "web"}, []watch.Event{gone, {Time: at(10), Kind: watch.TraceEvent, Text: "a trace failed: \x1b[31mred\nand more"}}, watch.Summary{
		From: at(0), To: at(50), Sent: 400, Failed: 3,
		Spells: []watch.Spell{{From: at(9), To: at(12), Way: "clusterip 10.96.0.7:80", What: map[string]int{"refused": 2, "HTTP 503": 1}, Count: 3, Endpoints: []string{"web-2"}, Meanwhile: []watch.Event{gone}}},
		Lives:  []watch.Life{{Endpoint: "web-1", Parts: []watch.Part{{Phase: watch.Ready, Since: at(0)}, {Phase: watch.Gone, Since: at(9), Failed: 3}}}},
		Blind:  []watch.Blind{{From: at(40), To: at(50)}},
	}
}

func TestWatch(t *testing.T) {
	name, events, s := summary()
	var out strings.Builder
	w := print.NewWatch(&out, false, []target.Name{name})
	w.Events(name, events)
	if err := w.Summary(name, s); err != nil {
		t.Fatal(err)
	}
	golden(t, "watch", out.String())
	narrowEnough(t, out.String())

	out.Reset()
	w = print.NewWatch(&out, true, []target.Name{name})
	w.Events(name, events)
	if err := w.Summary(name, s); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "\n") != 3 || strings.Contains(out.String(), "\x1b") {
		t.Errorf("want three lines without escape sequences: %q", out.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWatchCannotWrite(t *testing.T) {
	name, events, s := summary()
	w := print.NewWatch(full{}, false, []target.Name{name})
	w.Events(name, events)
	if err := w.Summary(name, s); err == nil || err.Error() != "no space left" {
		t.Errorf("got %v", err)
	}
}
