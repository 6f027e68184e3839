package e2e

import (
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// stage is a moment of a run, recognised by what is asked of the API server.
type stage struct {
	name    string
	matches func(*http.Request) bool
	// answered stages begin when the first bytes of the answer have passed, the
	// others with the question, which waits until the signal was sent.
	answered bool
	says     string
}

func stages() []stage {
	const removed = "interrupted: the probes were removed (2 jobs"
	return []stage{
		{"reading", is("GET", "/services/web"), false, "interrupted: nothing had been created"},
		{"preflight", func(r *http.Request) bool { return is("POST", "/jobs")(r) && r.URL.Query().Has("dryRun") }, false, "interrupted: nothing had been created"},
		// What is already on its way takes effect after the signal.
		{"creating", func(r *http.Request) bool { return is("POST", "/jobs")(r) && !r.URL.Query().Has("dryRun") }, false, "interrupted: the probes were removed ("},
		{"starting", func(r *http.Request) bool { return is("GET", "/pods")(r) && r.URL.Query().Has("watch") }, false, removed},
		{"sending", is("GET", "/log"), true, removed},
		{"cleanup", is("DELETE", ""), false, removed},
	}
}

func is(method, suffix string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method && strings.HasSuffix(r.URL.Path, suffix) }
}

// TestSignals breaks runs off at every stage, with every signal that asks a
// program to end.
func TestSignals(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	before := n.Objects()
	t.Run("at", func(t *testing.T) {
		for _, s := range stages() {
			for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
				t.Run(s.name+" "+signal.String(), func(t *testing.T) {
					t.Parallel()
					r := interrupt(t, n, s, func(p *harness.Process) { p.SignalGroup(signal) })
					refusedAt(t, s, r)
				})
			}
		}
	})
	n.NothingLeft(before)
}

// TestSignalTwice presses Ctrl-C twice in a row, as people do.
func TestSignalTwice(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	before := n.Objects()
	t.Run("at", func(t *testing.T) {
		for _, s := range stages() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				r := interrupt(t, n, s, func(p *harness.Process) {
					p.Signal(syscall.SIGINT)
					p.SignalAgain(syscall.SIGINT)
				})
				refusedAt(t, s, r)
			})
		}
	})
	n.NothingLeft(before)
}

// TestSignalDuringRemoval sends a second signal while the first is obeyed, which
// must not leave behind what was about to be removed.
func TestSignalDuringRemoval(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	before := n.Objects()
	sending, removing, signalled := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var sends, removes sync.Once
	proxy := n.Proxy(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		switch {
		case is("GET", "/log")(r):
			w = &watchedWriter{ResponseWriter: w, wrote: func() { sends.Do(func() { close(sending) }) }}
		case is("DELETE", "")(r):
			removes.Do(func() { close(removing) })
			<-signalled
		}
		forward.ServeHTTP(w, r)
	})
	run := n.Start(append(long(), "--kubeconfig", proxy.Kubeconfig)...)
	run.Reached(t, "sending", sending)
	run.Signal(syscall.SIGINT)
	run.Reached(t, "removing", removing)
	run.Signal(syscall.SIGINT)
	close(signalled)
	refused(t, run.Wait(), "interrupted: the probes were removed (2 jobs")
	n.NothingLeft(before)
}

// refusedAt checks how an interrupted run ended. One that has sent all when the
// signal comes has a report.
func refusedAt(t *testing.T, s stage, r harness.Result) {
	t.Helper()
	if s.name == "cleanup" {
		if r.Code != 1 {
			t.Errorf("exit code %d, want 1", r.Code)
		}
		oneMessage(t, r, s.says)
		return
	}
	refused(t, r, s.says)
}

// interrupt starts a run, sends the signal when it has reached the stage, and
// returns how it ended.
func interrupt(t *testing.T, n *harness.Namespace, s stage, signal func(*harness.Process)) harness.Result {
	t.Helper()
	reached, signalled := make(chan struct{}), make(chan struct{})
	var once sync.Once
	reach := func() { once.Do(func() { close(reached) }) }
	proxy := n.Proxy(func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		switch {
		case !s.matches(r):
		case s.answered:
			w = &watchedWriter{ResponseWriter: w, wrote: reach}
		default:
			reach()
			// Once we are told of it, the request goes on its way, whatever has
			// become of the one who asked.
			<-signalled
		}
		forward.ServeHTTP(w, r)
	})
	args := []string{"--kubeconfig", proxy.Kubeconfig}
	if s.name == "cleanup" {
		args = append(args, "svc/web", "--requests", "3")
	} else {
		args = append(args, long()...)
	}
	run := n.Start(args...)
	run.Reached(t, s.name, reached)
	signal(run)
	close(signalled)
	return run.Wait()
}

// watchedWriter tells when the first bytes of an answer pass.
type watchedWriter struct {
	http.ResponseWriter
	wrote func()
}

func (w *watchedWriter) Write(text []byte) (int, error) {
	defer w.wrote()
	return w.ResponseWriter.Write(text)
}

// Unwrap lets the proxy flush.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
