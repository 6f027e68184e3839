package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

func web() *targettest.Service {
	return targettest.NewService("web").Selecting("app", "web").Port("http", 80, 8080).
		Node("node-1").Node("node-2").Pod("web-1", targettest.On("node-1"))
}

func TestExitCodes(t *testing.T) {
	udp := targettest.NewService("web").UDPPort("media", 5004, 5004).Node("node-1")
	for name, test := range map[string]struct {
		service   *targettest.Service
		forbidden []string
		args      []string
		code      int
		out, err  string
	}{
		"help":               {web(), nil, nil, ExitHealthy, "Usage:\n  kubectl nettrace TYPE/NAME", ""},
		"version":            {web(), nil, []string{"version"}, ExitHealthy, "kubectl-nettrace v1.2.3\nprobe image ghcr.io/kubectl-nettrace/probe:v1.2.3\n", ""},
		"a dry run":          {web(), nil, []string{"svc/web", "--dry-run"}, ExitHealthy, "nothing is sent and nothing is created (dry run)", ""},
		"nothing to test":    {udp, nil, []string{"svc/web", "--via", "clusterip"}, ExitInconclusive, "? UNTESTED  nothing could be tested: UDP", ""},
		"as JSON":            {udp, nil, []string{"svc/web", "--via", "clusterip", "-o", "json"}, ExitInconclusive, `"status": "untested"`, ""},
		"no such Service":    {web(), nil, []string{"svc/wbe"}, ExitFailed, "", "did you mean web?"},
		"not one Service":    {web(), nil, []string{"job/web"}, ExitFailed, "", "error: job/web: a trace starts from a Service"},
		"no such flag":       {web(), nil, []string{"svc/web", "--nope"}, ExitFailed, "", "error: unknown flag: --nope\n"},
		"no sense":           {web(), nil, []string{"svc/web", "--requests", "0", "--rate", "0"}, ExitFailed, "", "error: --requests must be at least 1, not 0\nerror: --rate must be a number above 0, not 0\n"},
		"no such port":       {web(), nil, []string{"svc/web", "--port", "81"}, ExitFailed, "", `error: service shop/web has no port "81"; it has 80 (http)`},
		"another node":       {web(), nil, []string{"svc/web", "--from", "node-9"}, ExitFailed, "", `error: --from node-9: the cluster has no node "node-9"; it has node-1, node-2`},
		"a right is lacking": {web(), []string{"pods"}, []string{"svc/web"}, ExitFailed, "", "error: reading the pods of namespace shop: "},
	} {
		t.Run(name, func(t *testing.T) {
			serve(t, test.service, test.forbidden...)
			out, err, code := invoke(t, test.args...)
			if code != test.code || !strings.Contains(out, test.out) || !strings.Contains(err, test.err) || (test.err == "") != (err == "") {
				t.Errorf("exit code %d, want %d\nout: %s\nwant %s\nerr: %s\nwant %s", code, test.code, out, test.out, err, test.err)
			}
		})
	}
}

func TestCodeOf(t *testing.T) {
	for status, want := range map[verdict.Verdict]int{
		verdict.Healthy: ExitHealthy, verdict.Degraded: ExitBroken, verdict.Broken: ExitBroken, verdict.Untested: ExitInconclusive,
	} {
		code := exit(ExitHealthy)
		errors.As(codeOf([]*trace.Report{{Verdict: trace.Verdict{Status: status}}}), &code)
		if int(code) != want {
			t.Errorf("%s ends with %d, want %d", status, code, want)
		}
	}
}

func TestDryRun(t *testing.T) {
	serve(t, web())
	out, _, _ := invoke(t, "svc/web", "--dry-run", "--probe-namespace", "probes", "--image", "registry.example/probe:1", "--requests", "4")
	want := `svc/web -n shop: nothing is sent and nothing is created (dry run)

FROM    WAY IN          ADDRESS                  REQUEST                   COUNT
node-1  pod             10.0.0.1:8080            http GET /                3
node-1  pod (contrast)  10.0.0.1:8080            http GET / (+4000 bytes)  2
node-1  clusterip       10.96.0.7:80             http GET /                4
node-1  dns             web.shop.svc             dns A                     4
node-1  dns             _http._tcp.web.shop.svc  dns SRV                   4
node-1  control         kubernetes.default.svc   dns A                     1
node-2  pod             10.0.0.1:8080            http GET /                3
node-2  pod (contrast)  10.0.0.1:8080            http GET / (+4000 bytes)  2
node-2  clusterip       10.96.0.7:80             http GET /                4
node-2  dns             web.shop.svc             dns A                     4
node-2  dns             _http._tcp.web.shop.svc  dns SRV                   4
node-2  control         kubernetes.default.svc   dns A                     1

Load      36 requests, at most 8 at once and 200 a second
Creates   2 Jobs in namespace probes with image registry.example/probe:1 (see
          them with -o yaml)
`
	if out != want {
		t.Errorf("dry run\n%s\nwant\n%s", out, want)
	}
	for _, format := range []string{"json", "yaml"} {
		out, _, _ := invoke(t, "svc/web", "--dry-run", "-o", format, "--probe-namespace", "probes")
		var jobs batchv1.JobList
		if err := yaml.UnmarshalStrict([]byte(out), &jobs); err != nil {
			t.Fatal(err)
		}
		if jobs.Kind != "JobList" || len(jobs.Items) != 2 || jobs.Items[0].Namespace != "probes" || jobs.Items[1].Spec.Template.Spec.NodeName != "node-2" {
			t.Errorf("-o %s: %+v", format, jobs)
		}
	}
}

func TestCompletion(t *testing.T) {
	serve(t, web().Beside(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "db"}}))
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"the type first":       {[]string{"s"}, []string{"sts/", "svc/", ":6"}},
		"names of the type":    {[]string{"svc/"}, []string{"svc/db", "svc/web", ":4"}},
		"that begin alike":     {[]string{"service/w"}, []string{"service/web", ":4"}},
		"of another type":      {[]string{"pod/"}, []string{"pod/web-1", ":4"}},
		"of no type":           {[]string{"job/"}, []string{":4"}},
		"type and name":        {[]string{"svc", "w"}, []string{"web", ":4"}},
		"after another type":   {[]string{"pod", "w"}, []string{"web-1", ":4"}},
		"one more":             {[]string{"svc/web", "svc/"}, []string{"svc/db", ":4"}},
		"one more of the type": {[]string{"svc", "web", ""}, []string{"db", ":4"}},
		"nodes":                {[]string{"svc/web", "--from", ""}, []string{"node-1", "node-2", ":6"}},
		"a list of nodes":      {[]string{"svc/web", "--from", "node-2,node-1"}, []string{"node-2,node-1", ":6"}},
		"formats":              {[]string{"svc/web", "-o", ""}, []string{"json", "wide", "yaml", ":4"}},
		"to compare":           {[]string{"compare", "svc/"}, []string{"svc/db", "svc/web", ":4"}},
		"to compare with":      {[]string{"compare", "svc/web", "svc/"}, []string{"svc/db", ":4"}},
		"no third":             {[]string{"compare", "svc/web", "svc/db", "svc/"}, []string{":4"}},
		"two of one type":      {[]string{"compare", "svc", "web", ""}, []string{"db", ":4"}},
		"formats of two":       {[]string{"compare", "svc/web", "svc/db", "-o", ""}, []string{"json", "yaml", ":4"}},
		"in another namespace": {[]string{"-n", "dev", "svc/"}, []string{":4"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, _, _ := invoke(t, append([]string{cobra.ShellCompNoDescRequestCmd}, test.args...)...)
			got := strings.Fields(out)
			slices.Sort(got[:len(got)-1])
			if !slices.Equal(got, test.want) {
				t.Errorf("proposals %q, want %q", got, test.want)
			}
		})
	}
	serve(t, web(), "services", "nodes")
	for _, args := range [][]string{{"svc/"}, {"svc/web", "--from", ""}} {
		if out, _, _ := invoke(t, append([]string{cobra.ShellCompNoDescRequestCmd}, args...)...); strings.TrimSpace(out) != ":1" {
			t.Errorf("%q without the right: %q, want an error", args, out)
		}
	}
}
