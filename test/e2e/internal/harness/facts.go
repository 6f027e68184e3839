package harness

import (
	"cmp"
	"net"
	"slices"
	"strconv"
	"strings"
)

// Endpoint is one backend of a Service as its EndpointSlices have it.
type Endpoint struct {
	// Name is that of the pod, or the address when it is none.
	Name  string
	Node  string
	Ready bool
	// Sockets are its addresses with ports.
	Sockets []string
}

// Endpoints reads the endpoints of the Service, in the order of their names.
func (n *Namespace) Endpoints(service string) []Endpoint {
	n.t.Helper()
	var list struct {
		Items []slice `json:"items"`
	}
	n.Get(&list, "endpointslices", "-l", "kubernetes.io/service-name="+service)
	byName := map[string]*Endpoint{}
	for _, s := range list.Items {
		for _, raw := range s.Endpoints {
			name := cmp.Or(raw.TargetRef.Name, raw.Addresses[0])
			if byName[name] == nil {
				byName[name] = &Endpoint{Name: name, Node: raw.NodeName}
			}
			e := byName[name]
			e.Ready = e.Ready || raw.Conditions.Ready == nil || *raw.Conditions.Ready
			for _, port := range s.Ports {
				e.Sockets = append(e.Sockets, net.JoinHostPort(raw.Addresses[0], strconv.Itoa(port.Port)))
			}
		}
	}
	var all []Endpoint
	for _, e := range byName {
		all = append(all, *e)
	}
	slices.SortFunc(all, func(a, b Endpoint) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

type slice struct {
	Endpoints []struct {
		Addresses  []string `json:"addresses"`
		NodeName   string   `json:"nodeName"`
		Conditions struct {
			Ready *bool `json:"ready"`
		} `json:"conditions"`
		TargetRef struct {
			Name string `json:"name"`
		} `json:"targetRef"`
	} `json:"endpoints"`
	Ports []struct {
		Port int `json:"port"`
	} `json:"ports"`
}

// ServiceAddresses returns what clients can connect to: the Service's virtual
// addresses, and its port on each node.
func (n *Namespace) ServiceAddresses(service string) (clusterIPs, nodePorts []string) {
	n.t.Helper()
	var object struct {
		Spec struct {
			ClusterIPs []string `json:"clusterIPs"`
			Ports      []struct {
				Port     int `json:"port"`
				NodePort int `json:"nodePort"`
			} `json:"ports"`
		} `json:"spec"`
	}
	n.Get(&object, "service", service)
	families := map[bool]bool{}
	for _, ip := range object.Spec.ClusterIPs {
		families[ipv6(ip)] = true
	}
	for _, port := range object.Spec.Ports {
		for _, ip := range object.Spec.ClusterIPs {
			if ip != "None" {
				clusterIPs = append(clusterIPs, net.JoinHostPort(ip, strconv.Itoa(port.Port)))
			}
		}
		if port.NodePort == 0 {
			continue
		}
		for _, ip := range n.nodeIPs() {
			if families[ipv6(ip)] {
				nodePorts = append(nodePorts, net.JoinHostPort(ip, strconv.Itoa(port.NodePort)))
			}
		}
	}
	return clusterIPs, nodePorts
}

// nodeIPs returns the InternalIPs of all nodes.
func (n *Namespace) nodeIPs() []string {
	n.t.Helper()
	text := n.Must("get", "nodes", "-o", `jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}`)
	return strings.Fields(text)
}

func ipv6(address string) bool { return strings.Contains(address, ":") }
