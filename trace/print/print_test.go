package print_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMain makes the widths of ambiguous characters the same everywhere; the
// libraries follow the locale.
func TestMain(m *testing.M) {
	runewidth.DefaultCondition.EastAsianWidth = false
	twwidth.SetEastAsian(false)
	os.Exit(m.Run())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

func write(t *testing.T, format print.Format, r *trace.Report) string {
	t.Helper()
	var out strings.Builder
	if err := print.Write(&out, format, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// web returns a Service on two nodes, with pods by turns on both.
func web(pods int) *Service {
	s := NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("node-1").Node("node-2")
	return add(s, pods)
}

func add(s *Service, pods int) *Service {
	for i := range pods {
		s.Pod(fmt.Sprintf("web-7548d54559-%05d", i+1), On(fmt.Sprintf("node-%d", i%2+1)), Declaring("http", 8080))
	}
	return s
}

func traced(t *testing.T, s *Service, faults ...func(*tracetest.Network)) *trace.Report {
	network := tracetest.NewNetwork(s)
	for _, f := range faults {
		f(network)
	}
	return network.Trace(t, "node-1", "node-2")
}

func fault(hop tracetest.Hop, f tracetest.Fault) func(*tracetest.Network) {
	return func(n *tracetest.Network) { n.Fault(hop, f) }
}

func reports(t *testing.T) map[string]*trace.Report {
	threePorts := NewService("web").Selecting("app", "web").Port("http", 80, 8080).Port("https", 443, 8443).Port("mysql", 3306, 3306).NodePort(30306).Node("node-1").Node("node-2")
	many := web(40).NodePort(30080)
	for i := range 9 {
		many.Node(fmt.Sprint("node-", i+3))
	}
	udp := NewService("web").Selecting("app", "web").UDPPort("syslog", 514, 514).Node("node-1").Node("node-2")
	clusterIP := tracetest.Hop{Kind: route.ClusterIP, From: "node-2"}
	reasons := NewService("web").Selecting("app", "web").UDPPort("syslog", 514, 514).Port("http", 80, 8080).NodePort(30080).Node("node-1").Node("node-2").
		With(func(s *corev1.Service) { s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal })
	stopped := traced(t, web(2))
	stopped.Notes = []string{"pod@node-1 reached --deadline before it had sent all requests; counts are lower than planned"}
	stopped.Vantages[1].Error = "running the probe on node-2: the image cannot be pulled"
	stopped.Unread = []target.Unread{{Resource: "nodes", Reason: "nodes is forbidden", Loses: "NodePorts, zones"}}
	expecting := traced(t, web(3), fault(clusterIP, tracetest.Timeout))
	expecting.Expectations = expectations()
	return map[string]*trace.Report{
		"expecting":      expecting,
		"healthy":        traced(t, web(3).NodePort(30782)),
		"clusterip":      traced(t, web(3), fault(clusterIP, tracetest.Timeout)),
		"dead-endpoint":  traced(t, web(3), fault(tracetest.Hop{Pod: "web-7548d54559-00002"}, tracetest.Refused)),
		"large":          traced(t, web(2), fault(tracetest.Hop{Kind: route.Pod, From: "node-1", Pod: "web-7548d54559-00002", Large: true}, tracetest.Timeout)),
		"untested":       traced(t, add(udp, 2)),
		"no-endpoints":   traced(t, web(0)),
		"not-ready":      traced(t, web(2).Pod("late", On("node-1"), NotReady("containers with unready status: [app]"))),
		"many-endpoints": traced(t, many),
		"policy":         traced(t, web(40), fault(tracetest.Hop{}, tracetest.Timeout)),
		"dual-stack": traced(t, NewService("web").DualStack().Selecting("app", "web").Port("http", 80, 8080).NodePort(30080).
			Node("node-1", NodeAddress(corev1.NodeInternalIP, "2001:db8:1234:5678:9abc:def0:1234:5678")).Node("node-2").
			Pod("web-1", On("node-1"), At("10.0.0.1", "2001:db8:1234:5678:9abc:def0:aaaa:bbbb")), fault(tracetest.Hop{Kind: route.NodePort}, tracetest.Timeout)),
		"three-ports": traced(t, add(threePorts, 2)),
		"two-reasons": traced(t, add(reasons, 2)),
		"anonymous":   traced(t, web(2), func(n *tracetest.Network) { n.Anonymous() }),
		"stopped":     stopped,
	}
}

// expectations are some with every result, one of them for more ways than are listed.
func expectations() []trace.Expected {
	all := []trace.Expected{
		{Expectation: "status=200", Result: trace.Met, Ways: []trace.ExpectedWay{{Kind: route.Pod, Way: "pod a at 10.0.0.1:80", Vantage: "pod@node-1", Result: trace.Met, Why: "20 answers"}}},
		{Expectation: "path=stripped", Result: trace.NotObserved},
		{Expectation: "spread=even", Result: trace.Missed},
	}
	for _, node := range []string{"node-1", "node-2"} {
		for i := range 9 {
			all[2].Ways = append(all[2].Ways, trace.ExpectedWay{Kind: route.ClusterIP, Way: fmt.Sprintf("clusterip 10.96.0.%d:80", i), Vantage: "pod@" + node, Result: trace.Missed, Why: "uneven (p=1e-07)"})
		}
	}
	all[2].Ways[0].Result, all[2].Ways[0].Why = trace.NotObserved, "the endpoints \x1b[31mchanged meanwhile"
	return all
}

func TestGolden(t *testing.T) {
	for name, r := range reports(t) {
		t.Run(name, func(t *testing.T) {
			table := write(t, print.Table, r)
			golden(t, name, table)
			golden(t, name+"-wide", write(t, print.Wide, r))
			for line := range strings.Lines(table + write(t, print.Wide, r)) {
				if strings.TrimRight(line, " \n") != strings.TrimRight(line, "\n") {
					t.Errorf("trailing spaces: %q", line)
				}
			}
			if name == "dual-stack" {
				return // its addresses are too long by themselves
			}
			narrowEnough(t, table)
		})
	}
}

func narrowEnough(t *testing.T, table string) {
	t.Helper()
	for line := range strings.Lines(table) {
		if runewidth.StringWidth(strings.TrimRight(line, "\n")) > 80 && !strings.HasPrefix(strings.TrimSpace(line), "kubectl ") {
			t.Errorf("wider than 80 columns: %q", line)
		}
	}
}

func TestFormats(t *testing.T) {
	r := traced(t, web(1))
	var asYAML map[string]any
	if err := yaml.Unmarshal([]byte(write(t, print.YAML, r)), &asYAML); err != nil || asYAML["kind"] != "Report" || asYAML["apiVersion"] != trace.APIVersion {
		t.Errorf("YAML: %v, %v", asYAML["kind"], err)
	}
	var asJSON map[string]any
	if err := json.Unmarshal([]byte(write(t, print.JSON, r)), &asJSON); err != nil || !reflect.DeepEqual(asJSON, asYAML) {
		t.Errorf("JSON and YAML differ: %v", err)
	}
	if err := print.Write(io.Discard, "xml", r); err == nil || err.Error() != `unknown output format "xml": use one of [wide json yaml]` {
		t.Errorf("error %v", err)
	}
	for _, format := range append(print.Formats(), "") {
		if err := print.Write(failing{}, print.Format(format), r); !errors.Is(err, errFull) {
			t.Errorf("-o %q: error %v, want that of the writer", format, err)
		}
	}
}

var errFull = errors.New("no space left on device")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestThousandEndpoints(t *testing.T) {
	for name, faults := range map[string]func(*tracetest.Network){
		"healthy": func(*tracetest.Network) {},
		"policy":  fault(tracetest.Hop{}, tracetest.Timeout),
		"half":    func(n *tracetest.Network) { n.Fault(tracetest.Hop{Kind: route.Pod, From: "node-2"}, tracetest.Refused) },
	} {
		r := traced(t, web(1000), faults)
		if lines := strings.Count(write(t, print.Table, r), "\n"); lines > 60 {
			t.Errorf("%s: %d lines for a thousand endpoints", name, lines)
		}
	}
}

// Of what objects alone show, nobody says that traffic confirmed it.
func TestConfirmedByWhat(t *testing.T) {
	for source, says := range map[string]string{"object": "error · as the API server says", "traffic": "error · confirmed by traffic"} {
		r := traced(t, web(1))
		r.Findings = []finding.Finding{{Name: "dead-endpoint", Severity: finding.Error, Status: finding.Confirmed, Summary: "so it is", Evidence: []finding.Evidence{{Source: source, Text: "seen"}}}}
		if text := write(t, print.Table, r); !strings.Contains(text, says) {
			t.Errorf("a finding with evidence of %s does not say %q: %s", source, says, text)
		}
	}
}
