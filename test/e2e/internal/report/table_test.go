package report

import (
	"os"
	"strings"
	"testing"
)

const shown = `svc/web -n shop · NodePort 80→8080 · 3/3 endpoints ready on 2 nodes

✘ DEGRADED  one of two does not answer

WAY IN       ADDRESS                FROM     OK     P50    P99   ANSWERED BY
pod          3 pod IPv6 addresses   n1,n2    60/60  0.9ms  16ms  each itself
✘ pod        c 10.1.0.9:80          4 nodes  0/6    -      -     refused x6
✘ nodeport   n2 [fd28::66]:30205    n1       9/20   0.8ms  14ms  a5 b4 refused
                                                                 x11
dns          web.shop.svc           n1       5/5    0.8ms  14ms  = 10.96.0.7
? ingress    shop.example.com/api   3 places 20/20  0.8ms  14ms  a5 b15
             via 192.0.2.1:80 · ingress shop/web
             short-cut: past its load balancer

a web-1 n1 · b web-2 n2
Load      360 requests in 1.8 s, at most 8 at once and 200 a second

✘ dead-endpoint  error · confirmed by traffic
  why   it is dead
`

func TestParseTable(t *testing.T) {
	table, err := ParseTable(shown)
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != 5 || len(table.Findings) != 1 {
		t.Fatalf("rows %+v and findings %q", table.Rows, table.Findings)
	}
	want := Row{Failing: true, Kind: "nodeport", Address: "n2 [fd28::66]:30205", From: "n1", OK: 9, Sent: 20, P50: "0.8ms", P99: "14ms", Answers: "a5 b4 refused x11"}
	if table.Rows[2] != want {
		t.Errorf("row %+v, want %+v", table.Rows[2], want)
	}
	want = Row{Unproven: true, Kind: "ingress", Address: "shop.example.com/api", From: "3 places", OK: 20, Sent: 20, P50: "0.8ms", P99: "14ms", Answers: "a5 b15",
		Below: "via 192.0.2.1:80 · ingress shop/web short-cut: past its load balancer"}
	if table.Rows[4] != want {
		t.Errorf("row %+v, want %+v", table.Rows[4], want)
	}
	if table.Rows[1].From != "4 nodes" || table.Rows[0].Address != "3 pod IPv6 addresses" {
		t.Errorf("rows %+v", table.Rows)
	}
}

func TestFormOfTable(t *testing.T) {
	for name, change := range map[string]struct{ old, new, says string }{
		"too wide":        {"it is dead", "it is " + strings.Repeat("dead ", 20) + "x", "columns wide"},
		"space at end":    {"it is dead", "it is dead ", "ends in a space"},
		"escape sequence": {"it is dead", "it is \x1b[31mdead", "control character"},
		"turned text":     {"it is dead", "it is \u202edead", "control character"},
		"no row":          {"60/60", "60 of 60", "this is no row"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseTable(strings.Replace(shown, change.old, change.new, 1))
			if err == nil || !strings.Contains(err.Error(), change.says) {
				t.Errorf("got %v, want %q", err, change.says)
			}
		})
	}
}

// TestRealTables: what the plugin prints in its own tests has the form that is
// read here.
func TestRealTables(t *testing.T) {
	for _, name := range []string{"healthy", "clusterip", "all-ways", "broken-ingress", "stopped-at-proxy", "short-cut", "wrong-name", "certificates"} {
		text, err := os.ReadFile("../../../../trace/print/testdata/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		table, err := ParseTable(string(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if last := table.Rows[len(table.Rows)-1]; last.Kind == "gateway" && !strings.Contains(last.Below, "httproute shop/web") {
			t.Errorf("%s: below the last row stands %q", name, last.Below)
		}
	}
}
