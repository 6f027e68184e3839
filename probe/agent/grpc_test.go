package agent

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// message returns a body with one message of a health service.
func message(text string) string { return "\x00\x00\x00\x00" + string(rune(len(text))) + text }

// says answers as a gRPC server does: a body, and the status in the trailer.
func says(body, status string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
		_, _ = io.WriteString(w, body)
		w.(http.Flusher).Flush()
		w.Header().Set("Grpc-Status", status)
		w.Header().Set("Grpc-Message", "because")
	}
}

// saysOnly answers with a status and nothing else, in the header.
func saysOnly(code int, status string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if status != "" {
			w.Header().Set("Grpc-Status", status)
		}
		w.WriteHeader(code)
	}
}

func TestGRPC(t *testing.T) {
	tests := map[string]struct {
		handler http.HandlerFunc
		path    string
		status  int
		grpc    string
		class   wire.ErrorClass
	}{
		"serving":                    {says(message("\x08\x01"), "0"), "", 200, "OK", ""},
		"not serving":                {says(message("\x08\x02"), "0"), "", 200, "NOT_SERVING", ""},
		"no such service":            {says(message("\x08\x03"), "0"), "", 200, "SERVICE_UNKNOWN", ""},
		"not known":                  {says(message(""), "0"), "", 200, "UNKNOWN", ""},
		"not known, in words":        {says(message("\x08\x00"), "0"), "", 200, "UNKNOWN", ""},
		"a status of the future":     {says(message("\x08\x07"), "0"), "", 200, "UNKNOWN", ""},
		"fields of the future":       {says(message("\x12\x02hi\x08\x01\x1d1234\x2112345678"), "0"), "", 200, "OK", ""},
		"not implemented":            {says("", "12"), "", 200, "UNIMPLEMENTED", ""},
		"trailers only":              {saysOnly(200, "14"), "", 200, "UNAVAILABLE", ""},
		"a code of the future":       {saysOnly(200, "17"), "", 200, "UNKNOWN", ""},
		"no code":                    {saysOnly(200, "-1"), "", 200, "UNKNOWN", ""},
		"words":                      {saysOnly(200, "OK"), "", 200, "UNKNOWN", ""},
		"a proxy":                    {saysOnly(503, ""), "", 503, "", ""},
		"a proxy that speaks gRPC":   {saysOnly(503, "14"), "", 503, "UNAVAILABLE", ""},
		"a web page":                 {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, "", 200, "", wire.ErrorProtocol},
		"no message":                 {says("", "0"), "", 200, "OK", wire.ErrorProtocol},
		"half a message":             {says(message("\x08\x01")[:6], "0"), "", 200, "OK", wire.ErrorProtocol},
		"two messages":               {says(message("\x08\x01")+message("\x08\x01"), "0"), "", 200, "OK", wire.ErrorProtocol},
		"compressed":                 {says("\x01"+message("\x08\x01")[1:], "0"), "", 200, "OK", wire.ErrorProtocol},
		"no protocol buffer":         {says(message("\xff\xff"), "0"), "", 200, "OK", wire.ErrorProtocol},
		"another method":             {says(message("anything"), "0"), "/shop.Cart/List", 200, "OK", ""},
		"another method, no message": {says("", "0"), "/shop.Cart/List", 200, "OK", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, protocol := range []wire.Protocol{wire.GRPC, wire.GRPCS} {
				a := askRoute(t, wire.Route{Protocol: protocol, Address: serveHTTP2(t, protocol.Secure(), test.handler), Path: test.path}, 5*time.Second)
				if a.status != test.status || a.grpc != test.grpc || a.class != test.class {
					t.Errorf("got status %d, %q, class %q (%v); want %d, %q, %q", a.status, a.grpc, a.class, a.err, test.status, test.grpc, test.class)
				}
			}
		})
	}
}

func TestGRPCRequest(t *testing.T) {
	var got string
	address := serveHTTP2(t, false, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = fmt.Sprintf("%s %s %d %q %v", r.Method, r.URL.Path, r.ContentLength, body, r.Header)
		says(message("\x08\x01"), "0")(w, r)
	})
	exchangeOnceAt := func(path string) {
		askRoute(t, wire.Route{Protocol: wire.GRPC, Address: address, Path: path}, 5*time.Second)
	}
	for path, want := range map[string]string{"": "/grpc.health.v1.Health/Check", "/shop.Cart/List": "/shop.Cart/List"} {
		exchangeOnceAt(path)
		want = fmt.Sprintf("POST %s -1 %q %v", want, "\x00\x00\x00\x00\x00", http.Header{
			"Content-Type": {"application/grpc"}, "Te": {"trailers"}, "X-Nettrace-Id": {"MARKER"}, "User-Agent": {"kubectl-nettrace/test (MARKER)"},
		})
		if got != want {
			t.Errorf("the server received\n%s, want\n%s", got, want)
		}
	}
}

// TestGRPCCell counts statuses apart and keeps samples of those that are not OK.
func TestGRPCCell(t *testing.T) {
	var count int
	address := serveHTTP2(t, false, func(w http.ResponseWriter, r *http.Request) {
		count++
		status := []string{"0", "14", "12"}[count%3]
		says(message("\x08\x01"), status)(w, r)
	})
	plan := planOf(nil, wire.Route{Protocol: wire.GRPC, Address: address, Requests: 9})
	plan.Concurrency = 1
	s := run(t, context.Background(), plan)
	for _, name := range []string{"OK", "UNAVAILABLE", "UNIMPLEMENTED"} {
		if got := s.count(1, wire.Outcome{Status: 200, GRPC: name}); got != 3 {
			t.Errorf("%s: counted %d times, want 3: %+v", name, got, s.cells[1].Tallies)
		}
	}
	kept := 0
	for _, sample := range s.cells[1].Samples {
		if sample.GRPC != "OK" {
			kept++
			if sample.Detail != "grpc-message: because" {
				t.Errorf("got detail %q", sample.Detail)
			}
		}
	}
	if kept != 6 {
		t.Errorf("kept %d samples, want 6: %+v", kept, s.cells[1].Samples)
	}
}

func TestServingStatus(t *testing.T) {
	tests := []struct {
		message string
		want    uint64
		valid   bool
	}{
		{"", 0, true},
		{"\x08\x01", 1, true},
		{"\x08\x01\x08\x02", 2, true},
		{"\x08\x81\x80\x00", 1, true},
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 1<<64 - 1, true},
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 0, false},
		{"\x08", 0, false},
		{"\x08\x81", 0, false},
		{"\x0a\x01x", 0, true},
		{"\x12\x05hi", 0, false},
		{"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01hi", 0, false},
		{"\x0d123", 0, false},
		{"\x09123", 0, false},
		{"\x0b", 0, false},
		{"\x0b\x01", 0, false},
	}
	for _, test := range tests {
		if got, valid := servingStatus([]byte(test.message)); got != test.want || valid != test.valid {
			t.Errorf("%q: got %d, %v; want %d, %v", test.message, got, valid, test.want, test.valid)
		}
	}
	for length := range 40 {
		_, _ = servingStatus([]byte(strings.Repeat("\x80", length)))
	}
}
