//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// wait is the delay of the server that honesty is measured with.
const wait = 20 * time.Millisecond

// name is by what the server can be recognised.
const name = "web-7d9f8b6c5-x2k4p"

// serve is the server for all generators: it answers at once and names itself.
// It prints its address first.
func serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Served-By", name)
		_, _ = io.WriteString(w, "hello\n")
	}))
}

// delay is a server that answers a fixed time after it has read the request,
// and takes down how long that was. It is no HTTP server, so that its own
// business adds nothing. When told to end it prints the durations.
func delay() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	var mu sync.Mutex
	var durations wire.Latency
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				took := answerLate(conn)
				mu.Lock()
				defer mu.Unlock()
				durations.Record(took)
			}()
		}
	}()
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	<-end
	mu.Lock()
	defer mu.Unlock()
	return json.NewEncoder(os.Stdout).Encode(durations)
}

func answerLate(conn net.Conn) time.Duration {
	defer func() { _ = conn.Close() }()
	_, _ = conn.Read(make([]byte, 4096))
	begin := time.Now()
	// Timers are late by a tenth of a millisecond and more: the end is waited
	// for without one.
	time.Sleep(wait - time.Millisecond)
	for time.Since(begin) < wait {
	}
	took := time.Since(begin)
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	return took
}

// process is a server that runs in a process of its own.
type process struct {
	command *exec.Cmd
	out     *bufio.Reader
	address string
}

func startServer(o options, kind string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{command: command(o, serverCore, self, kind)}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.command.Stderr = os.Stderr
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	p.out = bufio.NewReader(out)
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("reading the server's address: %w", err)
	}
	p.address = strings.TrimSpace(line)
	return p, nil
}

func (p *process) stop() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}

// durations ends the server and returns what it has measured.
func (p *process) durations() (wire.Latency, error) {
	var l wire.Latency
	_ = p.command.Process.Signal(syscall.SIGTERM)
	err := json.NewDecoder(p.out).Decode(&l)
	_ = p.command.Wait()
	return l, err
}
