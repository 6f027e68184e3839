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
	t.Setenv("NETTRACE_LAB_RUN", t.TempDir())
	opened, err := Open("x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.Create(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	var server process.Record
	for daemon, script := range map[string]string{"etcd": "echo no space; exit 1", "kube-apiserver": "sleep 60"} {
		record, err := opened.Table().Start(process.Spec{
			Machine: controlPlane, Daemon: daemon, Args: []string{"sh", "-c", script}, Log: t.TempDir() + "/log",
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = process.End(0, record.Identity) })
		server = record
	}
	t.Cleanup(func() { _ = process.EndMarked(opened.Mark()) })
	err = opened.await(context.Background(), server, func(context.Context) error { return errors.New("refused") })
	if err == nil || !strings.Contains(err.Error(), "etcd on control-plane: it has ended") || !strings.Contains(err.Error(), "no space") {
		t.Errorf("got %v", err)
	}
}
