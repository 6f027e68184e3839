package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// The size of the large Service, and how many requests to the API server it may
// take to read it: some for the target, and one for each page of 500 objects.
const (
	manyNodes     = 200
	manyEndpoints = 1000
	manyRequests  = 40
)

// TestLargeService reads a Service with very many endpoints on very many nodes,
// all of them objects only, and counts the requests that it takes. It runs alone,
// since the nodes are there for all.
func TestLargeService(t *testing.T) {
	n := harness.New(t)
	n.OwnCluster(t)
	node := func(i int) string {
		return fmt.Sprintf("simulated-%s-%03d", strings.TrimPrefix(n.Name, harness.Prefix), i%manyNodes)
	}
	n.AtEnd("delete", "nodes", "-l", "nettrace.test/simulated="+n.Name, "--wait=false")
	var nodes, pods []string
	for i := range manyNodes {
		nodes = append(nodes, fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":%q,"labels":{"nettrace.test/simulated":%q}},"spec":{"unschedulable":true}}`, node(i), n.Name))
	}
	for i := range manyEndpoints {
		pods = append(pods, fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p-%04d","labels":{"app":"many"}},"spec":{"nodeName":%q,"terminationGracePeriodSeconds":0,"containers":[{"name":"c","image":"none"}]}}`, i, node(i)))
	}
	n.Apply(list(nodes))
	n.Apply(list(pods))
	n.Apply(largeService(t, n, node))
	r := n.Nettrace("svc/many", "--explain-plan", "-v", "6")
	if r.Code != 0 {
		t.Fatal(r)
	}
	said := regexp.MustCompile(`reading the targets: ([0-9.]+) s, ([0-9]+) API requests`).FindStringSubmatch(r.Stderr)
	if said == nil {
		t.Fatalf("-v=6 does not say how many requests it took: %v", r.Stderr)
	}
	t.Logf("%d endpoints on %d nodes: read in %s s with %s requests", manyEndpoints, manyNodes, said[1], said[2])
	if requests, err := strconv.Atoi(said[2]); err != nil || requests > manyRequests {
		t.Errorf("%s requests to the API server, want at most %d", said[2], manyRequests)
	}
	if got := strings.Count(r.Stdout, "\npod 10."); got != manyEndpoints {
		t.Errorf("%d pods in the plan, want %d", got, manyEndpoints)
	}
}

func list(items []string) string {
	return `{"apiVersion":"v1","kind":"List","items":[` + strings.Join(items, ",") + `]}`
}

// largeService returns a Service without a selector and the slices for its pods,
// a hundred in each, as the EndpointSlice controller makes them.
func largeService(t *testing.T, n *harness.Namespace, node func(int) string) string {
	var pods struct {
		Items []struct {
			Metadata struct{ Name, UID string }
		}
	}
	n.Get(&pods, "pods")
	if len(pods.Items) != manyEndpoints {
		t.Fatalf("%d pods, want %d", len(pods.Items), manyEndpoints)
	}
	items := []string{`{"apiVersion":"v1","kind":"Service","metadata":{"name":"many"},"spec":{"ports":[{"name":"http","port":80}]}}`}
	for first := 0; first < manyEndpoints; first += 100 {
		var endpoints []any
		for i := first; i < first+100; i++ {
			pod := pods.Items[i].Metadata
			endpoints = append(endpoints, map[string]any{
				"addresses": []string{fmt.Sprintf("10.254.%d.%d", i/250, i%250+1)}, "conditions": map[string]bool{"ready": true}, "nodeName": node(i),
				"targetRef": map[string]string{"kind": "Pod", "namespace": n.Name, "name": pod.Name, "uid": pod.UID},
			})
		}
		slice, err := json.Marshal(map[string]any{
			"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
			"metadata":  map[string]any{"name": fmt.Sprintf("many-%d", first), "labels": map[string]string{"kubernetes.io/service-name": "many"}},
			"endpoints": endpoints, "ports": []any{map[string]any{"name": "http", "port": 8080}},
		})
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, string(slice))
	}
	return list(items)
}
