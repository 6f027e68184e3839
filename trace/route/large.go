package route

import "github.com/kubectl-nettrace/kubectl-nettrace/trace/target"

// Padded is by how many bytes a large request is larger than others: it fills
// two packets of the usual Ethernet (1,500 bytes) and more, and stays below the
// 8 KiB that many servers accept as headers.
const Padded = 4000

// maxLarge bounds to how many nodes large requests are sent, in each family.
const maxLarge = 10

// large returns one large request to each node that hosts an endpoint, for each
// address family. Whatever makes packets larger on their way between nodes (a
// tunnel, encryption) lets small ones pass when its MTU is wrong, so that small
// requests alone would be lying.
func large(t *target.Target) []Route {
	type path struct {
		node string
		ipv6 bool
	}
	var all []Route
	known, nodes := map[path]bool{}, map[bool]int{}
	for port, p := range t.Ports {
		if !p.Speaks.Web() {
			continue
		}
		for i, endpoint := range t.Endpoints {
			if !endpoint.Ready || endpoint.Node == "" {
				continue
			}
			for _, socket := range endpoint.Socketed(p) {
				to := path{endpoint.Node, target.IPv6(socket.Address)}
				if known[to] || nodes[to.ipv6] == maxLarge {
					continue
				}
				known[to] = true
				nodes[to.ipv6]++
				r := base(t, port, Pod, socket.Address, socket.Number)
				r.Endpoint, r.Node, r.Contrast, r.Padding = i, endpoint.Node, true, Padded
				r.Source = "EndpointSlices of service " + t.Service.Name
				all = append(all, r)
			}
		}
	}
	return all
}
