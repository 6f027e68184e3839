package finding

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

func TestHiddenRetries(t *testing.T) {
	pod := &corev1.Pod{}
	pod.Namespace = "shop"
	facts := func(ok, retried int, inVain map[int]int) Facts {
		f := Facts{
			Target:   &target.Target{Service: &corev1.Service{}, Endpoints: []target.Endpoint{{Name: "web-1", Pod: pod}, {Name: "web-2", Pod: pod}}},
			Routes:   []route.Route{{Kind: route.Ingress, Object: "ingress shop/web", Address: "192.0.2.1:80"}},
			Vantages: []string{"n1"},
			Cells:    []verdict.Cell{{Sent: 20, OK: ok}},
		}
		f.Target.Service.Name, f.Target.Service.Namespace = "web", "shop"
		if retried > 0 {
			f.Retries = []Retries{{Requests: retried, InVain: inVain}}
		}
		return f
	}
	for name, test := range map[string]struct {
		facts    Facts
		evidence string
		fix      string
	}{
		"none":                    {facts(20, 0, nil), "", ""},
		"nothing gets through":    {facts(0, 20, nil), "", ""},
		"the endpoint is known":   {facts(20, 7, map[int]int{1: 7}), "20 of 20 answered, and by the proxy's log 7 were sent more than once; tried in vain: web-2, 7 times", "kubectl -n shop logs web-2 --tail=50"},
		"it is not":               {facts(19, 1, nil), "19 of 20 answered, and by the proxy's log 1 were sent more than once", "kubectl -n shop get pods -o wide"},
		"it has gone in the time": {facts(20, 1, map[int]int{-1: 1}), "tried in vain: an address that no endpoint has, once", "kubectl -n shop get pods -o wide"},
	} {
		found := hiddenRetries(test.facts)
		if len(found) == 0 {
			if test.evidence != "" {
				t.Errorf("%s: nothing is found", name)
			}
			continue
		}
		var seen []string
		for _, e := range found[0].Evidence {
			seen = append(seen, e.Text)
		}
		if text := strings.Join(seen, "; "); test.evidence == "" || !strings.Contains(text, test.evidence) || found[0].Fix[0].Command != test.fix {
			t.Errorf("%s: %s; fix %q", name, text, found[0].Fix)
		}
	}
}
