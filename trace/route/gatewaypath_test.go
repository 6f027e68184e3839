package route

import (
	"slices"
	"testing"

	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// The table is that of HTTPPathModifier.ReplacePrefixMatch in the Gateway API.
func TestReplaced(t *testing.T) {
	for _, test := range []struct{ path, prefix, by, want string }{
		{"/foo/bar", "/foo", "/xyz", "/xyz/bar"},
		{"/foo/bar", "/foo", "/xyz/", "/xyz/bar"},
		{"/foo/bar", "/foo/", "/xyz", "/xyz/bar"},
		{"/foo/bar", "/foo/", "/xyz/", "/xyz/bar"},
		{"/foo", "/foo", "/xyz", "/xyz"},
		{"/foo/", "/foo", "/xyz", "/xyz/"},
		{"/foo/bar", "/foo", "", "/bar"},
		{"/foo/", "/foo", "", "/"},
		{"/foo", "/foo", "", "/"},
		{"/foo/", "/foo", "/", "/"},
		{"/foo", "/foo", "/", "/"},
	} {
		if got := replaced(test.path, test.prefix, test.by); got != test.want {
			t.Errorf("%s with %s replaced by %q is %s, want %s", test.path, test.prefix, test.by, got, test.want)
		}
	}
}

func TestBelow(t *testing.T) {
	for _, test := range []struct {
		path, prefix, rest string
		ok                 bool
	}{
		{"/abc", "/abc", "", true}, {"/abc/", "/abc", "/", true}, {"/abc/def", "/abc", "/def", true}, {"/abc", "/abc/", "", true},
		{"/abcd", "/abc", "", false}, {"/ab", "/abc", "", false}, {"/x", "/", "/x", true}, {"/", "/", "/", true},
	} {
		if rest, ok := below(test.path, test.prefix); ok != test.ok || ok && rest != test.rest {
			t.Errorf("%s under %s: %q, %v; want %q, %v", test.path, test.prefix, rest, ok, test.rest, test.ok)
		}
	}
}

func TestPrefixPaths(t *testing.T) {
	for name, test := range map[string]struct {
		own, prefix string
		by          *string
		want        []string
	}{
		"everything":                      {"/healthz", "/", nil, []string{"/healthz", "/"}},
		"the own path":                    {"/api/healthz", "/api", nil, []string{"/api/healthz", "/api"}},
		"another path":                    {"/healthz", "/api", nil, []string{"/api"}},
		"stripped":                        {"/healthz", "/api", Ptr("/"), []string{"/api/healthz", "/api"}},
		"stripped by nothing":             {"/healthz", "/api/", Ptr(""), []string{"/api/healthz", "/api/"}},
		"stripped, the root":              {"/", "/api", Ptr("/"), []string{"/api", "/api"}},
		"moved to where the own path is":  {"/v2/healthz", "/api", Ptr("/v2/"), []string{"/api/healthz", "/api"}},
		"moved to where it is not":        {"/healthz", "/api", Ptr("/v2"), []string{"/api"}},
		"the own path stripped":           {"/api/x", "/api", Ptr("/"), []string{"/api/x", "/api/api/x", "/api"}},
		"everything moved to the own one": {"/v2", "/", Ptr("/v2"), []string{"/v2", "/", "/"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := prefixPaths(test.own, test.prefix, test.by); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
