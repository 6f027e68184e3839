package e2e

import (
	"testing"
)

// TestImage gives the nodes images that they cannot run. The bound of each run
// is that of the start, which these do not wait for.
func TestImage(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	before := n.Objects()
	t.Run("group", func(t *testing.T) {
		for name, c := range map[string]struct {
			args []string
			says []string
		}{
			"does not exist": {[]string{"--image", "registry.nettrace.test/nowhere:1"},
				[]string{"the image registry.nettrace.test/nowhere:1 cannot be pulled", "failed to", "--image"}},
			"is no name": {[]string{"--image", "UPPER//case::"},
				[]string{"the image UPPER//case:: cannot be pulled", "couldn't parse image name", "--image"}},
			"its secret is missing": {[]string{"--image", "registry.nettrace.test/nowhere:2", "--image-pull-secret", "absent"},
				[]string{"the image registry.nettrace.test/nowhere:2 cannot be pulled", "absent", "--image-pull-secret"}},
			"is no probe":  {[]string{"--image", n.Hostile}, []string{"ended with exit code", "usage: hostile", "--image"}},
			"runs as root": {[]string{"--image", n.Agnhost}, []string{"runAsNonRoot", "a numeric user other than 0"}},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := n.Plugin(append([]string{"svc/web", "--requests", "3", "--start-timeout", "10m"}, c.args...)...)
				refused(t, r, c.says...)
			})
		}
	})
	n.NothingLeft(before)
}
