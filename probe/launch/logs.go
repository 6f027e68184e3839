package launch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// maxLine bounds one line of a log: far above the largest record.
const maxLine = 8 << 20

var (
	errSilent = errors.New("the log stream was silent for too long")
	errLong   = fmt.Errorf("a line of the log is longer than %d MiB", maxLine>>20)
)

// logOpener opens the log of a probe, from its beginning. The stream goes on
// until the container ends, or until something on the way cuts it.
type logOpener interface {
	open(ctx context.Context, pod string) (io.ReadCloser, error)
}

type podLogs struct{ pods typedcorev1.PodInterface }

func (p podLogs) open(ctx context.Context, pod string) (io.ReadCloser, error) {
	return p.pods.GetLogs(pod, &corev1.PodLogOptions{Container: container, Follow: true}).Stream(ctx)
}

// untrusted is an error after which reading again does not help.
type untrusted struct{ error }

// read reads the log until the last record. A stream that ends before that may
// have been cut anywhere between the container and here, so it is read again.
// Once the container has ended, one complete reading more is the last word.
func (f *follower) read(ctx context.Context, observe func(wire.Record)) error {
	var collector wire.Collector
	for fruitless := 0; ; {
		now, before := f.tracker.state(), collector.Last()
		err := f.stream(ctx, now.pod.Name, &collector, observe)
		var final untrusted
		switch {
		case errors.As(err, &final):
			return f.fail(mistrust(final.error))
		case collector.Complete():
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case now.phase() == ended && (err == nil || apierrors.IsNotFound(err)):
			return f.fail(postMortem(now, collector.Notes()))
		case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
			return f.fail(refusal("read the probe's log", err))
		case collector.Last() > before:
			fruitless = 0
		case collector.Last() == 0 && f.late():
			return f.fail(f.mute(collector.Notes()))
		default:
			fruitless++
		}
		if fruitless >= f.pace.attempts {
			return f.fail(f.unreadable(ctx, err, collector.Last()))
		}
		f.pause(ctx, fruitless)
	}
}

// stream reads a log once, as far as it goes. No error means that it ended.
func (f *follower) stream(ctx context.Context, pod string, c *wire.Collector, observe func(wire.Record)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(f.pace.idle, func() { cancel(errSilent) })
	defer watchdog.Stop()

	log, err := f.logs.open(ctx, pod)
	if err != nil {
		return because(ctx, err)
	}
	defer func() { _ = log.Close() }()
	// A read that waits for a dead connection only ends when that is closed.
	defer context.AfterFunc(ctx, func() { _ = log.Close() })()

	lines := bufio.NewReaderSize(heard{log, func() { watchdog.Reset(f.pace.idle) }}, 64<<10)
	for {
		line, err := readLine(lines)
		if err != nil && bytes.HasPrefix(line, []byte("{")) {
			line = nil // the beginning of a record; the whole one comes next time
		}
		if bad := take(c, line, observe); bad != nil {
			return untrusted{bad}
		}
		switch {
		case errors.Is(err, errLong):
			return untrusted{err}
		case c.Complete(), errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return because(ctx, err)
		}
	}
}

// because returns why a context ended, of which err is but a consequence, or err
// when it has not.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// heard calls back whenever something was read.
type heard struct {
	io.Reader
	tell func()
}

func (h heard) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	h.tell()
	return n, err
}

// take hands a line's record over, if it is a new one.
func take(c *wire.Collector, line []byte, observe func(wire.Record)) error {
	record, err := c.Add(line)
	if err != nil || record == nil {
		return err
	}
	if hello := record.Hello; hello != nil && hello.Version != wire.Version {
		return versionError{probe: hello.Version}
	}
	observe(*record)
	return nil
}

// readLine returns the next line, or what there is of it when an error ends it.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxLine {
			return nil, errLong
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// pause waits before the log is opened again, ever longer up to two seconds,
// and not at all when something happens to the pod.
func (f *follower) pause(ctx context.Context, fruitless int) {
	timer := time.NewTimer(min(f.pace.retry<<fruitless, 2*time.Second))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-f.tracker.changed:
	case <-timer.C:
	}
}
