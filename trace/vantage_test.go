package trace_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestChosenVantages(t *testing.T) {
	control := NodeLabel("node-role.kubernetes.io/control-plane", "")
	windows := NodeLabel(corev1.LabelOSStable, "windows")
	virtual := NodeLabel("type", "virtual-kubelet")
	cordoned := func(n *corev1.Node) { n.Spec.Unschedulable = true }
	empty := func() *Service { return NewService("web").Selecting("app", "web").Port("http", 80, 8080) }
	for name, test := range map[string]struct {
		service *Service
		want    []string
	}{
		"one that hosts and one that does not":   {empty().Node("n1").Node("n2").Node("n3").Pod("a", On("n2")), []string{"n2", "n1"}},
		"two that host":                          {empty().Node("n1").Node("n2").Node("n3").Pod("a", On("n1")).Pod("b", On("n2")).Pod("c", On("n3")), []string{"n1", "n2"}},
		"several that host, several that do not": {empty().Node("n1").Node("n2").Node("n3").Node("n4").Pod("a", On("n3")).Pod("b", On("n4")), []string{"n3", "n1"}},
		"no endpoint":                            {empty().Node("n1").Node("n2").Node("n3"), []string{"n1", "n2"}},
		"a pod that is not ready hosts nothing":  {empty().Node("n1").Node("n2").Pod("a", On("n2"), NotReady("x")), []string{"n1", "n2"}},
		"a single node":                          {empty().Node("n1").Pod("a", On("n1")), []string{"n1"}},
		"workers before control planes":          {empty().Node("n1", control).Node("n2").Node("n3").Pod("a", On("n3")), []string{"n3", "n2"}},
		"a control plane if it must be":          {empty().Node("n1", control).Node("n2").Pod("a", On("n2")), []string{"n2", "n1"}},
		"cordoned ones last":                     {empty().Node("n1", cordoned).Node("n2").Node("n3"), []string{"n2", "n3"}},
		"only ready Linux nodes":                 {empty().Node("n1", Dead()).Node("n2", windows).Node("n3", virtual).Node("n4"), []string{"n4"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := nodes(prepare(t, test.service, tracetest.Options())); !slices.Equal(got, test.want) {
				t.Errorf("vantages %v, want %v", got, test.want)
			}
		})
	}
}

func nodes(run *trace.Run) []string {
	var names []string
	for _, p := range run.Plans {
		names = append(names, p.Vantage.Node)
	}
	return names
}

func TestNodesThatCannotBeRead(t *testing.T) {
	forbidden := func(s *Service) *fake.Clientset {
		client := s.Client()
		client.PrependReactor("list", "nodes", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, errors.New("no") })
		return client
	}
	run, err := trace.Prepare(t.Context(), target.NewReader(forbidden(web(3)), nil), tracetest.Options())
	if err != nil || !slices.Equal(nodes(run), []string{"n1", "n2"}) {
		t.Errorf("vantages %v, %v; want those of the endpoints", run, err)
	}
	if _, err := trace.Prepare(t.Context(), target.NewReader(forbidden(web(3)), nil), tracetest.Options("elsewhere")); err != nil {
		t.Errorf("a node that nobody can check: %v", err)
	}
	_, err = trace.Prepare(t.Context(), target.NewReader(forbidden(web(0)), nil), tracetest.Options())
	if want := "choosing nodes for the probes: nodes must not be listed, and no endpoint tells of one; name one with --from"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestNamedVantages(t *testing.T) {
	service := web(0).Node("n3", Dead())
	for name, test := range map[string]struct {
		from  []string
		want  []string
		fails string
	}{
		"nodes":         {[]string{"n2", "n1"}, []string{"n2", "n1"}, ""},
		"with the kind": {[]string{"pod@n2"}, []string{"n2"}, ""},
		"twice":         {[]string{"n2", "pod@n2"}, []string{"n2"}, ""},
		"another kind":  {[]string{"host@n2"}, nil, "--from host@n2: a vantage is NODE or pod@NODE, node@NODE, or local"},
		"no node":       {[]string{"pod@"}, nil, "--from pod@: a vantage is NODE or pod@NODE, node@NODE, or local"},
		"nothing":       {[]string{""}, nil, "--from : a vantage is NODE or pod@NODE, node@NODE, or local"},
		"unknown":       {[]string{"n9"}, nil, `--from n9: the cluster has no node "n9"; it has n1, n2, n3`},
		"dead":          {[]string{"n3"}, nil, "--from n3: node n3 is not ready, so that no probe can start there"},
	} {
		t.Run(name, func(t *testing.T) {
			run, err := trace.Prepare(t.Context(), target.NewReader(service.Client(), nil), tracetest.Options(test.from...))
			if test.fails != "" {
				if err == nil || err.Error() != test.fails {
					t.Errorf("error %v, want %s", err, test.fails)
				}
				return
			}
			if err != nil || !slices.Equal(nodes(run), test.want) {
				t.Errorf("vantages %v, %v; want %v", run, err, test.want)
			}
		})
	}
	many := NewService("web").Port("http", 80, 8080)
	for i := range 15 {
		many.Node(fmt.Sprintf("n%02d", i))
	}
	_, err := trace.Prepare(t.Context(), target.NewReader(many.Client(), nil), tracetest.Options("x"))
	if err == nil || !strings.HasSuffix(err.Error(), "n08, and 6 more") {
		t.Errorf("error %v names too many nodes", err)
	}
	_, err = trace.Prepare(t.Context(), target.NewReader(NewService("web").Port("http", 80, 8080).Node("n1", Dead()).Client(), nil), tracetest.Options())
	if err == nil || !strings.Contains(err.Error(), "none of n1 is a ready Linux node") {
		t.Errorf("error %v", err)
	}
}
