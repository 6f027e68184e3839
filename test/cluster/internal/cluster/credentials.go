package cluster

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/api"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/controlplane"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/namespace"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/pki"
)

// administrators is the group that may do everything, whatever RBAC says.
const administrators = "system:masters"

// issueCertificates makes those of the daemons, and their kubeconfigs. The
// users' names are the ones for which Kubernetes comes with RBAC rules.
func (b *booting) issueCertificates(context.Context) error {
	authority, err := pki.NewAuthority(b.certificates())
	if err != nil {
		return err
	}
	b.authority = authority
	for _, request := range b.daemonCertificates() {
		if _, err := authority.Issue(request); err != nil {
			return err
		}
	}
	config := b.controlPlane(b.state)
	for _, daemon := range []string{"kube-controller-manager", "kube-scheduler"} {
		user := pki.Request{Name: daemon, CommonName: "system:" + daemon}
		if err := authority.WriteKubeconfig(config.Kubeconfig(daemon), b.Name, b.server(), user); err != nil {
			return err
		}
	}
	for _, node := range b.Nodes(b.state) {
		if err := node.WriteConfig(); err != nil {
			return err
		}
		kubelet := pki.Request{
			Name: node.Name + ".kubelet", CommonName: "system:node:" + node.Name, Organizations: []string{"system:nodes"},
		}
		if err := authority.WriteKubeconfig(node.Path("kubelet.kubeconfig"), b.Name, b.server(), kubelet); err != nil {
			return err
		}
		proxy := pki.Request{Name: node.Name + ".kube-proxy", CommonName: "system:kube-proxy"}
		if err := authority.WriteKubeconfig(node.Path("kube-proxy.kubeconfig"), b.Name, b.server(), proxy); err != nil {
			return err
		}
	}
	return nil
}

func (b *booting) daemonCertificates() []pki.Request {
	addresses := plan(b.state)
	loopback := netip.MustParseAddr("127.0.0.1") // where the forwarder is
	own, service := addresses.ControlPlane(), addresses.KubernetesService()
	requests := []pki.Request{
		{
			Name: "kube-apiserver", CommonName: "kube-apiserver",
			DNSNames: []string{
				"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
				"kubernetes.default.svc.cluster.local",
			},
			Addresses: []netip.Addr{loopback, own.V4, own.V6, service.V4, service.V6},
		},
		{Name: "kubelet-client", CommonName: "kube-apiserver-kubelet-client", Organizations: []string{administrators}},
		{Name: "front-proxy-client", CommonName: "front-proxy-client"},
		{Name: "service-account", CommonName: "service-account"},
	}
	for _, node := range b.Nodes(b.state) {
		requests = append(requests, pki.Request{
			Name: node.Name, CommonName: node.Name, DNSNames: []string{node.Name},
			Addresses: []netip.Addr{node.Addresses().V4, node.Addresses().V6},
		})
	}
	return requests
}

// server is where the API server is for everybody inside.
func (b *booting) server() string {
	return fmt.Sprintf("https://%s:%d", plan(b.state).ControlPlane().V4, controlplane.Port)
}

// writeAdminKubeconfigs writes the one for the real machine and the one for
// inside. Both have the same user.
func (b *booting) writeAdminKubeconfigs(outside string) error {
	user := pki.Request{Name: "admin", CommonName: "admin", Organizations: []string{administrators}}
	if err := b.authority.WriteKubeconfig(b.Kubeconfig(true), b.Name, b.server(), user); err != nil {
		return err
	}
	return b.authority.WriteKubeconfig(b.Kubeconfig(false), b.Name, outside, user)
}

// api returns a client that asks the API server over the forwarder.
func (c *Cluster) api() (*api.Client, error) {
	forwarder, err := c.Table().Get(controlPlane, "forwarder")
	if err != nil {
		return nil, err
	}
	file := func(name string) string { return filepath.Join(c.certificates(), name) }
	return api.New("https://"+forwarder.Listen, file("ca.crt"), file("admin.crt"), file("admin.key"))
}

// dialerIn makes a resolver ask target from inside a namespace, whatever
// server it had in mind.
func dialerIn(name, target string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (connection net.Conn, err error) {
		failure := namespace.Do(name, func() error {
			connection, err = (&net.Dialer{}).DialContext(ctx, network, target)
			return err
		})
		return connection, failure
	}
}
