package route

import "github.com/kubectl-nettrace/kubectl-nettrace/trace/target"

// clusterIPs returns the Service's virtual addresses for one port.
func clusterIPs(t *target.Target, port int) []Route {
	var all []Route
	for _, address := range t.ClusterIPs() {
		r := base(t, port, ClusterIP, address, t.Ports[port].Port)
		r.Source = "spec.clusterIPs of service " + t.Service.Name
		all = append(all, r)
	}
	return all
}
