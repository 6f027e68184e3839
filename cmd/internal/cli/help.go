package cli

// long is what help says of the command, and examples how it is used.
const (
	long = `Trace live traffic into a Kubernetes Service.

Short-lived probe pods, and this machine where it can, send real requests through
every way into a Service: each pod IP, the ClusterIP and its DNS name, the
NodePort on the nodes, the load balancer, each Ingress host and path, and each
route of the Gateway API. The report says for each how many requests were
answered, how fast, and by which pod, and where it breaks: at which layer, why,
on what evidence, and how to fix it. The application is not changed, and the
probes are removed afterwards.

A trace can also start from what is in front of a Service or behind it:
ingress/NAME, httproute/NAME, grpcroute/NAME, deploy/NAME, sts/NAME, ds/NAME and
pod/NAME. Several targets are traced in one run, with the load of one.

Exit codes: 0 every tested way in works; 1 the trace could not be made; 2 at
least one way in is degraded or broken, there is a finding that --fail-on asks
for, or what --expect or --filename expects is not so; 3 nothing could be tested,
or what is expected was not observed.`

	examples = `  # Trace the Service web in the current namespace
  kubectl nettrace svc/web

  # Ask a path in which the application names its pod, from two chosen nodes
  kubectl nettrace svc/web -n shop --path /hostname --from node-1,node-2

  # Trace what is behind an Ingress, and only this way in
  kubectl nettrace ingress/web --via ingress

  # Send as the pod client-1 would, as far as NetworkPolicies can tell
  kubectl nettrace svc/web --like pod/client-1

  # In a pipeline: fail unless every answer is 200 and the path arrives stripped
  kubectl nettrace ingress/web --expect status=200 --expect path=stripped

  # Across a rolling update: what failed, and what the endpoints did meanwhile
  kubectl nettrace svc/web --watch

  # All Services with a label, in all namespaces
  kubectl nettrace -A -l team=shop

  # Show where each address comes from, or what would be sent and created
  kubectl nettrace svc/web --explain-plan
  kubectl nettrace svc/web --dry-run

  # For programs
  kubectl nettrace svc/web -o json | jq .verdict`
)
