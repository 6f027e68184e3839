package trace

import (
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// TestLessonsOfOthers: this machine learns names from the first that tells, what the
// user chose only where nobody contradicts, and no fingerprints.
func TestLessonsOfOthers(t *testing.T) {
	named := wire.Locator{Group: 1, Kind: wire.IdentityName, Header: "X-Pod"}
	chosen := func(values map[string]int) wire.Locator {
		return wire.Locator{Group: 1, Kind: wire.IdentityChosen, Header: "X-Id", Values: values}
	}
	for title, test := range map[string]struct {
		learned []wire.Locator
		want    int // the number of values, -1 where nothing is learned
	}{
		"a name":                      {[]wire.Locator{named, named}, 0},
		"a fingerprint":               {[]wire.Locator{{Group: 1, Kind: wire.IdentityFingerprint, Header: "Etag"}}, -1},
		"chosen":                      {[]wire.Locator{chosen(map[string]int{"a": 1}), chosen(map[string]int{"a": 1, "b": 2})}, 2},
		"another endpoint's":          {[]wire.Locator{chosen(map[string]int{"a": 1}), chosen(map[string]int{"a": 2})}, -1},
		"another value":               {[]wire.Locator{chosen(map[string]int{"a": 1}), chosen(map[string]int{"b": 1})}, -1},
		"chosen, and a name":          {[]wire.Locator{chosen(map[string]int{"a": 1}), named}, -1},
		"a name, and chosen":          {[]wire.Locator{named, chosen(map[string]int{"a": 1})}, -1},
		"contradicted before it came": {[]wire.Locator{chosen(map[string]int{"a": 1}), chosen(map[string]int{"a": 2}), chosen(map[string]int{"a": 1})}, -1},
	} {
		l := &lessons{pending: map[int]bool{}, disputed: map[int]bool{}, complete: make(chan struct{})}
		close(l.complete)
		for _, locator := range test.learned {
			l.add(locator)
		}
		got := -1
		if all := l.await(t.Context()); len(all) == 1 {
			got = len(all[0].Values)
		}
		if got != test.want {
			t.Errorf("%s: %d values, want %d", title, got, test.want)
		}
	}
}
