package finding

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// certificates: what a proxy showed that clients would reject. Who signed it is
// not judged, because a private authority may be right.
func certificates(f Facts) []Finding {
	var all []Finding
	known := map[string]bool{}
	for _, c := range f.where(func(r route.Route) bool {
		return (r.Kind == route.Ingress || r.Kind == route.Gateway) && !r.Contrast && r.ServerName != ""
	}) {
		if strings.HasSuffix(f.Routes[c.Route].ServerName, "."+f.Target.Service.Namespace+".svc") {
			continue // the rule is for any host, and the name is our own choice
		}
		if c.Verdict.Failing() && slices.ContainsFunc(f.Routes[c.Route].Conditions, noCertificate) {
			continue // that is told as what keeps the listener from being served
		}
		for _, served := range c.Seen.Certificates {
			found, ok := f.unfit(f.Routes[c.Route], served)
			if ok && !known[found.Name+found.Summary] {
				known[found.Name+found.Summary] = true
				all = append(all, found)
			}
		}
	}
	return all
}

// unfit returns what is wrong with the certificate, the cause before its effects:
// where the Secret is missing the controller shows one of its own, which is for
// no host.
func (f Facts) unfit(r route.Route, served wire.Certificate) (Finding, bool) {
	found := Finding{Severity: Warning, Status: Confirmed, Layer: r.Kind, Evidence: []Evidence{traffic(fmt.Sprintf("%s at %s served %s", r.ServerName, r.Address, shown(served)))}}
	family := strings.ToLower(string(r.Kind))
	switch {
	case r.Certificate != nil && r.Certificate.Missing && served.Mismatch != "":
		found.Name = family + "-tls-secret-missing"
		found.Summary = fmt.Sprintf("secret %s of %s holds no certificate, so that another one is served for %s", r.Certificate.Secret, r.Object, r.ServerName)
		found.Evidence = append(found.Evidence, object("secret "+r.Certificate.Secret+" is not there, or is not of type kubernetes.io/tls"))
		found.Fix = []Step{{Text: "create it from the certificate and its key", Command: creating(r.Certificate.Secret)}}
	case served.Mismatch != "":
		found.Name = family + "-certificate-mismatch"
		found.Summary = fmt.Sprintf("the certificate that is served for %s is not for that name: clients reject it", r.ServerName)
		found.Fix = []Step{{Text: "serve one for that host: check spec.tls (its hosts and Secret), and the names in the certificate"}}
	case !served.NotAfter.IsZero() && served.NotAfter.Before(f.Now):
		found.Name = family + "-certificate-expired"
		found.Summary = fmt.Sprintf("the certificate that is served for %s expired on %s: clients reject it", r.ServerName, served.NotAfter.UTC().Format(time.DateOnly))
		found.Fix = []Step{{Text: "renew it, and see why that did not happen by itself (cert-manager: kubectl get certificates)"}}
	default:
		return found, false
	}
	return found, true
}

// shown describes the certificate in brief.
func shown(served wire.Certificate) string {
	text := fmt.Sprintf("a certificate with subject %q", served.Subject)
	if len(served.Names) > 0 {
		text += " for " + some(served.Names)
	}
	return fmt.Sprintf("%s, valid until %s", text, served.NotAfter.UTC().Format(time.DateOnly))
}
