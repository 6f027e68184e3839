package finding

import "slices"

// Page is what the catalogue says of one kind of finding, whoever it is about.
type Page struct {
	Name, Family string
	// Configuration is what raises the suspicion, and Traffic what confirms it; one
	// of them may be empty. Fix is where the remedy is.
	Configuration, Traffic, Fix string
	// Look are commands that show more, and change nothing.
	Look []string
}

// The families of findings.
const (
	service  = "Service and endpoints"
	ports    = "Ports"
	nodes    = "Nodes"
	naming   = "Names"
	balancer = "Load balancer"
	entrance = "Ingress and Gateway"
	itself   = "The trace itself"
)

// Catalogue returns the pages of all findings, by family.
func Catalogue() []Page {
	return slices.Concat(servicePages(), portPages(), nodePages(), namePages(), balancerPages(), ingressPages(), certificatePages(), gatewayPages(), tracePages())
}

// PageOf returns the page of the finding with the name.
func PageOf(name string) (Page, bool) {
	for _, p := range Catalogue() {
		if p.Name == name {
			return p, true
		}
	}
	return Page{}, false
}

func servicePages() []Page {
	labels := []string{"kubectl get service NAME -o wide", "kubectl get pods --show-labels", "kubectl get endpointslices -l kubernetes.io/service-name=NAME"}
	pods := []string{"kubectl describe pod POD", "kubectl logs POD", "kubectl logs POD --previous"}
	return []Page{
		{"selector-matches-nothing", service, "no pod has the labels that the Service selects; the closest pods are named, with what differs", "no request to the Service is answered", "patch of the selector", labels},
		{"selector-matches-workload-labels", service, "the selector equals the labels of a Deployment, StatefulSet or DaemonSet, whose pods have others; a Service selects pods, never workloads", "no request to the Service is answered", "patch of the selector to what the workload selects its pods by", labels},
		{"selector-too-broad", service, "the endpoints belong to several workloads: told, because it may be meant; a warning where their pods do not answer alike", "pods of several answered on one way", "a label more in the selector", labels},
		{"no-selector-no-endpoints", service, "the Service selects nothing, and no EndpointSlice names an endpoint", "no request to the Service is answered", "a selector, or an EndpointSlice", labels},
		{"endpoints-not-ready", service, "some or all selected pods are not ready, with the kubelet's reason", "the ready ones answer and no other does; with none ready, nothing answers", "describe of the pod", pods},
		{"stale-endpoint", service, "an EndpointSlice names a pod that is not there", "nothing answers at its address", "who wrote the slice", []string{"kubectl get endpointslices -l kubernetes.io/service-name=NAME -o yaml", "kubectl get pods -o wide"}},
		{"endpoints-changed", service, "the EndpointSlices named other endpoints, or had other ones ready, at the end of the trace than at its beginning (a rollout, scaling, a failing readiness probe): what requests showed is about both", "", "run again once they stay as they are", append(slices.Clip(labels[2:]), "kubectl get events --field-selector involvedObject.kind=Pod")},
		{"policy-blocks", service, "NetworkPolicies select the endpoints' pods and let nothing through from pods such as the probes', or select these and let nothing out; policies of other kinds are not read", "nothing comes back from there to any probe, while somebody else is answered; refuted where a probe is answered, unverified where nobody is", "a rule in the policy; or `--like`, to send as a client that is let through", []string{"kubectl get networkpolicies", "kubectl describe networkpolicy NAME"}},
		{"mesh-requires-mtls", service, "the proxy of a mesh stands in the endpoints' pods", "it hangs up on every probe; whether because these are not of the mesh nobody can see", "ask from inside the mesh; let it take plain requests", []string{"kubectl get pods -o wide", "kubectl logs POD -c istio-proxy --tail=20"}},
		{"dead-endpoint", service, "an endpoint is ready, so that it gets its share of the traffic", "it fails every direct request, from every node that was asked from", "logs of the pod; a readiness probe", pods},
		{"hidden-retries", service, "", "all that clients see is good answers, and the log of the proxy on the way names several endpoints for one request, or says how often it was sent again; or, unverified, some answers through the proxy come late by one and the same time, and none directly from the pods", "logs of the endpoint that was tried in vain; whether pods are ended before proxies know", pods},
		{"session-affinity", service, "`sessionAffinity: ClientIP`", "one endpoint answers all requests of one client", "none: it explains", []string{"kubectl get service NAME -o jsonpath='{.spec.sessionAffinity}'"}},
	}
}

func portPages() []Page {
	look := []string{"kubectl get service NAME -o jsonpath='{.spec.ports}'", "kubectl get pods -o jsonpath='{range .items[*]}{.metadata.name} {.spec.containers[*].ports}{\"\\n\"}{end}'"}
	return []Page{
		{"target-port-name-missing", ports, "the target port is a name that some or all pods do not give to a port", "these pods answer nothing through the Service", "patch of the target port", look},
		{"target-port-refused", ports, "the target port is a number that the pods do not declare", "every pod refuses it, while another port that they declare accepts connections", "patch of the target port", look},
		{"protocol-mismatch", ports, "the protocol that is chosen for the port, and why", "every pod answers in another: plain text to TLS, or TLS to plain text", "`appProtocol`, or the port", look},
	}
}

func nodePages() []Page {
	proxy := []string{"kubectl get pods -n kube-system -o wide", "kubectl describe node NODE"}
	policy := []string{"kubectl get service NAME -o yaml", "kubectl get endpointslices -l kubernetes.io/service-name=NAME -o wide", "kubectl get pods -o wide"}
	return []Page{
		{"clusterip-broken-on-node", nodes, "", "from a node all pods answer directly and the ClusterIP does not", "kube-proxy, or what replaces it, on that node", proxy},
		{"silent-endpoint", nodes, "an endpoint is ready", "it answers directly from a node, and none of the requests from there to the ClusterIP come to it while others get them; if each endpoint is as likely as any other, fewer than one run in a thousand shows that by chance", "kube-proxy, or what replaces it, on that node: whether it knows the endpoint, and whether it is set to spread evenly (not every scheduler of IPVS does)", proxy},
		{"stale-rules", nodes, "an endpoint is not ready, and has not been for a while; others are", "it still gets requests through a node", "kube-proxy, or what replaces it, on that node: its rules are older than the EndpointSlices", proxy},
		{"uneven-spread", nodes, "", "an endpoint gets another share of the requests to the ClusterIP or a NodePort than the others that kube-proxy may use; fewer than one run in a thousand shows that by chance", "the scheduler of kube-proxy, or what replaces it; topology hints", proxy},
		{"sticky-without-affinity", nodes, "the Service asks for no affinity", "one endpoint answers all requests from a place to an address, on new connections each; fewer than one run in a thousand shows that by chance", "what proxies on the way are told: to hash clients, to keep them by a cookie", proxy},
		{"nodeport-closed-on-node", nodes, "", "nothing answers at the NodePort of some nodes, while the Service works; unverified where no NodePort at all was reached from there", "the node's firewall, kube-proxy", proxy},
		{"pod-network-broken-between-nodes", nodes, "", "from one node nothing comes back from any pod of another, although these answer elsewhere", "network plugin, its encapsulation, firewalls", proxy},
		{"large-packets-dropped", nodes, "", "from one node to another small requests are answered, and larger ones than one packet time out, although the same pod answers them from elsewhere", "MTU of the network plugin; ICMP between the nodes", proxy},
		{"external-traffic-local", nodes, "`externalTrafficPolicy: Local`, and some nodes host no ready endpoint", "", "policy `Cluster`, or pods on those nodes", policy},
		{"internal-traffic-local", nodes, "`internalTrafficPolicy: Local`, and some nodes host no ready endpoint", "", "policy `Cluster`, or pods on those nodes", policy},
	}
}

func namePages() []Page {
	dns := []string{"kubectl get pods -n kube-system -l k8s-app=kube-dns -o wide", "kubectl logs -n kube-system -l k8s-app=kube-dns"}
	return []Page{
		{"dns-no-answer", naming, "", "the Service's name does not resolve; that of the API server is asked beside it", "CoreDNS; policies on port 53", dns},
		{"dns-wrong-address", naming, "", "the name leads elsewhere than to the ClusterIP", "CoreDNS's configuration", dns},
		{"headless-dns-mismatch", naming, "`clusterIP: None`", "the name does not stand for the ready endpoints", "the DNS's cache", append(slices.Clip(dns), "kubectl get endpointslices -l kubernetes.io/service-name=NAME")},
		{"external-name-host-header", naming, "type `ExternalName`: clients ask the other server by the Service's name, and the Service's ports are not used", "", "the other name in clients, or as their Host header", []string{"kubectl get service NAME -o yaml"}},
		{"external-name-unresolvable", naming, "type `ExternalName`", "the other name has no address", "the name", []string{"kubectl get service NAME -o jsonpath='{.spec.externalName}'"}},
	}
}

func balancerPages() []Page {
	look := []string{"kubectl describe service NAME", "kubectl get events --field-selector involvedObject.name=NAME"}
	return []Page{
		{"load-balancer-pending", balancer, "type `LoadBalancer`, and no address in the status", "", "the controller that serves load balancers: of the cloud, or one in the cluster", look},
		{"load-balancer-unreachable", balancer, "", "nothing answers there from this machine, while the Service works", "listeners, firewalls, health checks", look},
	}
}

func ingressPages() []Page {
	look := []string{"kubectl describe ingress NAME", "kubectl get ingressclasses"}
	return []Page{
		{"ingress-class-unowned", entrance, "the Ingress names no class and none is the default, or one that does not exist", "its ways fail", "`spec.ingressClassName`", look},
		{"ingress-backend-missing", entrance, "a rule leads to a port that the Service does not have", "the controller answers for itself", "patch of the Ingress", look},
		{"ingress-path-regex-under-prefix", entrance, "a path looks like a pattern and is compared letter by letter", "the URL that was meant is not served, while pods answer", "the controller's own switch", look},
		{"ingress-shadowed", entrance, "another rule of the host takes the path", "no answer comes from the Service's pods, or some name none of them (unverified)", "paths or hosts", []string{"kubectl get ingresses -A"}},
		{"ingress-prefix-not-stripped", entrance, "a rule for a prefix hands it on", "the pods know a path, and answer 404 to it beneath the prefix and to the prefix itself; they may know others there, so that it is only told", "the controller's own way to strip it", look},
		{"ingress-rewrite-drops-path", entrance, "by the configuration everything beneath a prefix arrives as one path", "two paths get the same answer there, and different ones of pods directly; refuted where they get different ones", "a rewrite that hands on the rest of the path", look},
		{"ingress-redirects", entrance, "", "a redirect before any pod: told, and no failure", "trace what it leads to", look},
	}
}

func certificatePages() []Page {
	var all []Page
	for _, kind := range []string{"ingress", "gateway"} {
		where := map[string]string{"ingress": "`spec.tls`", "gateway": "the listener's `certificateRefs`"}[kind]
		look := []string{"kubectl get secret NAME -o jsonpath='{.type}'", "openssl s_client -connect ADDRESS:443 -servername HOST </dev/null | openssl x509 -noout -subject -ext subjectAltName -enddate"}
		all = append(all,
			Page{kind + "-tls-secret-missing", entrance, "the Secret in " + where + " is not there, or is of another type than kubernetes.io/tls", "a certificate is served that is not for the host", "create the Secret", look},
			Page{kind + "-certificate-mismatch", entrance, "", "the certificate that is served is not for the host", where + ", the names in the certificate", look},
			Page{kind + "-certificate-expired", entrance, "", "the certificate that is served has expired", "renew it", look},
		)
	}
	return all
}

func gatewayPages() []Page {
	const traffic = "its ways fail; a condition that traffic refutes is not reported"
	look := []string{"kubectl describe httproute NAME", "kubectl describe gateway NAME"}
	return []Page{
		{"route-not-accepted", entrance, "the Gateway's controller has not accepted the route, or its listeners admit none from that namespace or of that kind", traffic, "the route's parentRefs; the listener's allowedRoutes", look},
		{"route-refs-unresolved", entrance, "a backend of the route is not there, by its condition or by its spec", traffic, "the route's backendRefs", look},
		{"reference-not-granted", entrance, "the route names a Service of another namespace, and no ReferenceGrant there lets it", traffic, "a ReferenceGrant in the Service's namespace", append(slices.Clip(look), "kubectl get referencegrants -n NAMESPACE")},
		{"listener-hostname-mismatch", entrance, "no hostname of the route fits one of the listener", traffic, "hostnames of the route or the listener", look},
		{"weights-not-honoured", entrance, "a rule divides its requests by weights", "the answers divide otherwise; fewer than one run in a thousand shows that by chance", "the controller's support for weights; the backends' endpoints", look},
		{"gateway-not-programmed", entrance, "the Gateway's conditions say that it is not accepted or programmed", traffic, "what its condition names", look},
	}
}

func tracePages() []Page {
	return []Page{
		{"vantage-blocked", itself, "", "from a place neither the target nor the API server and the DNS are reached: what failed from there says nothing of the target, and counts as untested", "egress policies of the probes' namespace; the node's network; another node with `--from`", []string{"kubectl get networkpolicies", "kubectl describe node NODE"}},
		{"answers-indistinguishable", itself, "", "several endpoints answer, and of no answer behind an address that they share it is known who gave it: they name no pod, are alike, and are in no log that was read", "`--identify`; access logs", []string{"kubectl logs POD --tail=20"}},
	}
}
