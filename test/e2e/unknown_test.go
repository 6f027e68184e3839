package e2e

import (
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// TestUnknownService names a Service wrongly in every way there is.
func TestUnknownService(t *testing.T) {
	t.Parallel()
	n, other := harness.New(t), harness.New(t)
	n.Must("create", "service", "clusterip", "checkout", "--tcp=80")
	n.Must("create", "service", "clusterip", "pi", "--tcp=80")
	other.Must("create", "service", "clusterip", "only-"+n.Name, "--tcp=80")
	before := n.Objects()
	for name, c := range map[string]struct {
		args []string
		says []string
	}{
		"a letter is missing":    {[]string{"svc/chekout"}, []string{`service "chekout" not found`, n.Name, "did you mean checkout?"}},
		"letters change places":  {[]string{"svc/ip"}, []string{"did you mean pi?"}},
		"nothing is near":        {[]string{"svc/zzzzzz"}, []string{`service "zzzzzz" not found`, "kubectl -n " + n.Name + " get services"}},
		"in another namespace":   {[]string{"svc/only-" + n.Name}, []string{"there is one in namespace " + other.Name, "-n"}},
		"no such namespace":      {[]string{"svc/checkout", "--namespace", n.Name + "x"}, []string{`namespace "` + n.Name + `x" does not exist`}},
		"malformed name":         {[]string{"svc/Check_out"}, []string{`"Check_out" cannot be the name of a Service`}},
		"no type":                {[]string{"checkout"}, []string{"for a Service write svc/checkout"}},
		"another type":           {[]string{"deploy/checkout"}, []string{`deployment "checkout" not found`, "kubectl -n " + n.Name + " get deployment"}},
		"no type of ours":        {[]string{"job/checkout"}, []string{"write svc/NAME"}},
		"one of several":         {[]string{"svc/checkout", "svc/chekout"}, []string{"did you mean checkout?"}},
		"names and a choice":     {[]string{"svc/checkout", "-l", "app=checkout"}, []string{"not both"}},
		"no such port":           {[]string{"svc/checkout", "--port", "81"}, []string{"81", "80"}},
		"unknown flag":           {[]string{"svc/checkout", "--requets", "3"}, []string{"unknown flag: --requets"}},
		"flag without sense":     {[]string{"svc/checkout", "--requests", "0"}, []string{"--requests must be at least 1"}},
		"limits without meaning": {[]string{"svc/checkout", "--probe-limits", "cpu=much"}, []string{"--probe-limits"}},
	} {
		t.Run(name, func(t *testing.T) { refused(t, n.Nettrace(c.args...), c.says...) })
	}
	n.NothingLeft(before)
}
