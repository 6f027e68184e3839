//go:build lab

package main

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// testWaysIn asks through Traefik in each way it serves, from outside of the
// cluster. It needs the workload of testWorkload.
func testWaysIn(t *testing.T, lab harness) {
	lab.kubectl(t, first, "apply", "-f", "testdata/ways-in.yaml")
	lab.kubectl(t, first, "wait", "--for=condition=Programmed", "gateway/web", "--timeout=30s")
	pods := strings.Fields(lab.kubectl(t, first, "get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}"))
	node := lab.kubectl(t, first, "get", "node", "node-1", "-o", `jsonpath={.status.addresses[0].address}`)
	port := lab.kubectl(t, first, "get", "service", "-n", "traefik", "traefik", "-o", `jsonpath={.spec.ports[?(@.name=="web")].nodePort}`)
	door := net.JoinHostPort(node, port)
	for _, url := range []string{
		"http://traefik.test/hostname",
		// Without its prefix: the server knows no /api/hostname.
		"http://nginx.test/api/hostname",
		"http://gateway.test/api/hostname",
	} {
		// Traefik takes up changes after two seconds at the latest.
		answer := "nothing"
		for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
			if status, body := ask(t, first, "client", door, url); status == http.StatusOK {
				answer = body
				break
			}
		}
		if !slices.Contains(pods, answer) {
			t.Errorf("%s answers %q", url, answer)
		}
	}
	if status, body := ask(t, first, "client", door, "http://none.test/hostname"); status != http.StatusNotFound {
		t.Errorf("an Ingress of no class is served: %d %s", status, body)
	}
	if status, body := ask(t, first, "client", door, "http://nginx.test/hostname"); status != http.StatusNotFound {
		t.Errorf("a path that no Ingress has is served: %d %s", status, body)
	}
	log := lab.kubectl(t, first, "logs", "-n", "traefik", "deployment/traefik")
	if !strings.Contains(log, `"RequestHost":"gateway.test"`) {
		t.Errorf("Traefik's access log tells nothing of the requests:\n%s", log)
	}
}
