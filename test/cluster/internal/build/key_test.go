package build

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/image"
)

func TestKeyFollowsWhatDecides(t *testing.T) {
	base := Component{Name: "x", Module: "m", Package: ".", Sources: []string{"*.go"}}
	key := func(change func(source string, component *Component), toolchain string) string {
		t.Helper()
		source, component := t.TempDir(), base
		write(t, filepath.Join(source, "m", "go.mod"), "module x")
		write(t, filepath.Join(source, "m", "go.sum"), "")
		write(t, filepath.Join(source, "m", "main.go"), "package main")
		change(source, &component)
		got, err := component.key(source, toolchain)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	same := func(string, *Component) {}
	keys := map[string]string{
		"nothing":   key(same, "go1"),
		"toolchain": key(same, "go2"),
		"go.mod": key(func(source string, _ *Component) {
			write(t, filepath.Join(source, "m", "go.mod"), "module y")
		}, "go1"),
		"go.sum": key(func(source string, _ *Component) {
			write(t, filepath.Join(source, "m", "go.sum"), "a v1 h1:=")
		}, "go1"),
		"a source": key(func(source string, _ *Component) {
			write(t, filepath.Join(source, "m", "other.go"), "package main")
		}, "go1"),
		"version": key(func(_ string, component *Component) { component.Version = "v1" }, "go1"),
		"links":   key(func(_ string, component *Component) { component.Links = []string{"y"} }, "go1"),
		"stand-in": key(func(_ string, component *Component) {
			component.StandIns = []StandIn{{Module: "y"}}
		}, "go1"),
		"bundle": key(func(_ string, component *Component) { component.Bundles = []Bundle{{Module: "y"}} }, "go1"),
		"image":  key(func(_ string, component *Component) { component.Image = &image.Spec{User: "1"} }, "go1"),
	}
	if again := key(same, "go1"); again != keys["nothing"] {
		t.Errorf("the same input gives %s, then %s", keys["nothing"], again)
	}
	seen := map[string]string{}
	for change, got := range keys {
		if other, found := seen[got]; found {
			t.Errorf("changing %s gives the key of changing %s", change, other)
		}
		seen[got] = change
	}
}

func TestArguments(t *testing.T) {
	component := Component{Package: "./x", Version: "v1.2.3"}
	want := []string{
		"build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X k8s.io/component-base/version.gitVersion=v1.2.3", "-o", "/out", "./x",
	}
	if got := component.arguments("/out"); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// A component's version is printed by its daemons: it must be that of the code.
func TestVersionIsThePinnedOne(t *testing.T) {
	content, err := os.ReadFile("../../kube/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), "k8s.io/kubernetes "+KubernetesVersion+"\n") {
		t.Errorf("kube/go.mod does not require k8s.io/kubernetes %s", KubernetesVersion)
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
