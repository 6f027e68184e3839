package finding

import (
	"fmt"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// meshRequires: the proxy of a mesh stands in pods and hangs up on every probe, which is
// not of the mesh. Whether it does so for that reason no probe can see.
func meshRequires(f Facts) []Finding {
	var all []Finding
	for i := range f.Target.Ports {
		dead, _ := f.dead(i)
		dead = slices.DeleteFunc(dead, func(s suspect) bool { return !s.behindMesh() })
		if len(dead) == 0 {
			continue
		}
		var names []string
		var seen []Evidence
		for _, s := range dead {
			names = append(names, s.Name)
			seen = append(seen, f.outcome(s.cells)...)
		}
		proxy := meshProxy(dead[0].Endpoint)
		all = append(all, Finding{
			Name: "mesh-requires-mtls", Severity: Error, Status: Unverified, Layer: route.Pod,
			Summary:  fmt.Sprintf("%s hung up on every request to %s of %s: the mesh there may want its own TLS, and the probes are not of the mesh", proxy, some(names), f.service()),
			Evidence: append([]Evidence{object(fmt.Sprintf("container %s stands in pod %s, and takes its connections", proxy, dead[0].Name))}, seen[:min(4, len(seen))]...),
			Fix: []Step{
				{Text: "ask from a pod that is of the mesh, whether this works there; if clients outside the mesh are to be served, let the mesh take plain requests too (with Istio a PeerAuthentication of mode PERMISSIVE)"},
				{Text: "see whether the application itself answers, past the mesh", Command: fmt.Sprintf("kubectl nettrace -n %s svc/%s --no-pods", f.Target.Service.Namespace, f.Target.Service.Name)},
			},
		})
	}
	return all
}

// behindMesh reports whether the proxy of a mesh may be what hung up.
func (s suspect) behindMesh() bool { return meshProxy(s.Endpoint) != "" && s.hungUp() }

// meshProxy returns the name of the container that takes the pod's connections
// in its place, or nothing.
func meshProxy(e target.Endpoint) string {
	if e.Pod == nil {
		return ""
	}
	for _, c := range target.Containers(e.Pod) {
		if slices.Contains([]string{"istio-proxy", "linkerd-proxy", "kuma-sidecar", "consul-dataplane"}, c.Name) {
			return c.Name
		}
	}
	return ""
}
