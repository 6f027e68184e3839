package cli

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is checked instead of checking it")

// generated checks that a file of the repository has the text between the marks
// "NAME: begin" and "NAME: end", or writes it there.
func generated(t *testing.T, file, name, text string) {
	t.Helper()
	begin, end := "<!-- "+name+": begin (make docs) -->\n", "<!-- "+name+": end -->"
	path := filepath.Join("..", "..", "..", filepath.FromSlash(file))
	is, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(is), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the %s: %q … %q", file, name, begin, end)
	}
	want := before + begin + text + end + after
	switch {
	case *update:
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	case string(is) != want:
		t.Errorf("the %s in %s are out of date: run make docs", name, file)
	}
}
