package compare

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// cell returns one that was asked 20 times for the URL, and what else is known of it.
func cell(object, host, path string, more ...func(*trace.Cell)) trace.Cell {
	c := trace.Cell{
		Kind: route.Ingress, Protocol: wire.HTTP, Object: object, Rule: host + path, Host: host, Path: path, Address: object + ":80", Vantage: "local",
		Verdict: verdict.Healthy, Sent: 20, OK: 20, Statuses: []trace.Status{{Status: 200, Count: 20}},
	}
	if strings.HasPrefix(object, "httproute") {
		c.Kind = route.Gateway
	}
	for _, m := range more {
		m(&c)
	}
	return c
}

const older, newer = "ingress shop/old", "httproute shop/new"

func old(path string, more ...func(*trace.Cell)) trace.Cell {
	return cell(older, "shop.example", path, more...)
}

func fresh(path string, more ...func(*trace.Cell)) trace.Cell {
	return cell(newer, "shop.example", path, more...)
}

func answering(all ...Count) func(*trace.Cell) {
	return func(c *trace.Cell) {
		c.Statuses, c.Failures = nil, nil
		for _, one := range all {
			if code, err := strconv.Atoi(strings.TrimPrefix(one.What, "HTTP ")); err == nil {
				c.Statuses = append(c.Statuses, trace.Status{Status: code, Count: one.Count})
			} else {
				c.Failures = append(c.Failures, trace.Failure{What: one.What, Count: one.Count})
			}
		}
	}
}

func by(counts map[string]int) func(*trace.Cell) {
	return func(c *trace.Cell) {
		for name, count := range counts {
			c.Answers = append(c.Answers, trace.Answer{Endpoint: name, Evidence: wire.RungAnswer, Count: count})
		}
	}
}

func arriving(all ...trace.Arrived) func(*trace.Cell) {
	return func(c *trace.Cell) { c.Arrived = all }
}

func from(vantage string) func(*trace.Cell) { return func(c *trace.Cell) { c.Vantage = vantage } }

// stray is what the HTTPRoute's proxy answers where no rule takes a request.
func stray(path string, more ...func(*trace.Cell)) trace.Cell {
	own := []func(*trace.Cell){func(c *trace.Cell) { c.Contrast, c.Sent, c.Rule = true, 3, "" }, answering(Count{What: "HTTP 404", Count: 3})}
	return fresh(path, append(own, more...)...)
}

func unasked(reason string) func(*trace.Cell) {
	return func(c *trace.Cell) {
		c.Vantage, c.Verdict, c.Reason, c.Sent, c.Statuses = "", verdict.Untested, reason, 0, nil
	}
}

func report(service string, pods []string, cells ...trace.Cell) *trace.Report {
	r := &trace.Report{Target: trace.Target{Namespace: "shop", Name: service}, Cells: cells}
	for _, p := range pods {
		r.Target.Endpoints = append(r.Target.Endpoints, trace.Endpoint{Name: p, Ready: true})
	}
	return r
}

// of compares the Ingress with the HTTPRoute in the report of one Service with the pods
// a, b and c.
func of(cells ...trace.Cell) *Comparison {
	return compared(report("web", []string{"a", "b", "c"}, cells...))
}

func compared(reports ...*trace.Report) *Comparison {
	var services []target.Name
	for _, r := range reports {
		services = append(services, target.Name{Namespace: "shop", Name: r.Target.Name})
	}
	return Of(reports, Subject{Name: "ingress/old", Namespace: "shop", Object: older, Services: services},
		Subject{Name: "httproute/new", Namespace: "shop", Object: newer, Services: services})
}

// told writes what differs in a comparison.
func told(c *Comparison) []string {
	var all []string
	for _, p := range c.Pairs {
		for _, d := range p.Differences {
			all = append(all, string(d.Aspect)+": "+d.Text)
		}
	}
	for _, s := range c.Spreads {
		if s.Text != "" {
			all = append(all, "spread: "+s.Text)
		}
	}
	for _, a := range c.Alone {
		text := "only " + a.Side + ": " + a.Host + a.Path
		if a.Other != nil {
			text += ", there " + counted(a.Other.Statuses)
		}
		if !a.Differs {
			text += ": " + a.Reason
		}
		all = append(all, text)
	}
	return all
}

func TestOf(t *testing.T) {
	even := by(map[string]int{"a": 7, "b": 7, "c": 6})
	one := by(map[string]int{"a": 20})
	stripped := trace.Arrived{Sent: "/api/x", Path: "/x", Change: "stripped /api", Evidence: wire.RungLog, Count: 2}
	kept := trace.Arrived{Sent: "/api/x", Path: "/api/x", Change: "kept", Evidence: wire.RungAnswer, Count: 2}
	inferred := trace.Arrived{Sent: "/api/x", Path: "/x", Change: "stripped /api", Evidence: wire.RungDifference, Count: 2}
	unstripped := trace.Arrived{Sent: "/api/x", Change: "not stripped", Evidence: wire.RungDifference, Count: 2}
	redirecting := func(to string) func(*trace.Cell) {
		return func(c *trace.Cell) {
			c.Verdict, c.Reason, c.Statuses = verdict.Stopped, "redirects to "+to+" (302)", []trace.Status{{Status: 302, Count: 20}}
		}
	}
	for name, test := range map[string]struct {
		cells  []trace.Cell
		status Status
		told   []string
		says   string
	}{
		"alike": {[]trace.Cell{old("/", even, arriving(kept)), fresh("/", even, arriving(kept))}, Alike, nil,
			"nothing that was seen of 1 request differs: status, path, pods; not known: headers"},
		"of some nothing is known": {[]trace.Cell{old("/"), fresh("/")}, Alike, nil,
			"nothing that was seen of 1 request differs: status; not known: path, pods, headers"},
		"another status": {[]trace.Cell{old("/"), fresh("/", answering(Count{What: "HTTP 404", Count: 20}))}, Different,
			[]string{"status: HTTP 200 x20 through A, HTTP 404 x20 through B"}, "another status for 1 of 1 request"},
		"another status at times": {[]trace.Cell{old("/"), fresh("/", answering(Count{What: "HTTP 200", Count: 19}, Count{What: "HTTP 503", Count: 1}))}, Different,
			[]string{"status: HTTP 200 x20 through A, HTTP 200 x19, HTTP 503 x1 through B"}, "another status"},
		"from one place": {[]trace.Cell{old("/", from("pod@n1")), old("/", from("pod@n2")), fresh("/", from("pod@n1")), fresh("/", from("pod@n2"), answering(Count{What: "timeout", Count: 3}))}, Different,
			[]string{"status: from pod@n2: HTTP 200 x20 through A, timeout x3 through B"}, "another status for 1 of 1 request"},
		"from everywhere": {[]trace.Cell{old("/", from("pod@n1")), old("/", from("pod@n2")), fresh("/", from("pod@n1"), answering(Count{What: "HTTP 404", Count: 20})), fresh("/", from("pod@n2"), answering(Count{What: "HTTP 404", Count: 20}))}, Different,
			[]string{"status: HTTP 200 x20 through A, HTTP 404 x20 through B"}, "another status for 1 of 1 request"},
		"as often otherwise": {[]trace.Cell{old("/", answering(Count{What: "HTTP 200", Count: 15}, Count{What: "HTTP 503", Count: 5})),
			fresh("/", answering(Count{What: "HTTP 503", Count: 8}, Count{What: "HTTP 200", Count: 12}))}, Alike, nil, "status"},
		"another redirect": {[]trace.Cell{old("/", redirecting("https://shop.example/")), fresh("/", redirecting("https://shop.example/login"))}, Different,
			[]string{"status: A redirects to https://shop.example/ (302), B redirects to https://shop.example/login (302)"}, "another status"},
		"the same redirect": {[]trace.Cell{old("/", redirecting("https://shop.example/")), fresh("/", redirecting("https://shop.example/"))}, Alike, nil, "status"},
		"another path": {[]trace.Cell{old("/api", arriving(stripped)), fresh("/api", arriving(kept))}, Different,
			[]string{"path: sent /api/x: through A stripped /api (log), through B kept (answer)"}, "another path arrives for 1 of 1 request"},
		"an inferred path": {[]trace.Cell{old("/api", arriving(inferred)), fresh("/api", arriving(kept))}, Different,
			[]string{"path: sent /api/x: through A stripped /api (inferred), through B kept (answer)"}, "another path"},
		"the same path, seen otherwise":     {[]trace.Cell{old("/api", arriving(inferred)), fresh("/api", arriving(stripped))}, Alike, nil, "status, path"},
		"a path of which little is known":   {[]trace.Cell{old("/api", arriving(unstripped)), fresh("/api", arriving(kept))}, Alike, nil, "not known: path"},
		"not stripped and stripped":         {[]trace.Cell{old("/api", arriving(unstripped)), fresh("/api", arriving(stripped))}, Different, []string{"path: sent /api/x: through A not stripped (inferred), through B stripped /api (log)"}, "another path"},
		"a path seen on one side":           {[]trace.Cell{old("/api", arriving(stripped)), fresh("/api")}, Alike, nil, "not known: path"},
		"a request on one side":             {[]trace.Cell{old("/"), fresh("/"), old("/v1")}, Different, []string{"only A: shop.example/v1"}, "1 request only through A"},
		"what the other answers":            {[]trace.Cell{old("/"), fresh("/"), old("/v1"), stray("/v1"), stray("/v2")}, Different, []string{"only A: shop.example/v1, there HTTP 404 x3"}, "1 request only through A"},
		"the other answers it, too":         {[]trace.Cell{old("/"), fresh("/"), old("/v1"), stray("/v1", answering(Count{What: "HTTP 200", Count: 3}))}, Alike, []string{"only A: shop.example/v1, there HTTP 200 x3: no rule of httproute/new is known to lead it to a Service, and yet it is answered there, too, with HTTP 200 x3: a rule that cannot be read, or one of somebody else"}, ""},
		"both say 404":                      {[]trace.Cell{old("/"), fresh("/"), old("/v1", answering(Count{What: "HTTP 404", Count: 20})), stray("/v1")}, Different, []string{"only A: shop.example/v1, there HTTP 404 x3"}, "1 request only through A"},
		"not all was asked":                 {[]trace.Cell{old("/"), fresh("/"), old("/v1"), cell("", "", "", unasked("only 50 ways are tested"))}, Alike, []string{"only A: shop.example/v1: there are more ways than were asked, and one of them may be its counterpart"}, ""},
		"one over another protocol":         {[]trace.Cell{old("/"), fresh("/"), fresh("/", func(c *trace.Cell) { c.Protocol = wire.HTTPS })}, Alike, []string{"only B: shop.example/: through ingress/old it was asked over another protocol alone"}, ""},
		"over two protocols":                {[]trace.Cell{old("/", func(c *trace.Cell) { c.Protocol = wire.HTTPS }), fresh("/")}, Alike, nil, "status"},
		"another method":                    {[]trace.Cell{old("/"), fresh("/"), fresh("/", func(c *trace.Cell) { c.Method = "HEAD" })}, Different, []string{"only B: shop.example/"}, ""},
		"one that is not asked":             {[]trace.Cell{old("/"), fresh("/"), fresh("/post", unasked("it is for the method POST"))}, Alike, []string{"only B: shop.example/post: not asked: it is for the method POST"}, ""},
		"nothing could be asked":            {[]trace.Cell{old("/"), old("/x"), cell(newer, "", "", unasked("no address is known"))}, Inconclusive, []string{"only A: shop.example/: nothing could be asked through httproute/new", "only A: shop.example/x: nothing could be asked through httproute/new", "only B: : not asked: no address is known"}, "nothing could be compared: A: nothing could be asked through httproute/new"},
		"asked on one side alone":           {[]trace.Cell{old("/"), fresh("/", unasked("the node is not ready"))}, Inconclusive, nil, "the node is not ready"},
		"one host each":                     {[]trace.Cell{old("/"), old("/x"), cell(newer, "new.example", "/x"), cell(newer, "new.example", "/")}, Alike, nil, "2 requests"},
		"one way each":                      {[]trace.Cell{old("/"), cell(newer, "new.example", "/api")}, Alike, nil, "1 request"},
		"the same request":                  {[]trace.Cell{old("/", func(c *trace.Cell) { c.Address = newer + ":80" }), fresh("/", answering(Count{What: "HTTP 404", Count: 20}))}, Inconclusive, nil, "both are asked for the same at the same address"},
		"a pod is passed over":              {[]trace.Cell{old("/", even), fresh("/", one)}, Different, []string{"spread: b, c gave 13 of 20 answers through A, and none of 20 through B"}, "other pods of shop/web answer"},
		"a pod may have been passed over":   {[]trace.Cell{old("/", by(map[string]int{"a": 18, "b": 2})), fresh("/", one)}, Alike, nil, "not known: path, pods"},
		"by turns":                          {[]trace.Cell{old("/", one), old("/x", by(map[string]int{"b": 20})), fresh("/", by(map[string]int{"b": 20})), fresh("/x", one)}, Alike, nil, "status, pods"},
		"others may have answered":          {[]trace.Cell{old("/", even), fresh("/", one, func(c *trace.Cell) { c.Unknown = 3 })}, Alike, nil, "not known: path, pods"},
		"the sum of addresses and vantages": {[]trace.Cell{old("/", even), old("/", one, func(c *trace.Cell) { c.Address = "[fd::1]:80" }), fresh("/", even, from("pod@n1"))}, Alike, nil, "status, pods"},
	} {
		t.Run(name, func(t *testing.T) {
			c := of(test.cells...)
			if got := told(c); c.Verdict.Status != test.status || !slices.Equal(got, test.told) || !strings.Contains(c.Verdict.Summary, test.says) {
				t.Errorf("%s: %s: %q, want %s: %s: %q", c.Verdict.Status, c.Verdict.Summary, got, test.status, test.says, test.told)
			}
		})
	}
}

// TestOtherServices: pods that cannot be behind the other way are a difference, but for
// those of Services that the user has named.
func TestOtherServices(t *testing.T) {
	v1 := report("v1", []string{"a"}, old("/", by(map[string]int{"a": 1})), trace.Cell{Kind: route.ClusterIP, Port: 80, Protocol: wire.HTTP, Vantage: "pod@n1", Sent: 1, Answers: []trace.Answer{{Endpoint: "a", Count: 1}}, Statuses: []trace.Status{{Status: 200, Count: 1}}})
	v2 := report("v2", []string{"b"}, fresh("/", by(map[string]int{"b": 1})), trace.Cell{Kind: route.ClusterIP, Port: 8080, Protocol: wire.HTTP, Vantage: "pod@n1", Sent: 1, Answers: []trace.Answer{{Endpoint: "b", Count: 1}}, Statuses: []trace.Status{{Status: 200, Count: 1}}})
	c := compared(v1, v2)
	if want := []string{"pods: a answered through A, and B leads to service shop/v2", "pods: b answered through B, and A leads to service shop/v1"}; c.Verdict.Status != Different || !slices.Equal(told(c), want) {
		t.Errorf("%+v: %q, want %q", c.Verdict, told(c), want)
	}
	// A rule that divides its requests has a cell in the report of each Service.
	v1.Cells = append(v1.Cells, fresh("/", by(map[string]int{"b": 1})))
	if c := compared(v1, v2); len(c.Pairs) != 1 || !slices.Equal(told(c), []string{"pods: b answered through B, and A leads to service shop/v1"}) {
		t.Errorf("with both behind B: %d pairs, %q", len(c.Pairs), told(c))
	}
	name := func(service string) Subject {
		return Subject{Name: "svc/" + service, Namespace: "shop", Services: []target.Name{{Namespace: "shop", Name: service}}}
	}
	if c := Of([]*trace.Report{v1, v2}, name("v1"), name("v2")); c.Verdict.Status != Alike || len(c.Pairs) != 1 || c.Pairs[0].Pods != Differs {
		t.Errorf("two Services: %+v of %+v", c.Verdict, c.Pairs)
	}
}

// TestViews: a place that asked both ways has a view of its own; else there is one for
// all.
func TestViews(t *testing.T) {
	c := of(old("/", from("pod@n1")), old("/", from("pod@n2")), fresh("/", from("pod@n2")), fresh("/", from("local")))
	var names []string
	for _, v := range c.Pairs[0].Views {
		names = append(names, v.Vantage+" "+string(v.Status))
	}
	if want := []string{"local unknown", "pod@n1 unknown", "pod@n2 same"}; !slices.Equal(names, want) {
		t.Errorf("views %q, want %q", names, want)
	}
	c = of(old("/", from("pod@n1")), fresh("/", from("local")))
	if v := c.Pairs[0].Views; len(v) != 1 || v[0].Vantage != "" || v[0].Status != Same {
		t.Errorf("from different places: %+v", v)
	}
}

func TestLatency(t *testing.T) {
	took := func(ms ...int) func(*trace.Cell) {
		return func(c *trace.Cell) {
			c.Latency = &trace.Latency{}
			for _, m := range ms {
				c.Latency.Total.All.Record(time.Duration(m) * time.Millisecond)
			}
		}
	}
	c := of(old("/", took(1, 2, 3)), old("/", took(100)), fresh("/"))
	a, b := c.Pairs[0].Views[0].A.Latency, c.Pairs[0].Views[0].B.Latency
	if a == nil || a.P50.Round(time.Millisecond) != 2*time.Millisecond || a.P99.Round(time.Millisecond) != 100*time.Millisecond || b != nil {
		t.Errorf("latencies %+v and %+v", a, b)
	}
	if c.Verdict.Status != Alike {
		t.Errorf("slow answers are %s", c.Verdict.Status)
	}
}

func TestHeaders(t *testing.T) {
	showing := func(answers int, all ...wire.Echo) func(*trace.Cell) {
		return func(c *trace.Cell) { c.Echoing, c.Echoes = answers, all }
	}
	is := func(name, value string, count int) wire.Echo {
		return wire.Echo{Name: name, Value: value, Count: count}
	}
	for name, test := range map[string]struct {
		a, b   trace.Cell
		result Result
		names  []string
	}{
		"not shown":                {old("/"), fresh("/"), Unknown, nil},
		"shown on one side":        {old("/", showing(20, is("Via", "x", 20))), fresh("/"), Unknown, nil},
		"the same":                 {old("/", showing(20, is("Via", "x", 20))), fresh("/", showing(20, is("Via", "x", 20))), Same, nil},
		"on one side each time":    {old("/", showing(20, is("Via", "x", 20))), fresh("/", showing(20)), Differs, []string{"Via"}},
		"on one side at times":     {old("/", showing(20, is("Via", "x", 19))), fresh("/", showing(20)), Same, nil},
		"another value":            {old("/", showing(20, is("Via", "x", 20))), fresh("/", showing(20, is("Via", "y", 20))), Differs, []string{"Via"}},
		"values that change":       {old("/", showing(20, is("X-Id", "1", 10), is("X-Id", "2", 10))), fresh("/", showing(20, is("X-Id", "3", 20))), Same, nil},
		"the host that each names": {old("/", showing(20, is("Host", "shop.example", 20))), cell(newer, "new.example", "/", showing(20, is("Host", "new.example", 20))), Same, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := of(test.a, test.b)
			h := c.Pairs[0].Headers
			var names []string
			for _, d := range h.Differences {
				names = append(names, d.Name)
			}
			if h.Result != test.result || !slices.Equal(names, test.names) || c.Verdict.Status != Alike {
				t.Errorf("%s: %q, and %s; want %s: %q, and %s", h.Result, names, c.Verdict.Status, test.result, test.names, Alike)
			}
		})
	}
}
