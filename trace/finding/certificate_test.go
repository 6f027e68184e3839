package finding_test

import (
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

func TestCertificates(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	fits := wire.Certificate{Subject: "CN=shop.example.com", Names: []string{"shop.example.com"}, NotAfter: now.AddDate(0, 1, 0)}
	expired, other := fits, fits
	expired.NotAfter = now.AddDate(0, 0, -1)
	other.Mismatch = "it is for another"
	through := func(kind route.Kind, secret *route.Certificate) route.Route {
		return route.Route{Kind: kind, Address: "203.0.113.9:443", Object: string(kind) + " shop/in", ServerName: "shop.example.com", Endpoint: -1, Certificate: secret}
	}
	there, missing := &route.Certificate{Secret: "shop/tls", SHA256: "aa"}, &route.Certificate{Secret: "shop/tls", Missing: true}
	for name, test := range map[string]struct {
		route  route.Route
		served wire.Certificate
		want   string
	}{
		"all is well":               {through(route.Ingress, there), fits, ""},
		"expired":                   {through(route.Ingress, there), expired, "ingress-certificate-expired: the certificate that is served for shop.example.com expired on 2026-05-31: clients reject it"},
		"for another host":          {through(route.Gateway, there), other, "gateway-certificate-mismatch: the certificate that is served for shop.example.com is not for that name: clients reject it"},
		"the Secret is missing":     {through(route.Ingress, missing), other, "ingress-tls-secret-missing: secret shop/tls of ingress shop/in holds no certificate, so that another one is served for shop.example.com"},
		"missing, and all the same": {through(route.Ingress, missing), fits, ""},
		"inside the cluster":        {route.Route{Kind: route.ClusterIP, ServerName: "web.shop.svc", Endpoint: -1}, other, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cell := verdict.Cell{Verdict: verdict.Healthy, Seen: evidence.Observation{Cell: wire.Cell{Certificates: []wire.Certificate{test.served}}}}
			facts := finding.Facts{Target: web().Target(t), Routes: []route.Route{test.route}, From: []vantage.Vantage{{Kind: vantage.Local}}, Vantages: []string{"this machine"}, Cells: []verdict.Cell{cell}, Now: now}
			got := ""
			for _, f := range finding.All(facts) {
				if f.Name != "selector-matches-nothing" {
					got += f.Name + ": " + f.Summary
				}
			}
			if got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}
