package route

import "github.com/kubectl-nettrace/kubectl-nettrace/trace/target"

// clusterIPs returns the Service's virtual addresses for one port.
func clusterIPs(t *target.Target, port int) []Route {
	var all []Route
	for _, address := range t.ClusterIPs() {
		all = append(all, base(t, port, ClusterIP, address, t.Ports[port].Port))
	}
	return all
}
