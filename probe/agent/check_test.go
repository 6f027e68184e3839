package agent

import (
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

func TestCheck(t *testing.T) {
	header := func(name, value string) wire.Route {
		return wire.Route{Protocol: wire.HTTP, Headers: []wire.Header{{Name: name, Value: value}}}
	}
	lookup := func(name string, kind wire.RecordType) wire.Route {
		return wire.Route{Protocol: wire.DNS, Lookup: &wire.Lookup{Name: name, Type: kind}}
	}
	tests := map[string]struct {
		route wire.Route
		want  string // in the error; empty means that there is none
	}{
		"plain":                 {wire.Route{Protocol: wire.HTTP}, ""},
		"header":                {header("Authorization", "Bearer a.b-c=="), ""},
		"empty value":           {header("X-A", ""), ""},
		"not ASCII":             {header("X-A", "ü"), ""},
		"no name":               {header("", "x"), "no header may hold"},
		"a name with a blank":   {header("X A", "x"), "no header may hold"},
		"a name with a colon":   {header("X-A:", "x"), "no header may hold"},
		"another line":          {header("X-A", "x\r\nX-B: y"), "no header may hold"},
		"another line, in part": {header("X-A", "x\ny"), "no header may hold"},
		"a zero":                {header("X-A", "x\x00"), "no header may hold"},
		"host":                  {header("host", "bank.example"), "host is for the probe to set"},
		"length":                {header("Content-Length", "5"), "for the probe"},
		"encoding":              {header("transfer-encoding", "chunked"), "for the probe"},
		"connection":            {header("Connection", "keep-alive"), "for the probe"},
		"upgrade":               {header("Upgrade", "h2c"), "for the probe"},
		"marker":                {header("x-nettrace-id", "mine"), "for the probe"},
		"trace":                 {header("Traceparent", "mine"), "for the probe"},
		"WebSocket protocol":    {header("Sec-WebSocket-Protocol", "graphql-ws"), ""},
		"HEAD":                  {wire.Route{Protocol: wire.H2, Method: "HEAD"}, ""},
		"POST":                  {wire.Route{Protocol: wire.HTTPS, Method: "POST"}, ""},
		"DELETE":                {wire.Route{Protocol: wire.HTTP, Method: "DELETE"}, `"DELETE" is not sent`},
		"lower case":            {wire.Route{Protocol: wire.HTTP, Method: "get"}, "is not sent"},
		"a line for a method":   {wire.Route{Protocol: wire.HTTP, Method: "GET / HTTP/1.1\r\n"}, "is not sent"},
		"POST to a WebSocket":   {wire.Route{Protocol: wire.WS, Method: "POST"}, "is not sent over ws"},
		"GET of gRPC":           {wire.Route{Protocol: wire.GRPC, Method: "GET"}, "is not sent over grpc"},
		"padding":               {wire.Route{Protocol: wire.HTTP, Padding: 64 << 10}, ""},
		"too much":              {wire.Route{Protocol: wire.HTTP, Padding: 64<<10 + 1}, "padding"},
		"less than none":        {wire.Route{Protocol: wire.HTTP, Padding: -1}, "padding"},
		"server name":           {wire.Route{Protocol: wire.HTTPS, ServerName: "a\r\nb"}, "no name may hold"},
		"address as a host":     {wire.Route{Protocol: wire.HTTP, Address: "a\r\nX: y:80"}, "no header may hold"},
		"odd path over HTTP/1":  {wire.Route{Protocol: wire.HTTP, Path: "odd"}, ""},
		"odd path over HTTP/2":  {wire.Route{Protocol: wire.H2, Path: "odd"}, "cannot ask for"},
		"all paths":             {wire.Route{Protocol: wire.H2, Path: "*", Method: "OPTIONS"}, ""},
		"odd host over HTTP/2":  {wire.Route{Protocol: wire.H2, Host: "a/b"}, "cannot ask"},
		"wildcard host":         {wire.Route{Protocol: wire.H2, Host: "*.shop.example:8443"}, ""},
		"payload":               {wire.Route{Protocol: wire.UDP, Payload: make([]byte, maxPayload)}, ""},
		"large payload":         {wire.Route{Protocol: wire.UDP, Payload: make([]byte, maxPayload+1)}, "does not fit"},
		"lookup":                {lookup("web.shop.svc", wire.RecordSRV), ""},
		"no lookup":             {wire.Route{Protocol: wire.DNS}, "no name"},
		"no name to look up":    {lookup("", wire.RecordA), "no name"},
		"no such type":          {lookup("web", "TXT"), `record "TXT"`},
		"odd name":              {lookup("a b", wire.RecordA), "no name may hold"},
		"TCP":                   {wire.Route{Protocol: wire.TCP}, ""},
		"no protocol":           {wire.Route{}, `protocol ""`},
		"another protocol":      {wire.Route{Protocol: "quic"}, `protocol "quic"`},
	}
	for name, test := range tests {
		if test.route.Address == "" {
			test.route.Address = "10.0.0.1:80"
		}
		got := ""
		if err := check(wire.Plan{Traceparent: true}, test.route); err != nil {
			got = err.Error()
		}
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	if err := check(wire.Plan{}, header("Traceparent", "mine")); err != nil {
		t.Errorf("a trace context of the user's own: %v", err)
	}
}
