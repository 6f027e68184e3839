package e2e

import (
	"strings"
	"testing"
)

// TestOutputGoesNowhere takes the reader of the output away, and the room for it.
func TestOutputGoesNowhere(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	before := n.Objects()
	command := "kubectl nettrace svc/web --requests 3 -n " + n.Name + " --image " + n.Probe + " " + n.Here()
	t.Run("closed early", func(t *testing.T) {
		for _, reader := range []string{"true", "head -1", "head -c 1"} {
			r := n.Shell("{ " + command + " --output wide; echo \"code $?\" >&2; } | " + reader)
			presentable(t, strings.ReplaceAll(r.Stderr, "\t", " "))
			code := strings.TrimSpace(r.Stderr)
			if code != "code 0" && code != "code 1" {
				t.Errorf("| %s: want exit code 0 or 1 and no word about it: %s", reader, r.Stderr)
			}
		}
	})
	for _, format := range []string{"", "wide", "json", "yaml"} {
		t.Run("device is full "+format, func(t *testing.T) {
			r := n.Shell(command + " -o '" + format + "' > /dev/full")
			refused(t, r, "writing the report", "no space left on device")
		})
	}
	t.Run("device is full for the plan", func(t *testing.T) {
		refused(t, n.Shell(command+" --dry-run > /dev/full"), "no space left on device")
	})
	t.Run("standard error is closed", func(t *testing.T) {
		if r := n.Shell(command + " 2>&-"); r.Code != 0 || !strings.Contains(r.Stdout, "HEALTHY") {
			t.Errorf("want a report and exit code 0: %v", r)
		}
	})
	n.NothingLeft(before)
}
