package print_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/mattn/go-runewidth"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/compare"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// migrated traces an Ingress that strips a prefix and an HTTPRoute that does not, in one
// run, and compares them after their reports were changed.
func migrated(t *testing.T, changes ...func(*trace.Report)) *compare.Comparison {
	t.Helper()
	regular, prefix := networkingv1.PathTypeImplementationSpecific, networkingv1.PathTypePrefix
	s := web(3).Beside(NewIngressClass("nginx", "k8s.io/ingress-nginx"), NewIngress("old", Class("nginx"), Published("203.0.113.9", "2001:db8::9"),
		Annotated("nginx.ingress.kubernetes.io/use-regex", "true"), Annotated("nginx.ingress.kubernetes.io/rewrite-target", "/$2"),
		Path("shop.example.com", "/api(/|$)(.*)", regular, intstr.FromInt32(80)), Path("shop.example.com", "/legacy", prefix, intstr.FromInt32(80))))
	value := "/api"
	rule := Rule(ToService("web", 80))
	rule.Matches = []gatewayv1.HTTPRouteMatch{{Path: &gatewayv1.HTTPPathMatch{Value: &value}}}
	s.Gateways(NewGateway("edge", []gatewayv1.Listener{Listener("http", 80, "")}, "203.0.113.10"), HTTPRoute("new", []string{"shop.example.com"}, Parent("edge"), rule))
	n := tracetest.NewNetwork(s)
	o := tracetest.Options("node-1", "node-2")
	o.Logs, o.Alike = n.Logging(), true
	a := compare.Subject{Name: "ingress/old", Namespace: Namespace, Object: "ingress shop/old", Services: o.Targets}
	b := compare.Subject{Name: "httproute/new", Namespace: Namespace, Object: "httproute shop/new", Services: o.Targets}
	o.Route.Through = []string{a.Object, b.Object}
	run, err := trace.Prepare(t.Context(), target.NewReader(s.Client(), s.GatewayClient()), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"web-7548d54559-00001", "web-7548d54559-00002", "web-7548d54559-00003"} {
		n.Fault(tracetest.Hop{Pod: name, Path: "/api/"}, tracetest.Status(404))
	}
	n.Fault(tracetest.Hop{Kind: route.Gateway, Path: "/legacy"}, tracetest.Status(404))
	reports, err := run.Send(t.Context(), n.Of(run), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		change(reports[0])
	}
	return compare.Of(reports, a, b)
}

func shown(t *testing.T, format print.Format, c *compare.Comparison) string {
	t.Helper()
	var out strings.Builder
	if err := print.Comparison(&out, format, c); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// echo has the answers of a cell show headers.
func echo(r *trace.Report) {
	for i := range r.Cells {
		c := &r.Cells[i]
		switch {
		case strings.HasPrefix(c.Object, "ingress"):
			c.Echoing, c.Echoes = c.Sent, []wire.Echo{{Name: "X-Real-Ip", Value: "10.0.0.1", Count: c.Sent}, {Name: "X-Scheme", Value: "http", Count: c.Sent}}
		case strings.HasPrefix(c.Object, "httproute"):
			c.Echoing, c.Echoes = c.Sent, []wire.Echo{{Name: "X-Key", Value: "digest 0a", Count: c.Sent}, {Name: "X-Real-Ip", Value: "10.0.0.2", Count: c.Sent}}
		}
	}
}

func TestComparison(t *testing.T) {
	golden(t, "compare", shown(t, print.Table, migrated(t)))
	golden(t, "compare-headers", shown(t, print.Table, migrated(t, echo)))
	for line := range strings.Lines(shown(t, print.Table, migrated(t, echo))) {
		if runewidth.StringWidth(strings.TrimRight(line, "\n")) > 80 {
			t.Errorf("%q is wider than 80 columns", line)
		}
	}
}

func TestComparisonForPrograms(t *testing.T) {
	c := migrated(t)
	var fromJSON, fromYAML compare.Comparison
	if err := json.Unmarshal([]byte(shown(t, print.JSON, c)), &fromJSON); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(shown(t, print.YAML, c)), &fromYAML); err != nil {
		t.Fatal(err)
	}
	for _, back := range []compare.Comparison{fromJSON, fromYAML} {
		if back.Kind != compare.Kind || back.Verdict != c.Verdict || len(back.Pairs) != len(c.Pairs) || back.Pairs[0].Views[0].A.Sent != c.Pairs[0].Views[0].A.Sent {
			t.Errorf("it came back as %+v", back)
		}
	}
	if err := print.Comparison(&strings.Builder{}, print.Wide, c); err == nil {
		t.Error("-o wide is no format of a comparison")
	}
}

// TestComparisonIsPlain: what others wrote reaches no terminal as it is.
func TestComparisonIsPlain(t *testing.T) {
	const evil = "\x1b[31m\r\u202eevil\x07"
	c := migrated(t, echo, func(r *trace.Report) {
		for i := range r.Cells {
			cell := &r.Cells[i]
			cell.Rule, cell.Reason, cell.Verdict = evil, evil, "stopped at proxy"
			for j := range cell.Arrived {
				cell.Arrived[j].Path, cell.Arrived[j].Change = evil, evil
			}
			for j := range cell.Answers {
				cell.Answers[j].Endpoint = evil
			}
			for j := range cell.Statuses {
				cell.Statuses[j].GRPC = evil
			}
			for j := range cell.Echoes {
				cell.Echoes[j].Name, cell.Echoes[j].Value = evil, evil+cell.Object
			}
		}
		r.Notes = []string{evil}
	})
	c.A.Target, c.A.Services = evil, []string{evil}
	for _, format := range []print.Format{print.Table, print.JSON, print.YAML} {
		for _, r := range shown(t, format, c) {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("-o %q lets %U through", format, r)
				break
			}
		}
	}
}
