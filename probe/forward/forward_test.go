package forward

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func target(port int) Target {
	return Target{Namespace: "shop", Pod: "web-0", Address: "10.0.0.1", Port: port}
}

func dial(t *testing.T, f *Forwarder, port int) (net.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	conn, err := f.Dial(ctx, "tcp", target(port).String())
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	}
	return conn, err
}

func TestTalk(t *testing.T) {
	s := newServer(t)
	f := s.forwarder(t, target(echoes), target(answersAndCloses), target(greets))
	for port, want := range map[int]string{echoes: "ASK", answersAndCloses: "bye", greets: "hello"} {
		conn, err := dial(t, f, port)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "ask"); err != nil {
			t.Error(err)
		}
		got := make([]byte, len(want))
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
			t.Errorf("port %d: got %q, %v", port, got, err)
		}
		if port == answersAndCloses {
			if n, err := conn.Read(got); n != 0 || !errors.Is(err, io.EOF) {
				t.Errorf("after the end: %d, %v", n, err)
			}
		}
	}
	if want := []string{"GET /api/v1/namespaces/shop/pods/web-0/portforward", "POST /api/v1/namespaces/shop/pods/web-0/portforward"}; !slices.Equal(s.asked, want) {
		t.Errorf("opened the way to one pod by %v", s.asked)
	}
}

// Connections of one pod share the way, and do not mix.
func TestManyAtOnce(t *testing.T) {
	f := newServer(t).forwarder(t, target(echoes))
	var all sync.WaitGroup
	for i := range 2 * maxConns {
		all.Go(func() {
			conn, err := f.Dial(t.Context(), "tcp", "10.0.0.1:1")
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			text := strings.Repeat(string(rune('a'+i%26)), 200)
			_, _ = io.WriteString(conn, text)
			got := make([]byte, len(text))
			if _, err := io.ReadFull(conn, got); err != nil || string(got) != strings.ToUpper(text) {
				t.Errorf("sent %q, got %q, %v", text, got, err)
			}
		})
	}
	all.Wait()
	if n := len(f.slots); n != 0 {
		t.Errorf("%d connections were never returned", n)
	}
}

// Nobody listens on the port: whether it is known at once or later, that is a
// refusal by the pod.
func TestRefusal(t *testing.T) {
	f := newServer(t).forwarder(t, target(refuses), target(refusesLate))
	_, atOnce := dial(t, f, refuses)
	conn, err := dial(t, f, refusesLate)
	if err != nil {
		t.Fatal(err)
	}
	_, later := conn.Read(make([]byte, 1))
	time.Sleep(10 * time.Millisecond)
	_, writing := conn.Write([]byte("x"))
	for name, err := range map[string]error{"at once": atOnce, "reading": later, "writing": writing} {
		var refusal *Refusal
		if !errors.As(err, &refusal) || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := len(f.slots); n != 1 {
		t.Errorf("%d connections are held, one is open", n)
	}
}

// What fails on the way is not said of the pod.
func TestFailure(t *testing.T) {
	status := func(code int32, reason metav1.StatusReason, message string) *metav1.Status {
		return &metav1.Status{Code: code, Reason: reason, Message: message}
	}
	for name, test := range map[string]struct {
		port   int
		status *metav1.Status
		says   string
	}{
		"no right":    {echoes, status(http.StatusForbidden, metav1.StatusReasonForbidden, `pods "web-0" is forbidden: User "me" cannot create resource "pods/portforward"`), "you may not forward ports of pods"},
		"no pod":      {echoes, status(http.StatusNotFound, metav1.StatusReasonNotFound, `pods "web-0" not found`), "no such pod"},
		"not running": {echoes, status(http.StatusInternalServerError, metav1.StatusReasonInternalError, "unable to forward port because pod is not running. Current status=Pending"), "it does not run"},
		"no kubelet":  {echoes, status(http.StatusInternalServerError, metav1.StatusReasonInternalError, "error dialing backend: dial tcp 192.0.2.1:10250: connect: connection refused"), "does not reach the kubelet"},
		"no sandbox":  {isBeyondTheNode, nil, "its node did not connect to the port: error forwarding port 8 to pod 5f3a, uid : failed to find network namespace for sandbox [31m5f3a"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.status = test.status
			_, err := dial(t, s.forwarder(t, target(test.port)), test.port)
			wantFailure(t, err, test.says)
			var failure *Failure
			if errors.As(err, &failure); (len(failure.Missing) == 1) != (name == "no right") {
				t.Errorf("missing rights: %v", failure.Missing)
			}
		})
	}
	s := newServer(t)
	f := s.forwarder(t, target(echoes))
	s.Close()
	_, err := dial(t, f, echoes)
	wantFailure(t, err, "did not open the way")
}

// A way that breaks off ends what went over it, and is opened again.
func TestLost(t *testing.T) {
	s := newServer(t)
	f := s.forwarder(t, target(breaksTheWay), target(echoes))
	conn, err := dial(t, f, breaksTheWay)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "x")
	_, err = conn.Read(make([]byte, 1))
	wantFailure(t, err, "broke off")
	if _, err := dial(t, f, echoes); err != nil {
		t.Error(err)
	}
	if n := len(s.conns); n != 2 {
		t.Errorf("%d connections to the API server", n)
	}
}

// A way that cannot be opened is tried again the next time.
func TestRetry(t *testing.T) {
	s := newServer(t)
	s.status = &metav1.Status{Code: 500, Message: "starting"}
	f := s.forwarder(t, target(echoes))
	_, err := dial(t, f, echoes)
	wantFailure(t, err, "starting")
	s.status = nil
	if _, err := dial(t, f, echoes); err != nil {
		t.Error(err)
	}
}

func TestDeadlines(t *testing.T) {
	f := newServer(t).forwarder(t, target(isMute))
	conn, err := dial(t, f, isMute)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), shortest/4)
	defer cancel()
	_, err = f.Dial(ctx, "tcp", "10.0.0.1:6")
	wantFailure(t, err, "in time")
	if n := len(f.slots); n != 1 {
		t.Errorf("%d connections are held, one is open", n)
	}
}

// No more connections are open at once than are allowed.
func TestBounds(t *testing.T) {
	f := newServer(t).forwarder(t, target(isMute))
	for range maxConns {
		f.slots <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := f.Dial(ctx, "tcp", target(isMute).String())
	wantFailure(t, err, "in time")

	var many []Target
	for i := range maxPods + 1 {
		many = append(many, Target{Namespace: "shop", Pod: "web-" + string(rune('0'+i)), Port: 80})
	}
	if _, err := New(nil, nil, many); err == nil {
		t.Error("so many pods are accepted")
	}
}

func TestDialOnlyTargets(t *testing.T) {
	f := newServer(t).forwarder(t, target(echoes))
	for address, network := range map[string]string{"10.0.0.1:2": "tcp", "10.0.0.2:1": "tcp", "web-0/other:1": "tcp", "10.0.0.1:1": "udp"} {
		if _, err := f.Dial(t.Context(), network, address); err == nil {
			t.Errorf("dialled %s %s", network, address)
		}
	}
}

func TestClosed(t *testing.T) {
	f := newServer(t).forwarder(t, target(isMute))
	conn, err := dial(t, f, isMute)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	_, err = conn.Read(make([]byte, 1))
	wantFailure(t, err, "broke off")
	_, err = dial(t, f, isMute)
	wantFailure(t, err, "closed")
	if conn.RemoteAddr().String() != "web-0/shop:6" {
		t.Errorf("the address is %s", conn.RemoteAddr())
	}
}

func wantFailure(t *testing.T, err error, says string) {
	t.Helper()
	var failure *Failure
	if !errors.As(err, &failure) || !strings.Contains(err.Error(), says) {
		t.Fatalf("got %v, want … %s …", err, says)
	}
	var number syscall.Errno
	if errors.As(err, &number) {
		t.Errorf("%v is said of the pod: %v", number, err)
	}
}
