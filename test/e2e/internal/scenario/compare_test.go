package scenario

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// shop is what is true of a Service with two pods on two nodes.
func shop() Truth {
	return Truth{
		Endpoints: []Endpoint{
			{Name: "web-a", Node: "n1", Ready: true, Sockets: []string{"10.1.0.1:8080"}},
			{Name: "web-b", Node: "n2", Ready: true, Sockets: []string{"10.2.0.1:8080"}},
		},
		ClusterIPs: []string{"10.96.0.7:80"},
	}
}

// observed is a report of that Service which is right.
const observed = `
apiVersion: nettrace.dev/v1alpha1
kind: Report
target: {endpoints: [{name: web-a, node: n1, ready: true}, {name: web-b, node: n2, ready: true}]}
verdict: {status: healthy}
vantages: [{name: pod@n1}]
cells:
- {kind: pod, endpoint: web-a, address: "10.1.0.1:8080", vantage: pod@n1, verdict: healthy, sent: 2, ok: 2, answers: [{endpoint: web-a, evidence: direct, count: 2}]}
- {kind: pod, endpoint: web-b, address: "10.2.0.1:8080", vantage: pod@n1, verdict: healthy, sent: 2, ok: 2, answers: [{endpoint: web-b, evidence: direct, count: 2}]}
- {kind: clusterip, address: "10.96.0.7:80", vantage: pod@n1, verdict: healthy, sent: 3, ok: 3, answers: [{endpoint: web-a, evidence: answer, count: 2}, {endpoint: web-b, evidence: answer, count: 1}]}
`

func expectation() Expect {
	return Expect{Verdict: "healthy", Cells: []Cells{
		{Kind: "pod", Verdict: "healthy", By: "itself"},
		{Kind: "clusterip", Verdict: "healthy", By: "pods", Every: true},
	}}
}

func compared(t *testing.T, text string) error {
	t.Helper()
	r := &report.Report{}
	if err := yaml.Unmarshal([]byte(text), r); err != nil {
		t.Fatal(err)
	}
	return Compare(expectation(), shop(), r)
}

func TestTrueReportIsAccepted(t *testing.T) {
	if err := compared(t, observed); err != nil {
		t.Error(err)
	}
}

// Each lie is one change of the true report.
func TestLiesAreNoticed(t *testing.T) {
	for name, lie := range map[string]struct{ old, new, says string }{
		"verdict":                {"{status: healthy}", "{status: broken, layer: pod}", `verdict broken at layer "pod"`},
		"finding made up":        {"cells:", "findings: [{name: dead-endpoint}]\ncells:", "1 findings [dead-endpoint], want 0"},
		"vantage lost":           {"{name: pod@n1}", "{name: pod@n1, error: no image}", "vantage pod@n1 failed"},
		"vantage stopped":        {"{name: pod@n1}", "{name: pod@n1, stopped: deadline}", "vantage pod@n1 failed or stopped"},
		"count too high":         {"count: 2}, {endpoint: web-b", "count: 3}, {endpoint: web-b", "4 answers with a name"},
		"good ones too few":      {"sent: 3, ok: 3", "sent: 3, ok: 2", "make 2, want the 3 sent"},
		"wrong pod directly":     {"{endpoint: web-b, evidence: direct", "{endpoint: web-a, evidence: direct", `"web-a" is said to have answered directly`},
		"direct through proxy":   {"evidence: answer, count: 1", "evidence: direct, count: 1", `"web-b" is said to have answered directly`},
		"unheard-of pod":         {"{endpoint: web-b, evidence: answer", "{endpoint: web-z, evidence: answer", `"web-z" answered, which is no endpoint`},
		"silent pod":             {"{endpoint: web-b, evidence: answer", "{endpoint: web-a, evidence: answer", "was answered by 1 endpoints, want all 2"},
		"address of another":     {`endpoint: web-a, address: "10.1.0.1:8080"`, `endpoint: web-a, address: "10.2.0.1:8080"`, "the address is not one of endpoint"},
		"route left out":         {`"10.96.0.7:80", vantage`, `"10.96.0.8:80", vantage`, "routes of kind clusterip"},
		"answers not attributed": {"answers: [{endpoint: web-a, evidence: answer, count: 2}, {endpoint: web-b, evidence: answer, count: 1}]", "unknown: 3", `want them from "pods"`},
		"kind unasked for":       {"- {kind: clusterip", "- {kind: nodeport", "nothing was expected of such a cell"},
		"readiness":              {"{name: web-b, node: n2, ready: true}", "{name: web-b, node: n2, ready: false}", "endpoints map["},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(observed, lie.old, lie.new, 1)
			if text == observed {
				t.Fatalf("the lie changes nothing: there is no %q", lie.old)
			}
			err := compared(t, text)
			if err == nil {
				t.Fatal("the lie was not noticed")
			}
			if !strings.Contains(err.Error(), lie.says) {
				t.Errorf("the lie was taken for another: %v", err)
			}
		})
	}
}

func TestPasteable(t *testing.T) {
	for command, safe := range map[string]bool{
		"kubectl -n a get pods -l 'app in (x)'":             true,
		`kubectl -n a patch service web -p '[{"op":"x"}]'`:  true,
		"kubectl -n a get pods -o custom-columns=A:.b[*].c": false,
		"kubectl -n a delete pod x; reboot":                 false,
		"kubectl -n a get pods $(reboot)":                   false,
	} {
		if err := pasteable(command); (err == nil) != safe {
			t.Errorf("%s: %v", command, err)
		}
	}
}
