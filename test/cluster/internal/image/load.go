package image

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// Load gives the images in the tarballs to the containerd behind socket, in
// the place where the kubelet finds them.
func Load(ctx context.Context, socket string, tarballs ...string) error {
	for _, file := range tarballs {
		command := exec.CommandContext(ctx, "ctr", "--address", socket, "--namespace", "k8s.io",
			"images", "import", file)
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("importing image %s: %w: %s", file, err, strings.TrimSpace(string(output)))
		}
	}
	return nil
}
