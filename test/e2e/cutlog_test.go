package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// cuts lets so many bytes of a log pass each time that it is read, and then all
// of it. They end in the middle of lines, at their ends, and before the first.
func cuts() []int { return []int{0, 1, 37, 137, 138, 139, 300, 301, 500} }

// TestCutLog disturbs the way back of what the probes saw: nothing may be lost,
// and nothing counted twice.
func TestCutLog(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	before := n.Objects()
	for name, disturb := range map[string]func(w http.ResponseWriter, attempt int) (http.ResponseWriter, bool){
		"torn off": func(w http.ResponseWriter, attempt int) (http.ResponseWriter, bool) {
			return &cutWriter{ResponseWriter: w, left: cuts()[attempt], tear: true}, true
		},
		// As the API server does that loses the kubelet.
		"ended as if complete": func(w http.ResponseWriter, attempt int) (http.ResponseWriter, bool) {
			return &cutWriter{ResponseWriter: w, left: cuts()[attempt]}, true
		},
		"refused at first": func(w http.ResponseWriter, attempt int) (http.ResponseWriter, bool) {
			codes := []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusTooManyRequests, http.StatusServiceUnavailable}
			if attempt >= len(codes) {
				return w, true
			}
			http.Error(w, "the proxy was \x1b[31mtold to", codes[attempt])
			return nil, false
		},
	} {
		t.Run(name, func(t *testing.T) {
			attempts := newCounter()
			proxy := n.Proxy(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
				if is("GET", "/log")(r) {
					attempt := attempts.next(r.URL.Path)
					if attempt < len(cuts()) {
						var pass bool
						if w, pass = disturb(w, attempt); !pass {
							return
						}
					}
				}
				forward.ServeHTTP(w, r)
			})
			r := traced(t, n, 0, "svc/web", "--via", "clusterip", "--requests", "60", "--rate", "40", "--kubeconfig", proxy.Kubeconfig)
			exact(t, r, 60)
			for pod, times := range attempts.all() {
				if times < 3 {
					t.Errorf("the log of %s was read %d times: the test disturbed nothing", pod, times)
				}
			}
		})
	}
	n.NothingLeft(before)
}

// exact checks that every request of the plan was sent once, and counted once.
func exact(t *testing.T, r *report.Report, requests int) {
	t.Helper()
	// Two pods and the ClusterIP, and a large request to each pod.
	if len(r.Vantages) != 2 || len(r.Cells) != 2*5 {
		t.Fatalf("%d vantages with %d cells, want 2 with 10", len(r.Vantages), len(r.Cells))
	}
	total := 0
	for _, c := range r.Cells {
		planned := requests
		switch {
		case c.Padding > 0:
			planned = 2
		case c.Kind == "pod":
			planned /= 2
		}
		counted := c.Unknown
		for _, a := range c.Answers {
			counted += a.Count
		}
		if c.Sent != planned || c.OK != planned || counted != planned {
			t.Errorf("%s: %d planned, %d sent, %d fine, %d answers", c.Name(), planned, c.Sent, c.OK, counted)
		}
		total += c.Sent
	}
	if total += r.Controlled(); r.Load.Requests != total {
		t.Errorf("the load is said to be %d requests, the cells have %d", r.Load.Requests, total)
	}
}

// TestLostServer takes the API server away for good, in the middle of a log.
func TestLostServer(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	before := n.Objects()
	reached := make(chan struct{})
	var once sync.Once
	proxy := n.Proxy(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if is("GET", "/log")(r) {
			w = &watchedWriter{ResponseWriter: w, wrote: func() { once.Do(func() { close(reached) }) }}
		}
		forward.ServeHTTP(w, r)
	})
	run := n.Start("svc/web", "--requests", "2000", "--rate", "20", "--deadline", "20s", "--kubeconfig", proxy.Kubeconfig)
	run.Reached(t, "the log", reached)
	proxy.Close()
	r := run.Wait()
	if r.Code != 1 || r.Stdout != "" {
		t.Errorf("exit code %d, want 1 and no report: %s", r.Code, r.Stdout)
	}
	for _, text := range []string{"cannot be read on", "connection refused", "the probes could not be removed", "kubectl nettrace cleanup -n " + n.Name} {
		if !strings.Contains(r.Stderr, text) {
			t.Errorf("standard error does not say %q: %s", text, r.Stderr)
		}
	}
	presentable(t, r.Stderr)
	if swept := n.Plugin("cleanup", "--force"); swept.Code != 0 {
		t.Errorf("cleaning up as it was told to: %v", swept)
	}
	n.NothingLeft(before)
}

// cutWriter lets some bytes pass and then breaks the answer off.
type cutWriter struct {
	http.ResponseWriter
	left int
	tear bool
}

func (w *cutWriter) Write(text []byte) (int, error) {
	part := text[:min(len(text), w.left)]
	w.left -= len(part)
	if _, err := w.ResponseWriter.Write(part); err != nil || w.left > 0 {
		return len(part), err
	}
	if w.tear {
		_ = http.NewResponseController(w.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return len(part), http.ErrContentLength // the copying ends here, the answer regularly
}

// Unwrap lets the proxy flush.
func (w *cutWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// counter counts how often each thing was asked for.
type counter struct {
	mu     sync.Mutex
	counts map[string]int
}

func newCounter() *counter { return &counter{counts: map[string]int{}} }

func (c *counter) next(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[key]++
	return c.counts[key] - 1
}

func (c *counter) all() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	copied := map[string]int{}
	for key, count := range c.counts {
		copied[key] = count
	}
	return copied
}
