package build

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCompleteLeavesOutWhatIsReplaced(t *testing.T) {
	original := t.TempDir()
	for _, file := range []string{
		"go.mod", "lego/client.go", "lego/client_test.go", "providers/dns/dns.go", "providers/dns/x/x.go", "providers.go",
	} {
		write(t, filepath.Join(original, file), "")
	}
	replacements := map[string]string{}
	if err := complete(replacements, "/here", original, "providers"); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"/here/lego/client.go": filepath.Join(original, "lego/client.go"),
		"/here/providers.go":   filepath.Join(original, "providers.go"),
	}
	if !maps.Equal(replacements, want) {
		t.Errorf("got %v", replacements)
	}
}

func TestJoin(t *testing.T) {
	directory := t.TempDir()
	write(t, filepath.Join(directory, "b.yaml"), "kind: B")
	write(t, filepath.Join(directory, "a.yaml"), "kind: A\n")
	write(t, filepath.Join(directory, "readme"), "")
	got, err := join(filepath.Join(directory, "*.yaml"))
	if err != nil || string(got) != "---\nkind: A\n\n---\nkind: B\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := join(filepath.Join(directory, "*.json")); err == nil {
		t.Error("nothing was joined, and that is no error")
	}
}

// What decides about an executable must be named by the component, or a
// change of it would not be seen.
func TestSourcesCoverAllFilesOfTheirModule(t *testing.T) {
	for _, component := range Components() {
		if component.Name != "traefik" {
			continue
		}
		module := filepath.Join("../..", component.Module)
		var named []string
		for _, pattern := range append(component.Sources, "go.mod", "go.sum") {
			matches, err := filepath.Glob(filepath.Join(module, pattern))
			if err != nil {
				t.Fatal(err)
			}
			named = append(named, matches...)
		}
		err := filepath.Walk(module, func(path string, info os.FileInfo, err error) error {
			if err == nil && !info.IsDir() && !slices.Contains(named, path) && !strings.HasSuffix(path, ".md") {
				t.Errorf("%s: %s is not among its sources", component.Name, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
