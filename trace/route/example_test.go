package route

import "testing"

func TestExample(t *testing.T) {
	for pattern, want := range map[string]string{
		"/api":                  "/api",
		"^/api(/.*)?$":          "/api",
		"/api/v[0-9]+/(a|b)":    "/api/v1/a",
		"/[^/]+/x{2,3}":         "/a/xx",
		"(?i)/API":              "/API",
		".*":                    "",
		".+":                    "a",
		`\d{3}-\w`:              "111-a",
		`[.,]`:                  ",",
		`[\x{100}-\x{110}]`:     "Ā",
		`\bshop\b`:              "shop",
		"/(?P<id>[A-Z])|/other": "/A",
		`/\.well-known/.*`:      "/.well-known/",
		"":                      "",
	} {
		if got, err := example(pattern); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", pattern, got, err, want)
		}
	}
	for _, pattern := range []string{"(?=x)y", "(", `a\bb`, "x$y", `[^\x00-\x{10FFFF}]`} {
		if got, err := example(pattern); err == nil {
			t.Errorf("%q: got %q, want an error", pattern, got)
		}
	}
}
