package cli

import (
	"math"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"
)

func TestParseTarget(t *testing.T) {
	for _, test := range []struct {
		args       []string
		want, fail string
	}{
		{[]string{"svc/web"}, "web", ""},
		{[]string{"svc", "web"}, "web", ""},
		{[]string{"Service/web"}, "web", ""},
		{[]string{"services/web"}, "web", ""},
		{[]string{"svc/1web"}, "1web", ""},
		{[]string{"web"}, "", `"web" has no type: for a Service write svc/web`},
		{[]string{"deploy/web"}, "", "a trace starts from a Service: write svc/NAME instead of deploy/web"},
		{[]string{"svc/a", "svc/b"}, "", "one Service can be traced at a time: write svc/NAME"},
		{[]string{"svc", "a", "b"}, "", "one Service can be traced at a time: write svc/NAME"},
		{[]string{"svc/a/b"}, "", "one Service can be traced at a time: write svc/NAME"},
		{[]string{"svc/"}, "", `"" cannot be the name of a Service`},
		{[]string{"svc/Web"}, "", `"Web" cannot be the name of a Service`},
		{[]string{"svc/we b"}, "", `"we b" cannot be the name of a Service`},
	} {
		got, err := parseTarget(test.args)
		if got != test.want || (err == nil) != (test.fail == "") || err != nil && !strings.HasPrefix(err.Error(), test.fail) {
			t.Errorf("%q: %q, %v; want %q, %s", test.args, got, err, test.want, test.fail)
		}
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
