package cluster

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/process"
)

func TestOptions(t *testing.T) {
	for _, test := range []struct {
		name    string
		options Options
		fails   bool
	}{
		{name: "usual", options: Options{Nodes: 2, ProxyModes: []string{"nftables", "iptables"}}},
		{name: "no nodes", options: Options{ProxyModes: []string{"nftables"}}, fails: true},
		{name: "too many", options: Options{Nodes: 101, ProxyModes: []string{"nftables"}}, fails: true},
		{name: "no mode", options: Options{Nodes: 1}, fails: true},
		{name: "unknown mode", options: Options{Nodes: 1, ProxyModes: []string{"ipvs"}}, fails: true},
	} {
		if err := test.options.Validate(); (err != nil) != test.fails {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestModesRepeat(t *testing.T) {
	var modes []string
	for _, node := range (Options{Nodes: 3, ProxyModes: []string{"nftables", "iptables"}}).nodes() {
		modes = append(modes, node.Name+" "+node.ProxyMode)
	}
	if got := strings.Join(modes, ", "); got != "node-1 nftables, node-2 iptables, node-3 nftables" {
		t.Errorf("got %s", got)
	}
}

func TestTogetherReturnsTheFirstFailure(t *testing.T) {
	first := errors.New("first")
	err := together(context.Background(), 2, func(ctx context.Context, n int) error {
		if n == 0 {
			return first
		}
		<-ctx.Done() // the failure ends the others
		return errors.New("later")
	})
	if !errors.Is(err, first) {
		t.Errorf("got %v", err)
	}
	if err := together(context.Background(), 3, func(context.Context, int) error { return nil }); err != nil {
		t.Errorf("got %v where none failed", err)
	}
}

func TestAwaitShowsTheLogOfWhatEnded(t *testing.T) {
	table := process.Table{Directory: t.TempDir(), Mark: "NETTRACE_LAB_INSTANCE=" + t.TempDir()}
	record, err := table.Start(process.Spec{
		Machine: "node-1", Daemon: "kubelet", Args: []string{"sh", "-c", "echo no such flag; exit 1"}, Log: t.TempDir() + "/log",
	})
	if err != nil {
		t.Fatal(err)
	}
	err = (&Cluster{}).await(context.Background(), record, func(context.Context) error { return errors.New("refused") })
	if err == nil || !strings.Contains(err.Error(), "kubelet on node-1: it has ended") || !strings.Contains(err.Error(), "no such flag") {
		t.Errorf("got %v", err)
	}
}
