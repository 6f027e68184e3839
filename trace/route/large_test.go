package route_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// TestLarge: one large request for each node and family, to a ready endpoint on a
// port that is known to speak HTTP.
func TestLarge(t *testing.T) {
	s := NewService("web").DualStack().Selecting("app", "web").Port("mysql", 3306, 3306).Port("http", 80, 8080).Port("https", 443, 8443).
		Pod("late", On("n1"), At("10.0.0.1", "fd00::1"), NotReady("x")).
		Pod("a", On("n1"), At("10.0.0.2", "fd00::2")).Pod("b", On("n1"), At("10.0.0.3", "fd00::3")).Pod("c", On("n2"), At("10.0.0.4"))
	got := largeOf(t, s)
	if want := []string{"10.0.0.2:8080 n1", "[fd00::2]:8080 n1", "10.0.0.4:8080 n2"}; !slices.Equal(got, want) {
		t.Errorf("large requests to %q, want %q", got, want)
	}
	wide := NewService("web").Selecting("app", "web").Port("http", 80, 8080)
	for i := range 12 {
		wide.Pod(fmt.Sprint("web-", i), On(fmt.Sprint("n", i)))
	}
	if got := largeOf(t, wide); len(got) != 10 {
		t.Errorf("large requests to %d nodes, want no more than 10", len(got))
	}
	if got := largeOf(t, NewService("web").Selecting("app", "web").Port("mysql", 3306, 3306).Pod("a", On("n1"))); len(got) > 0 {
		t.Errorf("large requests to %q, which speaks no HTTP", got)
	}
}

func largeOf(t *testing.T, s *Service) []string {
	t.Helper()
	var got []string
	for _, r := range route.Of(s.Target(t), route.Options{}) {
		if r.Padding > 0 {
			got = append(got, r.Address+" "+r.Node)
			if !r.Contrast || r.Kind != route.Pod || r.Endpoint < 0 {
				t.Errorf("%+v is not asked of a pod for contrast", r)
			}
		}
	}
	return got
}
