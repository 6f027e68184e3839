package expect_test

import (
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/expect"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// cell is a way on which 20 requests were answered with 200.
func cell(kind route.Kind, change ...func(*trace.Cell)) trace.Cell {
	c := trace.Cell{Kind: kind, Protocol: wire.HTTP, Address: "10.0.0.1:80", Path: "/api/x", Vantage: "pod@n1", Verdict: verdict.Healthy, Sent: 20, OK: 20,
		Statuses: []trace.Status{{Status: 200, Count: 20}}}
	if kind == route.Ingress {
		c.Host, c.Object, c.Rule = "shop.test", "ingress shop/web", "/api (Prefix)"
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func answering(statuses ...trace.Status) func(*trace.Cell) {
	return func(c *trace.Cell) { c.Statuses = statuses }
}

func arriving(all ...trace.Arrived) func(*trace.Cell) {
	return func(c *trace.Cell) { c.Arrived = all }
}

func spreading(s finding.Spread) func(*trace.Cell) { return func(c *trace.Cell) { c.Spread = &s } }

func divided(word string, counts ...int) func(*trace.Cell) {
	s := finding.Spread{Word: word}
	for i, n := range counts {
		s.Together = append(s.Together, finding.Share{Name: string(rune('a' + i)), Count: n})
	}
	return spreading(s)
}

func TestJudge(t *testing.T) {
	const met, missed, unseen = trace.Met, trace.Missed, trace.NotObserved
	at := func(address string) func(*trace.Cell) { return func(c *trace.Cell) { c.Address = address } }
	untested := func(c *trace.Cell) { c.Verdict, c.Sent, c.OK, c.Statuses = verdict.Untested, 0, 0, nil }
	contrast := func(c *trace.Cell) { c.Contrast = true }
	for name, test := range map[string]struct {
		expect string
		cells  []trace.Cell
		want   trace.Result
		why    string
	}{
		"status":                      {"status=200", []trace.Cell{cell(route.ClusterIP)}, met, "20 answers"},
		"of a class":                  {"status=2xx,404", []trace.Cell{cell(route.ClusterIP, answering(trace.Status{Status: 204, Count: 10}, trace.Status{Status: 404, Count: 10}))}, met, ""},
		"another status":              {"status=200", []trace.Cell{cell(route.ClusterIP), cell(route.Ingress, answering(trace.Status{Status: 200, Count: 19}, trace.Status{Status: 503, Count: 1}))}, missed, "HTTP 503 x1"},
		"no answer":                   {"status=200", []trace.Cell{cell(route.ClusterIP, answering(trace.Status{Status: 200, Count: 19}))}, missed, "no answer x1"},
		"untested":                    {"status=200", []trace.Cell{cell(route.ClusterIP, untested)}, unseen, ""},
		"contrast":                    {"status=200", []trace.Cell{cell(route.ClusterIP), cell(route.Pod, contrast, answering())}, met, ""},
		"nothing":                     {"status=200", nil, unseen, ""},
		"stripped":                    {"path=stripped", []trace.Cell{cell(route.Ingress, arriving(trace.Arrived{Change: "stripped /api", Evidence: wire.RungLog}))}, met, ""},
		"kept and not stripped":       {"path=stripped", []trace.Cell{cell(route.Ingress, arriving(trace.Arrived{Change: "kept"}))}, missed, "kept"},
		"not stripped":                {"path=stripped", []trace.Cell{cell(route.Ingress, arriving(trace.Arrived{Change: "not stripped", Evidence: wire.RungDifference}))}, missed, "not stripped (inferred)"},
		"not stripped may be kept":    {"path=kept", []trace.Cell{cell(route.Ingress, arriving(trace.Arrived{Change: "not stripped"}))}, unseen, "no more is known"},
		"kept, by logs alone":         {"path=kept", []trace.Cell{cell(route.Ingress, arriving(trace.Arrived{Path: "/api/x"}))}, met, ""},
		"stripped, by logs alone":     {"path=stripped", []trace.Cell{cell(route.Ingress, arriving(trace.Arrived{Path: "/x"}))}, met, ""},
		"as a path":                   {"path=/x", []trace.Cell{cell(route.Ingress, arriving(trace.Arrived{Path: "/x"}))}, met, ""},
		"as another path":             {"path=/y", []trace.Cell{cell(route.Ingress, arriving(trace.Arrived{Path: "/x"}))}, missed, "arrived as /x"},
		"now so, now otherwise":       {"path=/x", []trace.Cell{cell(route.Ingress, arriving(trace.Arrived{Path: "/x"}, trace.Arrived{Path: "/y"}))}, missed, ""},
		"nobody saw it":               {"path=stripped", []trace.Cell{cell(route.Ingress)}, unseen, "was not seen"},
		"seen at one address":         {"path=stripped", []trace.Cell{cell(route.Ingress, at("1:80")), cell(route.Ingress, at("2:80"), arriving(trace.Arrived{Change: "stripped /api"}))}, met, ""},
		"a ClusterIP strips nothing":  {"path=stripped", []trace.Cell{cell(route.ClusterIP)}, unseen, ""},
		"even":                        {"spread=even", []trace.Cell{cell(route.ClusterIP, spreading(finding.Spread{Word: finding.Even, Bound: 1e-4, Visible: 0.3}))}, met, ""},
		"uneven":                      {"spread=even", []trace.Cell{cell(route.ClusterIP, spreading(finding.Spread{Word: finding.Uneven, Bound: 1e-4, ByChance: 1e-6, Visible: 0.3}))}, missed, "uneven"},
		"too few to say":              {"spread=even", []trace.Cell{cell(route.ClusterIP, spreading(finding.Spread{Word: finding.Even, Bound: 1e-4, Visible: -1, Needed: 94}))}, unseen, "--requests 94"},
		"nobody knows who":            {"spread=even", []trace.Cell{cell(route.ClusterIP, spreading(finding.Spread{Unknown: "who knows"}))}, unseen, "who knows"},
		"weights":                     {"weights=90/10", []trace.Cell{cell(route.Gateway, divided(finding.Weighted, 90, 10))}, met, "a x90, b x10"},
		"weights, all ways together":  {"weights=90/10±3", []trace.Cell{cell(route.Gateway, divided(finding.Weighted, 36, 4)), cell(route.Gateway, divided(finding.Weighted, 36, 4))}, met, "a x36, b x4"},
		"within the tolerance":        {"weights=90/10±3", []trace.Cell{cell(route.Gateway, divided(finding.Weighted, 88, 12))}, met, ""},
		"far off":                     {"weights=90/10±3", []trace.Cell{cell(route.Gateway, divided(finding.NotWeighted, 50, 50))}, missed, "a x50, b x50"},
		"off, and perhaps by chance":  {"weights=90/10±3", []trace.Cell{cell(route.Gateway, divided(finding.Weighted, 17, 3))}, unseen, "may be chance"},
		"another number of backends":  {"weights=80/10/10", []trace.Cell{cell(route.Gateway, divided(finding.Weighted, 90, 10))}, missed, "2 backends"},
		"weights of which one is not": {"weights=90/10", []trace.Cell{cell(route.Gateway, divided(finding.Weighted, 90, 10)), cell(route.Gateway, spreading(finding.Spread{Unknown: "who knows"}))}, unseen, "who knows"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := expect.Parse(test.expect)
			if err != nil {
				t.Fatal(err)
			}
			got := expect.Judge([]expect.Clause{c}, &trace.Report{Cells: test.cells})[0]
			said := ""
			for _, w := range got.Ways {
				if w.Result == got.Result {
					said += w.Why + "\n"
				}
			}
			if got.Result != test.want || !strings.Contains(said, test.why) {
				t.Errorf("%s: %s, want %s: %s", got.Result, said, test.want, test.why)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"status":           "is not KEY=VALUE",
		"stat=200":         `there is no expectation "stat"; there are status, path, spread, weights`,
		"status=20":        `status: "20" is no status`,
		"status=6xx":       `"6xx" is no status`,
		"status=200,":      `"" is no status`,
		"path=gone":        `"gone" is neither kept nor stripped`,
		"spread=odd":       `"odd" is not even`,
		"weights=90":       "are not the weights of several backends",
		"weights=0/0":      "are not the weights",
		"weights=a/b":      `"a" is no weight`,
		"weights=9/1±x":    `"x" is no tolerance`,
		"weights=9/1±NaN":  `"NaN" is no tolerance`,
		"weights=9/1+-3":   "",
		"weights=9/1±3%":   "",
		"weights=-1/2":     `"-1" is no weight`,
		"status=200, 2xx":  "",
		"path=/a=b":        "",
		" spread = even ":  "",
		"weights=1/2/3±10": "",
	} {
		_, err := expect.Parse(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
