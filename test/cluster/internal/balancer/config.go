package balancer

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"text/template"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

//go:embed templates
var templates embed.FS

// proxyHealthPort is where kube-proxy tells whether it works.
const proxyHealthPort = 10256

// frontend is one address and port to listen on, and where connections go.
type frontend struct {
	Name      string
	Bind      netip.AddrPort
	Source    netip.AddrPort // what nodes see as the client
	Clients   []netip.Prefix // who may connect; empty: everybody
	CheckPort int32
	Header    string // of the PROXY protocol: the word in HAProxy's language
	Servers   []server
}

// server is one node as the target of a frontend.
type server struct {
	Name    string
	Address netip.AddrPort
}

// frontends returns what HAProxy must serve.
func frontends(own fabric.Addresses, services []*corev1.Service, nodes []*corev1.Node, assigned assignment) []frontend {
	var all []frontend
	for _, service := range services {
		addresses, has := assigned[service.UID]
		if !has {
			continue
		}
		for _, port := range portsOf(service) {
			for _, family := range service.Spec.IPFamilies {
				all = append(all, frontend{
					Name:      fmt.Sprintf("%s.%s.%d.%s", service.Namespace, service.Name, port.Port, strings.ToLower(string(family))),
					Bind:      netip.AddrPortFrom(of(family, addresses), uint16(port.Port)),
					Source:    netip.AddrPortFrom(of(family, own), 0),
					Clients:   clientsOf(service),
					CheckPort: checkPortOf(service),
					Header:    headerOf(service),
					Servers:   servers(nodes, family, uint16(port.NodePort), checkPortOf(service)),
				})
			}
		}
	}
	slices.SortFunc(all, func(a, b frontend) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func checkPortOf(service *corev1.Service) int32 {
	if service.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal {
		return service.Spec.HealthCheckNodePort
	}
	return proxyHealthPort
}

func clientsOf(service *corev1.Service) []netip.Prefix {
	var clients []netip.Prefix
	for _, text := range service.Spec.LoadBalancerSourceRanges {
		// The API server takes no other text, but blanks around it.
		if prefix, err := netip.ParsePrefix(strings.TrimSpace(text)); err == nil {
			clients = append(clients, prefix)
		}
	}
	return clients
}

func headerOf(service *corev1.Service) string {
	return map[string]string{"v1": "send-proxy", "v2": "send-proxy-v2"}[service.Annotations[proxyProtocolAnnotation]]
}

// servers returns all nodes that have an address of the family, also those that
// are not Ready: like the clouds' controllers, this one leaves it to the health
// checks to say which are fit.
func servers(nodes []*corev1.Node, family corev1.IPFamily, port uint16, check int32) []server {
	var all []server
	for _, node := range nodes {
		if _, excluded := node.Labels[corev1.LabelNodeExcludeBalancers]; excluded {
			continue
		}
		if address := addressOf(node, family); address.IsValid() {
			// HAProxy remembers a server's health, and also its ports, by the
			// name. So another port makes another server.
			all = append(all, server{Name: fmt.Sprintf("%s:%d:%d", node.Name, port, check), Address: netip.AddrPortFrom(address, port)})
		}
	}
	slices.SortFunc(all, func(a, b server) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func addressOf(node *corev1.Node, family corev1.IPFamily) netip.Addr {
	for _, one := range node.Status.Addresses {
		address, err := netip.ParseAddr(one.Address)
		if one.Type == corev1.NodeInternalIP && err == nil && address.Is6() == (family == corev1.IPv6Protocol) {
			return address
		}
	}
	return netip.Addr{}
}

// configuration is HAProxy's, and a text that no other one has in it.
type configuration struct {
	Text        []byte
	Fingerprint string
}

// render writes HAProxy's configuration, of which all files are in directory.
func render(directory string, all []frontend) (configuration, error) {
	values := values{Files: files{directory}, Frontends: all}
	text, err := values.fill()
	if err != nil {
		return configuration{}, err
	}
	// The fingerprint is of the text with the place for it left empty.
	sum := sha256.Sum256(text)
	values.Fingerprint = hex.EncodeToString(sum[:8])
	text, err = values.fill()
	return configuration{text, values.Fingerprint}, err
}

// values are what the template needs.
type values struct {
	Fingerprint string
	Files       files
	Frontends   []frontend
}

func (v values) fill() ([]byte, error) {
	parsed, err := template.ParseFS(templates, "templates/haproxy.cfg")
	if err != nil {
		return nil, fmt.Errorf("parsing HAProxy's template: %w", err)
	}
	var text bytes.Buffer
	if err := parsed.Execute(&text, v); err != nil {
		return nil, fmt.Errorf("filling HAProxy's template: %w", err)
	}
	return text.Bytes(), nil
}
