package finding

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// alike returns a Service with so many pods, a NodePort on two nodes and an Ingress of
// two paths at two addresses, with cells of all ways on which several may answer, from
// so many pods, by turns on both nodes.
func alike(t *testing.T, pods, places int) Facts {
	t.Helper()
	s := targettest.NewService("web").Selecting("app", "web").Port("http", 80, 8080).NodePort(30080).Node("n1").Node("n2")
	for i := range pods {
		s.Pod(fmt.Sprintf("web-%d", i), targettest.On(fmt.Sprintf("n%d", 1+i%2)))
	}
	port, prefix := intstr.FromInt32(80), networkingv1.PathTypePrefix
	s.Beside(targettest.NewIngressClass("c", "traefik.io/ingress-controller"),
		targettest.NewIngress("in", targettest.Class("c"), targettest.Published("203.0.113.9", "203.0.113.10"),
			targettest.Path("a.example.com", "/", prefix, port), targettest.Path("b.example.com", "/", prefix, port)))
	read := s.Target(t)
	f := Facts{Target: read, Targets: 1, Routes: route.Of(read, route.Options{})}
	for place := range places {
		from := vantage.Vantage{Node: fmt.Sprintf("n%d", 1+place%2)}
		f.From, f.Vantages = append(f.From, from), append(f.Vantages, fmt.Sprintf("place %d", place))
		for n, r := range f.Routes {
			if r.Untested == "" && r.Protocol.Web() && !r.Contrast && r.Padding == 0 && r.Kind != route.Pod && len(r.Choices(read, from.Node)) > 1 {
				f.Cells = append(f.Cells, verdict.Cell{Route: n, Vantage: place, Verdict: verdict.Healthy})
			}
		}
	}
	if want := 7 * places; len(f.Cells) != want {
		t.Fatalf("there are %d cells, want %d", len(f.Cells), want)
	}
	return f
}

// inKernel names the balancer where kube-proxy's is in the kernel of the node that is
// asked, and the proxy has one for all ways: one that gives each endpoint a turn is
// shared by all that ask for the same there.
func inKernel(r route.Route, from vantage.Vantage) string {
	switch r.Kind {
	case route.ClusterIP:
		return "node " + from.Node
	case route.NodePort:
		return r.Address
	}
	return "proxy"
}

// TestTurnsShared simulates runs over balancers that several ways share, and counts
// those in which somebody is accused: no more than are promised, by a margin of three
// standard deviations.
func TestTurnsShared(t *testing.T) {
	for kind, balancer := range map[string]func(*rand.Rand, []int32) chooser{"by chance": byChance, "in turn": smoothly, "in turn, amid others": amidOthers} {
		for _, size := range []struct{ pods, places, requests, runs int }{
			{2, 1, 20, 2000}, {2, 2, 20, 2000}, {2, 2, 200, 500}, {2, 4, 40, 500}, {2, 2, 1000, 200}, {2, 2, 5000, 40}, {3, 2, 20, 2000}, {4, 2, 60, 500}, {10, 2, 51, 500},
		} {
			f := alike(t, size.pods, size.places)
			weights := slices.Repeat([]int32{1}, size.pods)
			draw := rand.New(rand.NewPCG(21, 22))
			runs := size.runs
			if testing.Short() {
				runs /= 20
			}
			alarms, words := map[string]int{}, 0
			for range runs {
				ask(draw, []Facts{f}, size.requests, func() chooser { return balancer(draw, weights) }, inKernel)
				for _, rule := range []func(Facts) []Finding{unevenSpread, stickyWithoutAffinity, silentEndpoint} {
					for _, found := range rule(f) {
						alarms[found.Name]++
					}
				}
				if uneven(f) {
					words++
				}
			}
			promised := float64(runs) * chance // for each rule
			most := promised + 3*math.Sqrt(promised) + 1
			t.Logf("%d pods, %d places, %d requests, %s: of %d runs raise an alarm %v, and say uneven %d", size.pods, size.places, size.requests, kind, runs, alarms, words)
			for name, n := range alarms {
				if float64(n) > most {
					t.Errorf("%d pods, %d places, %d requests, %s: %d of %d runs say %s", size.pods, size.places, size.requests, kind, n, runs, name)
				}
			}
			if float64(words) > 2*most { // by kube-proxy, and by proxies
				t.Errorf("%d pods, %d places, %d requests, %s: %d of %d runs call a cell uneven", size.pods, size.places, size.requests, kind, words, runs)
			}
		}
	}
}

// uneven reports whether a cell is said to divide unevenly.
func uneven(f Facts) bool {
	for _, s := range Spreads(f) {
		if s.Word == Uneven {
			return true
		}
	}
	return false
}
