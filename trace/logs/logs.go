// Package logs reads what pods have written, at the edge to the API server. It
// looks for the lines that name a run, and lets go of all others at once: logs
// hold secrets.
package logs

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
)

// The bounds of reading one container's log: how much of it, how long a line may
// be, and how long it may take.
const (
	maxBytes = 8 << 20
	maxLine  = 256 << 10
	patience = 5 * time.Second
)

// Reader reads the logs of a cluster's pods.
type Reader struct{ client kubernetes.Interface }

// NewReader returns a Reader.
func NewReader(client kubernetes.Interface) *Reader { return &Reader{client: client} }

// Lines hands over each line that the containers of the pod have written in the
// last while and that holds the text. It returns the API server's error when a log
// cannot be read; what was found before stands.
func (r *Reader) Lines(ctx context.Context, pod *corev1.Pod, since time.Duration, text string, found func(line string)) error {
	for _, c := range pod.Spec.Containers {
		if err := r.container(ctx, pod, c.Name, since, text, found); err != nil {
			return fmt.Errorf("reading the log of container %s in pod %s: %w", c.Name, pod.Name, err)
		}
	}
	return nil
}

func (r *Reader) container(ctx context.Context, pod *corev1.Pod, name string, since time.Duration, text string, found func(string)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	// The age is measured by the node's own clock, which may differ from ours.
	seconds, limit := int64(math.Ceil(since.Seconds())), int64(maxBytes)
	stream, err := r.client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{Container: name, SinceSeconds: &seconds, LimitBytes: &limit}).Stream(ctx)
	if err != nil {
		return err
	}
	defer stream.Close() //nolint:errcheck // nothing was written
	return scan(io.LimitReader(stream, maxBytes), []byte(text), found)
}

// scan looks through the lines. What is longer than a line may be is passed over.
func scan(log io.Reader, text []byte, found func(string)) error {
	lines := bufio.NewReaderSize(log, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		if bytes.Contains(line, text) && !errors.Is(err, bufio.ErrBufferFull) {
			found(string(bytes.TrimRight(line, "\r\n")))
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = lines.ReadSlice('\n')
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
