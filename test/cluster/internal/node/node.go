// Package node writes the configuration of what runs on each node:
// containerd with its network plugins, the kubelet and kube-proxy.
//
// All nodes share the real machine's file system, so that everything a
// daemon would keep at a well-known place gets a place below the node's own
// directory instead.
package node

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"text/template"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

//go:embed templates
var templates embed.FS

// Node is one node and all that its daemons need to know.
type Node struct {
	Name         string
	Number       int    // counted from 1
	Instance     string // of which cluster
	Directory    string
	Certificates string
	ProxyMode    string
	Plan         fabric.Plan
	PauseImage   string
	PluginPath   string // where the CNI plugins are
}

// Zone returns the zone the node is in: one each.
func (n Node) Zone() string { return fmt.Sprintf("zone-%d", n.Number) }

// Addresses returns the node's own addresses.
func (n Node) Addresses() fabric.Addresses { return n.Plan.Node(n.Number) }

// Pods returns the networks of the node's pods.
func (n Node) Pods() fabric.Ranges { return n.Plan.NodePods(n.Number) }

// AllPods returns the networks of all pods of the cluster.
func (n Node) AllPods() fabric.Ranges { return n.Plan.Pods() }

// DNS returns the address pods send their DNS queries to.
func (n Node) DNS() string { return n.Plan.DNSService().V4.String() }

// Path returns a path below the node's directory.
func (n Node) Path(elements ...string) string {
	return filepath.Join(append([]string{n.Directory}, elements...)...)
}

// Certificate returns the path of a file among the certificates.
func (n Node) Certificate(file string) string { return filepath.Join(n.Certificates, file) }

// Socket returns where containerd listens.
func (n Node) Socket() string { return n.Path("containerd.sock") }

// Network returns the name of the pods' network. The CNI library keeps
// results in one directory for the whole machine, so it names the instance.
func (n Node) Network() string { return "nettrace." + n.Instance + "." + n.Name }

// Containerd returns the arguments of containerd.
func (n Node) Containerd() []string { return []string{"--config=" + n.Path("containerd.toml")} }

// Kubelet returns the arguments of the kubelet.
func (n Node) Kubelet() []string {
	return []string{
		"--config=" + n.Path("kubelet.yaml"),
		"--kubeconfig=" + n.Path("kubelet.kubeconfig"),
		"--root-dir=" + n.Path("kubelet"),
		"--cert-dir=" + n.Path("pki"),
		"--hostname-override=" + n.Name,
		"--node-ip=" + n.Addresses().String(),
	}
}

// Proxy returns the arguments of kube-proxy.
func (n Node) Proxy() []string { return []string{"--config=" + n.Path("kube-proxy.yaml")} }

// WriteConfig writes the files that the arguments name.
func (n Node) WriteConfig() error {
	for _, directory := range []string{"cni", "kubelet", "pki", "pods", "volume-plugins"} {
		if err := os.MkdirAll(n.Path(directory), 0o755); err != nil {
			return fmt.Errorf("making a directory of %s: %w", n.Name, err)
		}
	}
	for name, path := range map[string]string{
		"containerd.toml": n.Path("containerd.toml"),
		"kubelet.yaml":    n.Path("kubelet.yaml"),
		"kube-proxy.yaml": n.Path("kube-proxy.yaml"),
		"cni.conflist":    n.Path("cni", "10-bridge.conflist"),
		"resolv.conf":     n.Path("resolv.conf"),
	} {
		content, err := n.render(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return fmt.Errorf("writing %s of %s: %w", name, n.Name, err)
		}
	}
	return nil
}

// Manifest returns the Node object. It is made before the kubelet registers,
// because its pod ranges must be those of the routes.
func (n Node) Manifest() ([]byte, error) { return n.render("node.yaml") }

func (n Node) render(name string) ([]byte, error) {
	parsed, err := template.New(name).Option("missingkey=error").ParseFS(templates, "templates/"+name)
	if err != nil {
		return nil, fmt.Errorf("parsing the template %s: %w", name, err)
	}
	var content bytes.Buffer
	if err := parsed.Execute(&content, n); err != nil {
		return nil, fmt.Errorf("filling the template %s: %w", name, err)
	}
	return content.Bytes(), nil
}
