package launch

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// However the log is cut, each record is handed over once and in order.
func TestProbeReadsCutLogs(t *testing.T) {
	whole := wholeLog()
	afterTwo := strings.Index(whole, `{"n":3`)
	serverError := apierrors.NewInternalError(errors.New("dialing the kubelet"))
	for name, streams := range map[string][]stream{
		"whole":                        {{text: whole}},
		"whole, then silence":          {{text: whole, hang: true}},
		"ends early, as if complete":   {{text: whole[:afterTwo]}, {text: whole}},
		"breaks in a record":           {{text: whole[:afterTwo+9], err: io.ErrUnexpectedEOF}, {text: whole}},
		"breaks again and again":       {{text: whole[:20]}, {text: whole[:afterTwo]}, {text: whole[:20]}, {}, {text: whole}},
		"cannot be opened for a while": {{open: serverError}, {open: serverError}, {text: whole}},
		"goes silent":                  {{text: whole[:afterTwo], hang: true}, {text: whole}},
		"with lines of others":         {{text: "starting\n" + whole[:afterTwo] + "\x1b[31mwarning\n" + whole[afterTwo:]}},
		"without a last line break":    {{text: whole[:afterTwo]}, {text: strings.TrimSuffix(whole, "\n")}, {text: whole}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			c.logs.streams = streams
			c.pods.Add(pod(isRunning))
			if err := c.probe(); err != nil {
				t.Fatal(err)
			}
			if want := []int{1, 2, 3, 4}; !slices.Equal(c.records, want) {
				t.Errorf("records %v, want %v", c.records, want)
			}
		})
	}
}

// A log that can never become whole ends with the reason why.
func TestProbeLogFailures(t *testing.T) {
	whole := wholeLog()
	cut, _, _ := strings.Cut(whole, `{"n":3`)
	for name, test := range map[string]struct {
		streams []stream
		end     func(*corev1.Pod)
		reason  Reason
		says    string
	}{
		"out of memory":     {[]stream{{text: cut}}, exit(137, "OOMKilled"), ReasonKilled, "more memory"},
		"killed":            {[]stream{{text: cut}}, exit(137, "Error"), ReasonKilled, "signal 9"},
		"evicted":           {[]stream{{text: cut}}, evicted, ReasonKilled, "low on resource"},
		"died with a note":  {[]stream{{text: cut + "panic: \x1b[31mboom\n"}}, exit(2, "Error"), ReasonExited, "panic: [31mboom"},
		"plan refused":      {[]stream{{text: "the plan has version 2, this probe understands 1\n"}}, exit(1, "Error"), ReasonVersion, "same release"},
		"other contract":    {[]stream{{text: `{"n":1,"hello":{"v":9}}` + "\n"}}, isRunning, ReasonVersion, "version 9"},
		"record missing":    {[]stream{{text: cut + strings.Replace(whole[len(cut):], `"n":3`, `"n":5`, 1)}}, isRunning, ReasonLog, "number 5 follows number 2"},
		"totals differ":     {[]stream{{text: strings.Replace(whole, `"requests":3`, `"requests":4`, 1)}}, isRunning, ReasonLog, "probe counted 4"},
		"endless line":      {[]stream{{text: cut + strings.Repeat("x", maxLine+1)}}, isRunning, ReasonLog, "longer than"},
		"kubelet away":      {[]stream{{text: cut}, {open: errors.New("dial tcp 192.0.2.1:10250: i/o timeout")}}, isRunning, ReasonLog, "i/o timeout"},
		"silent for good":   {[]stream{{text: cut}, {hang: true}}, isRunning, ReasonLog, "after record 2"},
		"end lost for good": {[]stream{{text: cut}}, exit(0, "Completed"), ReasonExited, "exit code 0"},
		"wrong architecture": {[]stream{{}}, func(p *corev1.Pod) {
			exit(128, "StartError")(p)
			p.Status.ContainerStatuses[1].State.Terminated.Message = "exec /nettrace-probe: exec format error"
		}, ReasonContainer, "another architecture"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			c.logs.streams = test.streams
			c.pods.Add(pod(isRunning))
			c.pods.Modify(pod(test.end))
			wantFailure(t, c.probe(), test.reason, test.says)
		})
	}
}

// fakeLogs answers each opening of the log with the next of its streams, and
// with the last one from then on.
type fakeLogs struct {
	mu      sync.Mutex
	streams []stream
	opened  int
}

// stream is a text and how it ends: with an error, or silently never.
type stream struct {
	text string
	err  error
	open error
	hang bool
	// then is done when the text has been read.
	then func()
}

func (l *fakeLogs) open(ctx context.Context, _ string) (io.ReadCloser, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.streams[min(l.opened, len(l.streams)-1)]
	l.opened++
	if s.open != nil {
		return nil, s.open
	}
	r, w := io.Pipe()
	go func() {
		_, _ = io.WriteString(w, s.text)
		if s.then != nil {
			s.then()
		}
		if s.hang {
			<-ctx.Done()
		}
		w.CloseWithError(s.err)
	}()
	return r, nil
}

// wholeLog is what a probe writes when all is well.
func wholeLog() string {
	return lines(
		wire.Record{Number: 1, Hello: &wire.Hello{Version: wire.Version, Run: testRun, Vantage: 1}},
		wire.Record{Number: 2, Progress: &wire.Progress{Sent: 1, Planned: 3}},
		wire.Record{Number: 3, Cell: &wire.Cell{Route: 1, Sent: 3}},
		wire.Record{Number: 4, End: &wire.End{Cells: 1, Requests: 3}},
	)
}

func lines(records ...wire.Record) string {
	var b strings.Builder
	for _, record := range records {
		line, err := json.Marshal(record)
		if err != nil {
			panic(err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}
