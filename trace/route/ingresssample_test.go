package route

import (
	"strings"
	"testing"
)

func TestSamples(t *testing.T) {
	for pattern, want := range map[string]string{
		"/api":                                "/api",
		"/(.*)":                               "/up /nettrace /",
		"/api(/|$)(.*)":                       "/api/up /api/nettrace /api/",
		"/api(/.*)?$":                         "/api/up /api/nettrace /api/",
		"/api(.*)":                            "/api/up /apiup /apinettrace /api",
		"/api/?":                              "/api/",
		"/users/[0-9]+":                       "/users/1",
		"/users/[^/]+/x":                      "/users/up/x /users/nettrace/x",
		`/users/\d{3}`:                        "/users/111",
		"/(v1|v2)/x":                          "/v1/x",
		"/[A-Z]{0,2}x":                        "/Ax",
		"/(a/){2}":                            "/a/a/",
		"/.+/y":                               "/up/y /nettrace/y",
		`/a\.b`:                               "/a.b",
		"/a b":                                "",
		"x":                                   "",
		"/(?=a)":                              "",
		`/\?`:                                 "",
		"/x{0}y":                              "/y",
		"/" + strings.Repeat("a", maxPattern): "",
		"/(a{100}){10}b{500}":                 "",
	} {
		if got := strings.Join(samples(pattern, "/up?x=1"), " "); got != want {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
}

func TestExpanded(t *testing.T) {
	groups := []string{"/api/up", "up"}
	for text, want := range map[string]string{
		"/x": "/x", "/$1": "/up", "/$1$0": "/up/api/up", "/$2": "/", "/$12": "/up2", "$": "?", "/$x": "?", "/${1}": "?",
	} {
		got, ok := expanded(text, "$", groups)
		if !ok {
			got = "?"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if _, ok := expanded("/x", "$", nil); ok {
		t.Error("a text was made of no match")
	}
}
