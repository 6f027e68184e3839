package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
)

func TestExplain(t *testing.T) {
	refused := &url.Error{Op: "Get", URL: "https://10.0.0.1", Err: errors.New("dial tcp 10.0.0.1:443: connect: connection refused")}
	slow := &url.Error{Op: "Get", URL: "https://10.0.0.1/api", Err: context.DeadlineExceeded}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"plain":           {errors.New("no"), "error: no\n"},
		"several":         {errors.Join(errors.New("one"), errors.New("two"), errors.New("one")), "error: one\nerror: two\n"},
		"interrupted":     {errors.Join(&interruption{"nothing had been created"}, errors.New("one")), "interrupted: nothing had been created\n"},
		"nobody listens":  {fmt.Errorf("reading: %w", refused), "error: the API server cannot be reached: dial tcp 10.0.0.1:443: connect: connection refused\nhint: kubectl cluster-info shows"},
		"nobody answers":  {slow, "error: the API server does not answer: Get https://10.0.0.1/api: context deadline exceeded\nhint: kubectl cluster-info shows"},
		"unknown to it":   {apierrors.NewUnauthorized("Unauthorized"), "error: Unauthorized\nhint: the API server does not know you"},
		"it has trouble":  {apierrors.NewInternalError(errors.New("etcd")), "hint: the API server has trouble of its own"},
		"probes stay":     {&cleanupError{"shop", errors.New("no")}, "error: the probes could not be removed: no\nhint: they end by themselves at their deadline; kubectl nettrace cleanup -n shop --force removes them at once\n"},
		"rights":          {&rightsError{errors.New("forbidden"), []launch.Need{{Verb: "list", Resource: "pods", Namespace: "shop", Why: "read its pods"}}}, "error: forbidden\n\nThese rights are missing:\n  list pods in namespace shop: to read its pods\n\nThis grants them (or ask somebody who may):\n\n# kubectl -n shop create rolebinding"},
		"words of others": {errors.New("denied: \x1b[2J\u202eyou\u009b1m\nwere here"), "error: denied: [2Jyou1m\nwere here\n"},
	} {
		var out strings.Builder
		explain(harmless{&out}, test.err)
		whole := strings.HasSuffix(test.want, "\n")
		if whole && out.String() != test.want || !strings.Contains(out.String(), test.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, out.String(), test.want)
		}
	}
}

func TestInterrupted(t *testing.T) {
	for name, test := range map[string]struct {
		jobs    []string
		deleted int
		keep    bool
		failed  *cleanupError
		want    string
	}{
		"nothing created":  {nil, 0, false, nil, "interrupted: nothing had been created"},
		"removed":          {[]string{"a", "b"}, 2, false, nil, "interrupted: the probes were removed (2 jobs, and their pods with them)"},
		"kept":             {[]string{"a"}, 0, true, nil, "interrupted: kept: job a in namespace shop; kubectl nettrace cleanup -n shop removes them"},
		"none was there":   {[]string{"a"}, 0, false, nil, "interrupted: no probe was there any more to be removed"},
		"could not remove": {[]string{"a"}, 0, false, &cleanupError{"shop", errors.New("no")}, "interrupted: the probes could not be removed: no; they end by themselves"},
	} {
		o := &options{keep: test.keep, probeNamespace: "shop"}
		if err := o.interrupted(test.jobs, test.deleted, test.failed); !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}
