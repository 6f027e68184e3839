package target

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// readEntries finds the addresses of the Gateway: those that its status names;
// else those of the Services that its controller made for it; else those of the
// controller itself.
func (r *Reader) readEntries(ctx context.Context, facts *gatewayFacts) {
	gateway := facts.Gateway
	made := r.madeFor(ctx, facts)
	for _, address := range gateway.Status.Addresses {
		if e, ok := r.addressEntry(ctx, facts, made, address); ok {
			facts.Entries = append(facts.Entries, e)
		}
	}
	if len(facts.Entries) > 0 {
		return
	}
	nodes, _ := r.nodes.get(ctx, r.readNodes) // Resolve says when it fails
	for i := range made {
		facts.Entries = append(facts.Entries, r.listening(ctx, gateway, &made[i], serviceEntries(&made[i], nodes))...)
	}
	if len(facts.Entries) > 0 {
		return
	}
	facts.Entries, _ = r.controllerEntries(ctx, facts.Controller)
}

// madeFor returns the Services that the Gateway's controller made for it
// (the label is part of the Gateway API: GEP-1762).
func (r *Reader) madeFor(ctx context.Context, facts *gatewayFacts) []corev1.Service {
	gateway := facts.Gateway
	list, err := r.listServices(ctx, gateway.Namespace, labels.Set{gatewayv1.GatewayNameLabelKey: gateway.Name}.String())
	if err != nil {
		facts.lack("services of namespace "+gateway.Namespace, err, "addresses of gateway "+gateway.Namespace+"/"+gateway.Name)
	}
	return list
}

// addressEntry returns the entry for an address of the Gateway's status. A
// Service that has it as well tells whether nodes answer in its place, and
// where the listeners are; if Services cannot be read, an IP address is taken
// for one that nodes answer for, since nothing excludes it.
func (r *Reader) addressEntry(ctx context.Context, facts *gatewayFacts, made []corev1.Service, address gatewayv1.GatewayStatusAddress) (Entry, bool) {
	e := Entry{Host: address.Value, Source: "status.addresses"}
	kind := gatewayv1.IPAddressType
	if address.Type != nil {
		kind = *address.Type
	}
	if e.Host == "" || kind != gatewayv1.IPAddressType && kind != gatewayv1.HostnameAddressType {
		return e, false
	}
	if kind == gatewayv1.HostnameAddressType && clusterName(e.Host) {
		e.Virtual = true
		return e, true
	}
	if i := slices.IndexFunc(made, func(s corev1.Service) bool { return holds(&s, e.Host, &e) }); i >= 0 {
		return r.listening(ctx, facts.Gateway, &made[i], []Entry{e})[0], true
	}
	all, err := r.gatewayAPI.services.get(ctx, "", func(ctx context.Context, _ string) ([]corev1.Service, error) {
		return r.listServices(ctx, metav1.NamespaceAll, "")
	})
	if i := slices.IndexFunc(all, func(s corev1.Service) bool { return holds(&s, e.Host, &e) }); i >= 0 {
		return r.listening(ctx, facts.Gateway, &all[i], []Entry{e})[0], true
	}
	if node := r.nodeAt(ctx, e.Host); node != "" {
		return r.nodeEntry(ctx, facts.Gateway, made, e, node), true
	}
	e.Virtual = err != nil && kind == gatewayv1.IPAddressType
	return e, true
}

// clusterName reports whether the name is one of a Service, which means its
// ClusterIP.
func clusterName(name string) bool {
	parts := strings.Split(name, ".")
	return len(parts) > 2 && parts[2] == "svc"
}

// holds reports whether clients reach the Service by the address, and then
// whether nodes answer in its place.
func holds(service *corev1.Service, host string, e *Entry) bool {
	for _, entry := range serviceEntries(service, nil) {
		if entry.Host == host {
			e.Virtual = entry.Virtual
			return true
		}
	}
	if service.Spec.ClusterIP == host || slices.Contains(service.Spec.ClusterIPs, host) {
		e.Virtual = true
		return true
	}
	return false
}

// nodeAt returns the name of the node that has the address.
func (r *Reader) nodeAt(ctx context.Context, host string) string {
	nodes, _ := r.nodes.get(ctx, r.readNodes)
	for _, node := range nodes {
		if slices.ContainsFunc(node.Status.Addresses, func(a corev1.NodeAddress) bool { return a.Address == host }) {
			return node.Name
		}
	}
	return ""
}

// nodeEntry completes the entry of a node's address: the Gateway is there at
// the NodePorts of a Service that was made for it, or at the listeners' own
// ports when there is none.
func (r *Reader) nodeEntry(ctx context.Context, gateway *gatewayv1.Gateway, made []corev1.Service, e Entry, node string) Entry {
	e.Node = node
	for i := range made {
		numbers := map[int32]int32{}
		for _, p := range made[i].Spec.Ports {
			if p.NodePort != 0 && protocol(p.Protocol) == corev1.ProtocolTCP {
				numbers[p.Port] = p.NodePort
			}
		}
		if len(numbers) > 0 {
			e.Numbers, e.Source = numbers, e.Source+", NodePorts of service "+made[i].Namespace+"/"+made[i].Name
			e.Local = made[i].Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
			return r.listening(ctx, gateway, &made[i], []Entry{e})[0]
		}
	}
	return e
}

// listening says at which numbers of the Service's entries the Gateway's
// listeners are. Mostly the Service's port has the listener's number; but some
// proxies have listeners of the numbers that their pods listen on, and the
// Service leads there from others, such as from 80 to 8000.
func (r *Reader) listening(ctx context.Context, gateway *gatewayv1.Gateway, service *corev1.Service, entries []Entry) []Entry {
	ports := map[int32]int32{} // of the Service, by those of the listeners
	leads := map[int32]int32(nil)
	for _, l := range gateway.Spec.Listeners {
		has := func(p corev1.ServicePort) bool { return p.Port == l.Port && protocol(p.Protocol) == corev1.ProtocolTCP }
		if slices.ContainsFunc(service.Spec.Ports, has) {
			ports[l.Port] = l.Port
			continue
		}
		if leads == nil {
			leads = r.leads(ctx, service)
		}
		if port, ok := leads[l.Port]; ok {
			ports[l.Port] = port
		}
	}
	if leads == nil {
		return entries // every listener has a port of its number
	}
	moved := slices.Clone(entries)
	for i, e := range entries {
		moved[i].Numbers = map[int32]int32{}
		for _, l := range gateway.Spec.Listeners {
			port, known := ports[l.Port]
			if !known && e.Numbers == nil {
				port = l.Port // not the Service's, but what the Gateway says
			}
			if number, ok := e.Number(port); ok {
				moved[i].Numbers[l.Port] = number
			}
		}
	}
	return moved
}

// leads returns the Service's ports by those of the pods that they lead to.
func (r *Reader) leads(ctx context.Context, service *corev1.Service) map[int32]int32 {
	found := map[int32]int32{}
	names := map[string]int32{}
	for _, p := range service.Spec.Ports {
		if protocol(p.Protocol) != corev1.ProtocolTCP {
			continue
		}
		names[p.Name] = p.Port
		if number := p.TargetPort.IntValue(); number != 0 {
			found[int32(number)] = p.Port
		}
	}
	list, err := readSlices(ctx, r.client, service.Namespace, service.Name)
	if err != nil {
		return found // the named ones stay unknown
	}
	for _, slice := range list {
		for _, p := range slice.Ports {
			if p.Name == nil || p.Port == nil || p.Protocol != nil && protocol(*p.Protocol) != corev1.ProtocolTCP {
				continue
			}
			if port, ok := names[*p.Name]; ok {
				found[*p.Port] = port
			}
		}
	}
	return found
}
