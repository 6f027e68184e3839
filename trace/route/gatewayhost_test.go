package route

import (
	"strings"
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// The examples are those of HTTPRouteSpec.Hostnames in the Gateway API.
func TestIntersect(t *testing.T) {
	for _, test := range []struct{ listener, route, want string }{
		{"test.example.com", "", "test.example.com"},
		{"test.example.com", "test.example.com", "test.example.com"},
		{"test.example.com", "*.example.com", "test.example.com"},
		{"test.example.com", "*.test.example.com", "none"},
		{"test.example.com", "other.example.com", "none"},
		{"*.example.com", "", "*.example.com"},
		{"*.example.com", "*.example.com", "*.example.com"},
		{"*.example.com", "test.example.com", "test.example.com"},
		{"*.example.com", "foo.test.example.com", "foo.test.example.com"},
		{"*.example.com", "example.com", "none"},
		{"*.example.com", "test.example.net", "none"},
		{"*.example.com", "*.test.example.com", "*.test.example.com"},
		{"*.test.example.com", "*.example.com", "*.test.example.com"},
		{"*.example.com", "testexample.com", "none"},
		{"", "test.example.com", "test.example.com"},
		{"", "*.example.com", "*.example.com"},
		{"", "", ""},
	} {
		got, ok := intersect(test.listener, test.route)
		if !ok {
			got = "none"
		}
		if got != test.want {
			t.Errorf("%q and %q meet in %q, want %q", test.listener, test.route, got, test.want)
		}
	}
}

func TestHostnameAt(t *testing.T) {
	for name, test := range map[string]struct {
		// The first listener is the one in question.
		listeners []gatewayv1.Listener
		route     string
		want      string
		against   string
	}{
		"no names":                       {[]gatewayv1.Listener{Listener("a", 80, "")}, "", "", ""},
		"a name without wildcard wins":   {[]gatewayv1.Listener{Listener("a", 80, "")}, "*.very.long.example.com a.b", "a.b", ""},
		"the longer one wins":            {[]gatewayv1.Listener{Listener("a", 80, "")}, "a.b test.example.com", "test.example.com", ""},
		"the longer wildcard wins":       {[]gatewayv1.Listener{Listener("a", 80, "")}, "*.com *.example.com", "*.example.com", ""},
		"others are ignored":             {[]gatewayv1.Listener{Listener("a", 80, "*.example.com")}, "test.example.net a.example.com", "a.example.com", ""},
		"letters have one case":          {[]gatewayv1.Listener{Listener("a", 80, "*.Example.com")}, "A.example.COM", "a.example.com", ""},
		"left to another listener":       {[]gatewayv1.Listener{Listener("a", 80, "*.example.com"), Listener("b", 80, "long.example.com")}, "long.example.com a.example.com", "a.example.com", ""},
		"all left to another listener":   {[]gatewayv1.Listener{Listener("a", 80, "*.example.com"), Listener("b", 80, "a.example.com")}, "a.example.com", "a.example.com", "listener a leaves a.example.com to listener b"},
		"left to a narrower wildcard":    {[]gatewayv1.Listener{Listener("a", 80, ""), Listener("b", 80, "*.example.com")}, "*.x.example.com", "*.x.example.com", "listener a leaves *.x.example.com to listener b"},
		"a listener at another port":     {[]gatewayv1.Listener{Listener("a", 80, "*.example.com"), Listener("b", 8080, "a.example.com")}, "a.example.com", "a.example.com", ""},
		"a wildcard is not left":         {[]gatewayv1.Listener{Listener("a", 80, "*.example.com"), Listener("b", 80, "a.example.com")}, "*.example.com", "*.example.com", ""},
		"a wildcard whose name is taken": {[]gatewayv1.Listener{Listener("a", 80, "*.example.com"), Listener("b", 80, "nettrace.example.com")}, "*.example.com", "*.example.com", "listener a leaves *.example.com to listener b"},
		"none in common":                 {[]gatewayv1.Listener{Listener("a", 80, "*.example.com")}, "x.net long.example.net", "long.example.net", "listener a is for *.example.com and not for long.example.net, x.net"},
	} {
		t.Run(name, func(t *testing.T) {
			var names []gatewayv1.Hostname
			for _, h := range strings.Fields(test.route) {
				names = append(names, gatewayv1.Hostname(h))
			}
			got, against := hostnameAt(NewGateway("g", test.listeners), test.listeners[0], names)
			if got != test.want || against != test.against {
				t.Errorf("got %q (%s), want %q (%s)", got, against, test.want, test.against)
			}
		})
	}
}

func TestConcrete(t *testing.T) {
	for hostname, want := range map[string]string{"*.example.com": "nettrace.example.com", "a.example.com": "a.example.com", "": ""} {
		if got := concrete(hostname); got != want {
			t.Errorf("%q becomes %q, want %q", hostname, got, want)
		}
	}
}
