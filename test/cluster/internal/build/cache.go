// Package build makes every part of the cluster from source and keeps the
// results: the first build takes many minutes, every further start seconds.
package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/lock"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/progress"
)

// Cache is where results are kept, each in a directory NAME-KEY that appears
// complete or not at all.
type Cache struct {
	Directory string
	source    string
	toolchain string
}

// Open finds the cache and the sources.
func Open(ctx context.Context) (*Cache, error) {
	directory := os.Getenv("NETTRACE_LAB_CACHE")
	if directory == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("finding the cache directory: %w", err)
		}
		directory = filepath.Join(user, "kubectl-nettrace", "lab")
	}
	source, err := findSource()
	if err != nil {
		return nil, err
	}
	version, err := exec.CommandContext(ctx, "go", "version").Output()
	if err != nil {
		return nil, fmt.Errorf("asking the go command for its version: %w", err)
	}
	return &Cache{Directory: directory, source: source, toolchain: strings.TrimSpace(string(version))}, nil
}

// findSource looks for this module's directory around the working directory
// and around the executable, which the Makefile puts into the checkout.
func findSource() (string, error) {
	var starts []string
	if given := os.Getenv("NETTRACE_LAB_SOURCE"); given != "" {
		starts = append(starts, given)
	}
	if working, err := os.Getwd(); err == nil {
		starts = append(starts, working)
	}
	if executable, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(executable))
	}
	for _, start := range starts {
		for directory := start; ; directory = filepath.Dir(directory) {
			for _, candidate := range []string{directory, filepath.Join(directory, "test", "cluster")} {
				if _, err := os.Stat(filepath.Join(candidate, "kube", "go.mod")); err == nil {
					return candidate, nil
				}
			}
			if directory == filepath.Dir(directory) {
				break
			}
		}
	}
	return "", errors.New("finding the lab's sources: run it inside the checkout, or set NETTRACE_LAB_SOURCE")
}

// Path returns the directory that holds (or will hold) the results of the
// component called name: the executable, its other names, image.tar.
func (c *Cache) Path(name string) (string, error) {
	for _, component := range Components() {
		if component.Name == name {
			return c.path(component)
		}
	}
	return "", fmt.Errorf("finding component %s: there is none of this name", name)
}

func (c *Cache) path(component Component) (string, error) {
	key, err := component.key(c.source, c.toolchain)
	if err != nil {
		return "", err
	}
	return filepath.Join(c.Directory, component.Name+"-"+key), nil
}

// Executable returns the path of a built executable under one of its names.
func (c *Cache) Executable(component, name string) (string, error) {
	directory, err := c.Path(component)
	if err != nil {
		return "", err
	}
	return filepath.Join(directory, name), nil
}

// Images returns the tarballs of all components that have an image.
func (c *Cache) Images() ([]string, error) {
	var tarballs []string
	for _, component := range Components() {
		if component.Image == nil {
			continue
		}
		directory, err := c.path(component)
		if err != nil {
			return nil, err
		}
		tarballs = append(tarballs, filepath.Join(directory, "image.tar"))
	}
	return tarballs, nil
}

// Ensure builds what is missing. Others who build meanwhile are waited for.
func (c *Cache) Ensure(ctx context.Context, reporter *progress.Reporter) error {
	if err := os.MkdirAll(c.Directory, 0o755); err != nil {
		return fmt.Errorf("making the cache: %w", err)
	}
	held, err := lock.Acquire(ctx, filepath.Join(c.Directory, ".lock"))
	if err != nil {
		return err
	}
	defer held.Release()
	if err := c.removeHalves(); err != nil {
		return err
	}
	for _, component := range Components() {
		final, err := c.path(component)
		if err != nil {
			return err
		}
		if _, err := os.Stat(final); err == nil {
			continue
		}
		err = reporter.Step("building "+component.Name+" from source", func() error {
			return c.build(ctx, component, final)
		})
		if err != nil {
			return fmt.Errorf("building %s: %w", component.Name, err)
		}
	}
	return nil
}
