//go:build lab

package main

import (
	"bufio"
	"encoding/csv"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// balanced is the cluster whose load balancer is tested.
const balanced = "test-lb"

// Services of type LoadBalancer are served to the client as by a cloud, and
// fail as there when the load balancer does.
func TestBalancer(t *testing.T) {
	lab := newHarness(t)
	lab.up(t, balanced)
	lab.kubectl(t, balanced, "apply", "-f", "testdata/balanced.yaml")
	for _, deployment := range []string{"both", "alone"} {
		lab.kubectl(t, balanced, "rollout", "status", "deployment/"+deployment, "--timeout=60s")
	}
	t.Run("outside", func(t *testing.T) { testOutside(t, lab) })
	t.Run("local", func(t *testing.T) { testLocal(t, lab) })
	t.Run("inside", func(t *testing.T) { testInside(t, lab) })
	t.Run("named", func(t *testing.T) { testNamed(t, lab) })
	t.Run("pending", func(t *testing.T) { testPending(t, lab) })
	t.Run("changes", func(t *testing.T) { testChanges(t, lab) })
	t.Run("faults", func(t *testing.T) { testBalancerFaults(t, lab) })
	for _, process := range lab.status(t, balanced).Processes {
		if process.State != "running" {
			t.Errorf("%s on %s is %s", process.Daemon, process.Machine, process.State)
		}
	}
	lab.down(t, balanced)
}

func testOutside(t *testing.T, lab harness) {
	addresses := lab.addresses(t, "usual")
	if len(addresses) != 2 {
		t.Fatalf("got %q", addresses)
	}
	for _, address := range addresses {
		var answer string
		// The address may be known before all nodes' kube-proxies know it: until
		// then the balancer hangs up.
		eventually(t, address+" answers", func() bool {
			var err error
			_, answer, err = try(balanced, "client", "", "http://"+net.JoinHostPort(address, "80")+"/hostname")
			return err == nil
		})
		if !strings.HasPrefix(answer, "both-") {
			t.Errorf("%s answers %q", address, answer)
		}
	}
	guarded := lab.addresses(t, "guarded")[0]
	if _, answer, err := try(balanced, "client", "", "http://"+guarded+"/hostname"); err == nil {
		t.Errorf("who may not come in is told %q", answer)
	}
}

// testLocal looks for what the policy Local promises: only nodes with a pod get
// connections, and they keep the source address, which is the balancer's.
func testLocal(t *testing.T, lab harness) {
	addresses := lab.addresses(t, "local")
	node := lab.kubectl(t, balanced, "get", "pods", "-l", "app=alone", "-o", "jsonpath={.items[0].spec.nodeName}")
	// The address may be known before the node's kube-proxy knows its pod.
	eventually(t, "the pod's node is fit", func() bool { return fit(t, node) == len(addresses) })
	for _, address := range addresses {
		for range 6 {
			seen := get(t, balanced, "client", "http://"+net.JoinHostPort(address, "80")+"/clientip")
			host, _, err := net.SplitHostPort(seen)
			if err != nil || !strings.HasSuffix(host, ".30") && !strings.HasSuffix(host, "::1e") {
				t.Errorf("the pod behind %s sees %q as its client", address, seen)
			}
		}
	}
	for _, row := range statistics(t) {
		if !strings.HasPrefix(row["pxname"], "default.local.") || !strings.HasPrefix(row["svname"], "node-") {
			continue
		}
		if own := strings.HasPrefix(row["svname"], node+":"); own != (row["stot"] != "0") || own != (row["status"] == "UP") {
			t.Errorf("the pod is on %s, but %s is %s and had %s connections", node, row["svname"], row["status"], row["stot"])
		}
	}
}

// fit returns how many addresses of the Service local the node is fit to serve.
func fit(t *testing.T, node string) int {
	t.Helper()
	n := 0
	for _, row := range statistics(t) {
		if strings.HasPrefix(row["pxname"], "default.local.") && strings.HasPrefix(row["svname"], node+":") && row["status"] == "UP" {
			n++
		}
	}
	return n
}

// testInside looks whether pods short-cut the address, except where the status
// tells kube-proxy that they must not.
func testInside(t *testing.T, lab harness) {
	pods := strings.Fields(lab.kubectl(t, balanced, "get", "pods", "-l", "app=both", "-o", "jsonpath={.items[*].metadata.name}"))
	for service, through := range map[string]bool{"usual": false, "local": false, "around": true} {
		address := lab.addresses(t, service)[0]
		before := sessions(t, service)
		for _, pod := range pods { // one behind each mode of kube-proxy
			lab.kubectl(t, balanced, "exec", pod, "--", "/agnhost", "connect", net.JoinHostPort(address, "80"), "--timeout=3s")
		}
		if got := sessions(t, service) > before; got != through {
			t.Errorf("%s at %s: connections of pods came to the balancer: %t", service, address, got)
		}
	}
}

// testNamed asks by the name that a status has in place of an address.
func testNamed(t *testing.T, lab harness) {
	var name string
	eventually(t, "it has a name", func() bool {
		name = lab.kubectl(t, balanced, "get", "service", "named", "-o", "jsonpath={.status.loadBalancer.ingress[*].hostname}")
		return name != ""
	})
	before := sessions(t, "named")
	lab.run(t, "exec", "--name", balanced, "client", "--", "curl", "-sf", "http://"+name+"/hostname")
	lab.kubectl(t, balanced, "exec", "deployment/both", "--", "/agnhost", "connect", name+":80", "--timeout=3s")
	if got := sessions(t, "named") - before; got != 2 {
		t.Errorf("of two connections to %s, %d came to the balancer", name, got)
	}
}

func testPending(t *testing.T, lab harness) {
	for _, service := range []string{"waiting", "foreign"} {
		if got := lab.kubectl(t, balanced, "get", "service", service, "-o", "jsonpath={.status.loadBalancer}"); got != "{}" {
			t.Errorf("%s has %s", service, got)
		}
	}
}

// testChanges has a connection open while another Service comes and goes.
func testChanges(t *testing.T, lab harness) {
	address := lab.addresses(t, "usual")[0]
	connection, err := dialer(balanced, "client")(t.Context(), "tcp", net.JoinHostPort(address, "80"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	reader := bufio.NewReader(connection)
	request := func(when string) {
		t.Helper()
		if _, err := io.WriteString(connection, "GET /hostname HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		_ = response.Body.Close()
	}
	request("at first")
	lab.kubectl(t, balanced, "expose", "deployment/both", "--name=late", "--type=LoadBalancer", "--port=80", "--target-port=8080")
	late := lab.addresses(t, "late")[0]
	eventually(t, "the other Service answers", func() bool { // once the kube-proxies know it
		_, _, err := try(balanced, "client", "", "http://"+late+"/hostname")
		return err == nil
	})
	request("after another Service came")
	lab.kubectl(t, balanced, "delete", "service", "late")
	eventually(t, "the address of a deleted Service is gone", func() bool {
		return !slices.Contains(strings.Fields(lab.run(t, "exec", "--name", balanced, "balancer", "--", "hostname", "-I")), late)
	})
	request("after another Service went")
	if now := lab.addresses(t, "usual")[0]; now != address {
		t.Errorf("the address has changed from %s to %s", address, now)
	}
}

func testBalancerFaults(t *testing.T, lab harness) {
	url := "http://" + lab.addresses(t, "usual")[0] + "/hostname"
	answers := func() bool { _, _, err := try(balanced, "client", "", url); return err == nil }
	lab.run(t, "stop", "--name", balanced, "balancer", "haproxy")
	if answers() {
		t.Error("without HAProxy the Service answers")
	}
	lab.run(t, "start", "--name", balanced, "balancer", "haproxy")
	eventually(t, "HAProxy serves again", answers)

	lab.run(t, "stop", "--name", balanced, "balancer", "controller")
	lab.run(t, "start", "--name", balanced, "balancer", "controller")
	if !answers() {
		t.Error("after its controller was started again the Service does not answer")
	}

	alone := "http://" + lab.addresses(t, "local")[0] + "/hostname"
	lab.kubectl(t, balanced, "scale", "deployment/alone", "--replicas=0")
	eventually(t, "no node is fit", func() bool { _, _, err := try(balanced, "client", "", alone); return err != nil })
	lab.kubectl(t, balanced, "scale", "deployment/alone", "--replicas=1")
	eventually(t, "a node is fit again", func() bool { _, _, err := try(balanced, "client", "", alone); return err == nil })
}

// addresses waits for those in a Service's status.
func (h harness) addresses(t *testing.T, service string) []string {
	t.Helper()
	var found []string
	eventually(t, service+" has an address", func() bool {
		found = strings.Fields(h.kubectl(t, balanced, "get", "service", service, "-o", "jsonpath={.status.loadBalancer.ingress[*].ip}"))
		return len(found) > 0
	})
	return found
}

// statistics returns HAProxy's, by the names of their columns.
func statistics(t *testing.T) []map[string]string {
	t.Helper()
	text := get(t, balanced, "balancer", "http://127.0.0.1:8404/;csv")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "# "))).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("reading %q: %v", text, err)
	}
	var all []map[string]string
	for _, row := range rows[1:] {
		named := map[string]string{}
		for n, name := range rows[0] {
			named[name] = row[n]
		}
		all = append(all, named)
	}
	return all
}

// sessions returns how many connections came to the balancer for a Service.
func sessions(t *testing.T, service string) int {
	t.Helper()
	sum := 0
	for _, row := range statistics(t) {
		if strings.HasPrefix(row["pxname"], "default."+service+".") && row["svname"] == "FRONTEND" {
			n, err := strconv.Atoi(row["stot"])
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
	}
	return sum
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not happen: %s", what)
		}
	}
}
