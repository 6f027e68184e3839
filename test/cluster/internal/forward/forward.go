// Package forward carries connections from the real machine to the API
// server, which has no address there.
//
// A socket belongs for ever to the namespace it was made in. So the listener
// is made on the machine's loopback and handed over to a process that lives
// inside the control plane's namespace and dials from there.
package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
)

// Serve accepts on the inherited descriptor and dials target for each
// connection. It returns when the listener fails.
func Serve(descriptor uintptr, target string) error {
	listener, err := net.FileListener(os.NewFile(descriptor, "listener"))
	if err != nil {
		return fmt.Errorf("taking over the listener: %w", err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			return fmt.Errorf("accepting: %w", err)
		}
		go func() {
			if err := carry(client, target); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}()
	}
}

func carry(client net.Conn, target string) error {
	defer func() { _ = client.Close() }()
	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", target)
	if err != nil {
		return fmt.Errorf("dialling the API server: %w", err)
	}
	defer func() { _ = server.Close() }()
	var both sync.WaitGroup
	var failures [2]error
	both.Go(func() { failures[0] = copyHalf(server, client) })
	both.Go(func() { failures[1] = copyHalf(client, server) })
	both.Wait()
	return errors.Join(failures[:]...)
}

// copyHalf passes on one direction with its end, so that the other direction
// can still finish.
func copyHalf(to, from net.Conn) error {
	_, err := io.Copy(to, from)
	if err != nil {
		// A broken half must not leave the other one waiting.
		_ = to.Close()
		_ = from.Close()
		return fmt.Errorf("carrying: %w", err)
	}
	return to.(*net.TCPConn).CloseWrite()
}
