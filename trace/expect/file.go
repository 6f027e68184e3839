package expect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// FileKind is the kind of a file of expectations.
const FileKind = "Expectations"

// File is a file of expectations.
type File struct {
	// Targets are what to trace, as arguments name it.
	Targets []string
	Clauses []Clause
}

// file is what stands in it.
type file struct {
	APIVersion text   `yaml:"apiVersion"`
	Kind       text   `yaml:"kind"`
	Targets    []text `yaml:"targets"`
	Expect     []rule `yaml:"expect"`
}

// rule is what is expected of some ways.
type rule struct {
	Route struct {
		Kind   text `yaml:"kind"`
		Object text `yaml:"object"`
		Host   text `yaml:"host"`
		Path   text `yaml:"path"`
		Port   text `yaml:"port"`
		From   text `yaml:"from"`
	} `yaml:"route"`
	Status  text `yaml:"status"`
	Path    text `yaml:"path"`
	Spread  text `yaml:"spread"`
	Weights text `yaml:"weights"`
}

// text is a scalar, and the line that it stands in.
type text struct {
	value string
	line  int
	// several is set when a list or a mapping stands in its place.
	several bool
}

// UnmarshalYAML takes every scalar, numbers too, as it was written.
func (t *text) UnmarshalYAML(node *yaml.Node) error {
	t.value, t.line, t.several = node.Value, node.Line, node.Kind != yaml.ScalarNode
	return nil
}

// refuse returns an error that names the line and the field.
func (t text) refuse(field, why string, args ...any) error {
	return fmt.Errorf("line %d: %s: "+why, append([]any{max(1, t.line), field}, args...)...)
}

// maxFile is how many bytes a file may have.
const maxFile = 1 << 20

// Read reads a file of expectations. Errors name the line, and the field.
func Read(in io.Reader) (File, error) {
	content, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	switch {
	case err != nil:
		return File{}, err
	case len(content) > maxFile:
		return File{}, fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	var raw file
	switch err := decoder.Decode(&raw); {
	case errors.Is(err, io.EOF):
		return File{}, errors.New("it is empty")
	case err != nil:
		return File{}, plain(err)
	}
	if err := decoder.Decode(&file{}); !errors.Is(err, io.EOF) {
		return File{}, errors.New("it holds more than one document")
	}
	return raw.made()
}

// plain words an error of the parser without the names of Go's types.
func plain(err error) error {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	first := wrong.Errors[0]
	if before, _, found := strings.Cut(first, " not found in type"); found {
		return errors.New(strings.Replace(before, "field ", "there is no field ", 1))
	}
	before, _, _ := strings.Cut(first, " into ")
	return errors.New(before)
}

func (f file) made() (File, error) {
	switch {
	case f.APIVersion.value != trace.APIVersion:
		return File{}, f.APIVersion.refuse("apiVersion", "%q is not %s", f.APIVersion.value, trace.APIVersion)
	case f.Kind.value != FileKind:
		return File{}, f.Kind.refuse("kind", "%q is not %s", f.Kind.value, FileKind)
	case len(f.Expect) == 0:
		return File{}, errors.New("expect: nothing is expected")
	}
	var all File
	for i, t := range f.Targets {
		if t.several || t.value == "" {
			return File{}, t.refuse(fmt.Sprintf("targets[%d]", i), "a target is written as TYPE/NAME")
		}
		all.Targets = append(all.Targets, t.value)
	}
	for i, r := range f.Expect {
		clauses, err := r.made(fmt.Sprintf("expect[%d]", i))
		if err != nil {
			return File{}, err
		}
		all.Clauses = append(all.Clauses, clauses...)
	}
	return all, nil
}

// made returns the clauses of a rule; where names it in errors.
func (r rule) made(where string) ([]Clause, error) {
	ways, err := r.ways(where + ".route.")
	if err != nil {
		return nil, err
	}
	var all []Clause
	for _, one := range []struct {
		key Key
		text
	}{{Status, r.Status}, {Path, r.Path}, {Spread, r.Spread}, {Weights, r.Weights}} {
		field := where + "." + string(one.key)
		if one.several {
			return nil, one.refuse(field, "one value is expected, and no list or mapping")
		}
		if one.line == 0 {
			continue
		}
		c, err := New(one.key, one.value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %s.%w", one.line, where, err)
		}
		c.Ways = ways
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: none of %s is expected", where, list(Keys()))
	}
	return all, nil
}

// ways returns the ways that a rule is about.
func (r rule) ways(where string) (Ways, error) {
	for _, one := range []struct {
		name string
		text
	}{{"kind", r.Route.Kind}, {"object", r.Route.Object}, {"host", r.Route.Host}, {"path", r.Route.Path}, {"port", r.Route.Port}, {"from", r.Route.From}} {
		if one.several {
			return Ways{}, one.refuse(where+one.name, "one value is expected, and no list or mapping")
		}
	}
	ways := Ways{
		Kind: route.Kind(r.Route.Kind.value), Object: r.Route.Object.value, Host: r.Route.Host.value,
		Path: r.Route.Path.value, From: r.Route.From.value,
	}
	if kind := r.Route.Kind; ways.Kind != "" && !slices.Contains(route.Kinds(), ways.Kind) {
		return Ways{}, kind.refuse(where+"kind", "%q is not one of %s", ways.Kind, list(route.Kinds()))
	}
	if port := r.Route.Port; port.line > 0 {
		n, err := strconv.ParseUint(port.value, 10, 16)
		if err != nil || n == 0 {
			return Ways{}, port.refuse(where+"port", "%q is no number of a port", port.value)
		}
		ways.Port = int32(n)
	}
	return ways, nil
}
