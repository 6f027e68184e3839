package cluster

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"os/exec"
	"strings"
	"text/template"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/build"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

//go:embed manifests
var manifests embed.FS

// applyManifests makes the Node objects and what runs inside the cluster.
func (b *booting) applyManifests(ctx context.Context) error {
	var all bytes.Buffer
	for _, node := range b.Nodes(b.state) {
		manifest, err := node.Manifest()
		if err != nil {
			return err
		}
		fmt.Fprintf(&all, "---\n%s", manifest)
	}
	dns, err := b.dnsManifest()
	if err != nil {
		return err
	}
	fmt.Fprintf(&all, "---\n%s", dns)
	return b.apply(ctx, &all)
}

func (b *booting) dnsManifest() ([]byte, error) {
	parsed, err := template.ParseFS(manifests, "manifests/coredns.yaml")
	if err != nil {
		return nil, fmt.Errorf("parsing CoreDNS's manifest: %w", err)
	}
	var content bytes.Buffer
	err = parsed.Execute(&content, struct {
		Image       string
		DNS, Client fabric.Addresses
		Balanced    []string
	}{build.CoreDNSImage, plan(b.state).DNSService(), plan(b.state).Client(), b.balancedNames()})
	if err != nil {
		return nil, fmt.Errorf("filling CoreDNS's manifest: %w", err)
	}
	return content.Bytes(), nil
}

func (b *booting) apply(ctx context.Context, manifest *bytes.Buffer) error {
	kubectl, err := b.cache.Executable("kubectl", "kubectl")
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, kubectl, "--kubeconfig", b.Kubeconfig(false),
		"create", "--validate=false", "--cache-dir", b.Path("kubectl-cache"), "--filename", "-")
	command.Stdin = manifest
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("creating the first objects: %w: %s", err, strings.TrimSpace(string(output)))
	}
	return nil
}
