package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// probePods returns the names of the running pods of probes that send, by their nodes.
func probePods(n *harness.Namespace) map[string]string {
	running := map[string]string{}
	text := n.Must("get", "pods", "-l", "nettrace.dev/run", "--field-selector", "status.phase=Running",
		"-o", `jsonpath={range .items[*]}{.spec.nodeName} {.metadata.name} {.spec.containers[*].securityContext.capabilities.add}{"\n"}{end}`)
	for line := range strings.Lines(text) {
		// A witness, which may see packets, sends nothing.
		if pod := strings.Fields(line); len(pod) == 2 {
			running[pod[0]] = pod[1]
		}
	}
	return running
}

func awaitProbes(n *harness.Namespace, count int) {
	n.Eventually(fmt.Sprintf("%d probes run", count), func() error {
		if running := probePods(n); len(running) != count {
			return fmt.Errorf("running: %v", running)
		}
		return nil
	})
}

// TestLostProbe takes one of two probes away, or both, while they send. A probe
// that is asked to end reports what it saw until then; one that is killed does not.
func TestLostProbe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// lose takes away the probe on the node.
		lose func(t *testing.T, n *harness.Namespace, pod string)
		both bool
		says string
	}{
		"pod deleted":               {lose: deletePod, says: "before"},
		"both pods deleted":         {lose: deletePod, both: true, says: "before"},
		"job deleted":               {lose: deleteJob, says: "before"},
		"pod ended by its deadline": {lose: endPod, says: "before"},
		"container killed":          {lose: killContainer, says: "the probe was killed by signal 9"},
		"both containers killed":    {lose: killContainer, both: true, says: "the probe was killed by signal 9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := smallShop(t)
			before := n.Objects()
			run := n.Start("svc/web", "--requests", "2000", "--rate", "20", "--deadline", "15s", "-o", "json")
			awaitProbes(n, 2)
			lost := map[string]bool{}
			says := []string{c.says}
			for node, pod := range probePods(n) {
				if len(lost) == 0 || c.both {
					c.lose(t, n, pod)
					lost[node] = true
					says = append(says, node)
				}
			}
			r := run.Wait()
			if r.Code != 1 {
				t.Errorf("exit code %d, want 1", r.Code)
			}
			oneMessage(t, r, says...)
			if r.Stdout != "" {
				partial(t, r, lost)
			} else if !c.both {
				t.Error("there is no report of the probe that was not lost")
			}
			n.NothingLeft(before)
		})
	}
}

// partial checks the report of a run of which the probes on some nodes were
// lost: it counts only what was sent, and says what is missing.
func partial(t *testing.T, r harness.Result, lost map[string]bool) {
	t.Helper()
	got, err := report.Parse(r.Stdout)
	if err != nil {
		t.Fatal(err)
	}
	sent, total := map[string]int{}, 0
	for _, c := range got.Cells {
		sent[c.Vantage] += c.Sent
		total += c.Sent
	}
	for _, v := range got.Vantages {
		switch {
		case lost[v.Node] && v.Error == "" && v.Stopped != "signal":
			t.Errorf("vantage %s does not say that it was lost: %+v", v.Name, v)
		case lost[v.Node] && v.Error != "" && sent[v.Name] > 0:
			t.Errorf("vantage %s brought nothing back, and counts %d requests", v.Name, sent[v.Name])
		case !lost[v.Node] && (v.Error != "" || v.Stopped != "deadline" || sent[v.Name] == 0):
			t.Errorf("vantage %s, which was not lost: %+v, %d requests", v.Name, v, sent[v.Name])
		}
	}
	if total += got.Controlled(); total != got.Load.Requests {
		t.Errorf("the load is said to be %d requests, the cells have %d", got.Load.Requests, total)
	}
}

func deletePod(_ *testing.T, n *harness.Namespace, pod string) {
	n.Must("delete", "pod", pod, "--wait=false")
}

func deleteJob(_ *testing.T, n *harness.Namespace, pod string) {
	n.Must("delete", "job", pod[:strings.LastIndex(pod, "-")], "--wait=false")
}

// endPod has the kubelet end the pod, as it does in other kinds of need.
func endPod(_ *testing.T, n *harness.Namespace, pod string) {
	n.Must("patch", "pod", pod, "-p", `{"spec":{"activeDeadlineSeconds":1}}`)
}

// killContainer kills the probe's process, as the kernel does that runs out of
// memory. The machines of a laboratory share their processes with this one.
func killContainer(t *testing.T, n *harness.Namespace, pod string) {
	n.OwnCluster(t)
	container := n.Must("get", "pod", pod, "-o", "jsonpath={.status.containerStatuses[0].containerID}")
	_, id, _ := strings.Cut(container, "://")
	groups, err := filepath.Glob("/proc/[0-9]*/cgroup")
	if err != nil || id == "" {
		t.Fatalf("looking for container %q: %v", container, err)
	}
	for _, path := range groups {
		group, _ := os.ReadFile(path) // a process can have ended meanwhile
		if !strings.Contains(string(group), id) {
			continue
		}
		process, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil {
			err = syscall.Kill(process, syscall.SIGKILL)
		}
		if err != nil {
			t.Fatal("killing the probe:", err)
		}
		return
	}
	t.Fatalf("container %s has no process", id)
}
