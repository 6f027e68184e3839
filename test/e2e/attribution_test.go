package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// served counts the requests in the servers' own logs, by the marker's beginning and
// the pod.
type served map[string]map[string]int

// servers reads the logs of an application's pods, and of the one beside it, for the
// requests of a run.
func servers(n *harness.Namespace, run, app string) served {
	seen := served{}
	marker := regexp.MustCompile(`(?:"X-Nettrace-Id":\["|id_)(` + run + `-[0-9]+-[0-9]+-)[0-9]+(?:"\]|_)`)
	for _, pod := range strings.Fields(n.Must("get", "pods", "-l", "app in (other,"+app+")", "-o", "jsonpath={.items[*].metadata.name}")) {
		for _, m := range marker.FindAllStringSubmatch(n.Must("logs", pod, "-c", "web"), -1) {
			if seen[m[1]] == nil {
				seen[m[1]] = map[string]int{}
			}
			seen[m[1]][pod]++
		}
	}
	return seen
}

// tallied is what became of the answers on one kind of way.
type tallied struct{ requests, attributed, wrong int }

// compare counts by kind of way how many answers were tied to a pod, and how many of
// these to one that has not given so many. Where all pods are gathered on one node, the
// ports of the others count by themselves.
func (s served) compare(t *testing.T, r *report.Report, gathered bool) map[string]tallied {
	t.Helper()
	all := map[string]tallied{}
	for _, c := range r.Cells {
		if c.Kind == "pod" || c.Marker == "" {
			continue
		}
		kind := c.Kind
		if c.Kind == "ingress" && strings.HasPrefix(c.Host, "rewriting-") {
			kind = "ingress, rewriting"
		}
		if gathered && c.Kind == "nodeport" && !slices.ContainsFunc(r.Target.Endpoints, func(e report.Endpoint) bool { return e.Node == c.Node }) {
			kind = "nodeport, no pod there"
		}
		sum := all[kind]
		sum.requests += c.OK
		for _, a := range c.Answers {
			sum.attributed += a.Count
			if wrong := a.Count - s[c.Marker][a.Endpoint]; wrong > 0 {
				sum.wrong += wrong
				t.Errorf("%s from %s: %d answers are said to be those of %s (%s), which has given %d", c.Name(), c.Vantage, a.Count, a.Endpoint, a.Evidence, a.Count-wrong)
			}
		}
		all[kind] = sum
	}
	return all
}

// application is one whose answers are to be attributed.
type application struct {
	name, title, answer string
	args                []string
	// change is kubectl's command to change the pods while requests are sent.
	change string
	// whole is set where every answer must be tied to a pod.
	whole bool
	// manifest is the file that describes it; "truth.yaml" where nothing else is said.
	manifest string
	// ways are the kinds of ways in; six where nothing else is said.
	ways []string
	// gathered has all pods be on one node.
	gathered bool
	// open is the one of them on which answers need not be tied to a pod.
	open string
}

// run asks for the application in all ways and returns the report.
func (app application) run(t *testing.T, n *harness.Namespace, requests int) *report.Report {
	t.Helper()
	gather := ""
	if app.gathered {
		gather = "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: " + app.name + "}}}]}}"
	}
	n.Apply(strings.NewReplacer("APP", app.name, "ANSWER", app.answer, "# GATHER", gather).Replace(read(t, "testdata/"+cmp.Or(app.manifest, "truth.yaml"))))
	n.WaitFor("rollout status deployment/"+app.name, "wait service "+app.name+" --for=jsonpath={.status.loadBalancer.ingress}")
	if app.manifest == "" {
		n.WaitFor("wait ingress plain-" + app.name + " --for=jsonpath={.status.loadBalancer.ingress}")
	}
	n.WaitForEndpoints(app.name, 3, 0)
	rate := "600"
	if app.change != "" {
		rate = fmt.Sprint(min(600, requests)) // so that there is time for it
	}
	args := append([]string{"svc/" + app.name, "--requests", fmt.Sprint(requests), "--rate", rate, "--concurrency", "24", "--deadline", "5m", "-o", "json"}, app.args...)
	var result harness.Result
	if app.change == "" {
		result = n.Outside(args...)
	} else {
		run := n.Start(args...)
		awaitProbes(n, 2)
		n.Must(strings.Fields(app.change)...)
		result = run.Wait()
	}
	r, err := report.Parse(result.Stdout)
	if err != nil {
		t.Fatalf("%s: %v: %s", app.name, err, result.Stderr)
	}
	return r
}

// truthRequests is how many requests are sent on each way.
func truthRequests(t *testing.T) int {
	t.Helper()
	requests, err := strconv.Atoi(cmp.Or(os.Getenv("NETTRACE_TRUTH_REQUESTS"), "40"))
	if err != nil {
		t.Fatal("NETTRACE_TRUTH_REQUESTS: ", err)
	}
	return requests
}

// TestAttribution has applications of several kinds asked in all ways, also while
// their pods are replaced, and compares who is said to have answered with what the
// servers have logged. Nothing may be wrong; who answered must be known of all where
// pods name themselves, or write logs that are read. NETTRACE_TRUTH_REQUESTS is how
// many requests are sent on each way from each vantage.
func TestAttribution(t *testing.T) {
	t.Parallel()
	requests := truthRequests(t)
	n := harness.New(t)
	n.AtEnd("delete", "pods", "--all", "--grace-period=1", "--wait=false")
	n.Apply(read(t, "testdata/truth-beside.yaml"))
	n.Apply(tlsSecret(t, n.Name, false))
	n.Apply(trusted(n))
	n.WaitFor("rollout status deployment/other", "wait gateway shop --for=condition=Programmed")
	another := n.Must("get", "pods", "-l", "app=other", "-o", "jsonpath={.items[0].metadata.name}")
	const quote = "{http.request.uri} {http.request.host} {http.request.header.User-Agent} {http.request.header.X-Nettrace-Id} {http.request.remote.host}"
	gathered := []string{"clusterip", "gateway", "ingress", "ingress, rewriting", "loadbalancer", "nodeport", "nodeport, no pod there"}
	table := []string{"| application | way in | requests | attributed | wrong |", "| --- | --- | ---: | ---: | ---: |"}
	var total tallied
	for _, app := range []application{
		{"names", "names itself, logs not read", "{system.hostname}", []string{"--logs=false"}, "", true, "", nil, false, ""},
		{"alike", "all answer alike, with logs", "hello", nil, "", true, "", nil, false, ""},
		{"unlogged", "all answer alike, logs not read", "hello", []string{"--logs=false"}, "", false, "", nil, false, ""},
		{"witnessed", "all answer alike, logs not read, with --witness", "hello", []string{"--logs=false", "--witness"}, "", true, "", nil, false, ""},
		{"gathered", "all answer alike, on one node, with logs", "hello", nil, "", true, "", gathered, true, ""},
		{"gathered-witnessed", "all answer alike, on one node, logs not read, with --witness", "hello", []string{"--logs=false", "--witness"}, "", true, "", gathered, true, ""},
		{"quotes", "quotes the request, logs not read", quote, []string{"--logs=false"}, "", false, "", nil, false, ""},
		{"wrong", "names another Service's pod, with logs", another, nil, "", true, "", nil, false, ""},
		{"wrong-unread", "names another Service's pod, logs not read", another, []string{"--logs=false"}, "", false, "", nil, false, ""},
		{"https", "HTTPS, all answer alike, with logs", "hello", nil, "", true, "truth-https.yaml", []string{"clusterip", "gateway", "ingress", "loadbalancer", "nodeport"}, false, ""},
		{"https-names", "HTTPS, names itself, logs not read", "{system.hostname}", []string{"--logs=false"}, "", true, "truth-https.yaml", []string{"clusterip", "gateway", "ingress", "loadbalancer", "nodeport"}, false, ""},
		{"grpc", "gRPC, all answer alike, with logs", "", nil, "", true, "truth-grpc.yaml", []string{"clusterip", "gateway", "loadbalancer", "nodeport"}, false, ""},
		{"grpc-unlogged", "gRPC, all answer alike, logs not read", "", []string{"--logs=false"}, "", false, "truth-grpc.yaml", []string{"clusterip", "gateway", "loadbalancer", "nodeport"}, false, ""},
		{"grpc-witnessed", "gRPC, all answer alike, logs not read, with --witness", "", []string{"--logs=false", "--witness"}, "", true, "truth-grpc.yaml", []string{"clusterip", "gateway", "loadbalancer", "nodeport"}, false, "gateway"},
		{"rolling", "names itself, in a rolling update", "{system.hostname}", nil, "rollout restart deployment/rolling", false, "", nil, false, ""},
		{"rolling-witnessed", "all answer alike, logs not read, in a rolling update, with --witness", "hello", []string{"--logs=false", "--witness"}, "rollout restart deployment/rolling-witnessed", false, "", nil, false, ""},
		{"shrinking-witnessed", "all answer alike, logs not read, scaled down, with --witness", "hello", []string{"--logs=false", "--witness"}, "scale deployment/shrinking-witnessed --replicas=1", false, "", nil, false, ""},
		{"shrinking", "all answer alike, scaled down", "hello", nil, "scale deployment/shrinking --replicas=1", false, "", nil, false, ""},
	} {
		r := app.run(t, n, requests)
		byKind := servers(n, r.Run, app.name).compare(t, r, app.gathered)
		ways := app.ways
		if ways == nil {
			ways = []string{"clusterip", "gateway", "ingress", "ingress, rewriting", "loadbalancer", "nodeport"}
		}
		if got := slices.Sorted(maps.Keys(byKind)); !slices.Equal(got, ways) {
			t.Errorf("%s: asked by %v", app.title, got)
		}
		for _, kind := range slices.Sorted(maps.Keys(byKind)) {
			k := byKind[kind]
			table = append(table, k.row(app.title, kind))
			total = tallied{total.requests + k.requests, total.attributed + k.attributed, total.wrong + k.wrong}
			if k.requests == 0 || app.whole && kind != app.open && k.attributed != k.requests {
				t.Errorf("%s, %s: %d of %d answers are tied to a pod, want all", app.title, kind, k.attributed, k.requests)
			}
		}
		for _, object := range []string{"httproute/", "grpcroute/", "backendtlspolicy/", "ingress/plain-", "ingress/rewriting-", "service/", "deployment/"} {
			n.Kubectl("delete", object+app.name, "--wait=false")
		}
	}
	t.Logf("who answered, compared with the servers' own logs:\n%s\n%s", strings.Join(table, "\n"), total.row("all", ""))
}

// trusted returns a ConfigMap by which Gateways know the certificate in the Secret
// called tls.
func trusted(n *harness.Namespace) string {
	var secret struct {
		Data map[string][]byte `json:"data"`
	}
	n.Get(&secret, "secret", "tls")
	text := strings.ReplaceAll(strings.TrimSpace(string(secret.Data["tls.crt"])), "\n", "\n    ")
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ca}\ndata:\n  ca.crt: |\n    " + text + "\n"
}

func (k tallied) row(application, way string) string {
	return fmt.Sprintf("| %s | %s | %d | %.1f %% | %d |", application, way, k.requests, 100*float64(k.attributed)/float64(max(1, k.requests)), k.wrong)
}
