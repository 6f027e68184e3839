package agent

import (
	"errors"
	"net/http"
	"testing"
)

func TestDetail(t *testing.T) {
	from := http.Header{"Server": {"nginx"}, "Location": {"https://login.example/auth?state=secret"}}
	tests := []struct {
		answer answer
		want   string
	}{
		{answer{status: 200, header: from}, ""},
		{answer{status: 302, header: from}, "Location: https://login.example/auth"},
		{answer{status: 302, header: http.Header{}}, ""},
		{answer{status: 404, header: from}, "Server: nginx"},
		{answer{status: 404, header: http.Header{}}, ""},
		{answer{at: connecting, err: errors.New("connection refused")}, "connecting: connection refused"},
		{answer{at: reading, status: 200, header: from, err: errLongBody}, "reading the body: the body is longer than 1 MiB"},
	}
	for _, test := range tests {
		if got := test.answer.detail(); got != test.want {
			t.Errorf("%+v: got %q, want %q", test.answer, got, test.want)
		}
	}
}
