package wire

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func somePlan() Plan {
	return Plan{
		Version: Version, Run: "f00d", Vantage: 2, UserAgent: "kubectl-nettrace/1.0.0",
		Rate: 200, Concurrency: 8, Timeout: 5 * time.Second, Deadline: time.Minute,
		Endpoints: []Endpoint{{ID: 1, Identities: []Identity{{IdentityName, "web-1"}, {IdentityIP, "10.244.0.1"}}}},
		Routes: []Route{
			{ID: 1, Group: 1, Protocol: HTTP, Address: "10.244.0.1:8080", Host: "web.shop.svc", Path: "/a?b=c", Requests: 10, Endpoint: 1},
			{ID: 2, Group: 1, Protocol: HTTPS, Address: "10.96.0.7:443", Requests: 20},
			{ID: 3, Group: 2, Protocol: H2, Address: "10.96.0.7:443", ServerName: "shop.example", Method: "HEAD", Headers: []Header{{"X-A", "b"}}, Padding: 2000, Requests: 5},
			{ID: 4, Group: 3, Protocol: UDP, Address: "10.96.0.7:53", Payload: []byte{0, 1, 0xff}, Requests: 5},
			{ID: 5, Group: 3, Protocol: DNS, Lookup: &Lookup{"web.shop.svc", RecordA}, Requests: 5},
		},
	}
}

func TestPlanTravels(t *testing.T) {
	text, err := Encode(somePlan())
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9+/=]+$`).MatchString(text) {
		t.Errorf("%q is not safe in an environment variable", text)
	}
	for _, text := range []string{text, text + "\n"} {
		back, err := Decode(text)
		if err != nil || !reflect.DeepEqual(back, somePlan()) {
			t.Errorf("came back as %+v, %v", back, err)
		}
	}
}

// TestLargePlanFits: a single variable of the environment is at most 128 KiB
// on Linux, and a thousand pods should fit.
func TestLargePlanFits(t *testing.T) {
	p := somePlan()
	p.Endpoints, p.Routes = nil, nil
	for i := range 1000 {
		ip := fmt.Sprintf("10.%d.%d.%d", i%7, i/250, i%250)
		p.Endpoints = append(p.Endpoints, Endpoint{ID: i + 1, Identities: []Identity{
			{IdentityName, fmt.Sprintf("web-7d9f8b6c5-%05x", i*7919)}, {IdentityIP, ip},
			{IdentityUID, fmt.Sprintf("%08x-%04x-4c4e-8a4e-%012x", i*104729, i, i*1299709)},
		}})
		p.Routes = append(p.Routes, Route{ID: i + 1, Protocol: HTTP, Address: ip + ":8080", Requests: 10, Endpoint: i + 1})
	}
	text, err := Encode(p)
	if err != nil || len(text) > 100<<10 {
		t.Errorf("got %d bytes, %v", len(text), err)
	}
}

// TestDamagedPlans flips every byte and cuts at every length: a probe must
// never carry out something else than was asked for.
func TestDamagedPlans(t *testing.T) {
	text, err := Encode(somePlan())
	if err != nil {
		t.Fatal(err)
	}
	squeezed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	for i := range squeezed {
		flipped := slices.Clone(squeezed)
		flipped[i] ^= 0x10
		for what, damaged := range map[string][]byte{"flipped": flipped, "cut": squeezed[:i]} {
			got, err := Decode(base64.StdEncoding.EncodeToString(damaged))
			if err == nil && !reflect.DeepEqual(got, somePlan()) {
				t.Errorf("%s at %d: got %+v", what, i, got)
			}
			if err == nil && what == "cut" {
				t.Errorf("cut at %d: no error", i)
			}
		}
	}
	for _, damaged := range []string{"", "not base64!", "bm8gZ3ppcA=="} {
		if _, err := Decode(damaged); err == nil {
			t.Errorf("%q: no error", damaged)
		}
	}
}

func TestValidate(t *testing.T) {
	tests := map[string]struct {
		spoil func(*Plan)
		want  string
	}{
		"good":          {func(*Plan) {}, ""},
		"older":         {func(p *Plan) { p.Version = 0 }, "version 0, this probe understands 3"},
		"newer":         {func(p *Plan) { p.Version++ }, "same release"},
		"no rate":       {func(p *Plan) { p.Rate = 0 }, "rate 0"},
		"negative rate": {func(p *Plan) { p.Rate = -1 }, "rate -1"},
		"nobody works":  {func(p *Plan) { p.Concurrency = 0 }, "concurrency 0"},
		"no timeout":    {func(p *Plan) { p.Timeout = 0 }, "timeout 0s"},
		"no deadline":   {func(p *Plan) { p.Deadline = -1 }, "deadline -1ns"},
		"route ids":     {func(p *Plan) { p.Routes[1].ID = 3 }, "route number 2 has id 3"},
		"endpoint ids":  {func(p *Plan) { p.Endpoints[0].ID = 0 }, "endpoint number 1 has id 0"},
	}
	for name, test := range tests {
		p := somePlan()
		test.spoil(&p)
		got := ""
		if err := p.Validate(); err != nil {
			got = err.Error()
		}
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestMarker(t *testing.T) {
	if got := somePlan().Marker(3, 14); got != "f00d-2-3-14" {
		t.Errorf("got %s", got)
	}
}
