package forward

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// The ports of the pods behind the server of these tests, by what they do.
const (
	echoes = iota + 1
	refuses
	refusesLate
	answersAndCloses
	greets
	isMute
	breaksTheWay
	isBeyondTheNode
)

// server is an API server and a node in one, which forwards to ports.
type server struct {
	*httptest.Server
	// status, if set, is what it answers instead of forwarding.
	status *metav1.Status

	mu    sync.Mutex
	asked []string
	conns []httpstream.Connection
	pairs map[string]*streams
}

type streams struct{ data, complaints httpstream.Stream }

func newServer(t *testing.T) *server {
	s := &server{pairs: map[string]*streams{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) forwarder(t *testing.T, targets ...Target) *Forwarder {
	t.Helper()
	config := &rest.Config{Host: s.URL}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	f, err := New(config, client.CoreV1().RESTClient(), targets)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	if s.status != nil {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(int(s.status.Code))
		_, _ = fmt.Fprintf(w, `{"apiVersion":"v1","kind":"Status","status":"Failure","reason":%q,"message":%q,"code":%d}`,
			s.status.Reason, s.status.Message, s.status.Code)
		return
	}
	// As API servers of before WebSockets do.
	if r.Method != http.MethodPost {
		http.Error(w, "unable to upgrade: not SPDY", http.StatusBadRequest)
		return
	}
	if _, err := httpstream.Handshake(r, w, []string{"portforward.k8s.io"}); err != nil {
		return
	}
	conn := spdy.NewResponseUpgrader().UpgradeResponse(w, r, s.accept)
	s.mu.Lock()
	s.conns = append(s.conns, conn)
	s.mu.Unlock()
	<-conn.CloseChan()
}

// accept puts the streams of a connection together, as the node does.
func (s *server) accept(stream httpstream.Stream, replied <-chan struct{}) error {
	headers := stream.Headers()
	id := headers.Get(corev1.PortForwardRequestIDHeader)
	s.mu.Lock()
	defer s.mu.Unlock()
	pair := s.pairs[id]
	if pair == nil {
		pair = &streams{}
		s.pairs[id] = pair
	}
	if headers.Get(corev1.StreamType) == corev1.StreamTypeError {
		pair.complaints = stream
		return nil
	}
	pair.data = stream
	port, err := strconv.Atoi(headers.Get(corev1.PortHeader))
	if err != nil {
		return err
	}
	go func() {
		<-replied
		s.serve(port, pair)
	}()
	return nil
}

func (s *server) serve(port int, pair *streams) {
	complain := func(words string) {
		_, _ = fmt.Fprintf(pair.complaints, "error forwarding port %d to pod 5f3a, uid : %s", port, words)
		_ = pair.data.Reset()
		_ = pair.complaints.Reset()
	}
	const refused = `failed to execute portforward in network namespace "/var/run/netns/cni-1": failed to connect to localhost:2 inside namespace "5f3a", ` +
		"IPv4: dial tcp4 127.0.0.1:2: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found "
	switch port {
	case echoes:
		buffer := make([]byte, 64)
		for {
			n, err := pair.data.Read(buffer)
			if err != nil {
				break
			}
			_, _ = pair.data.Write(bytes.ToUpper(buffer[:n]))
		}
	case refuses:
		complain(refused)
		return
	case refusesLate:
		time.Sleep(2 * shortest)
		complain(refused)
		return
	case isBeyondTheNode:
		complain("failed to find network namespace for sandbox \x1b[31m5f3a")
		return
	case answersAndCloses:
		_, _ = pair.data.Read(make([]byte, 64))
		_, _ = io.WriteString(pair.data, "bye")
	case greets:
		_, _ = io.WriteString(pair.data, "hello")
		_, _ = pair.data.Read(make([]byte, 64))
	case isMute:
		_, _ = pair.data.Read(make([]byte, 64))
		return
	case breaksTheWay:
		_, _ = pair.data.Read(make([]byte, 64))
		s.hangUp()
		return
	}
	_ = pair.data.Close()
	_ = pair.complaints.Close()
}

func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		_ = conn.Close()
	}
}

func (s *server) Close() {
	s.hangUp()
	s.CloseClientConnections()
	s.Server.Close()
}
