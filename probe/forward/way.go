package forward

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"
)

// way is the connection, through the API server, to one pod. All connections
// into the pod share it.
type way struct {
	pod    pod
	dialer func(pod) (httpstream.Dialer, error)

	mu      sync.Mutex
	opening *opening
	closed  bool
	// requests counts the pairs of streams, which the other side tells apart by
	// their numbers.
	requests int
}

// opening is an attempt to open the way, and what became of it.
type opening struct {
	done chan struct{}
	conn httpstream.Connection
	err  error
}

// dialer opens SPDY inside of a WebSocket, which passes through more proxies, and
// where an API server or a proxy does not know that, as it used to be.
func dialer(config *rest.Config, client rest.Interface, p pod) (httpstream.Dialer, error) {
	url := client.Post().Resource("pods").Namespace(p.namespace).Name(p.name).SubResource("portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	direct := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, url)
	tunnel, err := portforward.NewSPDYOverWebsocketDialerForStreaming(url, config)
	if err != nil {
		return nil, err
	}
	return portforward.NewFallbackDialerForStreaming(tunnel, direct, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	}), nil
}

// open returns the connection to the pod, a new one if there is none any more.
func (w *way) open(ctx context.Context, t Target) (httpstream.Connection, error) {
	o := w.begin()
	if o == nil {
		return nil, &Failure{Namespace: t.Namespace, Pod: t.Pod, What: "the forwarding has been closed"}
	}
	select {
	case <-o.done:
	case <-ctx.Done():
		return nil, late(t)
	}
	if o.err != nil {
		return nil, unopened(t, o.err)
	}
	return o.conn, nil
}

func (w *way) begin() *opening {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	if w.opening == nil || w.opening.over() {
		w.opening = &opening{done: make(chan struct{})}
		go w.dial(w.opening)
	}
	return w.opening
}

// dial is not bound to the context of whoever asked first: others wait for it.
func (w *way) dial(o *opening) {
	defer close(o.done)
	dialer, err := w.dialer(w.pod)
	if err != nil {
		o.err = err
		return
	}
	o.conn, _, o.err = dialer.Dial(portforward.PortForwardProtocolV1Name)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed && o.err == nil {
		_ = o.conn.Close()
	}
}

// over reports whether the attempt has failed, or the connection has ended since.
func (o *opening) over() bool {
	select {
	case <-o.done:
	default:
		return false
	}
	if o.err != nil {
		return true
	}
	select {
	case <-o.conn.CloseChan():
		return true
	default:
		return false
	}
}

func (w *way) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.opening == nil {
		return
	}
	select {
	case <-w.opening.done:
		if w.opening.err == nil {
			_ = w.opening.conn.Close()
		}
	default: // dial sees that it is closed
	}
}

// connect connects to a port of the pod. When the connection is closed it calls
// release, and not if there is an error.
func (w *way) connect(ctx context.Context, t Target, release func()) (*conn, error) {
	connection, err := w.open(ctx, t)
	if err != nil {
		return nil, err
	}
	type pair struct {
		*conn
		err error
	}
	made := make(chan pair, 1)
	go func() {
		c, err := w.pair(connection, t)
		made <- pair{c, err}
	}()
	select {
	case p := <-made:
		if p.err != nil {
			return nil, unopened(t, p.err)
		}
		p.release = release
		if err := p.settle(ctx); err != nil {
			p.release = func() {}
			_ = p.Close()
			return nil, err
		}
		return p.conn, nil
	case <-ctx.Done():
		go func() {
			if p := <-made; p.err == nil {
				_ = p.Close()
			}
		}()
		return nil, late(t)
	}
}

// pair creates the two streams that are one connection.
func (w *way) pair(connection httpstream.Connection, t Target) (*conn, error) {
	w.mu.Lock()
	w.requests++
	headers := http.Header{}
	headers.Set(corev1.PortHeader, strconv.Itoa(t.Port))
	headers.Set(corev1.PortForwardRequestIDHeader, strconv.Itoa(w.requests))
	w.mu.Unlock()

	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	complaints, err := connection.CreateStream(headers)
	if err != nil {
		return nil, err
	}
	_ = complaints.Close() // in our direction
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	begin := time.Now()
	data, err := connection.CreateStream(headers)
	if err != nil {
		_ = complaints.Reset()
		connection.RemoveStreams(complaints)
		return nil, err
	}
	return newConn(t, connection, data, complaints, time.Since(begin)), nil
}
