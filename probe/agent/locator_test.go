package agent

import (
	"net/http"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// said is one direct answer.
type said struct {
	endpoint int
	header   string // of X-Pod
	body     string
}

func TestChoose(t *testing.T) {
	name := func(header string) *place { return &place{header, wire.IdentityName} }
	two := []wire.Endpoint{named(1, "web-1"), named(2, "web-2")}
	words := []wire.Endpoint{named(1, "alpha"), named(2, "beta")}
	ip := wire.Identity{Kind: wire.IdentityIP, Value: "10.244.0.1"}
	uneven := []wire.Endpoint{{ID: 1, Identities: append(named(1, "web-1").Identities, ip)}, {ID: 2, Identities: []wire.Identity{{Kind: wire.IdentityIP, Value: "10.244.0.2"}}}}
	tests := map[string]struct {
		endpoints []wire.Endpoint
		silent    []int
		said      []said
		want      *place
	}{
		"header":                      {two, nil, []said{{1, "web-1", ""}, {2, "web-2", ""}}, name("X-Pod")},
		"body":                        {two, nil, []said{{1, "", "web-1"}, {2, "", "web-2"}}, name("")},
		"header before body":          {two, nil, []said{{1, "web-1", "web-1"}, {2, "web-2", "web-2"}}, name("X-Pod")},
		"one is missing":              {two, nil, []said{{1, "web-1", ""}, {2, "", ""}}, nil},
		"missing once":                {two, nil, []said{{1, "web-1", ""}, {2, "web-2", ""}, {1, "", ""}}, nil},
		"names another":               {two, nil, []said{{1, "web-2", ""}, {2, "web-1", ""}}, nil},
		"names both":                  {two, nil, []said{{1, "web-1 web-2", ""}, {2, "web-2", ""}}, nil},
		"lists all in the body":       {two, nil, []said{{1, "web-1", "web-1 web-2"}, {2, "web-2", "web-1 web-2"}}, name("X-Pod")},
		"all name the same":           {two, nil, []said{{1, "web-1", ""}, {2, "web-1", ""}}, nil},
		"one silent":                  {two, []int{2}, []said{{1, "web-1", ""}}, name("X-Pod")},
		"all silent":                  {two, []int{1, 2}, nil, nil},
		"words, and they differ":      {words, nil, []said{{1, "alpha", ""}, {2, "beta", ""}}, name("X-Pod")},
		"a word, and nothing differs": {words, []int{2}, []said{{1, "alpha", ""}}, nil},
		"the kind that covers all":    {uneven, []int{2}, []said{{1, "web-1", "10.244.0.1"}}, &place{"", wire.IdentityIP}},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			x := newIndex(test.endpoints)
			g := &group{asked: map[int]bool{}}
			for _, endpoint := range test.silent {
				g.asked[endpoint] = false
			}
			for _, s := range test.said {
				g.asked[s.endpoint] = true
				g.learn(s.endpoint, x.findAll(http.Header{"X-Pod": {s.header}}, []byte(s.body), nil), false)
			}
			g.choose(x)
			switch {
			case test.want == nil && g.locator != nil:
				t.Errorf("got %+v, want none", g.locator)
			case test.want != nil && (g.locator == nil || g.locator.place != *test.want):
				t.Errorf("got %+v, want %+v", g.locator, test.want)
			}
		})
	}
}

// TestLearnFromWhatWasCarried: a request that had the endpoint's name in it
// teaches nothing but contradictions.
func TestLearnFromWhatWasCarried(t *testing.T) {
	x := newIndex([]wire.Endpoint{named(1, "web-1"), named(2, "web-2"), named(3, "alpha")})
	says := func(name string) map[place]sighting { return x.findAll(http.Header{"X-Pod": {name}}, nil, nil) }
	tests := map[string]struct {
		teach func(g *group)
		want  bool
	}{
		"nothing else":           {func(g *group) { g.learn(1, says(""), true) }, false},
		"before another":         {func(g *group) { g.learn(1, says(""), true); g.learn(2, says("web-2"), false) }, true},
		"after another":          {func(g *group) { g.learn(2, says("web-2"), false); g.learn(1, says(""), true) }, true},
		"it names another":       {func(g *group) { g.learn(2, says("web-2"), false); g.learn(1, says("web-2"), true) }, false},
		"a word, and only one":   {func(g *group) { g.learn(1, says(""), true); g.learn(3, says("alpha"), false) }, false},
		"without what it brings": {func(g *group) { g.learn(2, says("web-2"), false); g.learn(1, says(""), false) }, false},
	}
	for title, test := range tests {
		g := newGroup(false)
		g.asked = map[int]bool{1: true, 2: true, 3: true}
		test.teach(g)
		g.choose(x)
		if (g.locator != nil) != test.want {
			t.Errorf("%s: got %+v", title, g.locator)
		}
	}
}

func TestComparePlaces(t *testing.T) {
	sorted := []place{
		{"A", wire.IdentityName}, {"A", wire.IdentityHostname}, {"A", wire.IdentityUID}, {"A", wire.IdentityIP},
		{"B", wire.IdentityName}, {"", wire.IdentityName}, {"", wire.IdentityIP},
	}
	for i := range sorted[1:] {
		if comparePlaces(sorted[i], sorted[i+1]) >= 0 || comparePlaces(sorted[i+1], sorted[i]) <= 0 {
			t.Errorf("%v does not come before %v", sorted[i], sorted[i+1])
		}
	}
}

func TestAttribute(t *testing.T) {
	g := &group{asked: map[int]bool{1: true, 2: false}}
	cached := &group{asked: g.asked, aged: true}
	tests := map[string]struct {
		group  *group
		found  sighting
		hasAge bool
		want   int
	}{
		"named":                          {g, sighting{endpoint: 1}, false, 1},
		"never heard of, but named":      {g, sighting{endpoint: 2}, false, 2},
		"nobody":                         {g, sighting{}, false, 0},
		"several":                        {g, sighting{endpoint: 1, many: true}, false, 0},
		"from a cache":                   {g, sighting{endpoint: 1}, true, 0},
		"the endpoints are caches":       {cached, sighting{endpoint: 1}, true, 1},
		"a word of one that answered":    {g, sighting{endpoint: 1, plain: true}, false, 1},
		"a word of one that was silent":  {g, sighting{endpoint: 2, plain: true}, false, 0},
		"a word of one that is not here": {g, sighting{endpoint: 3, plain: true}, false, 0},
	}
	for title, test := range tests {
		if got, _ := test.group.attribute(findings{sighting: test.found, aged: test.hasAge}); got != test.want {
			t.Errorf("%s: got %d, want %d", title, got, test.want)
		}
	}
}

func TestVerify(t *testing.T) {
	for found, withdrawn := range map[sighting]bool{
		{endpoint: 1}: false, {}: false, {endpoint: 2}: true, {endpoint: 1, many: true}: true,
	} {
		g := &group{locator: &locator{}}
		g.verify(1, found)
		if g.locator.withdrawn != withdrawn {
			t.Errorf("%+v: withdrawn is %v", found, g.locator.withdrawn)
		}
	}
}

func TestSettle(t *testing.T) {
	header, body := &locator{place: place{header: "X-Pod"}}, &locator{}
	words := &locator{place: place{header: "Grpc-Message"}}
	withdrawn := &locator{place: place{header: "X-Pod"}, withdrawn: true}
	own := map[reply]bool{{group: 7, endpoint: 1, status: 503}: true}
	answer := func(endpoint, status int) wire.Outcome {
		return wire.Outcome{Endpoint: endpoint, Rung: wire.RungAnswer, Status: status}
	}
	over := func(grpc string) wire.Outcome {
		return wire.Outcome{Endpoint: 1, Rung: wire.RungAnswer, Status: 200, GRPC: grpc}
	}
	direct := wire.Outcome{Endpoint: 1, Rung: wire.RungDirect, Status: 502}
	tests := map[string]struct {
		locator *locator
		outcome wire.Outcome
		stays   bool
	}{
		"answer":                       {body, answer(1, 200), true},
		"withdrawn":                    {withdrawn, answer(1, 200), false},
		"direct":                       {withdrawn, direct, true},
		"gateway names it in the body": {body, answer(1, 502), false},
		"it says so itself":            {body, answer(1, 503), true},
		"another says so itself":       {body, answer(2, 503), false},
		"in a header":                  {header, answer(1, 502), true},
		"gRPC proxy names it in words": {words, over("UNAVAILABLE"), false},
		"gRPC proxy, in a header":      {header, over("UNAVAILABLE"), true},
		"gRPC, another error":          {words, over("NOT_FOUND"), true},
	}
	for title, test := range tests {
		want := test.outcome
		if !test.stays {
			want = wire.Outcome{Status: test.outcome.Status, GRPC: test.outcome.GRPC}
		}
		if got := (&group{locator: test.locator}).settle(7, test.outcome, own); got != want {
			t.Errorf("%s: got %+v, want %+v", title, got, want)
		}
	}
}
