package trace

import (
	"fmt"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// foreign says where a proxy served another certificate than the Secret holds
// that it should come from: mostly the controller's own, because the Secret is
// missing or was changed.
func (t *Trace) foreign(cells []verdict.Cell) []string {
	var notes []string
	for _, c := range cells {
		want := t.Routes[c.Route].Certificate
		if want == nil || want.SHA256 == "" && !want.Missing {
			continue
		}
		for _, served := range c.Seen.Certificates {
			if note := t.otherThanWanted(c, served); served.SHA256 != want.SHA256 && !slices.Contains(notes, note) {
				notes = append(notes, note)
			}
		}
	}
	return notes
}

// otherThanWanted says that the certificate is not the one that was to be expected.
func (t *Trace) otherThanWanted(c verdict.Cell, served wire.Certificate) string {
	r := t.Routes[c.Route]
	text := fmt.Sprintf("for %s a certificate of %q was served, which is not that of secret %s, as %s wants it", r.ServerName, served.Subject, r.Certificate.Secret, r.Object)
	if r.Certificate.Missing {
		text += ": there is no such certificate"
	}
	return text
}
