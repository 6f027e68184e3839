package instance

import (
	"errors"
	"testing"
)

func TestOpenChecksTheName(t *testing.T) {
	for name, good := range map[string]bool{
		"lab": true, "t1": true, "a-b": true, "": false, "a.b": false, "../x": false, "A": false, "-a": false,
		"abcdefghijklmnopqrstuvwxyz": false,
	} {
		if _, err := Open(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestStateBeforeCreate(t *testing.T) {
	t.Setenv("NETTRACE_LAB_RUN", t.TempDir())
	opened, err := Open("x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.State(); !errors.Is(err, ErrNone) {
		t.Errorf("got %v", err)
	}
}

func TestFreeIndexFillsGaps(t *testing.T) {
	if got, err := freeIndex(map[int]bool{0: true, 2: true}); err != nil || got != 1 {
		t.Errorf("got %d, %v", got, err)
	}
	all := map[int]bool{}
	for index := range 32 {
		all[index] = true
	}
	if _, err := freeIndex(all); err == nil {
		t.Error("a free one is found where all are taken")
	}
}

func TestNamesDoNotMeet(t *testing.T) {
	a, _ := Open("t")
	b, _ := Open("t-1")
	if a.Namespace("x") == b.Namespace("x") || a.Mark() == b.Mark() {
		t.Error("two instances share a name")
	}
	// What lists by prefix must not find the other one's.
	if prefix, other := a.NamespacePrefix(), b.Namespace("x"); len(other) >= len(prefix) && other[:len(prefix)] == prefix {
		t.Errorf("%s begins with %s", other, prefix)
	}
}
