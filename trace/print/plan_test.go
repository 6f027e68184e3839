package print_test

import (
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestPlan(t *testing.T) {
	s := NewService("web").Selecting("app", "web").Port("http", 80, 8080).Port("mysql", 3306, 3306).UDPPort("dns", 53, 53).
		Node("node-1").Node("node-2").Pod("web-1", On("node-1")).Pod("late", On("node-2"), NotReady("x"))
	run, err := trace.Prepare(t.Context(), target.NewReader(s.Client(), nil), tracetest.Options("node-1", "node-2"))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := print.Plan(&out, run, "probes", "registry.example/probe:v1"); err != nil {
		t.Fatal(err)
	}
	golden(t, "plan", out.String())
}
