// Package route lists the addresses by which a client can reach a target: one
// [Route] per address, port and address family. There is one file per kind of
// route, and each knows what must be true about its kind:
//
//   - A pod's own address is the inmost way in. No proxy takes part, so what
//     fails there is the application's or the pod network's fault, and what
//     answers there is that pod.
//   - A ClusterIP exists in no interface. Every node's kube-proxy rewrites
//     packets to it into packets to one endpoint, so it can work on one node
//     and fail on another; it is asked from every vantage.
//   - A name is what applications call. The cluster's DNS must make the ClusterIP
//     of it, or the ready endpoints where there is none ([Route.Want]). It is
//     looked up and no more: what is there is for the other routes to show.
//   - A NodePort is opened by kube-proxy on every node, on the addresses that it
//     serves. Under externalTrafficPolicy Local only a client outside the
//     cluster can prove it: for a pod, kube-proxy may apply other rules.
//   - A load balancer's address leads there from outside only. Inside the
//     cluster, every node's kube-proxy serves it in the balancer's place, unless
//     its status says ipMode Proxy or gives a name; external IPs are served by
//     nodes alone.
//   - An Ingress is a rule for a proxy, its controller, which is asked by its own
//     address with the rule's host, so that no DNS takes part. What its path
//     matches depends on the controller: Prefix and Exact are compared letter by
//     letter, but ingress-nginx takes all paths of a host for regular
//     expressions once one of its Ingresses asks for it. The URL is therefore
//     made for the rule, and is one that should arrive at the pods as the path
//     that they are known to answer.
//
// Listing routes is pure: it looks at the [target.Target] and asks nobody.
package route
