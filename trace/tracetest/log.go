package tracetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Logs are what the pods of a network write of the requests that they answer: an
// access log in the combined format.
type Logs struct {
	mu    sync.Mutex
	lines map[string][]string
	// Refuses is what reading them ends in.
	Refuses error
	// Statusless has lines leave out what was answered.
	Statusless bool
	// Reads counts how often a log was read.
	Reads int
	// Claims has a pod's lines written by another.
	Claims map[string]string
	// Proxy is the pod that writes of all requests through Ingresses and Gateways to
	// which pod it has handed them, as Traefik does in JSON. Retries is how often it
	// says to have tried, and Shut what reading its log ends in.
	Proxy   string
	Retries int
	Shut    error
}

var _ trace.LogReader = (*Logs)(nil)

// Logging makes the network's pods write logs, and returns these.
func (n *Network) Logging() *Logs {
	n.logs = &Logs{lines: map[string][]string{}, Claims: map[string]string{}}
	return n.logs
}

// Lines hands over the lines of the pod that hold the text.
func (l *Logs) Lines(_ context.Context, pod *corev1.Pod, _ time.Duration, text string, found func(string)) error {
	l.mu.Lock() // several are read at once
	defer l.mu.Unlock()
	l.Reads++
	for _, line := range l.lines[pod.Name] {
		if strings.Contains(line, text) {
			found(line)
		}
	}
	if pod.Name == l.Proxy {
		return l.Shut
	}
	return l.Refuses
}

// pass notes a request that the proxy has handed to a pod's address.
func (l *Logs) pass(marker string, r route.Route, to target.Socket, status int) {
	if l == nil || l.Proxy == "" || r.Kind != route.Ingress && r.Kind != route.Gateway {
		return
	}
	l.lines[l.Proxy] = append(l.lines[l.Proxy], fmt.Sprintf(`{"DownstreamStatus":%d,"RequestMethod":"GET","RequestPath":"/as/sent","RetryAttempts":%d,"ServiceAddr":"%s:%d","request_User-Agent":"kubectl-nettrace/test (%s)"}`,
		status, l.Retries, to.Address, to.Number, marker))
}

// write notes a request that the pod has answered.
func (l *Logs) write(pod, marker, path string, status int) {
	if l == nil {
		return
	}
	if other := l.Claims[pod]; other != "" {
		pod = other
	}
	answered := fmt.Sprint(status)
	if l.Statusless {
		answered = "-"
	}
	l.lines[pod] = append(l.lines[pod], fmt.Sprintf(`10.0.0.9 - - [01/Jun/2026:00:00:00 +0000] "GET %s HTTP/1.1" %s 2 "-" "kubectl-nettrace/test (%s)"`, path, answered, marker))
}
