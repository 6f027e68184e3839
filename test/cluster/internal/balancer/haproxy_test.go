package balancer

import (
	"fmt"
	"strings"
	"testing"
)

func TestUnchecked(t *testing.T) {
	const head = "# pxname,svname,status,check_status,\n"
	for _, test := range []struct{ name, statistics, want string }{
		{"no servers", head + "statistics,FRONTEND,OPEN,,\n\n", "<nil>"},
		{"all known", head + "a,node-1:30080,UP,L7OK,\na,node-2:30080,DOWN,* L4CON,\n\n", "<nil>"},
		{"one is not", head + "a,node-1:30080,UP,L7OK,\na,node-2:30080,UP,INI,\n", "node-2:30080 of a has not been checked"},
		{"one is being asked", head + "a,node-1:30080,UP,* INI,\n", "node-1:30080 of a has not been checked"},
		{"nothing", "", "reading HAProxy's statistics: there are none"},
		{"something else", "Unknown command\n", "reading HAProxy's statistics: they have no check_status"},
	} {
		if got := fmt.Sprint(unchecked(test.statistics)); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %s", test.name, got)
		}
	}
}

func TestNotRunning(t *testing.T) {
	if got, err := (files{t.TempDir()}).fingerprint(t.Context()); err == nil {
		t.Errorf("HAProxy seems to run, with %q", got)
	}
}
