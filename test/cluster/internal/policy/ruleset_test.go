package policy

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the golden files")

// Each testdata/NAME.yaml has policies, beside the cluster of cluster.yaml;
// NAME.nft is what node-1 gets for them.
func TestRender(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if filepath.Base(file) == "cluster.yaml" {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			got, err := Render(read(t, "testdata/cluster.yaml", file), "node-1")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".nft"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			check(t, got)
		})
	}
}

// check has nft read the rules, without loading them.
func check(t *testing.T, rules string) {
	t.Helper()
	if _, err := exec.LookPath("nft"); err != nil || os.Geteuid() != 0 {
		return
	}
	command := exec.Command("nft", "--check", "-f", "-")
	command.Stdin = strings.NewReader(rules)
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("nft does not take it: %v\n%s", err, output)
	}
}

func TestRenderNothing(t *testing.T) {
	for name, snapshot := range map[string]Snapshot{
		"no policy":              read(t, "testdata/cluster.yaml"),
		"no pod of this node":    read(t, "testdata/cluster.yaml", "testdata/default-deny.yaml"),
		"nothing but a policy":   read(t, "testdata/default-deny.yaml"),
		"nothing in the cluster": {},
	} {
		got, err := Render(snapshot, "node-3")
		if err != nil || got != removal {
			t.Errorf("%s: got %v\n%s", name, err, got)
		}
	}
}

// read returns all objects in the files.
func read(t *testing.T, files ...string) Snapshot {
	t.Helper()
	var snapshot Snapshot
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for document := range bytes.SplitSeq(content, []byte("\n---\n")) {
			var kind struct{ Kind string }
			parse(t, document, &kind)
			switch kind.Kind {
			case "NetworkPolicy":
				snapshot.Policies = append(snapshot.Policies, parse(t, document, &networkingv1.NetworkPolicy{}))
			case "Pod":
				snapshot.Pods = append(snapshot.Pods, parse(t, document, &corev1.Pod{}))
			case "Namespace":
				snapshot.Namespaces = append(snapshot.Namespaces, parse(t, document, &corev1.Namespace{}))
			default:
				t.Fatalf("%s: unexpected kind %q", file, kind.Kind)
			}
		}
	}
	return snapshot
}

func parse[T any](t *testing.T, document []byte, into *T) *T {
	t.Helper()
	if err := yaml.Unmarshal(document, into); err != nil {
		t.Fatalf("%v in\n%s", err, document)
	}
	return into
}
