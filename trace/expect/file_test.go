package expect_test

import (
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/expect"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

const head = "apiVersion: nettrace.dev/v1alpha1\nkind: Expectations\n"

func TestRead(t *testing.T) {
	file, err := expect.Read(strings.NewReader(head + `targets: [svc/web, ingress/shop]
expect:
- status: 200
- route: {kind: ingress, object: ingress/shop, host: shop.test, path: /api, port: 80, from: local}
  path: stripped
  spread: even
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(file.Targets, " "); got != "svc/web ingress/shop" {
		t.Errorf("targets %s", got)
	}
	var texts []string
	for _, c := range file.Clauses {
		texts = append(texts, c.String())
	}
	if got := strings.Join(texts, " "); got != "status=200 path=stripped spread=even" {
		t.Errorf("clauses %s", got)
	}
	want := expect.Ways{Kind: route.Ingress, Object: "ingress/shop", Host: "shop.test", Path: "/api", Port: 80, From: "local"}
	if file.Clauses[0].Ways != (expect.Ways{}) || file.Clauses[2].Ways != want {
		t.Errorf("ways %+v", file.Clauses)
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "it is empty",
		"kind: x":                           `line 1: apiVersion: "" is not nettrace.dev/v1alpha1`,
		"apiVersion: nettrace.dev/v1alpha1": `line 1: kind: "" is not Expectations`,
		head:                                "expect: nothing is expected",
		head + "expect: [{stats: 200}]":     "line 3: there is no field stats",
		head + "expect:\n- status: 200\n- status: [200]":       "line 5: expect[1].status: one value is expected",
		head + "expect:\n- {}":                                 "expect[0]: none of status, path, spread, weights is expected",
		head + "expect:\n- status: 200\n  spread: odd":         `line 5: expect[0].spread: "odd" is not even`,
		head + "expect:\n- route: {kind: ingres}\n  status: 1": `line 4: expect[0].route.kind: "ingres" is not one of pod, clusterip`,
		head + "expect:\n- route: {port: 0}\n  status: 200":    `line 4: expect[0].route.port: "0" is no number of a port`,
		head + "expect:\n- route: {host: {}}\n  status: 200":   "line 4: expect[0].route.host: one value is expected",
		head + "targets: [{}]\nexpect: [{status: 200}]":        "line 3: targets[0]: a target is written as TYPE/NAME",
		head + "expect: {a":                                    "did not find expected",
		head + "expect: 3":                                     "line 3: cannot unmarshal",
		head + "expect: [{status: 200}]\n---\n{}":              "it holds more than one document",
		strings.Repeat("#", 1<<20) + "\n":                      "it is larger than",
	} {
		_, err := expect.Read(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, want %q", text, err, want)
		}
	}
}

func TestWays(t *testing.T) {
	ingress := cell(route.Ingress)
	for name, test := range map[string]struct {
		ways expect.Ways
		want bool
	}{
		"all":                  {expect.Ways{}, true},
		"its kind":             {expect.Ways{Kind: route.Ingress}, true},
		"another kind":         {expect.Ways{Kind: route.ClusterIP}, false},
		"its object":           {expect.Ways{Object: "ingress/web"}, true},
		"with its namespace":   {expect.Ways{Object: "ingress/shop/web"}, true},
		"of another namespace": {expect.Ways{Object: "ingress/other/web"}, false},
		"another object":       {expect.Ways{Object: "httproute/web"}, false},
		"its host":             {expect.Ways{Host: "shop.test", Path: "/api/x"}, true},
		"another path":         {expect.Ways{Host: "shop.test", Path: "/"}, false},
		"by the node":          {expect.Ways{From: "n1"}, true},
		"by the vantage":       {expect.Ways{From: "pod@n1"}, true},
		"from elsewhere":       {expect.Ways{From: "local"}, false},
	} {
		c, err := expect.New(expect.Status, "200")
		if err != nil {
			t.Fatal(err)
		}
		c.Ways = test.ways
		got := expect.Judge([]expect.Clause{c}, &trace.Report{Cells: []trace.Cell{ingress, {Kind: route.Pod, Verdict: verdict.Untested}}})[0]
		if chosen := len(got.Ways) == 1; chosen != test.want {
			t.Errorf("%s: chosen %v, want %v", name, chosen, test.want)
		}
	}
}
