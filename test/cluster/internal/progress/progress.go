// Package progress shows what is being done and for how long: a line that
// spins on a terminal, plain lines now and then elsewhere.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// plainInterval is how often a log is told that a step still goes on.
const plainInterval = 30 * time.Second

// Reporter writes the progress of one step at a time.
type Reporter struct {
	out      io.Writer
	terminal bool
}

// New returns a reporter to file.
func New(file *os.File) *Reporter {
	info, err := file.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &Reporter{out: file, terminal: terminal}
}

// Step runs what and shows name while it lasts and how it ended.
func (r *Reporter) Step(name string, what func() error) error {
	start := time.Now()
	done := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() { r.tick(name, start, done) })
	err := what()
	close(done)
	ticking.Wait()
	sign := "✔"
	if err != nil {
		sign = "✘"
	}
	if r.terminal {
		fmt.Fprint(r.out, "\r\x1b[K")
	}
	fmt.Fprintf(r.out, "%s %s (%s)\n", sign, name, elapsed(start))
	return err
}

// tick shows that the step is alive until done.
func (r *Reporter) tick(name string, start time.Time, done <-chan struct{}) {
	interval := plainInterval
	if r.terminal {
		interval = 120 * time.Millisecond
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	for frame := 0; ; frame++ {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		if r.terminal {
			fmt.Fprintf(r.out, "\r\x1b[K%c %s (%s)", frames[frame%len(frames)], name, elapsed(start))
		} else {
			fmt.Fprintf(r.out, "… %s (%s so far)\n", name, elapsed(start))
		}
	}
}

func elapsed(start time.Time) string {
	passed := time.Since(start)
	if passed < 10*time.Second {
		return passed.Round(100 * time.Millisecond).String()
	}
	return passed.Round(time.Second).String()
}
