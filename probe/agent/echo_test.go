package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

func TestEchoed(t *testing.T) {
	const m = "f00-1-2-3"
	for body, want := range map[string][]string{
		"Host: a.example\nX-Nettrace-Id: " + m + "\nX-Forwarded-For: 10.0.0.1\n":                         {"Host=a.example", "X-Forwarded-For=10.0.0.1", "X-Nettrace-Id=~marker~"},
		"Hostname: w\nIP: 10.0.0.1\nGET /?a=b HTTP/1.1\nHost: a\nx-nettrace-id: " + m + "\r\n\r\nVia: x": {"Host=a", "X-Nettrace-Id=~marker~"},
		"X-Nettrace-Id: " + m + "\nVia: a\nVia: b\n":                                                     {"Via=a, b", "X-Nettrace-Id=~marker~"},
		"X-Nettrace-Id: " + m + "\nVia: \n":                                                              {"X-Nettrace-Id=~marker~"},
		`{"method":"GET","headers":{"X-Nettrace-Id":["` + m + `"],"Via":["a","b"]}}`:                     {"Via=a, b", "X-Nettrace-Id=~marker~"},
		`{"request":{"headers":{"x-nettrace-id":"` + m + `","x-real-ip":"10.0.0.1"}},"n":[1]}`:           {"X-Nettrace-Id=~marker~", "X-Real-Ip=10.0.0.1"},
		"X-Nettrace-Id: another\nVia: a":                                                                 nil,
		"User-Agent: kubectl-nettrace (" + m + ")\nVia: a":                                               nil,
		`{"id":"` + m + `"}`:        nil,
		"no page at /nettrace/" + m: nil,
		"":                          nil,
	} {
		var got []string
		for _, h := range echoed(body, m) {
			got = append(got, h.Name+"="+h.Value)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q shows %q, want %q", body, got, want)
		}
	}
	secret := echoed("X-Nettrace-Id: "+m+"\nAuthorization: Bearer hunter2\nCookie: a=hunter2\nX-Api-Key: hunter2", m)
	if text := fmt.Sprint(secret); strings.Contains(text, "hunter2") || strings.Count(text, "digest ") != 3 {
		t.Errorf("of secrets is kept %s", text)
	}
	if long := echoed("X-Nettrace-Id: "+m+"\nVia: "+strings.Repeat("x", 1000), m); len(long[0].Value) != maxValue {
		t.Errorf("%d bytes of a value are kept", len(long[0].Value))
	}
}

// TestEchoesInPlans: answers are searched only where that is asked for, also where
// nothing else is to be found in bodies.
func TestEchoesInPlans(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Scheme", "http")
		_ = json.NewEncoder(w).Encode(map[string]any{"headers": r.Header})
	})
	for _, wanted := range []bool{false, true} {
		plan := planOf(nil, wire.Route{Protocol: wire.HTTP, Address: address, Requests: 3, Path: "/"})
		plan.Echoes = wanted
		c := run(t, context.Background(), plan).cells[1]
		has := slices.Contains(c.Echoes, wire.Echo{Name: "X-Scheme", Value: "http", Count: 3})
		if has != wanted || c.Echoing != map[bool]int{true: 3}[wanted] {
			t.Errorf("wanted %v: %d answers show %+v", wanted, c.Echoing, c.Echoes)
		}
	}
}
