package agent

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// TestTaught lets one probe learn from an endpoint, and another, which cannot
// ask it directly, recognise it by what the first has learned.
func TestTaught(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Pod", "web-7d4b9c5f8-abcde") }))
	defer server.Close()
	address := server.Listener.Addr().String()
	plan := func(endpoint int, locators ...wire.Locator) wire.Plan {
		return wire.Plan{
			Version: wire.Version, Run: "0badcafe", Vantage: 1, UserAgent: "test", Rate: 1000, Concurrency: 2, Timeout: 5e9, Deadline: 30e9,
			Endpoints: []wire.Endpoint{{ID: 1, Identities: []wire.Identity{{Kind: wire.IdentityName, Value: "web-7d4b9c5f8-abcde"}}}},
			Routes:    []wire.Route{{ID: 1, Group: 7, Protocol: wire.HTTP, Address: address, Host: "x", Path: "/", Requests: 5, Endpoint: endpoint}},
			Locators:  locators,
		}
	}
	run := func(p wire.Plan) (learned *wire.Learned, cell *wire.Cell, locators int) {
		var last wire.Record
		if err := Run(context.Background(), p, "test", func(r wire.Record) error {
			switch {
			case r.Learned != nil:
				learned = r.Learned
			case r.Cell != nil:
				cell = r.Cell
			case r.Locator != nil:
				locators++
			}
			last = r
			return nil
		}); err != nil || last.End == nil {
			t.Fatalf("the last record is %+v, %v", last, err)
		}
		return learned, cell, locators
	}
	learned, _, _ := run(plan(1))
	if learned == nil || len(learned.Locators) != 1 || learned.Locators[0].Header != "X-Pod" || learned.Locators[0].Group != 7 {
		t.Fatalf("learned %+v", learned)
	}
	passed, cell, locators := run(plan(0, learned.Locators...))
	if len(cell.Tallies) != 1 || cell.Tallies[0].Endpoint != 1 || cell.Tallies[0].Rung != wire.RungAnswer || cell.Tallies[0].Count != 5 {
		t.Errorf("taught, it counts %+v; want 5 answers of endpoint 1", cell.Tallies)
	}
	if passed != nil && len(passed.Locators) > 0 || locators > 0 {
		t.Errorf("it claims to have learned itself what it was told: %+v", passed)
	}
	if _, cell, _ = run(plan(0)); cell.Tallies[0].Endpoint != 0 {
		t.Errorf("untaught, it counts %+v", cell.Tallies)
	}
}
