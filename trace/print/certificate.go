package print

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// certificates tells of those that clients would reject, or with all of every
// one that was served.
func certificates(r *trace.Report, all bool) string {
	var said []string
	for _, c := range r.Cells {
		for _, served := range c.Certificates {
			var text string
			problems := unfit(c, served, r.Started)
			who := fmt.Sprintf("%s at %s", server(c), c.Address)
			switch {
			case all:
				text = fmt.Sprintf("%s served %s", who, described(served, problems))
			case len(problems) > 0:
				text = fmt.Sprintf("%s served a certificate that %s", who, strings.Join(problems, ", and "))
			}
			if text != "" && !slices.Contains(said, text) {
				said = append(said, text)
			}
		}
	}
	label, text := "Note      ", ""
	if all {
		label = "Served    "
	}
	for _, s := range said {
		text += hang(label, s)
	}
	return text
}

// server is the name that clients use.
func server(c trace.Cell) string {
	if proxied(c.Kind) && c.Host != "" {
		return c.Host
	}
	return string(c.Kind)
}

// unfit returns why clients would reject the certificate. Names count only where
// clients use the host that was asked for: inside the cluster it is the probe's
// own choice.
func unfit(c trace.Cell, served wire.Certificate, now time.Time) []string {
	var problems []string
	if served.Mismatch != "" && proxied(c.Kind) {
		problems = append(problems, "is for "+named(served))
	}
	switch {
	case !served.NotAfter.IsZero() && served.NotAfter.Before(now):
		problems = append(problems, "expired on "+served.NotAfter.Format(time.DateOnly))
	case served.NotBefore.After(now):
		problems = append(problems, "is valid only from "+served.NotBefore.Format(time.DateOnly))
	}
	return problems
}

// named lists some of the names that the certificate is for.
func named(served wire.Certificate) string {
	const most = 3
	switch names := served.Names; {
	case len(names) == 0 && served.Subject == "":
		return "no name"
	case len(names) == 0:
		return "no host (subject " + served.Subject + ")"
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	default:
		return strings.Join(names, ", ")
	}
}

// described tells all of a certificate.
func described(served wire.Certificate, problems []string) string {
	parts := []string{"subject " + served.Subject, "issuer " + served.Issuer, "names " + strings.Join(served.Names, ", ")}
	parts = append(parts, fmt.Sprintf("valid %s to %s", served.NotBefore.Format(time.DateOnly), served.NotAfter.Format(time.DateOnly)))
	if served.Mismatch != "" {
		parts = append(parts, "mismatch: "+served.Mismatch)
	}
	for _, p := range problems {
		parts = append(parts, "it "+p)
	}
	return strings.Join(append(parts, "SHA-256 "+served.SHA256), "; ")
}
