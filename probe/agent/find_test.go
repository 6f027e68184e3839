package agent

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// shop is an index of three endpoints with all kinds of identity.
func shop() *index {
	endpoint := func(id int, name, uid, ip string) wire.Endpoint {
		return wire.Endpoint{ID: id, Identities: []wire.Identity{
			{Kind: wire.IdentityName, Value: name}, {Kind: wire.IdentityHostname, Value: name},
			{Kind: wire.IdentityUID, Value: uid}, {Kind: wire.IdentityIP, Value: ip},
		}}
	}
	return newIndex([]wire.Endpoint{
		endpoint(1, "web-1", "6f1b0b5e-9a55-4c4e-8a4e-0d9f3b0c1a01", "10.244.0.1"),
		endpoint(2, "web-2", "6f1b0b5e-9a55-4c4e-8a4e-0d9f3b0c1a02", "fd00::1"),
		endpoint(3, "web.v3", "6f1b0b5e-9a55-4c4e-8a4e-0d9f3b0c1a03", "10.244.0.3"),
	})
}

func TestFind(t *testing.T) {
	x := shop()
	tests := []struct {
		text string
		want int
	}{
		{"web-1", 1}, {"I am web-1.", 1}, {`{"pod":"web-1"}`, 1}, {"pod=web-1;x", 1}, {"<b>web-1</b>", 1},
		{"pod:web-1", 1}, {"web-1:8080", 1}, {"http://web-1:8080/", 1}, {"WEB-1", 1}, {"“web-1”", 1},
		{"web-10", 0}, {"my-web-1", 0}, {"web-1-x", 0}, {"xweb-1", 0}, {"web-1_old", 0}, {"web-", 0}, {"", 0},
		{"web-1.web.shop.svc", 1}, {"web-1.web.shop.svc.cluster.local", 1}, {"web-1.web.shop.svc.cluster.local:80", 1},
		{"web-1.web.shop.svc.cluster.local.", 1},
		{"web-1.shop.svc", 0}, {"web-1.shop.svc.cluster.local", 0}, {"web-1.25.3", 0}, {"web-1.html", 0}, {"a.web-1.shop.svc", 0},
		{"web.v3", 3}, {"web.v3:80", 3}, {"web.v30", 0},
		{"10.244.0.1", 1}, {"10.244.0.1:8080", 1}, {"10.244.0.1/24", 1}, {"(10.244.0.1)", 1}, {"10.244.0.1.", 1}, {"ip:10.244.0.1", 1},
		{"10.244.0.11", 0}, {"110.244.0.1", 0}, {"10.244.0.1.5", 0}, {"1.10.244.0.1", 0}, {"10.244.0", 0}, {"10-244-0-1", 0},
		{"::ffff:10.244.0.1", 1}, {"[::ffff:10.244.0.1]:80", 1},
		{"fd00::1", 2}, {"FD00:0:0::0001", 2}, {"[fd00::1]:8080", 2}, {"[fd00::1]", 2}, {"address fd00::1: no route", 2}, {"fd00::1.", 2},
		{"fd00::1%eth0", 2},
		{"fd00::11", 0}, {"fd00::1:8080", 0}, {"1:fd00::1", 0},
		{"6F1B0B5E-9A55-4C4E-8A4E-0D9F3B0C1A02", 2}, {"6f1b0b5e-9a55-4c4e-8a4e-0d9f3b0c1a0", 0},
		{"web-1 or " + strings.Repeat("x", 400), 1}, {strings.Repeat("x", 400) + "web-1", 0}, {strings.Repeat("x", 400) + " web-1", 1},
		{"web-1 web-1", 1}, {"web-1 web-2", -1}, {"web-1 10.244.0.3", -1},
	}
	for _, test := range tests {
		found := sighting{}
		x.scan([]byte(test.text), nil, func(o *owner) { found = found.see(o) })
		got := found.endpoint
		if found.many {
			got = -1
		}
		if got != test.want {
			t.Errorf("%.40q names %d, want %d", test.text, got, test.want)
		}
	}
}

func TestFindAll(t *testing.T) {
	header := http.Header{"X-Pod": {"web-1", "and web-2"}, "Server": {"nginx"}, "X-Addr": {"10.244.0.3:80"}}
	got := shop().findAll(header, []byte("web-1 at 10.244.0.1, you are 10.244.0.3"), (&target{}).carriedOver(&answer{local: netip.MustParseAddr("10.244.0.3")}))
	want := map[place]sighting{
		{"X-Pod", wire.IdentityName}:     {endpoint: 1, many: true},
		{"X-Pod", wire.IdentityHostname}: {endpoint: 1, many: true},
		{"", wire.IdentityName}:          {endpoint: 1},
		{"", wire.IdentityHostname}:      {endpoint: 1},
		{"", wire.IdentityIP}:            {endpoint: 1},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if p := (place{"", wire.IdentityIP}); shop().find(p, header, []byte("10.244.0.1"), nil).endpoint != 1 {
		t.Error("find does not find in the body")
	}
	if p := (place{"X-Addr", wire.IdentityIP}); shop().find(p, header, []byte("10.244.0.1"), nil).endpoint != 3 {
		t.Error("find does not find in a header, or not only there")
	}
	if p := (place{"X-Pod", wire.IdentityIP}); shop().find(p, header, nil, nil) != (sighting{}) {
		t.Error("find takes one kind of identity for another")
	}
}

func TestSharedIdentities(t *testing.T) {
	x := newIndex([]wire.Endpoint{
		{ID: 1, Identities: []wire.Identity{{Kind: wire.IdentityName, Value: "web-1"}, {Kind: wire.IdentityIP, Value: "192.0.2.1"}}},
		{ID: 2, Identities: []wire.Identity{{Kind: wire.IdentityName, Value: "web-2"}, {Kind: wire.IdentityIP, Value: "192.0.2.1"}, {Kind: wire.IdentityHostname, Value: "WEB-1"}}},
	})
	for _, shared := range []string{"192.0.2.1", "web-1"} {
		if x.lookup([]byte(shared)) != nil {
			t.Errorf("%s names an endpoint, but two have it", shared)
		}
	}
	if o := x.lookup([]byte("web-2")); o == nil || o.endpoint != 2 {
		t.Errorf("web-2 names %+v", o)
	}
}

func TestUselessIdentities(t *testing.T) {
	x := newIndex([]wire.Endpoint{{ID: 1, Identities: []wire.Identity{
		{Kind: wire.IdentityName, Value: "8080"}, {Kind: wire.IdentityName, Value: ""}, {Kind: wire.IdentityIP, Value: "no address"},
		{Kind: wire.IdentityName, Value: "10.0"}, {Kind: wire.IdentityName, Value: strings.Repeat("x", 500)},
	}}})
	if len(x.owners) != 0 {
		t.Errorf("the index has %v", x.owners)
	}
}

func TestIsPlain(t *testing.T) {
	for name, want := range map[string]bool{
		"nginx": true, "web": true, "web-server": true, "my-nginx": true, "bcdfg": true, "web-apple": true,
		"web-0": false, "web-7d9f8b6c5-x2k4p": false, "agent-xkcdz": false, "db1": false,
	} {
		if got := isPlain(wire.IdentityName, name); got != want {
			t.Errorf("isPlain(%s) = %v", name, got)
		}
	}
	if isPlain(wire.IdentityUID, "abcdef") {
		t.Error("a UID is taken for a word")
	}
}

func TestCarried(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"Host: web-1.web.shop.svc", 1}, {"Host: WEB-1", 1}, {"GET /%77eb%2d1 HTTP/1.1", 1}, {"/%zz%77eb-1", 1}, {"/web-10", 1}, {"myweb-1", 1},
		{"[FD00:0::1]:80", 1}, {"10.244.0.1:80", 1}, {"web-1 web.v3", 2}, {"shop.example /", 0}, {"", 0},
	}
	for _, test := range tests {
		if got := shop().carriedIn("", test.text); len(got) != test.want {
			t.Errorf("%q carries %v, want %d identities", test.text, got, test.want)
		}
	}
}

func FuzzFind(f *testing.F) {
	x := shop()
	f.Add("web-1:80 [fd00::1]:80 10.244.0.1. a.b.c.svc ::: ...")
	f.Fuzz(func(t *testing.T, text string) {
		x.scan([]byte(text), nil, func(o *owner) {
			if !strings.Contains(strings.ToLower(text), o.identity) && !o.has(wire.IdentityIP) {
				t.Errorf("%q does not hold %s", text, o.identity)
			}
		})
	})
}

func BenchmarkFind(b *testing.B) {
	var endpoints []wire.Endpoint
	for i := range 1000 {
		endpoints = append(endpoints, wire.Endpoint{ID: i + 1, Identities: []wire.Identity{
			{Kind: wire.IdentityName, Value: fmt.Sprintf("web-7d9f8b6c5-%05d", i)},
			{Kind: wire.IdentityUID, Value: fmt.Sprintf("6f1b0b5e-9a55-4c4e-8a4e-%012d", i)},
			{Kind: wire.IdentityIP, Value: fmt.Sprintf("10.244.%d.%d", i/250, i%250+1)},
		}})
	}
	x := newIndex(endpoints)
	body := []byte(strings.Repeat("<li>10.244.9.7 web-7d9f8b6c5-xxxxx a:b fd00::1 some text</li>\n", 2000)[:maxSearch])
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		x.findAll(nil, body, nil)
	}
}
