package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
)

func TestParseTargets(t *testing.T) {
	for _, test := range []struct {
		args       []string
		want, fail string
	}{
		{[]string{"svc/web"}, "[{service web}]", ""},
		{[]string{"svc", "web"}, "[{service web}]", ""},
		{[]string{"svc", "a", "b"}, "[{service a} {service b}]", ""},
		{[]string{"Service/web"}, "[{service web}]", ""},
		{[]string{"services/web"}, "[{service web}]", ""},
		{[]string{"svc/1web"}, "[{service 1web}]", ""},
		{[]string{"svc/a", "ing/b", "deploy/c", "svc/a"}, "[{service a} {ingress b} {deployment c}]", ""},
		{[]string{"httproute/a.b"}, "[{httproute a.b}]", ""},
		{[]string{"web"}, "", `"web" has no type: for a Service write svc/web`},
		{[]string{"job/web"}, "", "job/web: a trace starts from a Service"},
		{[]string{"svc/a/b"}, "", "svc/a/b: write TYPE/NAME"},
		{[]string{"svc/"}, "", `"" cannot be the name of a Service`},
		{[]string{"svc/Web"}, "", `"Web" cannot be the name of a Service`},
		{[]string{"svc/we b"}, "", `"we b" cannot be the name of a Service`},
		{[]string{"ingress/We b"}, "", `"We b" cannot be the name of an object`},
	} {
		var s selection
		err := s.parse(slices.Clone(test.args))
		got := ""
		if err == nil {
			got = fmt.Sprint(s.references)
		}
		if got != test.want || (err == nil) != (test.fail == "") || err != nil && !strings.HasPrefix(err.Error(), test.fail) {
			t.Errorf("%q: %s, %v; want %s, %s", test.args, got, err, test.want, test.fail)
		}
	}
	for _, s := range []selection{{selector: "a=b"}, {all: true}, {everywhere: true}} {
		if err := s.parse([]string{"svc/web"}); err == nil || !strings.HasPrefix(err.Error(), "name the targets, or choose them") {
			t.Errorf("%+v and a name: %v", s, err)
		}
	}
}

func TestPayload(t *testing.T) {
	for text, want := range map[string]string{"": "", "ping": "ping", `\x00\x01`: "\x00\x01", `a"b`: `a"b`} {
		if got, err := payload(text); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	if _, err := payload(`\x`); err == nil {
		t.Error("half an escape is no error")
	}
}

func TestValidate(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*options)
		want   string
	}{
		"defaults":           {func(*options) {}, ""},
		"requests":           {func(o *options) { o.load.Requests = 0 }, "--requests must be at least 1, not 0"},
		"rate":               {func(o *options) { o.load.Rate = -1 }, "--rate must be a number above 0, not -1"},
		"rate is no number":  {func(o *options) { o.load.Rate = math.NaN() }, "--rate must be a number above 0, not NaN"},
		"rate has no bound":  {func(o *options) { o.load.Rate = math.Inf(1) }, "--rate must be a number above 0, not +Inf"},
		"concurrency":        {func(o *options) { o.load.Concurrency = 0 }, "--concurrency must be at least 1, not 0"},
		"timeout":            {func(o *options) { o.load.Timeout = 0 }, "--timeout must be more than 0, not 0s"},
		"deadline":           {func(o *options) { o.load.Deadline = -1 }, "--deadline must be more than 0, not -1ns"},
		"start timeout":      {func(o *options) { o.startTimeout = 0 }, "--start-timeout must be more than 0, not 0s"},
		"image":              {func(o *options) { o.image = "" }, "--image must not be empty"},
		"output":             {func(o *options) { o.output = "xml" }, `--output must be one of wide, json, yaml, not "xml"`},
		"a path and a query": {func(o *options) { o.path = "/a%20b?c=d" }, ""},
		"a space":            {func(o *options) { o.path = "/a b" }, `--path must be written as in a request: escape spaces and all but ASCII (%20 for a space), not "/a b"`},
		"a line break":       {func(o *options) { o.path = "/a\r\nHost: b" }, `--path must be written as in a request: escape spaces and all but ASCII (%20 for a space), not "/a\r\nHost: b"`},
		"limits":             {func(o *options) { o.probeLimits = map[string]string{"cpu": "many"} }, "--probe-limits cpu=many: write it as cpu=500m or memory=256Mi"},
		"a kind of way":      {func(o *options) { o.via = []string{"ingress", "vpn"} }, `--via must be of pod, clusterip, dns, nodeport, loadbalancer, ingress, gateway, not "vpn"`},
		"an address":         {func(o *options) { o.address = "[fd00::1]:8443" }, ""},
		"a bare address":     {func(o *options) { o.address = "fd00::1" }, ""},
		"a name":             {func(o *options) { o.address = "lb.example.com:443" }, ""},
		"no address":         {func(o *options) { o.address = "https://lb" }, `--address must be HOST or HOST:PORT, not "https://lb"`},
		"no port":            {func(o *options) { o.address = "lb:http" }, `--address must be HOST or HOST:PORT, not "lb:http"`},
		"two addresses":      {func(o *options) { o.address, o.resolveDNS = "lb", true }, "--address and --resolve-dns both say where requests go: use one of them"},
		"a payload":          {func(o *options) { o.udpPayload = "\\x0" }, `--udp-payload "\\x0": write it as Go would between quotes, such as \x00\x01`},
		"all at once":        {func(o *options) { o.load.Requests, o.image = 0, "" }, "--requests must be at least 1, not 0\n--image must not be empty"},
	} {
		o := newOptions("dev", genericiooptions.NewTestIOStreamsDiscard())
		test.change(o)
		if err := o.validate(); (err == nil) != (test.want == "") || err != nil && err.Error() != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func TestImageTag(t *testing.T) {
	for release, want := range map[string]string{"dev": "latest", "v1.2.3": "v1.2.3", "1.2.3": "v1.2.3"} {
		if got := imageTag(release); got != want {
			t.Errorf("release %s has the image %s, want %s", release, got, want)
		}
	}
}

// TestFailOn: findings make the exit code from the chosen severity on.
func TestFailOn(t *testing.T) {
	with := func(severities ...finding.Severity) []*trace.Report {
		reports := []*trace.Report{{}, {}}
		for _, s := range severities {
			reports[1].Findings = append(reports[1].Findings, finding.Finding{Severity: s})
		}
		return reports
	}
	for _, test := range []struct {
		severity string
		found    []finding.Severity
		want     bool
	}{
		{"warning", nil, false},
		{"warning", []finding.Severity{finding.Info}, false},
		{"warning", []finding.Severity{finding.Info, finding.Warning}, true},
		{"warning", []finding.Severity{finding.Error}, true},
		{"error", []finding.Severity{finding.Warning, finding.Info}, false},
		{"error", []finding.Severity{finding.Error}, true},
	} {
		if got := failing(with(test.found...), test.severity); got != test.want {
			t.Errorf("--fail-on %s with %v: %t, want %t", test.severity, test.found, got, test.want)
		}
	}
}

func TestFindingsAreNamed(t *testing.T) {
	o := newOptions("dev", genericiooptions.NewTestIOStreamsDiscard())
	o.ignore, o.failOn = []string{"dead-endpoint", "dead-endpiont"}, "info"
	err := o.validate()
	for _, want := range []string{`--ignore: there is no finding "dead-endpiont"`, `--fail-on must be one of error, warning, not "info"`} {
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), `"dead-endpoint"`) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
