package trace

import (
	"slices"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

func TestForeignCertificates(t *testing.T) {
	const other = `for shop.example.com a certificate of "CN=default" was served, which is not that of secret tls, as ingress shop/web wants it`
	for name, test := range map[string]struct {
		want   *route.Certificate
		served string
		notes  []string
	}{
		"the one of the Secret": {&route.Certificate{Secret: "tls", SHA256: "aa"}, "aa", nil},
		"another":               {&route.Certificate{Secret: "tls", SHA256: "aa"}, "bb", []string{other}},
		"there is none":         {&route.Certificate{Secret: "tls", Missing: true}, "bb", []string{other + ": there is no such certificate"}},
		"it cannot be read":     {&route.Certificate{Secret: "tls"}, "bb", nil},
		"none is asked for":     {nil, "bb", nil},
	} {
		run := &Trace{Routes: []route.Route{{Kind: route.Ingress, Object: "ingress shop/web", ServerName: "shop.example.com", Certificate: test.want}}}
		seen := verdict.Cell{Seen: evidence.Observation{Cell: wire.Cell{Certificates: []wire.Certificate{{SHA256: test.served, Subject: "CN=default"}}}}}
		if got := run.foreign([]verdict.Cell{seen, seen}); !slices.Equal(got, test.notes) {
			t.Errorf("%s: %q, want %q", name, got, test.notes)
		}
	}
}
