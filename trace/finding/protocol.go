package finding

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// protocolMismatch: every pod answers, and in another protocol than the port is
// declared for.
func protocolMismatch(f Facts) []Finding {
	var all []Finding
	for i := range f.Target.Ports {
		all = append(all, protocolMismatchAt(f, i)...)
	}
	return all
}

func protocolMismatchAt(f Facts, i int) []Finding {
	port, cells := f.Target.Ports[i], f.cells(route.Pod, i)
	speaks, signs := "", []string{}
	for _, c := range cells {
		protocol, sign := foreign(c)
		if protocol == "" || speaks != "" && protocol != speaks {
			return nil
		}
		speaks, signs = protocol, append(signs, sign)
	}
	if speaks == "" {
		return nil
	}
	return []Finding{{
		Name: "protocol-mismatch", Severity: Error, Status: Confirmed,
		Summary:  fmt.Sprintf("port %s of %s is asked in %s (%s), and every pod answers in %s", portText(port), f.service(), port.Speaks, port.Why, speaks),
		Evidence: append(f.outcomeShort(cells), traffic("the pods' answers: "+some(distinct(signs)))),
		Fix:      []Step{{Text: "say what the port speaks in its appProtocol (https, http, kubernetes.io/h2c, …), or lead it to the port that is meant; clients and proxies go by it"}},
	}}
}

// foreign returns the protocol that the answers of a cell are in, if that is
// another than was asked in, and the sign of it. They are the texts of Go's TLS
// and HTTP clients.
func foreign(c verdict.Cell) (speaks, sign string) {
	if c.OK > 0 || len(c.Failures) == 0 {
		return "", ""
	}
	for _, s := range c.Seen.Samples {
		switch {
		case s.Error == wire.ErrorTLS && strings.Contains(s.Detail, "first record does not look like a TLS handshake"):
			return "plain text, without TLS", s.Detail
		case s.Error == wire.ErrorProtocol && slices.ContainsFunc([]string{`\x15\x03`, "\x15\x03"}, func(alert string) bool { return strings.Contains(s.Detail, alert) }):
			return "TLS", "a TLS alert"
		}
	}
	return "", ""
}
