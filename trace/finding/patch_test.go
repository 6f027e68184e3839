package finding

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// A patch must be JSON, must test before it replaces, and must come through a
// shell whole.
func TestPatchSurvivesTheShell(t *testing.T) {
	f := Facts{Target: &target.Target{Service: &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}}}}
	for _, value := range []string{"plain", "it's", `"$(id)" \ <&>`, "two words"} {
		command := f.patch("/spec/selector", map[string]string{"app": value}, "other")
		_, quoted, found := strings.Cut(command, "kubectl -n shop patch service web --type=json -p ")
		if !found {
			t.Fatalf("command %s", command)
		}
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+quoted).Output()
		if err != nil {
			t.Fatal(err)
		}
		var operations []struct {
			Op, Path string
			Value    any
		}
		if err := json.Unmarshal(out, &operations); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		want := fmt.Sprint([]any{"test", "/spec/selector", map[string]any{"app": value}, "replace", "/spec/selector", "other"})
		var got []any
		for _, o := range operations {
			got = append(got, o.Op, o.Path, o.Value)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("operations %v, want %v", got, want)
		}
	}
}
