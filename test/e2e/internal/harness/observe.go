package harness

import (
	"fmt"
	"slices"
	"strings"
)

// WaitForEvent waits until the namespace has an event with the reason.
func (n *Namespace) WaitForEvent(reason string) {
	n.t.Helper()
	n.Eventually("there is an event "+reason, func() error {
		if n.Must("get", "events", "--field-selector", "reason="+reason, "-o", "name") == "" {
			return fmt.Errorf("there is none")
		}
		return nil
	})
}

// CountLogged returns how many lines of each pod's log contain text: what the
// servers themselves know of the requests that reached them.
func (n *Namespace) CountLogged(text string, pods []string) map[string]int {
	n.t.Helper()
	counts := map[string]int{}
	if text == "" {
		return counts
	}
	for _, pod := range pods {
		lines := strings.Split(n.Must("logs", pod, "--all-containers"), "\n")
		counts[pod] = len(slices.DeleteFunc(lines, func(line string) bool { return !strings.Contains(line, text) }))
	}
	return counts
}
