package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/image"
)

const halfPrefix = ".building-"

// build works in a directory beside the final one and moves it there at the
// end, so that whoever is killed leaves nothing that looks complete.
func (c *Cache) build(ctx context.Context, component Component, final string) error {
	work, err := os.MkdirTemp(c.Directory, halfPrefix)
	if err != nil {
		return fmt.Errorf("making a directory in the cache: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.Chmod(work, 0o755); err != nil {
		return fmt.Errorf("opening the directory for everybody: %w", err)
	}
	binary := filepath.Join(work, component.Name)
	if err := c.compile(ctx, component, binary); err != nil {
		return err
	}
	if err := c.bundle(ctx, component, work); err != nil {
		return err
	}
	for _, link := range component.Links {
		if err := os.Symlink(component.Name, filepath.Join(work, link)); err != nil {
			return fmt.Errorf("naming it %s: %w", link, err)
		}
	}
	if component.Image != nil {
		spec := *component.Image
		spec.Binary = binary
		if err := image.Write(spec, filepath.Join(work, "image.tar")); err != nil {
			return err
		}
	}
	if err := os.Rename(work, final); err != nil {
		return fmt.Errorf("putting it into the cache: %w", err)
	}
	return nil
}

// removeHalves removes what killed builds left.
func (c *Cache) removeHalves() error {
	halves, err := filepath.Glob(filepath.Join(c.Directory, halfPrefix+"*"))
	if err != nil {
		return fmt.Errorf("looking for half builds: %w", err)
	}
	for _, half := range halves {
		if err := os.RemoveAll(half); err != nil {
			return fmt.Errorf("removing a half build: %w", err)
		}
	}
	return nil
}

func (c *Cache) compile(ctx context.Context, component Component, binary string) error {
	overlay := binary + ".overlay"
	defer func() { _ = os.Remove(overlay) }()
	flags, err := c.overlay(ctx, component, overlay)
	if err != nil {
		return err
	}
	command := c.goCommand(ctx, component, slices.Insert(component.arguments(binary), 1, flags...)...)
	// If this process is killed, so is the compiler: it would go on for
	// minutes and then put its result where the next build cleans up. The
	// signal comes when the starting thread ends, so that one must stay.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	output, err := command.CombinedOutput()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("compiling: %w\n%s", err, lastLines(string(output), 20))
	}
	return nil
}

// goCommand is the go command inside of the component's module.
func (c *Cache) goCommand(ctx context.Context, component Component, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir = filepath.Join(c.source, component.Module)
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	return command
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
