package policy

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/namespace"
)

// Load gives commands to nft in the network namespace called in. All of them
// take effect in the same moment, or none does.
func Load(ctx context.Context, in, commands string) error {
	var output bytes.Buffer
	nft := exec.CommandContext(ctx, "nft", "-f", "-")
	nft.Stdin, nft.Stdout, nft.Stderr = strings.NewReader(commands), &output, &output
	if err := namespace.Do(in, nft.Start); err != nil {
		return fmt.Errorf("starting nft: %w", err)
	}
	if err := nft.Wait(); err != nil {
		return fmt.Errorf("loading rules: %w: %s", err, strings.TrimSpace(output.String()))
	}
	return nil
}
