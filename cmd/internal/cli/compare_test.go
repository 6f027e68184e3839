package cli

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/compare"
)

func TestCompareUsage(t *testing.T) {
	serve(t, web().Beside(&corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "db"},
		Spec:       corev1.ServiceSpec{ClusterIP: "10.96.0.8", ClusterIPs: []string{"10.96.0.8"}, Ports: []corev1.ServicePort{{Port: 80, Protocol: corev1.ProtocolTCP}}},
	}))
	for name, test := range map[string]struct {
		args     string
		code     int
		out, err string
	}{
		"no target":            {"", ExitHealthy, "Usage:\n  kubectl nettrace compare A B", ""},
		"one target":           {"svc/web", ExitFailed, "", "error: compare takes two different targets"},
		"the same twice":       {"svc/web service/web", ExitFailed, "", "error: compare takes two different targets"},
		"three":                {"svc/web svc/db svc/x", ExitFailed, "", "error: compare takes two different targets"},
		"of one Service":       {"svc/web pod/web-1", ExitFailed, "", "error: svc/web and pod/web-1 stand for the same Services, [shop/web]"},
		"no such target":       {"svc/web ingress/new", ExitFailed, "", `ingress "new" not found in namespace "shop"`},
		"no such format":       {"svc/web svc/db -o wide", ExitFailed, "", `error: --output must be one of json, yaml, not "wide"`},
		"no format at all":     {"svc/web svc/db -o xml", ExitFailed, "", `error: --output must be one of json, yaml, not "xml"`},
		"the address of what":  {"svc/web ingress/new --address-a 10.0.0.1", ExitFailed, "", "error: --address-a is of an Ingress or a route, and svc/web is none"},
		"no address":           {"svc/web ingress/new --address-b :x", ExitFailed, "", `error: --address-b must be HOST or HOST:PORT, not ":x"`},
		"two addresses of one": {"svc/web ingress/new --address-b 10.0.0.1 --address 10.0.0.2", ExitFailed, "", "error: --address-b says where requests go: use it without --address"},
		"a dry run":            {"svc/web svc/db --dry-run", ExitHealthy, "svc/web -n shop, svc/db -n shop: nothing is sent and nothing is created (dry run)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			out, err, code := invoke(t, append([]string{"compare"}, strings.Fields(test.args)...)...)
			if code != test.code || !strings.Contains(out, test.out) || !strings.Contains(err, test.err) || (test.err == "") != (err == "") {
				t.Errorf("exit code %d, want %d\nout: %s\nwant %s\nerr: %s\nwant %s", code, test.code, out, test.out, err, test.err)
			}
		})
	}
}

func TestCompareExitCodes(t *testing.T) {
	for status, want := range map[compare.Status]int{compare.Alike: ExitHealthy, compare.Different: ExitBroken, compare.Inconclusive: ExitInconclusive} {
		code := exit(ExitHealthy)
		errors.As(ended([]*trace.Report{{}}, &compare.Comparison{Verdict: compare.Verdict{Status: status}}), &code)
		if int(code) != want {
			t.Errorf("%s ends with %d, want %d", status, code, want)
		}
	}
	stopped := []*trace.Report{{Vantages: []trace.VantageReport{{Name: "pod@node-1", Stopped: wire.StopSignal}}}}
	var early *endedError
	if err := ended(stopped, &compare.Comparison{Verdict: compare.Verdict{Status: compare.Different}}); !errors.As(err, &early) {
		t.Errorf("a run that was ended early ends with %v", err)
	}
}
