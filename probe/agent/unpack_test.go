package agent

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// packed compresses a text.
func packed(encoding, text string) []byte {
	var out bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&out)
	if encoding == "deflate" {
		w = zlib.NewWriter(&out)
	}
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return out.Bytes()
}

func TestUnpacked(t *testing.T) {
	whole := packed("gzip", "web-1")
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-8]++ // of the checksum
	long := packed("gzip", strings.Repeat("x", 10*maxSearch))
	for name, test := range map[string]struct {
		encoding string
		body     []byte
		want     string
	}{
		"gzip":                {"gzip", whole, "web-1"},
		"in other letters":    {" GZIP", whole, "web-1"},
		"deflate":             {"deflate", packed("deflate", "web-1"), "web-1"},
		"as it is":            {"", []byte("web-1"), "web-1"},
		"identity":            {"identity", []byte("web-1"), "web-1"},
		"another encoding":    {"br", []byte("?"), "?"},
		"twice":               {"gzip, gzip", []byte("?"), "?"},
		"not what it says":    {"gzip", []byte("web-1"), "web-1"},
		"damaged":             {"gzip", damaged, string(damaged)},
		"cut":                 {"gzip", packed("gzip", "web-1 ")[:14], "web"},
		"nothing":             {"gzip", nil, ""},
		"far larger unpacked": {"gzip", long, strings.Repeat("x", maxSearch)},
	} {
		t.Run(name, func(t *testing.T) {
			plain, _ := unpacked(http.Header{"Content-Encoding": {test.encoding}}, test.body)
			got := string(plain)
			if got != test.want {
				t.Errorf("unpacked %.40q (%d bytes), want %.40q (%d bytes)", got, len(got), test.want, len(test.want))
			}
		})
	}
}

// TestCutWords: the beginning of a name is not taken for one.
func TestCutWords(t *testing.T) {
	reset := errors.New("connection reset by peer")
	encoded := http.Header{"Content-Encoding": {"gzip"}}
	for name, test := range map[string]struct {
		answer answer
		want   string
	}{
		"whole":                     {answer{body: []byte("by web-1")}, "by web-1"},
		"the connection broke":      {answer{body: []byte("by web-1"), err: reset}, "by "},
		"as long as is looked at":   {answer{body: []byte(strings.Repeat(" ", maxSearch-5) + "web-1")}, strings.Repeat(" ", maxSearch-5)},
		"packed":                    {answer{header: encoded, body: packed("gzip", "by web-1")}, "by web-1"},
		"packed, and cut":           {answer{header: encoded, body: packed("gzip", "by web-10")[:18]}, "by "},
		"packed, and long unpacked": {answer{header: encoded, body: packed("gzip", strings.Repeat(" ", maxSearch-5)+"web-10")}, strings.Repeat(" ", maxSearch-5)},
		"not ASCII":                 {answer{body: []byte("é web-1"), err: reset}, "é "},
		"one word":                  {answer{body: []byte("web-1"), err: reset}, ""},
	} {
		if got := string(searchable(&test.answer)); got != test.want {
			t.Errorf("%s: %d bytes, …%q, want …%q", name, len(got), got[max(0, len(got)-12):], test.want[max(0, len(test.want)-12):])
		}
	}
}

// TestNamedInCompressedBodies: also a server that compresses without being asked
// names its pod.
func TestNamedInCompressedBodies(t *testing.T) {
	compressing := func(text string) app {
		return func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed("gzip", text))
		}
	}
	apps := []app{compressing("I am web-1."), compressing("I am web-2.")}
	s := run(t, context.Background(), planOf([]wire.Endpoint{named(1, "web-1"), named(2, "web-2")},
		wire.Route{Address: balancer(t, apps[0]), Endpoint: 1, Requests: 5, Path: "/"},
		wire.Route{Address: balancer(t, apps[1]), Endpoint: 2, Requests: 5, Path: "/"},
		wire.Route{Address: balancer(t, apps...), Requests: 12, Path: "/"},
	))
	for endpoint := 1; endpoint <= 2; endpoint++ {
		o := wire.Outcome{Endpoint: endpoint, Status: 200, Rung: wire.RungAnswer}
		if got := s.count(3, o); got != 6 {
			t.Errorf("endpoint %d was named %d times, want 6", endpoint, got)
		}
	}
}
