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

// Addresses are what clients can connect to, and what they can look up.
type Addresses struct {
	// ClusterIPs, NodePorts and LoadBalancers are with ports. A load balancer that
	// has no address yet is an empty one.
	ClusterIPs, NodePorts, LoadBalancers []string
	// Lookups are the names that the DNS must know.
	Lookups []Lookup
}

// Lookup is a name and what it must stand for; nothing where that is not for the
// cluster to say.
type Lookup struct {
	Name string
	Want []string
}

type service struct {
	Spec struct {
		Type         string   `json:"type"`
		ExternalName string   `json:"externalName"`
		ClusterIPs   []string `json:"clusterIPs"`
		ExternalIPs  []string `json:"externalIPs"`
		IPFamilies   []string `json:"ipFamilies"`
		Ports        []struct {
			Name     string `json:"name"`
			Port     int    `json:"port"`
			Protocol string `json:"protocol"`
			NodePort int    `json:"nodePort"`
		} `json:"ports"`
	} `json:"spec"`
	Status struct {
		LoadBalancer struct {
			Ingress []struct {
				IP       string `json:"ip"`
				Hostname string `json:"hostname"`
			} `json:"ingress"`
		} `json:"loadBalancer"`
	} `json:"status"`
}

// ServiceAddresses returns the addresses and names of the Service.
func (n *Namespace) ServiceAddresses(name string) Addresses {
	n.t.Helper()
	var s service
	n.Get(&s, "service", name)
	a := Addresses{Lookups: n.lookups(name, s)}
	entries := slices.Clone(s.Spec.ExternalIPs)
	for _, i := range s.Status.LoadBalancer.Ingress {
		entries = append(entries, cmp.Or(i.IP, i.Hostname))
	}
	if s.Spec.Type == "LoadBalancer" && len(s.Status.LoadBalancer.Ingress) == 0 {
		a.LoadBalancers = []string{""}
	}
	for _, port := range s.Spec.Ports {
		a.ClusterIPs = append(a.ClusterIPs, sockets(s.virtual(""), port.Port)...)
		a.LoadBalancers = append(a.LoadBalancers, sockets(entries, port.Port)...)
		if port.NodePort == 0 {
			continue
		}
		for _, ip := range n.nodeIPs() {
			if slices.Contains(s.Spec.IPFamilies, family(ip)) {
				a.NodePorts = append(a.NodePorts, net.JoinHostPort(ip, strconv.Itoa(port.NodePort)))
			}
		}
	}
	return a
}

// lookups returns the names of the Service: one for each family, and one for
// each port that has a name itself.
func (n *Namespace) lookups(name string, s service) []Lookup {
	full := name + "." + n.Name + ".svc"
	if s.Spec.Type == "ExternalName" {
		return []Lookup{{full, []string{s.Spec.ExternalName}}, {full, nil}, {full, nil}}
	}
	headless := slices.Contains(s.Spec.ClusterIPs, "None")
	var hosts, numbers []string
	for _, e := range n.Endpoints(name) {
		for _, socket := range e.Sockets {
			if host, number, _ := net.SplitHostPort(socket); headless && e.Ready {
				hosts, numbers = append(hosts, host), append(numbers, number)
			}
		}
	}
	var all []Lookup
	for _, f := range s.Spec.IPFamilies {
		want := s.virtual(f)
		if headless {
			want = slices.DeleteFunc(slices.Clone(hosts), func(ip string) bool { return family(ip) != f })
		}
		all = append(all, Lookup{full, distinct(want)})
	}
	for _, port := range s.Spec.Ports {
		if port.Name == "" {
			continue
		}
		want := []string{strconv.Itoa(port.Port)}
		if headless {
			want = distinct(numbers)
		}
		all = append(all, Lookup{"_" + port.Name + "._" + strings.ToLower(port.Protocol) + "." + full, want})
	}
	return all
}

// virtual returns the Service's own addresses of the family, or of all.
func (s service) virtual(f string) []string {
	return slices.DeleteFunc(slices.Clone(s.Spec.ClusterIPs), func(ip string) bool {
		return ip == "None" || f != "" && family(ip) != f
	})
}

func sockets(ips []string, port int) []string {
	var all []string
	for _, ip := range ips {
		all = append(all, net.JoinHostPort(ip, strconv.Itoa(port)))
	}
	return all
}

func distinct(values []string) []string {
	slices.Sort(values)
	return slices.Compact(values)
}

// nodeIPs returns the InternalIPs of all nodes.
func (n *Namespace) nodeIPs() []string {
	n.t.Helper()
	text := n.Must("get", "nodes", "-o", `jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}`)
	return strings.Fields(text)
}

func family(ip string) string {
	if strings.Contains(ip, ":") {
		return "IPv6"
	}
	return "IPv4"
}
