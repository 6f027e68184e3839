//go:build lab

package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/cluster"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/namespace"
)

// Names that nobody uses who works with a cluster while the tests run.
const (
	first  = "test-a"
	second = "test-b"
)

// Two clusters stand side by side, work, and go without a trace.
func TestClusters(t *testing.T) {
	lab := newHarness(t)
	lab.up(t, first)
	lab.up(t, second, "--nodes", "1", "--proxy-mode", "iptables")

	if out, err := lab.try("status", "--name", "nobody"); err == nil {
		t.Errorf("a cluster that is not there has a status: %s", out)
	}
	for name, modes := range map[string]string{first: "node-1 nftables true, node-2 iptables true", second: "node-1 iptables true"} {
		if got := summary(lab.status(t, name)); got != modes {
			t.Errorf("%s: got %s, want %s", name, got, modes)
		}
	}
	if a, b := lab.kubectl(t, first, "cluster-info"), lab.kubectl(t, second, "cluster-info"); a == b {
		t.Errorf("both clusters are at the same address: %s", a)
	}
	t.Run("zones", func(t *testing.T) { testZones(t, lab) })
	t.Run("workload", func(t *testing.T) { testWorkload(t, lab) })
	t.Run("ways in", func(t *testing.T) { testWaysIn(t, lab) })
	t.Run("exec", func(t *testing.T) { testExec(t, lab) })
	t.Run("load", func(t *testing.T) { testLoad(t, lab) })
	t.Run("faults", func(t *testing.T) { testFaults(t, lab) })

	lab.run(t, "up", "--name", first) // is up already
	if _, err := lab.try("up", "--name", first, "--nodes", "3"); err == nil {
		t.Error("a cluster in use was replaced by another one")
	}
	lab.down(t, second)
	if nodes := lab.kubectl(t, first, "get", "nodes", "--no-headers"); strings.Count(nodes, " Ready ") != 2 {
		t.Errorf("after the other cluster went down:\n%s", nodes)
	}
	lab.down(t, first)
	lab.run(t, "down", "--name", first) // nothing to do is no failure
	if _, err := lab.try("status", "--name", first); err == nil {
		t.Error("a cluster that was taken down has a status")
	}
}

func summary(status cluster.Status) string {
	ready := map[string]string{}
	for _, node := range status.Ready {
		ready[node.Name] = map[bool]string{true: "true", false: "false"}[node.Ready]
	}
	var nodes []string
	for _, node := range status.Nodes {
		nodes = append(nodes, node.Name+" "+node.ProxyMode+" "+ready[node.Name])
	}
	return strings.Join(nodes, ", ")
}

func testZones(t *testing.T, lab harness) {
	zones := lab.kubectl(t, first, "get", "nodes", "-o", `jsonpath={.items[*].metadata.labels.topology\.kubernetes\.io/zone}`)
	if zones != "zone-1 zone-2" {
		t.Errorf("got %s", zones)
	}
}

// testWorkload asks a Service in every way that leads through the cluster's
// network, and the API server for what only a kubelet can give.
func testWorkload(t *testing.T, lab harness) {
	lab.kubectl(t, first, "apply", "-f", "testdata/web.yaml")
	lab.kubectl(t, first, "rollout", "status", "deployment/web", "--timeout=60s")
	pods := strings.Fields(lab.kubectl(t, first, "get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}"))
	addresses := strings.Fields(lab.kubectl(t, first, "get", "service", "web", "-o", "jsonpath={.spec.clusterIPs[*]}"))
	if len(pods) != 2 || len(addresses) != 2 {
		t.Fatalf("pods %q, addresses %q", pods, addresses)
	}
	nodes := strings.Fields(lab.kubectl(t, first, "get", "nodes", "-o", `jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}`))
	if len(nodes) != 4 {
		t.Fatalf("the nodes have addresses %q", nodes)
	}
	for _, pod := range pods {
		for _, address := range append([]string{"web.default.svc.cluster.local"}, addresses...) {
			lab.kubectl(t, first, "exec", pod, "--", "/agnhost", "connect", net.JoinHostPort(address, "80"), "--timeout=3s")
		}
		if log := lab.kubectl(t, first, "logs", pod); !strings.Contains(log, "Started HTTP server") {
			t.Errorf("the log of %s: %s", pod, log)
		}
	}
	for _, address := range addresses {
		for _, machine := range []string{"node-1", "node-2"} { // one of each mode
			if answer := get(t, first, machine, "http://"+net.JoinHostPort(address, "80")+"/hostname"); !slices.Contains(pods, answer) {
				t.Errorf("the ClusterIP %s answers %s with %q", address, machine, answer)
			}
		}
	}
	for _, address := range nodes {
		// The client is no node and has no pods: only the NodePort is for it.
		answer := get(t, first, "client", "http://"+net.JoinHostPort(address, "30080")+"/hostname")
		if !slices.Contains(pods, answer) {
			t.Errorf("the NodePort at %s answers %q", address, answer)
		}
	}
	through := lab.kubectl(t, first, "get", "--raw", "/api/v1/namespaces/default/services/web:80/proxy/hostname")
	if !slices.Contains(pods, through) {
		t.Errorf("through the API server answers %q", through)
	}
}

func testExec(t *testing.T, lab harness) {
	for command, want := range map[string]int{"exit 0": 0, "exit 7": 7, "ls /sys/fs/cgroup/* >/dev/null": 0} {
		_, err := lab.try("exec", "--name", first, "node-1", "--", "sh", "-c", command)
		if got := exitCodeOf(err); got != want {
			t.Errorf("%s: got %d, want %d", command, got, want)
		}
	}
	inside := lab.run(t, "kubeconfig", "--name", first, "--inside")
	kubectl := filepath.Join(lab.run(t, "bin"), "kubectl")
	lab.run(t, "exec", "--name", first, "client", "--", kubectl, "--kubeconfig", inside, "get", "--raw", "/readyz")
}

// testLoad runs a pod of an image that was made and loaded here, in a
// namespace with the strictest rules.
func testLoad(t *testing.T, lab harness) {
	tarball := filepath.Join(t.TempDir(), "image.tar")
	pause := filepath.Join(t.TempDir(), "hold")
	if output, err := exec.Command("go", "build", "-o", pause, "./pause").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, output)
	}
	lab.run(t, "image", "--binary", pause, "--name", "registry.nettrace.test/hold:1", "-o", tarball)
	lab.run(t, "load", "--name", first, tarball)
	lab.kubectl(t, first, "apply", "-f", "testdata/hold.yaml")
	lab.kubectl(t, first, "wait", "--for=condition=Ready", "pod", "--all", "-n", "hold", "--timeout=30s")
}

func testFaults(t *testing.T, lab harness) {
	lab.run(t, "stop", "--name", first, "node-2", "kubelet")
	state := map[string]string{}
	for _, process := range lab.status(t, first).Processes {
		state[process.Machine+" "+process.Daemon] = process.State
	}
	if state["node-2 kubelet"] != "stopped" || state["node-1 kubelet"] != "running" {
		t.Errorf("got %v", state)
	}
	lab.kubectl(t, first, "wait", "--for=condition=Ready=Unknown", "node/node-2", "--timeout=60s")
	lab.run(t, "start", "--name", first, "node-2", "kubelet")
	lab.kubectl(t, first, "wait", "--for=condition=Ready", "node/node-2", "--timeout=60s")
	if _, err := lab.try("start", "--name", first, "node-2", "kubelet"); err == nil {
		t.Error("a second kubelet was started")
	}
}

// Ctrl-C while it boots.
func TestInterrupted(t *testing.T) {
	lab := newHarness(t)
	for _, step := range []string{"issuing certificates", "starting the nodes"} {
		start := time.Now()
		err := lab.interrupt(t, first, step, syscall.SIGINT)
		if exitCodeOf(err) <= 0 {
			t.Errorf("during the step after %q it ended with %v", step, err)
		}
		t.Logf("up and away after %s", time.Since(start).Round(100*time.Millisecond))
		look(t, first).gone(t)
	}
}

// A crash while it boots: what it left is found by the next run, or by down.
func TestKilled(t *testing.T) {
	lab := newHarness(t)
	if err := lab.interrupt(t, first, "waiting for the nodes to be Ready", syscall.SIGKILL); err == nil {
		t.Fatal("it survived")
	}
	left := look(t, first)
	if len(left.processes(t)) == 0 {
		t.Fatal("nothing is left to be cleaned, so that this tests nothing")
	}
	lab.down(t, first)
	if err := lab.interrupt(t, first, "starting the nodes", syscall.SIGKILL); err == nil {
		t.Fatal("it survived")
	}
	lab.up(t, first)
	if got := summary(lab.status(t, first)); got != "node-1 nftables true, node-2 iptables true" {
		t.Errorf("got %s", got)
	}
	lab.down(t, first)
}

// get asks from a machine of the cluster and returns the body.
func get(t *testing.T, name, machine, url string) string {
	t.Helper()
	_, body := ask(t, name, machine, "", url)
	return body
}

// ask asks from a machine of the cluster, at the given address or else at the
// one in the URL, and returns the status and the body.
func ask(t *testing.T, name, machine, at, url string) (int, string) {
	t.Helper()
	status, body, err := try(name, machine, at, url)
	if err != nil {
		t.Errorf("asking from %s: %v", machine, err)
	}
	return status, body
}

// try is ask where a failure may be just what is expected.
func try(name, machine, at, url string) (int, string, error) {
	dial := dialer(name, machine)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return dial(ctx, network, cmp.Or(at, address))
	}}, Timeout: 5 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// dialer dials from a machine of the cluster.
func dialer(name, machine string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (connection net.Conn, err error) {
		opened, err := cluster.Open(name)
		if err != nil {
			return nil, err
		}
		failure := namespace.Do(opened.Namespace(machine), func() error {
			connection, err = (&net.Dialer{}).DialContext(ctx, network, address)
			return err
		})
		return connection, failure
	}
}

// exitCodeOf returns -1 for what ended by a signal.
func exitCodeOf(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}
