package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// StandIn is a directory of ours that replaces a module without having all of
// it: what it lacks is taken from the original. The go command is told so by
// an overlay, so that nothing needs to be copied.
type StandIn struct {
	Directory string // inside of the component's module
	Module    string // the original; go.mod requires the version
	Without   string // what of the original's directories is left out
}

// Bundle is one file made of those in a directory of a module, for what a
// module brings beside its code.
type Bundle struct {
	Name   string // of the file, beside the executable
	Module string
	Files  string // a pattern inside of the module
}

// overlay writes what go build is to be told of the stand-ins of component
// and returns the flags for that.
func (c *Cache) overlay(ctx context.Context, component Component, file string) ([]string, error) {
	if len(component.StandIns) == 0 {
		return nil, nil
	}
	replacements := map[string]string{}
	for _, standIn := range component.StandIns {
		version, err := c.goOutput(ctx, component, "list", "-m", "-f", "{{.Version}}", standIn.Module)
		if err != nil {
			return nil, err
		}
		// With its version named, it is the module itself and not what replaces it.
		original, err := c.download(ctx, component, standIn.Module+"@"+strings.TrimSpace(string(version)))
		if err != nil {
			return nil, err
		}
		directory := filepath.Join(c.source, component.Module, standIn.Directory)
		if err := complete(replacements, directory, original, standIn.Without); err != nil {
			return nil, fmt.Errorf("completing the stand-in for %s: %w", standIn.Module, err)
		}
	}
	content, err := json.Marshal(map[string]any{"Replace": replacements})
	if err != nil {
		return nil, fmt.Errorf("writing the overlay: %w", err)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		return nil, fmt.Errorf("writing the overlay: %w", err)
	}
	return []string{"-overlay", file}, nil
}

// complete notes for each source file of the original, but for those below
// without, that it is to be seen in directory.
func complete(replacements map[string]string, directory, original, without string) error {
	return filepath.WalkDir(original, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(original, path)
		if err != nil {
			return err
		}
		if entry.IsDir() && inside == without {
			return filepath.SkipDir
		}
		if strings.HasSuffix(inside, ".go") && !strings.HasSuffix(inside, "_test.go") {
			replacements[filepath.Join(directory, inside)] = path
		}
		return nil
	})
}

// bundle writes the bundles of component into directory.
func (c *Cache) bundle(ctx context.Context, component Component, directory string) error {
	for _, one := range component.Bundles {
		module, err := c.download(ctx, component, one.Module)
		if err != nil {
			return err
		}
		content, err := join(filepath.Join(module, one.Files))
		if err != nil {
			return fmt.Errorf("bundling files of %s: %w", one.Module, err)
		}
		if err := os.WriteFile(filepath.Join(directory, one.Name), content, 0o644); err != nil {
			return fmt.Errorf("bundling files of %s: %w", one.Module, err)
		}
	}
	return nil
}

// join returns the YAML of all files that match pattern as one stream.
func join(pattern string) ([]byte, error) {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("there are none")
	}
	slices.Sort(files)
	var all bytes.Buffer
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&all, "---\n%s\n", content)
	}
	return all.Bytes(), nil
}

// download returns the directory of a module in the module cache. The go
// command checks it against go.sum, or against the checksum database.
func (c *Cache) download(ctx context.Context, component Component, module string) (string, error) {
	output, err := c.goOutput(ctx, component, "mod", "download", "-json", module)
	if err != nil {
		return "", err
	}
	var downloaded struct{ Dir string }
	if err := json.Unmarshal(output, &downloaded); err != nil {
		return "", fmt.Errorf("reading where %s was downloaded to: %w", module, err)
	}
	return downloaded.Dir, nil
}

// goOutput runs the go command in the component's module.
func (c *Cache) goOutput(ctx context.Context, component Component, arguments ...string) ([]byte, error) {
	command := c.goCommand(ctx, component, arguments...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("running go %s: %w\n%s", strings.Join(arguments, " "), err, lastLines(stderr.String()+string(output), 20))
	}
	return output, nil
}
