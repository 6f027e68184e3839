package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// key names a result by everything that decides about it: the pinned
// versions of all dependencies, the sources of our own, flags and toolchain.
// Where two keys are equal the executables are, too.
func (c Component) key(source, toolchain string) (string, error) {
	module := filepath.Join(source, c.Module)
	files := []string{filepath.Join(module, "go.mod"), filepath.Join(module, "go.sum")}
	for _, pattern := range c.Sources {
		matches, err := filepath.Glob(filepath.Join(module, pattern))
		if err != nil {
			return "", fmt.Errorf("finding the sources of %s: %w", c.Name, err)
		}
		slices.Sort(matches)
		files = append(files, matches...)
	}
	if c.Module == "." {
		files = files[2:] // the lab's own module: its programs use nothing but the standard library
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%q\n%q\n", toolchain, c.arguments("x"), c.Links)
	if c.Image != nil {
		fmt.Fprintf(hash, "%+v\n", *c.Image)
	}
	if len(c.StandIns)+len(c.Bundles) > 0 {
		fmt.Fprintf(hash, "%+v\n%+v\n", c.StandIns, c.Bundles)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("reading the sources of %s: %w", c.Name, err)
		}
		fmt.Fprintf(hash, "%s %d\n%s", filepath.Base(file), len(content), content)
	}
	return hex.EncodeToString(hash.Sum(nil))[:12], nil
}
