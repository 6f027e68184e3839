package e2e

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// smallShop makes a Service web with two endpoints and as few ways in as can
// be, so that a run is quick.
func smallShop(t *testing.T) *harness.Namespace {
	t.Helper()
	n := harness.New(t)
	n.Apply(read(t, "testdata/small.yaml"))
	n.WaitFor("rollout status deployment/web")
	n.WaitForEndpoints("web", 2, 0)
	return n
}

// long makes a run last, so that something can happen to it on the way.
func long() []string {
	return []string{"svc/web", "--requests", "2000", "--rate", "20", "--deadline", "1m"}
}

// refused checks that a run ended with exit code 1, without a report and with
// one message that says all of the texts.
func refused(t *testing.T, r harness.Result, says ...string) {
	t.Helper()
	if r.Code != 1 {
		t.Errorf("exit code %d, want 1", r.Code)
	}
	if r.Stdout != "" {
		t.Errorf("standard output, which is for reports, has %q", r.Stdout)
	}
	oneMessage(t, r, says...)
}

// oneMessage checks that standard error has one message, that it says all of
// the texts, and that no library has added lines of its own.
func oneMessage(t *testing.T, r harness.Result, says ...string) {
	t.Helper()
	messages := 0
	for line := range strings.Lines(r.Stderr) {
		if strings.HasPrefix(line, "error: ") || strings.HasPrefix(line, "interrupted: ") {
			messages++
		}
	}
	if messages != 1 {
		t.Errorf("standard error has %d messages, want one: %s", messages, r.Stderr)
	}
	for _, text := range says {
		if !strings.Contains(r.Stderr, text) {
			t.Errorf("standard error does not say %q: %s", text, r.Stderr)
		}
	}
	presentable(t, r.Stderr)
}

// presentable checks that a text is made for people: no log lines, no traces of
// a crash, nothing that a terminal would obey, and no error of Go's own making.
func presentable(t *testing.T, text string) {
	t.Helper()
	for _, alien := range []string{`(?m)^[EWIF]\d{4} `, `panic`, `goroutine \d`, `%!\w?\(`, `<nil>`, `unexpected EOF$`} {
		if found := regexp.MustCompile(alien).FindString(text); found != "" {
			t.Errorf("%q does not belong into %s", found, text)
		}
	}
	if strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}) {
		t.Errorf("there are control characters in %q", text)
	}
}
