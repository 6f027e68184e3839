package harness

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Env is what the tests were given.
type Env struct {
	// Probe, Agnhost, Hostile, Caddy and Traefik are images that the cluster's nodes have or can
	// pull.
	Probe, Agnhost, Hostile, Caddy, Traefik string
	// Lab is the command that controls the cluster's machines; empty on a cluster
	// that is not ours to break.
	Lab string
}

// Setup reads the environment, and ends the test when something is missing
// without which no test can run.
func Setup(t testing.TB) Env {
	t.Helper()
	if os.Getenv("KUBECONFIG") == "" {
		t.Fatal("KUBECONFIG is not set: these tests create and delete namespaces, so they want to be told in which cluster")
	}
	for program, remedy := range map[string]string{
		"kubectl":          "install kubectl",
		"kubectl-nettrace": "build ./cmd/kubectl-nettrace and put it on the PATH",
	} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is not on the PATH: %s", program, remedy)
		}
	}
	return Env{
		Probe:   or("NETTRACE_PROBE_IMAGE", "registry.nettrace.test/probe:dev"),
		Agnhost: or("NETTRACE_AGNHOST_IMAGE", "registry.nettrace.test/agnhost:2"),
		Hostile: or("NETTRACE_HOSTILE_IMAGE", "registry.nettrace.test/hostile:dev"),
		Caddy:   or("NETTRACE_CADDY_IMAGE", "registry.nettrace.test/caddy:1"),
		Traefik: or("NETTRACE_TRAEFIK_IMAGE", "registry.nettrace.test/traefik:1"),
		Lab:     os.Getenv("NETTRACE_LAB"),
	}
}

// OwnCluster skips the test unless the cluster is a laboratory whose machines
// the test may break, and returns the command that does it.
func (e Env) OwnCluster(t testing.TB) string {
	t.Helper()
	if e.Lab == "" {
		t.Skip("not applicable to a foreign cluster: the test breaks a node's networking (NETTRACE_LAB names the lab command of a cluster of our own)")
	}
	return e.Lab
}

// Images replaces the names of images in a manifest: ${PROBE}, ${AGNHOST},
// ${HOSTILE}, ${CADDY} and ${TRAEFIK}.
func (e Env) Images(manifest string) string {
	return strings.NewReplacer("${PROBE}", e.Probe, "${AGNHOST}", e.Agnhost, "${HOSTILE}", e.Hostile, "${CADDY}", e.Caddy, "${TRAEFIK}", e.Traefik).Replace(manifest)
}

func or(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
