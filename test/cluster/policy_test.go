//go:build lab

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/policy"
)

// policed is the cluster whose NetworkPolicies are tested.
const policed = "test-policy"

// The ways in which a request can end.
const (
	answered = "answered"
	timedOut = "timed out"
	refused  = "refused"
	noName   = "name not found"
)

// NetworkPolicies are enforced between pods of one node and of two, to pods and
// to Services, in both families.
func TestPolicies(t *testing.T) {
	p := newPolicies(t)
	p.expect(t, "clients", answered)
	p.expect(t, "visitors", answered)
	p.noRules(t)

	p.apply(t, "deny-ingress")
	p.expect(t, "clients", timedOut)
	p.expect(t, "visitors", timedOut)
	p.apply(t, "allow-clients")
	p.expect(t, "clients", answered)
	p.expect(t, "visitors", timedOut)
	p.apply(t, "allow-friends")
	p.expect(t, "visitors", answered)
	if got := p.dial("visitor-1", "server-2.guarded.svc.cluster.local.", "80"); got != answered {
		t.Errorf("by name: %s", got)
	}

	p.apply(t, "deny-egress")
	p.expect(t, "visitors", timedOut)
	p.expect(t, "clients", answered)
	if got := p.dial("visitor-1", "server-2.guarded.svc.cluster.local.", "80"); got != noName {
		t.Errorf("by name, without DNS: %s", got)
	}
	p.delete(t, "deny-egress")
	p.apply(t, "reject-egress")
	p.expect(t, "visitors", refused)
	p.delete(t, "reject-egress")
	p.delete(t, "allow-clients")
	p.apply(t, "reject-ingress")
	p.expect(t, "clients", refused)
	p.healthy(t)

	t.Run("late", func(t *testing.T) { testLatePod(t, p) })
	t.Run("hasty", func(t *testing.T) { testHastyPods(t, p) })
	t.Run("faults", func(t *testing.T) { testPolicyFaults(t, p) })
	p.healthy(t)
	for _, name := range []string{"deny-ingress", "allow-clients", "allow-friends", "reject-ingress"} {
		p.delete(t, name)
	}
	p.expect(t, "clients", answered)
	p.noRules(t)
	p.lab.down(t, policed)
}

// testLatePod makes a pod that a policy selects that has long been there.
func testLatePod(t *testing.T, p *policies) {
	p.kubectl(t, "apply", "-f", "testdata/policy/late.yaml")
	var late corev1.Pod
	until(t, "the pod has an address", func() bool {
		p.get(t, &late, "pod", "late", "-n", "guarded")
		return len(late.Status.PodIPs) == 2
	})
	start := time.Now()
	until(t, "its node has rules for it", func() bool { return strings.Contains(p.rules("node-1"), late.Status.PodIP) })
	if took := time.Since(start); took > time.Second {
		t.Errorf("the rules for a new pod were seen %s after its address", took)
	}
	until(t, "the pod serves", func() bool { return p.ask("node-1", late.Status.PodIP, "8080", "/healthz") == nil })
	if got := p.dial("client-2", late.Status.PodIP, "8080"); got != timedOut {
		t.Errorf("the new pod: %s", got)
	}
	p.kubectl(t, "delete", "pod", "late", "-n", "guarded", "--wait=false")
	until(t, "the rules for it are gone", func() bool { return !strings.Contains(p.rules("node-1"), late.Status.PodIP+" :") })
}

// testHastyPods makes pods whose only program sends at once what a policy does
// not allow: the rules must be there before it.
func testHastyPods(t *testing.T, p *policies) {
	p.apply(t, "deny-egress")
	server := p.targets[slices.IndexFunc(p.targets, func(one target) bool { return one.name == "server-1" })]
	for n := range 6 {
		p.kubectl(t, "run", fmt.Sprintf("hasty-%d", n), "-n", "friends", "--restart=Never", "--image=registry.nettrace.test/agnhost:2",
			fmt.Sprintf(`--overrides={"spec": {"nodeName": "node-%d"}}`, n%2+1),
			"--", "connect", net.JoinHostPort(server.address, server.port), "--timeout=2s")
	}
	for n := range 6 {
		name := fmt.Sprintf("hasty-%d", n)
		p.kubectl(t, "wait", "pod", name, "-n", "friends", "--for=jsonpath={.status.containerStatuses[0].state.terminated}", "--timeout=60s")
		if log := p.kubectl(t, "logs", name, "-n", "friends"); !strings.Contains(log, "TIMEOUT") {
			t.Errorf("%s was not stopped: %q", name, log)
		}
	}
	p.delete(t, "deny-egress")
}

// testPolicyFaults has the rules stay as they are while nobody keeps them, and
// follow the cluster again afterwards.
func testPolicyFaults(t *testing.T, p *policies) {
	p.lab.run(t, "stop", "--name", policed, "control-plane", "policy")
	p.kubectl(t, "apply", "-f", "testdata/policy/allow-clients.yaml")
	p.expect(t, "clients", refused)
	p.lab.run(t, "start", "--name", policed, "control-plane", "policy")
	p.enforced(t, "allow-clients")
	p.expect(t, "clients", answered)

	p.lab.run(t, "stop", "--name", policed, "control-plane", "kube-apiserver")
	time.Sleep(3 * time.Second)
	p.lab.run(t, "start", "--name", policed, "control-plane", "kube-apiserver")
	until(t, "the API server is back", func() bool { _, err := p.tryKubectl("get", "--raw", "/readyz"); return err == nil })
	p.delete(t, "allow-clients")
	until(t, "a deleted policy has no more rules", func() bool { return !strings.Contains(p.rules("node-1"), "allow-clients") })
	p.expect(t, "clients", refused)
	p.apply(t, "allow-clients")
	p.expect(t, "clients", answered)
}

// policies is a cluster with servers, clients and visitors on two nodes.
type policies struct {
	lab                 harness
	program, kubeconfig string
	pods                map[string]corev1.Pod
	targets             []target
}

// target is one address under which a server can be asked.
type target struct {
	name, address, port string
}

func newPolicies(t *testing.T) *policies {
	t.Helper()
	p := &policies{lab: newHarness(t), pods: map[string]corev1.Pod{}}
	p.lab.up(t, policed)
	p.program, p.kubeconfig = p.lab.run(t, "bin")+"/kubectl", p.lab.run(t, "kubeconfig", "--name", policed)
	p.kubectl(t, "apply", "-f", "testdata/policy/pods.yaml")
	for _, namespace := range []string{"guarded", "friends"} {
		p.kubectl(t, "wait", "--for=condition=Ready", "pod", "--all", "-n", namespace, "--timeout=60s")
		var pods corev1.PodList
		p.get(t, &pods, "pods", "-n", namespace)
		for _, one := range pods.Items {
			p.pods[one.Name] = one
		}
	}
	for _, server := range []string{"server-1", "server-2"} {
		var service corev1.Service
		p.get(t, &service, "service", server, "-n", "guarded")
		for _, address := range service.Spec.ClusterIPs {
			p.targets = append(p.targets, target{"ClusterIP of " + server, address, "80"})
			p.translated(t, address)
		}
		port := fmt.Sprint(p.pods[server].Spec.Containers[0].Ports[0].ContainerPort)
		for _, ip := range p.pods[server].Status.PodIPs {
			p.targets = append(p.targets, target{server, ip.IP, port})
		}
	}
	if len(p.pods) != 6 || len(p.targets) != 8 {
		t.Fatalf("%d pods, targets %v", len(p.pods), p.targets)
	}
	return p
}

// translated returns when both nodes lead port 80 of a ClusterIP to an endpoint:
// a pod is Ready before the kube-proxies know it. One node's rules are of
// nftables, the other's of iptables.
func (p *policies) translated(t *testing.T, clusterIP string) {
	t.Helper()
	rule := regexp.MustCompile(regexp.QuoteMeta(clusterIP) + ` (\. tcp \. 80 : goto service-|.*dport 80 .*jump KUBE-SVC-)`)
	for _, node := range []string{"node-1", "node-2"} {
		until(t, node+" translates "+clusterIP, func() bool {
			rules, err := p.lab.try("exec", "--name", policed, node, "--", "nft", "list", "ruleset")
			return err == nil && rule.MatchString(rules)
		})
	}
}

// expect has both clients or visitors ask for all targets in all ways.
func (p *policies) expect(t *testing.T, who, want string) {
	t.Helper()
	var asking sync.WaitGroup
	for n := range 2 {
		from := fmt.Sprintf("%s-%d", strings.TrimSuffix(who, "s"), n+1)
		for _, to := range p.targets {
			asking.Go(func() {
				start := time.Now()
				got := p.dial(from, to.address, to.port)
				if got != want {
					t.Errorf("from %s to the %s at %s: %s, want %s", from, to.name, to.address, got, want)
				}
				// Over IPv6, a client takes notice of an ICMP error only when
				// it sends again, after a second.
				if took := time.Since(start); got != timedOut && took > 3*time.Second {
					t.Errorf("from %s to the %s at %s: %s after %s", from, to.name, to.address, got, took)
				}
			})
		}
	}
	asking.Wait()
}

// dial has a pod ask a server for its name. The pod is asked to do so from its
// own node, which no policy can forbid.
func (p *policies) dial(from, address, port string) string {
	pod := p.pods[from]
	query := url.Values{"host": {address}, "port": {port}, "request": {"hostname"}, "protocol": {"http"}}
	err := p.ask(pod.Spec.NodeName, pod.Status.PodIP, "8080", "/dial?"+query.Encode())
	switch {
	case err == nil:
		return answered
	case strings.Contains(err.Error(), "lookup "):
		return noName
	case strings.Contains(err.Error(), "connection refused"):
		return refused
	case strings.Contains(err.Error(), "Client.Timeout exceeded"):
		return timedOut
	}
	return err.Error()
}

// ask asks from a machine. That a pod which was asked to ask got no answer is
// an error, too.
func (p *policies) ask(machine, address, port, path string) error {
	client := http.Client{Transport: &http.Transport{DialContext: dialer(policed, machine), DisableKeepAlives: true}, Timeout: time.Minute}
	response, err := client.Get("http://" + net.JoinHostPort(address, port) + path)
	if err != nil {
		return fmt.Errorf("from %s: %w", machine, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("from %s: %w", machine, err)
	}
	var result struct{ Errors []string }
	err = json.Unmarshal(body, &result) // not every path answers with JSON
	if response.StatusCode != http.StatusOK || err == nil && len(result.Errors) > 0 {
		return fmt.Errorf("from %s: %s", machine, body)
	}
	return nil
}

// apply applies the policy called name and returns when it is enforced.
func (p *policies) apply(t *testing.T, name string) {
	t.Helper()
	p.kubectl(t, "apply", "-f", "testdata/policy/"+name+".yaml")
	p.enforced(t, name)
}

func (p *policies) enforced(t *testing.T, name string) {
	t.Helper()
	start := time.Now()
	until(t, name+" is enforced", func() bool {
		var one networkingv1.NetworkPolicy
		p.get(t, &one, "-f", "testdata/policy/"+name+".yaml")
		return one.Annotations[policy.EnforcedAnnotation] == fmt.Sprint(one.Generation)
	})
	t.Logf("%s was seen to be enforced after %s", name, time.Since(start).Round(10*time.Millisecond))
}

func (p *policies) delete(t *testing.T, name string) {
	t.Helper()
	p.kubectl(t, "delete", "-f", "testdata/policy/"+name+".yaml")
	until(t, name+" has no more rules", func() bool {
		return !strings.Contains(p.rules("node-1")+p.rules("node-2"), "/"+name+" ")
	})
}

// healthy fails the test if the kubelet's probes ever failed.
func (p *policies) healthy(t *testing.T) {
	t.Helper()
	var pods corev1.PodList
	p.get(t, &pods, "pods", "-A")
	for _, pod := range pods.Items {
		ready := slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		})
		if _, ours := p.pods[pod.Name]; ours && (!ready || pod.Status.ContainerStatuses[0].RestartCount > 0) {
			t.Errorf("%s is ready: %v, and was restarted %d times", pod.Name, ready, pod.Status.ContainerStatuses[0].RestartCount)
		}
	}
}

// rules returns those of a node, nothing where there is no table.
func (p *policies) rules(node string) string {
	rules, err := p.lab.try("exec", "--name", policed, node, "--", "nft", "list", "table", "inet", policy.Table)
	if err != nil {
		return ""
	}
	return rules
}

func (p *policies) noRules(t *testing.T) {
	t.Helper()
	for _, node := range []string{"node-1", "node-2"} {
		if rules := p.rules(node); rules != "" {
			t.Errorf("without policies %s has\n%s", node, rules)
		}
	}
}

func (p *policies) kubectl(t *testing.T, arguments ...string) string {
	t.Helper()
	output, err := p.tryKubectl(arguments...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return output
}

func (p *policies) tryKubectl(arguments ...string) (string, error) {
	output, err := exec.Command(p.program, append([]string{"--kubeconfig", p.kubeconfig}, arguments...)...).CombinedOutput()
	return string(output), err
}

// get reads an object.
func (p *policies) get(t *testing.T, into any, arguments ...string) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.kubectl(t, append([]string{"get", "-o", "json"}, arguments...)...)), into); err != nil {
		t.Fatal(err)
	}
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came that %s", what)
		}
	}
}
