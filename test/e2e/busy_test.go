package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestBusyServer asks an API server that is busy for a while. What says when to
// come back is asked again; the rest fails with one message, and what may have
// been created is removed.
func TestBusyServer(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	before := n.Objects()
	for name, c := range map[string]struct {
		code  int
		after string
		// which requests are refused, and how often each.
		which func(*http.Request) bool
		times int
		says  []string
	}{
		"429 to everything, come back":   {http.StatusTooManyRequests, "1", always, 2, nil},
		"503 to everything, come back":   {http.StatusServiceUnavailable, "1", always, 1, nil},
		"503 to the reading":             {http.StatusServiceUnavailable, "", is("GET", "/services/web"), 1000, []string{"reading service", "currently unable", "try again later"}},
		"500 to the watch for a while":   {http.StatusInternalServerError, "", watches, 3, nil},
		"503 to the creation":            {http.StatusServiceUnavailable, "", creates, 1000, []string{"the API server did not create the Job"}},
		"503 to the removal":             {http.StatusServiceUnavailable, "", is("DELETE", ""), 2, []string{"the probes could not be removed", "kubectl nettrace cleanup -n " + n.Name}},
		"503 to the watch without end":   {http.StatusServiceUnavailable, "", watches, 1000, nil},
		"500 to the log without end":     {http.StatusInternalServerError, "", is("GET", "/log"), 1000, []string{"cannot be read on", "kubectl logs"}},
		"503 to questions about rights":  {http.StatusServiceUnavailable, "", is("POST", "/selfsubjectaccessreviews"), 1000, nil},
		"503 to the dry runs":            {http.StatusServiceUnavailable, "", dryRuns, 1000, []string{"the API server did not create"}},
		"429 to the dry runs, come back": {http.StatusTooManyRequests, "1", dryRuns, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			refusals := newCounter()
			proxy := n.Proxy(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
				if c.which(r) && refusals.next(r.Method+r.URL.Path+r.URL.Query().Get("dryRun")) < c.times {
					if c.after != "" {
						w.Header().Set("Retry-After", c.after)
					}
					http.Error(w, "busy", c.code)
					return
				}
				forward.ServeHTTP(w, r)
			})
			r := n.Nettrace("svc/web", "--requests", "3", "--kubeconfig", proxy.Kubeconfig)
			if len(c.says) == 0 {
				if r.Code != 0 || r.Stderr != "" {
					t.Errorf("exit code %d and %q on standard error, want 0 and nothing", r.Code, r.Stderr)
				}
				return
			}
			if r.Code != 1 || strings.Contains(r.Stdout, "HEALTHY") && !strings.Contains(name, "removal") {
				t.Errorf("exit code %d, want 1: %v", r.Code, r)
			}
			oneMessage(t, r, c.says...)
			if strings.Contains(name, "removal") {
				n.Plugin("cleanup", "--force")
			}
		})
	}
	n.NothingLeft(before)
}

func always(*http.Request) bool { return true }

func watches(r *http.Request) bool { return r.URL.Query().Has("watch") }

func dryRuns(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Query().Has("dryRun") }

func creates(r *http.Request) bool { return is("POST", "/jobs")(r) && !r.URL.Query().Has("dryRun") }
