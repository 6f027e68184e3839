//go:build !windows

package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// asProbe makes the test binary behave as the probe itself.
const asProbe = "NETTRACE_TEST_AS_PROBE"

func TestMain(m *testing.M) {
	if os.Getenv(asProbe) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// planFor returns a plan of some requests to an address.
func planFor(t *testing.T, address string, requests int) string {
	t.Helper()
	text, err := wire.Encode(wire.Plan{
		Version: wire.Version, Run: "f00", Vantage: 3, UserAgent: "kubectl-nettrace/test", Rate: 1e6, Concurrency: 2,
		Timeout: time.Minute, Deadline: time.Minute,
		Routes: []wire.Route{{ID: 1, Protocol: wire.HTTP, Address: address, Host: "shop.example", Requests: requests}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// collect reads records, and fails the test when they are not complete.
func collect(t *testing.T, lines io.Reader) []*wire.Record {
	t.Helper()
	var collector wire.Collector
	var records []*wire.Record
	for scanner := bufio.NewScanner(lines); scanner.Scan(); {
		record, err := collector.Add(scanner.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, record)
	}
	if !collector.Complete() || len(collector.Notes()) != 0 {
		t.Fatalf("got %d records, which are not all, and the notes %q", len(records), collector.Notes())
	}
	return records
}

// writes keeps each write apart.
type writes [][]byte

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, bytes.Clone(p))
	return len(p), nil
}

func TestProbe(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	text := planFor(t, server.Listener.Addr().String(), 20)
	file := filepath.Join(t.TempDir(), "plan")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"NETTRACE_PLAN": text, "NETTRACE_PLAN_FILE": file} {
		var out writes
		err := probe(context.Background(), func(key string) string { return map[string]string{name: value}[key] }, &out)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		records := collect(t, bytes.NewReader(bytes.Join(out, nil)))
		if records[0].Hello.Vantage != 3 || records[0].Hello.Release != release || records[len(records)-1].End.Requests != 20 {
			t.Errorf("%s: got %+v", name, records)
		}
		for _, line := range out {
			if bytes.Count(line, []byte("\n")) != 1 || line[len(line)-1] != '\n' {
				t.Errorf("%s: one write holds %q", name, line)
			}
		}
	}
}

func TestProbeRefuses(t *testing.T) {
	for name, environment := range map[string]map[string]string{
		"no plan":      {},
		"no such file": {"NETTRACE_PLAN_FILE": "/no/such/file"},
		"damaged":      {"NETTRACE_PLAN": "H4sI"},
	} {
		var out writes
		if err := probe(context.Background(), func(key string) string { return environment[key] }, &out); err == nil || len(out) != 0 {
			t.Errorf("%s: got error %v and %d lines", name, err, len(out))
		}
	}
}

// start runs the probe as a process of its own.
func start(t *testing.T, environment ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), append(environment, asProbe+"=1")...)
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return command, &out, &complaints
}

func TestSignals(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		command, out, complaints := start(t, "NETTRACE_PLAN="+planFor(t, listener.Addr().String(), 20))
		// The probe hangs in its first requests, for up to a minute.
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if err := command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if err := command.Wait(); err != nil {
			t.Fatalf("%v: %v, %s", signal, err, complaints)
		}
		records := collect(t, out)
		if end := records[len(records)-1].End; end.Stopped != wire.StopSignal || end.Requests != 0 {
			t.Errorf("%v: got %+v", signal, end)
		}
	}
}

func TestExitCode(t *testing.T) {
	command, out, complaints := start(t, "NETTRACE_PLAN=", "NETTRACE_PLAN_FILE=")
	_ = command.Wait()
	if code := command.ProcessState.ExitCode(); code != 1 || out.Len() != 0 || strings.Count(complaints.String(), "\n") != 1 {
		t.Errorf("exit code %d, output %q, complaint %q", code, out, complaints)
	}
}
