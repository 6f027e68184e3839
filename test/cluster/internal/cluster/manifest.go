package cluster

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
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
	return b.kubectl(ctx, &all, "create", "--validate=false", "--filename", "-")
}

func (b *booting) dnsManifest() ([]byte, error) {
	return fill("coredns.yaml", struct {
		Image       string
		DNS, Client fabric.Addresses
		Balanced    []string
	}{build.CoreDNSImage, plan(b.state).DNSService(), plan(b.state).Client(), b.balancedNames()})
}

// fill returns the manifest in file with its gaps filled.
func fill(file string, with any) ([]byte, error) {
	parsed, err := template.ParseFS(manifests, "manifests/"+file)
	if err != nil {
		return nil, fmt.Errorf("parsing the manifest %s: %w", file, err)
	}
	var content bytes.Buffer
	if err := parsed.Execute(&content, with); err != nil {
		return nil, fmt.Errorf("filling the manifest %s: %w", file, err)
	}
	return content.Bytes(), nil
}

// installTraefik makes the kinds of the Gateway API known, which Traefik looks
// for when it starts, and then Traefik's own objects.
func (b *booting) installTraefik(ctx context.Context) error {
	definitions, err := b.cache.Executable("traefik", build.GatewayDefinitions)
	if err != nil {
		return err
	}
	traefik, err := fill("traefik.yaml", struct{ Image string }{build.TraefikImage})
	if err != nil {
		return err
	}
	if err := b.kubectl(ctx, nil, "create", "--validate=false", "--filename", definitions); err != nil {
		return err
	}
	if err := b.kubectl(ctx, nil, "wait", "--for=condition=Established", "crd", "--all", "--timeout", bootPatience.String()); err != nil {
		return err
	}
	return b.kubectl(ctx, bytes.NewReader(traefik), "create", "--validate=false", "--filename", "-")
}

func (b *booting) kubectl(ctx context.Context, stdin io.Reader, arguments ...string) error {
	kubectl, err := b.cache.Executable("kubectl", "kubectl")
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, kubectl, append([]string{
		"--kubeconfig", b.Kubeconfig(false), "--cache-dir", b.Path("kubectl-cache"),
	}, arguments...)...)
	command.Stdin = stdin
	// If this process is killed, kubectl must not go on waiting. The signal
	// comes when the starting thread ends, so that one must stay.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("running kubectl %s: %w: %s", arguments[0], err, strings.TrimSpace(string(output)))
	}
	return nil
}
