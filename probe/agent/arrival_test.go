package agent

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

func TestArrived(t *testing.T) {
	const m = "f00-1-2-3"
	for body, want := range map[string]string{
		"Cannot GET /x/nettrace/" + m:                                                    "/x/nettrace/~marker~",
		"<pre>Cannot GET /nettrace/" + m + "</pre>":                                      "/nettrace/~marker~",
		`{"status":404,"path":"/nettrace/` + m + `"}`:                                    "/nettrace/~marker~",
		`{"path":"\/api\/nettrace\/` + m + `"}`:                                          "/api/nettrace/~marker~",
		"GET /a?nettrace=" + m + " HTTP/1.1\r\nUser-Agent: x (" + m + ")":                "/a?nettrace=~marker~",
		"http://shop.example/a/nettrace/" + m + ".":                                      "/a/nettrace/~marker~",
		"https://shop.example?nettrace=" + m:                                             "",
		"X-Nettrace-Id: " + m:                                                            "",
		"kubectl-nettrace/1.0 (" + m + ")":                                               "",
		"GET /nettrace/" + m + "\nX-Original-Uri: /api/nettrace/" + m:                    "/nettrace/~marker~",
		"X-Original-URI: /api/nettrace/" + m:                                             "",
		`{"headers": {"x-envoy-original-path": "/api/nettrace/` + m + `"}}`:              "",
		`{"X-Replaced-Path": ["/api/nettrace/` + m + `"], "uri": "/nettrace/` + m + `"}`: "/nettrace/~marker~",
		"HTTP_X_FORWARDED_URI=/api/nettrace/" + m:                                        "",
		"Referer: https://a.example/api/nettrace/" + m:                                   "",
		"/api/nettrace/" + m + " and /nettrace/" + m:                                     "",
		"/nettrace/" + m + "0":                                                           "/nettrace/~marker~0",
		"/nettrace/f00-1-2":                                                              "",
		"redirect=%2Fapi%2Fnettrace%2F" + m:                                              "",
		strings.Repeat("/nettrace/"+m+" ", 51):                                           "",
		strings.Repeat("/a", 2000) + "/nettrace/" + m:                                    "",
		"": "",
	} {
		if got := arrived(body, m); got.Path != want {
			t.Errorf("%q names %q, want %q", body, got.Path, want)
		}
	}
	frame := func(body string) string { return arrived(body, m).Frame }
	if a, b := frame(`{"at":17,"path":"/a/nettrace/`+m+`","id":1}`), frame(`{"at":23,"path":"/nettrace/`+m+`","id":5}`); a != b {
		t.Error("the same page with another path has another frame")
	}
	if a, b := frame("Cannot GET /a/nettrace/"+m), frame("404 for /a/nettrace/"+m); a == b {
		t.Error("another page has the same frame")
	}
}

// TestMarkedPath: each request has its own marker in its path, over both versions of
// HTTP, and is neither learned from nor kept for the end.
func TestMarkedPath(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, "no %s here, id %s", strings.TrimPrefix(r.URL.Path, "/api"), r.Header.Get("X-Nettrace-Id"))
	}))
	server.Config.Protocols = &http.Protocols{}
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	address := server.Listener.Addr().String()
	for _, protocol := range []wire.Protocol{wire.HTTP, wire.H2C} {
		plan := planOf([]wire.Endpoint{named(1, "web-1")},
			wire.Route{Protocol: protocol, Address: address, Requests: 3, Path: "/api/nettrace/" + wire.MarkerSlot},
			wire.Route{Protocol: protocol, Address: address, Requests: 2, Path: "/nettrace/" + wire.MarkerSlot, Endpoint: 1})
		s := run(t, context.Background(), plan)
		through, direct := s.cells[1].Arrivals, s.cells[2].Arrivals
		if len(through) != 1 || through[0].Path != "/nettrace/~marker~" || through[0].Count != 3 || through[0].Status != 404 ||
			len(direct) != 1 || direct[0].Frame != through[0].Frame || direct[0].Count != 2 {
			t.Errorf("over %s: through %+v, direct %+v", protocol, through, direct)
		}
	}
}
