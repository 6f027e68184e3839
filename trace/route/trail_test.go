package route

import (
	"slices"
	"testing"
)

func TestTrailsUnder(t *testing.T) {
	for _, test := range []struct {
		prefix, own string
		sent, bare  string // of the trail that is known
	}{
		{"/api", "/", "/api/?nettrace=~marker~", "/?nettrace=~marker~"},
		{"/api/", "/healthz", "/api/healthz?nettrace=~marker~", "/healthz?nettrace=~marker~"},
		{"/api", "/healthz?full=1", "/api/healthz?full=1&nettrace=~marker~", "/healthz?full=1&nettrace=~marker~"},
		{"/api", "/api/healthz", "/api/healthz?nettrace=~marker~", "/healthz?nettrace=~marker~"},
		{"/api", "/api", "/api?nettrace=~marker~", "/?nettrace=~marker~"},
		{"/api", "/apis", "/api/apis?nettrace=~marker~", "/apis?nettrace=~marker~"},
	} {
		all := trailsUnder(test.prefix, test.own)
		if len(all) != 2 || all[0].Sent != test.sent || all[0].Bare != test.bare || all[1].Sent != "/api/nettrace/~marker~" || all[1].Bare != "/nettrace/~marker~" {
			t.Errorf("%s, %s: %+v", test.prefix, test.own, all)
		}
	}
	if all := slices.Concat(trailsUnder("/", "/x"), trailsUnder("", "/x"), trailsUnder("/a%20b", "/x")); len(all) > 0 {
		t.Errorf("under no prefix: %+v", all)
	}
}

func TestLiteralHead(t *testing.T) {
	for source, want := range map[string]string{
		"/api(/|$)(.*)": "/api", "^/api/(.*)": "/api", "/a/b/?(.*)": "/a/b", "/api": "/api", "/api.*": "", "/v[0-9]+/x": "", "(/|$)": "", "/api?": "",
	} {
		if got := literalHead(source); got != want {
			t.Errorf("%s begins with %q, want %q", source, got, want)
		}
	}
}
