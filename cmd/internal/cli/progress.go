package cli

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// progress says on a terminal how far the probes are, on a line that is
// overwritten and removed in the end. Elsewhere it says nothing.
type progress struct {
	mu       sync.Mutex
	out      io.Writer
	started  map[int]bool
	sent     map[int]int
	vantages int
	planned  int
}

func newProgress(out io.Writer, run *trace.Run) *progress {
	p := &progress{started: map[int]bool{}, sent: map[int]int{}, planned: run.Requests()}
	for _, plan := range run.Plans {
		if len(plan.Asked) > 0 && plan.Vantage.Launched() {
			p.vantages++
		}
	}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		p.out = out
	}
	p.show()
	return p
}

// observe takes note of one record of a vantage.
func (p *progress) observe(vantage int, record wire.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case record.Hello != nil:
		p.started[vantage] = true
	case record.Progress != nil:
		p.sent[vantage] = record.Progress.Sent
	case record.End != nil:
		p.sent[vantage] = record.End.Requests
	default:
		return
	}
	p.show()
}

func (p *progress) show() {
	if p.out == nil {
		return
	}
	if len(p.started) < p.vantages {
		fmt.Fprintf(p.out, "\r\x1b[Kstarting probes: %d of %d run", len(p.started), p.vantages)
		return
	}
	sent := 0
	for _, n := range p.sent {
		sent += n
	}
	fmt.Fprintf(p.out, "\r\x1b[Ksent %d of %d requests", sent, p.planned)
}

// done removes the line.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out != nil {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.out = nil
	}
}
