package verdict_test

import (
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// The routes of a Service that is reached through proxies as well. Two of its
// groups have references, and one has none.
var proxied = []route.Route{
	{Kind: route.Pod, Group: 1, Protocol: wire.HTTP, Path: "/up", Endpoint: 0},
	{Kind: route.LoadBalancer, Group: 1, Protocol: wire.HTTP, Path: "/up", Host: "web.shop.svc", Endpoint: -1},
	{Kind: route.Ingress, Group: 1, Protocol: wire.HTTP, Path: "/up?a=b", Arrives: "/up", Host: "shop.example.com:8080", Endpoint: -1},
	{Kind: route.Ingress, Group: 8, Protocol: wire.HTTP, Path: "/api/x", Arrives: "/x", Host: "shop.example.com", Endpoint: -1},
	{Kind: route.Pod, Group: 8, Protocol: wire.HTTP, Path: "/x", Endpoint: 0, Contrast: true, Reference: true},
	{Kind: route.Gateway, Group: 9, Protocol: wire.HTTP, Path: "/api/up", Arrives: "/up", Host: "shop.example.com", Endpoint: -1},
	{Kind: route.Gateway, Group: 10, Protocol: wire.HTTPS, Path: "/api/y", Host: "shop.example.com", Endpoint: -1},
	{Kind: route.Pod, Port: 1, Group: 2, Protocol: wire.GRPC, Endpoint: 0},
	{Kind: route.ClusterIP, Port: 1, Group: 2, Protocol: wire.GRPC, Endpoint: -1},
	{Kind: route.Gateway, Port: 1, Group: 2, Protocol: wire.GRPCS, Endpoint: -1},
	{Kind: route.Pod, Port: 2, Group: 3, Protocol: wire.WS, Path: "/socket", Endpoint: 0},
	{Kind: route.ClusterIP, Port: 2, Group: 3, Protocol: wire.WS, Path: "/socket", Endpoint: -1},
	{Kind: route.Pod, Port: 3, Group: 4, Protocol: wire.UDP, Endpoint: 0},
	{Kind: route.Pod, Port: 3, Group: 4, Protocol: wire.UDP, Endpoint: 1},
	{Kind: route.ClusterIP, Port: 3, Group: 4, Protocol: wire.UDP, Endpoint: -1},
	{Kind: route.NodePort, Group: 1, Protocol: wire.HTTP, Path: "/up", Endpoint: -1},
}

const (
	direct = iota
	balancer
	ingress
	rewriting
	reference
	gateway
	unmeasured
	grpcPod
	grpcService
	grpcGateway
	socketPod
	socketService
	udpA
	udpB
	udpService
	node
)

func TestThroughProxies(t *testing.T) {
	type seen []evidence.Observation
	answers := asked(direct, "200x10")
	const unclear = "the pods say HTTP 404 as well: nothing tells whether this was theirs or the proxy's"
	const ungranted, elsewhere = "the pods grant no WebSocket at /socket (HTTP ", "), so that nothing tells whether one would pass; --path names where they do"
	for name, test := range map[string]struct {
		seen   seen
		want   verdict.Verdict
		ok     int
		reason string
	}{
		"as the pods answer":                    {seen{asked(ingress, "200x20"), answers}, verdict.Healthy, 20, ""},
		"another group's pods are no measure":   {seen{asked(rewriting, "200x20"), answers, asked(reference, "404x3")}, verdict.Broken, 0, ""},
		"references are the measure":            {seen{asked(rewriting, "a=404x20"), answers, asked(reference, "404x3")}, verdict.Healthy, 20, ""},
		"references are no measure for others":  {seen{asked(ingress, "a=404x20"), answers, asked(reference, "404x3")}, verdict.Broken, 0, ""},
		"the same path arrives":                 {seen{asked(gateway, "404x20"), asked(direct, "404x3")}, verdict.Untested, 20, unclear},
		"the same path, and others answer":      {seen{asked(gateway, "204x20", "503x3"), answers}, verdict.Degraded, 20, ""},
		"nothing to compare with":               {seen{asked(unmeasured, "200x20"), answers}, verdict.Healthy, 20, ""},
		"nothing to compare 404 with":           {seen{asked(unmeasured, "404x20"), answers}, verdict.Broken, 0, ""},
		"another path arrives":                  {seen{asked(unmeasured, "404x20"), asked(direct, "404x3")}, verdict.Broken, 0, ""},
		"nothing to compare 503 with":           {seen{asked(unmeasured, "503x20"), answers}, verdict.Broken, 0, ""},
		"a pod's 404, and nothing to compare":   {seen{asked(unmeasured, "a=404x20"), answers}, verdict.Healthy, 20, ""},
		"a balancer's 404, nothing to compare":  {seen{asked(balancer, "404x20")}, verdict.Healthy, 20, ""},
		"another 4xx than the pods'":            {seen{asked(ingress, "404x20"), asked(direct, "400x3")}, verdict.Broken, 0, ""},
		"404 of whoever":                        {seen{asked(ingress, "404x20"), asked(direct, "404x3")}, verdict.Untested, 20, unclear},
		"404 of whoever, beside others":         {seen{asked(ingress, "404x10", "200x10"), asked(direct, "404x3", "200x3")}, verdict.Healthy, 20, ""},
		"404 that pods give, and one is theirs": {seen{asked(ingress, "404x10", "a=404x10"), asked(direct, "404x3")}, verdict.Healthy, 20, ""},
		"404 through a balancer, as pods say":   {seen{asked(balancer, "404x10"), asked(direct, "404x3")}, verdict.Healthy, 10, ""},
		"401 as the pods say":                   {seen{asked(ingress, "401x20"), asked(direct, "401x3")}, verdict.Healthy, 20, ""},
		"302 as the pods say":                   {seen{asked(ingress, "302x20"), asked(direct, "302x3")}, verdict.Healthy, 20, ""},

		"gRPC":                                   {seen{asked(grpcService, "OKx20"), asked(grpcPod, "OKx3")}, verdict.Healthy, 20, ""},
		"gRPC without a health service":          {seen{asked(grpcService, "UNIMPLEMENTEDx20"), asked(grpcPod, "UNIMPLEMENTEDx3")}, verdict.Healthy, 20, ""},
		"gRPC, another status than the pods'":    {seen{asked(grpcService, "UNIMPLEMENTEDx20"), asked(grpcPod, "OKx3")}, verdict.Broken, 0, ""},
		"gRPC, as the pods fail":                 {seen{asked(grpcService, "UNAVAILABLEx20"), asked(grpcPod, "UNAVAILABLEx3")}, verdict.Broken, 0, ""},
		"gRPC pods that do not serve":            {seen{asked(grpcPod, "NOT_SERVINGx3")}, verdict.Broken, 0, ""},
		"gRPC pods that fail":                    {seen{asked(grpcPod, "INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED")}, verdict.Broken, 0, ""},
		"no gRPC at all":                         {seen{asked(grpcPod, "404x3")}, verdict.Broken, 0, ""},
		"no gRPC, nothing to compare with":       {seen{asked(grpcService, "404x20")}, verdict.Broken, 0, ""},
		"gRPC, nothing to compare with":          {seen{asked(grpcService, "NOT_FOUNDx20")}, verdict.Healthy, 20, ""},
		"a failure, nothing to compare with":     {seen{asked(grpcService, "UNAVAILABLEx20")}, verdict.Broken, 0, ""},
		"gRPC through a gateway":                 {seen{asked(grpcGateway, "OKx20")}, verdict.Healthy, 20, ""},
		"a gateway's refusal":                    {seen{asked(grpcGateway, "UNIMPLEMENTEDx20")}, verdict.Broken, 0, ""},
		"a refusal of whoever":                   {seen{asked(grpcGateway, "UNIMPLEMENTEDx20"), asked(grpcPod, "UNIMPLEMENTEDx3")}, verdict.Untested, 20, strings.ReplaceAll(unclear, "HTTP 404", "gRPC UNIMPLEMENTED")},
		"WebSocket":                              {seen{asked(socketService, "101x20"), asked(socketPod, "101x3")}, verdict.Healthy, 20, ""},
		"WebSocket, refused as by the pods":      {seen{asked(socketService, "400x20"), asked(socketPod, "426x3")}, verdict.Untested, 20, ungranted + "400" + elsewhere},
		"WebSocket, refused by the pods":         {seen{asked(socketPod, "426x3")}, verdict.Untested, 3, ungranted + "426" + elsewhere},
		"WebSocket, granted by one pod of two":   {seen{asked(socketService, "101x10", "200x10"), asked(socketPod, "101x3", "200x3")}, verdict.Degraded, 10, ""},
		"WebSocket, although the pods refuse":    {seen{asked(socketService, "101x20"), asked(socketPod, "426x3")}, verdict.Healthy, 20, ""},
		"WebSocket, refused":                     {seen{asked(socketService, "400x20"), asked(socketPod, "101x3")}, verdict.Broken, 0, ""},
		"WebSocket, granted as plain HTTP":       {seen{asked(socketService, "200x20"), asked(socketPod, "101x3")}, verdict.Broken, 0, ""},
		"UDP":                                    {seen{asked(udpService, "openx20"), asked(udpA, "openx3")}, verdict.Healthy, 20, ""},
		"UDP, silence although pods answer":      {seen{asked(udpService, "timeoutx20"), asked(udpA, "openx3")}, verdict.Broken, 0, ""},
		"UDP, some silence although pods answer": {seen{asked(udpService, "timeoutx5", "openx5"), asked(udpA, "openx3")}, verdict.Degraded, 5, ""},
		"UDP, silence everywhere":                {seen{asked(udpService, "timeoutx20"), asked(udpA, "timeoutx3")}, verdict.Untested, 0, "the pods do not answer the datagram either"},
		"UDP, silent pods":                       {seen{asked(udpA, "timeoutx3")}, verdict.Untested, 0, "no pod answers the datagram, and over UDP that may be right"},
		"UDP, one silent pod of two":             {seen{asked(udpA, "timeoutx3"), asked(udpB, "openx3")}, verdict.Broken, 0, ""},
		"UDP, refused":                           {seen{asked(udpA, "refusedx3")}, verdict.Broken, 0, ""},
		"UDP, refused at times":                  {seen{asked(udpService, "timeoutx3", "refused"), asked(udpA, "timeoutx3")}, verdict.Broken, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := of(verdict.Judge(proxied, test.seen), test.seen[0])
			if c.Verdict != test.want || c.OK != test.ok || c.Reason != test.reason {
				t.Errorf("%s, %d of %d, %q; want %s, %d, %q", c.Verdict, c.OK, c.Sent, c.Reason, test.want, test.ok, test.reason)
			}
			tallied(t, c)
		})
	}
}

// of returns the cell of an observation.
func of(cells []verdict.Cell, o evidence.Observation) verdict.Cell {
	for _, c := range cells {
		if c.Route == o.Route && c.Vantage == o.Vantage {
			return c
		}
	}
	panic("no such cell")
}

// tallied holds what is true of every cell: each request that says something
// was good or failed.
func tallied(t *testing.T, c verdict.Cell) {
	t.Helper()
	failed := 0
	for _, f := range c.Failures {
		failed += f.Count
		if f.Count <= 0 || f.What == "" {
			t.Errorf("a failure is %+v", f)
		}
	}
	if c.OK+failed != c.Sent {
		t.Errorf("%d good and %d failed make %d, want the %d sent", c.OK, failed, c.OK+failed, c.Sent)
	}
}

func TestStopped(t *testing.T) {
	answers := asked(direct, "200x10")
	located := func(o evidence.Observation, status int, location string) evidence.Observation {
		o.Samples = []wire.Sample{
			{Outcome: wire.Outcome{Error: wire.ErrorTimeout}, Detail: "asking: timeout"},
			{Outcome: wire.Outcome{Status: status}, Detail: "Location: " + location},
		}
		return o
	}
	for name, test := range map[string]struct {
		seen   []evidence.Observation
		want   verdict.Verdict
		reason string
	}{
		"to HTTPS":                       {[]evidence.Observation{located(asked(ingress, "308x20"), 308, "https://shop.example.com/up"), answers}, verdict.Stopped, "redirects HTTP to HTTPS (308)"},
		"to HTTPS at another port":       {[]evidence.Observation{located(asked(ingress, "301x20"), 301, "https://SHOP.example.com:8443/up"), answers}, verdict.Stopped, "redirects HTTP to HTTPS (301)"},
		"to another path":                {[]evidence.Observation{located(asked(ingress, "302x20"), 302, "https://shop.example.com/login"), answers}, verdict.Stopped, "redirects to https://shop.example.com/login (302)"},
		"to another host":                {[]evidence.Observation{located(asked(ingress, "302x20"), 302, "https://sso.example.com/up"), answers}, verdict.Stopped, "redirects to https://sso.example.com/up (302)"},
		"from HTTPS":                     {[]evidence.Observation{located(asked(unmeasured, "302x20"), 302, "https://shop.example.com/api/y"), answers}, verdict.Stopped, "redirects to https://shop.example.com/api/y (302)"},
		"nobody knows whereto":           {[]evidence.Observation{located(asked(ingress, "302x20"), 301, "/"), answers}, verdict.Stopped, "redirects (302)"},
		"a login":                        {[]evidence.Observation{asked(ingress, "401x20"), answers}, verdict.Stopped, "asks for authentication (401)"},
		"a proxy's login":                {[]evidence.Observation{asked(ingress, "407x20"), answers}, verdict.Stopped, "asks for authentication by a proxy (407)"},
		"forbidden":                      {[]evidence.Observation{asked(ingress, "403x20"), answers}, verdict.Stopped, "forbidden (403), by a proxy: no pod gave it"},
		"forbidden, nothing to compare":  {[]evidence.Observation{asked(unmeasured, "403x20"), answers}, verdict.Stopped, "forbidden (403); no pod could be asked whether it is its own"},
		"two walls":                      {[]evidence.Observation{asked(ingress, "401x10", "403x10"), answers}, verdict.Stopped, "asks for authentication (401); forbidden (403), by a proxy: no pod gave it"},
		"a few without an answer":        {[]evidence.Observation{asked(ingress, "401x18", "timeoutx2"), answers}, verdict.Stopped, "asks for authentication (401)"},
		"most without an answer":         {[]evidence.Observation{asked(ingress, "401x2", "timeoutx18"), answers}, verdict.Broken, ""},
		"through a balancer":             {[]evidence.Observation{asked(balancer, "401x20"), answers}, verdict.Stopped, "asks for authentication (401)"},
		"a balancer, nothing to compare": {[]evidence.Observation{asked(balancer, "401x20")}, verdict.Healthy, ""},
		"some get through":               {[]evidence.Observation{asked(ingress, "401x10", "200x10"), answers}, verdict.Degraded, ""},
		"other failures":                 {[]evidence.Observation{asked(ingress, "401x10", "404x10"), answers}, verdict.Broken, ""},
		"a pod said so":                  {[]evidence.Observation{asked(ingress, "a=401x20"), answers}, verdict.Broken, ""},
		"the pods say so":                {[]evidence.Observation{asked(ingress, "403x20"), asked(direct, "403x3")}, verdict.Healthy, ""},
		"the pods say otherwise":         {[]evidence.Observation{asked(ingress, "403x20"), asked(direct, "401x3")}, verdict.Stopped, "forbidden (403), by a proxy: no pod gave it"},
		"not a proxy's address":          {[]evidence.Observation{asked(node, "301x20"), answers}, verdict.Broken, ""},
		"304 is no redirect":             {[]evidence.Observation{asked(ingress, "304x20"), answers}, verdict.Broken, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := of(verdict.Judge(proxied, test.seen), test.seen[0])
			if c.Verdict != test.want || c.Reason != test.reason || c.Verdict == verdict.Stopped && c.OK != 0 {
				t.Errorf("%s, %d good, %q; want %s, %q", c.Verdict, c.OK, c.Reason, test.want, test.reason)
			}
			tallied(t, c)
		})
	}
}
