package forward

import (
	"io"
	"net"
	"testing"
)

// A half that has ended must reach the other side while the answer still
// comes: the way "kubectl exec" and plain HTTP/1.0 use a connection.
func TestCarry(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	go func() {
		connection, err := server.Accept()
		if err != nil {
			return
		}
		defer func() { _ = connection.Close() }()
		if request, err := io.ReadAll(connection); err == nil {
			_, _ = connection.Write(append([]byte("got "), request...))
		}
	}()
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = front.Close() }()
	go func() {
		if connection, err := front.Accept(); err == nil {
			_ = carry(connection, server.Addr().String())
		}
	}()
	client, err := net.Dial("tcp", front.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := client.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := client.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(client); err != nil || string(answer) != "got hello" {
		t.Errorf("got %q, %v", answer, err)
	}
}
