// Package house holds the rules of the repository's structure as a test: who
// may import whom.
package house

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/kubectl-nettrace/kubectl-nettrace/"

// rule says what the packages below a directory must not import. The first rule
// that names a package's directory counts, so the more special ones come first.
type rule struct {
	directory string
	// allowed are the only packages outside the standard library; nil allows all.
	allowed []string
	// forbidden are prefixes of import paths.
	forbidden []string
	why       string
}

// dnsmessage reads messages of the DNS, by the authors of Go and the same code as
// in package net, which does not show what a server answered.
const dnsmessage = "golang.org/x/net/dns/dnsmessage"

func rules() []rule {
	return []rule{
		{directory: "probe/wire", allowed: []string{}, why: "the contract is linked into the probe: standard library only"},
		{directory: "probe/agent", allowed: []string{module + "probe/wire", dnsmessage}, why: "the engine is linked into the probe and knows nothing of Kubernetes"},
		{directory: "probe/witness", allowed: []string{module + "probe/wire", "golang.org/x/net/bpf", "golang.org/x/net/http2/hpack", "golang.org/x/sys/unix"}, why: "the witness is linked into the probe and knows nothing of Kubernetes"},
		{directory: "cmd/nettrace-probe", allowed: []string{module + "probe/wire", module + "probe/agent", module + "probe/witness"}, why: "the probe stays small"},
		{directory: "probe/launch", forbidden: []string{module + "trace", module + "cmd", module + "probe/agent", module + "probe/witness"}, why: "launching carries plans and knows nothing of what they mean"},
		{directory: "probe/forward", forbidden: []string{module + "trace", module + "cmd", module + "probe/agent", module + "probe/wire"}, why: "forwarding carries bytes and knows nothing of requests"},
		{directory: "trace/target/targettest", forbidden: []string{module + "cmd", module + "probe/launch", module + "trace/route", module + "trace/finding"}, why: "a fixture knows what it builds and no more"},
		{directory: "trace/target", forbidden: []string{module + "cmd", module + "probe/launch", module + "trace"}, why: "the target is read first and knows nothing of what is made of it"},
		{directory: "trace/route", forbidden: []string{module + "cmd", module + "probe/launch", module + "trace/evidence", module + "trace/verdict", module + "trace/finding", module + "trace/print"}, why: "data flows one way"},
		{directory: "trace/vantage", forbidden: []string{module + "cmd", module + "probe/launch", module + "trace/evidence", module + "trace/verdict", module + "trace/finding", module + "trace/print"}, why: "data flows one way"},
		{directory: "trace/evidence", forbidden: []string{module + "cmd", module + "probe/launch", module + "trace/verdict", module + "trace/finding", module + "trace/print"}, why: "data flows one way"},
		{directory: "trace/verdict", forbidden: []string{module + "cmd", module + "probe/launch", module + "trace/finding", module + "trace/print"}, why: "data flows one way"},
		{directory: "trace/finding", forbidden: []string{module + "cmd", module + "probe/launch", module + "trace/print"}, why: "data flows one way"},
		{directory: "trace", forbidden: []string{module + "cmd", module + "probe/launch", module + "probe/agent", module + "probe/witness"}, why: "a trace sends requests through a Prober and does not know which"},
		{directory: "cmd", why: "nothing is forbidden to the commands"},
		{directory: "test", why: "tests may import anything"},
	}
}

func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && strings.HasPrefix(name, ".") && name != ".." {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		directory := filepath.ToSlash(filepath.Dir(relative))
		seen[directory] = true
		check(t, path, directory)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, needed := range []string{"probe/wire", "probe/agent", "probe/witness", "probe/launch", "trace", "trace/target", "trace/vantage", "probe/forward", "cmd/internal/cli"} {
		if !seen[needed] {
			t.Errorf("no Go file in %s: the rule about it holds nothing", needed)
		}
	}
}

// check holds the imports of one file against the first rule for its directory.
func check(t *testing.T, path, directory string) {
	t.Helper()
	i := slices.IndexFunc(rules(), func(r rule) bool {
		return directory == r.directory || strings.HasPrefix(directory, r.directory+"/")
	})
	if i < 0 {
		t.Errorf("%s: no rule says what %s may import", path, directory)
		return
	}
	r := rules()[i]
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		if broken(r, imported) {
			t.Errorf("%s imports %s: %s", path, imported, r.why)
		}
	}
}

// broken reports whether the rule forbids the import.
func broken(r rule, imported string) bool {
	standard := !strings.Contains(strings.SplitN(imported, "/", 2)[0], ".")
	if r.allowed != nil && !standard && !slices.Contains(r.allowed, imported) {
		return true
	}
	return slices.ContainsFunc(r.forbidden, func(prefix string) bool {
		return imported == prefix || strings.HasPrefix(imported, prefix+"/")
	})
}

// TestRules makes sure that the rules can fail.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		directory, imported string
		broken              bool
	}{
		{"probe/wire", "encoding/json", false},
		{"probe/wire", "k8s.io/api/core/v1", true},
		{"probe/agent", module + "probe/wire", false},
		{"probe/agent", dnsmessage, false},
		{"probe/agent", "golang.org/x/net/http2", true},
		{"probe/wire", dnsmessage, true},
		{"probe/witness", "golang.org/x/net/bpf", false},
		{"probe/witness", module + "probe/agent", true},
		{"probe/agent", "k8s.io/client-go/kubernetes", true},
		{"probe/launch", module + "trace", true},
		{"probe/launch", module + "trace/route", true},
		{"trace", module + "probe/launch", true},
		{"trace/print", module + "cmd/internal/cli", true},
		{"trace/route", module + "trace/verdict", true},
		{"trace/route", module + "trace/target", false},
		{"trace/target", module + "probe/wire", false},
	} {
		i := slices.IndexFunc(rules(), func(r rule) bool {
			return c.directory == r.directory || strings.HasPrefix(c.directory, r.directory+"/")
		})
		if got := broken(rules()[i], c.imported); got != c.broken {
			t.Errorf("%s imports %s: broken %v, want %v", c.directory, c.imported, got, c.broken)
		}
	}
}
