package forward

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"

	"k8s.io/client-go/rest"
	"k8s.io/streaming/pkg/httpstream"
)

const (
	// maxPods bounds the connections to the API server, one for each pod.
	maxPods = 100
	// maxConns bounds the connections into pods that are open at once.
	maxConns = 32
)

// Target is a port of a pod.
type Target struct {
	Namespace, Pod string
	// Address is the pod's IP address, under which the target is known as well.
	Address string
	Port    int
}

// String is the target as [Forwarder.Dial] takes it: POD/NAMESPACE:PORT.
func (t Target) String() string {
	return fmt.Sprintf("%s/%s:%d", t.Pod, t.Namespace, t.Port)
}

// Forwarder opens connections to the ports of pods. Its methods may be called
// concurrently.
type Forwarder struct {
	targets map[string]Target
	ways    map[pod]*way
	// slots holds a token for each open connection.
	slots chan struct{}
}

// pod names a pod, and is what targets of one pod have in common.
type pod struct{ namespace, name string }

// New returns a Forwarder to the targets. It opens nothing before it is asked to.
// The client is one for the core API, such as CoreV1().RESTClient().
func New(config *rest.Config, client rest.Interface, targets []Target) (*Forwarder, error) {
	return newForwarder(targets, func(p pod) (httpstream.Dialer, error) { return dialer(config, client, p) })
}

func newForwarder(targets []Target, dialer func(pod) (httpstream.Dialer, error)) (*Forwarder, error) {
	f := &Forwarder{targets: map[string]Target{}, ways: map[pod]*way{}, slots: make(chan struct{}, maxConns)}
	for _, t := range targets {
		p := pod{t.Namespace, t.Pod}
		if f.ways[p] == nil {
			f.ways[p] = &way{pod: p, dialer: dialer}
		}
		f.targets[t.String()] = t
		if t.Address != "" {
			f.targets[net.JoinHostPort(t.Address, strconv.Itoa(t.Port))] = t
		}
	}
	if len(f.ways) > maxPods {
		return nil, fmt.Errorf("forwarding to pods: %d are too many for the API server, %d are the most", len(f.ways), maxPods)
	}
	return f, nil
}

// Dial connects to a target, named by its IP address and port or as
// POD/NAMESPACE:PORT. An error is a [*Refusal] if the pod refused, and a
// [*Failure] if the way to it could not be opened.
func (f *Forwarder) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	t, ok := f.targets[address]
	if !ok || network != "tcp" && network != "tcp4" && network != "tcp6" {
		return nil, fmt.Errorf("forwarding %s to %s: no such target", network, address)
	}
	select {
	case f.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, late(t)
	}
	var once sync.Once
	release := func() { once.Do(func() { <-f.slots }) }
	conn, err := f.ways[pod{t.Namespace, t.Pod}].connect(ctx, t, release)
	if err != nil {
		release()
		return nil, err
	}
	return conn, nil
}

// Close ends all connections.
func (f *Forwarder) Close() error {
	for _, w := range f.ways {
		w.close()
	}
	return nil
}
