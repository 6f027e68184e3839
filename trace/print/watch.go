package print

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/watch"
)

// Watch writes what a watch sees, as it comes: a line for each event, or an object.
type Watch struct {
	out     io.Writer
	objects bool
	several bool
	err     error
}

// NewWatch returns a writer for a watch of the Services with the names, as JSON objects
// or as lines.
func NewWatch(out io.Writer, objects bool, names []target.Name) *Watch {
	return &Watch{out: out, objects: objects, several: len(names) > 1}
}

// Events writes what changed about a Service, or of the watch itself where it has no
// name. Its errors come with the summary.
func (w *Watch) Events(name target.Name, events []watch.Event) {
	for _, e := range events {
		if w.objects {
			w.object(name, "event", e)
			continue
		}
		text := e.Text
		if w.several && name.Name != "" {
			text = name.String() + ": " + text
		}
		w.write(hang(clock(e.Time)+"  ", plain(text)))
	}
}

// Summary writes what was seen in all, and returns the first error of writing.
func (w *Watch) Summary(name target.Name, s watch.Summary) error {
	if w.objects {
		w.object(name, "summary", s)
		return w.err
	}
	w.write("\n" + hang("", fmt.Sprintf("%s, watched for %s: %d requests through the Service, %d failed", name, s.To.Sub(s.From).Round(time.Second), s.Sent, s.Failed)))
	for _, spell := range s.Spells {
		w.write("\n" + hang("✘ "+clock(spell.From)+"  ", plain(spell.String())))
		for _, c := range spell.Meanwhile {
			w.write(hang("            "+clock(c.Time)+"  ", plain(c.Text)))
		}
	}
	if len(s.Lives) > 0 {
		w.write("\n")
	}
	for _, life := range s.Lives {
		var parts []string
		for _, p := range life.Parts {
			part := fmt.Sprintf("%s %s", clock(p.Since), p.Phase)
			if p.Failed > 0 {
				part += fmt.Sprintf(" (%d requests failed then)", p.Failed)
			}
			parts = append(parts, part)
		}
		w.write(hang(plain(life.Endpoint)+"  ", strings.Join(parts, ", ")))
	}
	for _, b := range s.Blind {
		w.write(hang("Note  ", fmt.Sprintf("from %s to %s no request was under way, or none of which the outcome is known: nothing is known of that time", clock(b.From), clock(b.To))))
	}
	return w.err
}

// object writes one line of JSON.
func (w *Watch) object(name target.Name, kind string, value any) {
	line := map[string]any{kind: value}
	if name.Name != "" {
		line["service"] = name.String()
	}
	text, err := json.Marshal(line)
	if err != nil {
		return // times and texts always marshal
	}
	w.write(escaped(string(text)) + "\n")
}

func (w *Watch) write(text string) {
	if _, err := io.WriteString(w.out, text); err != nil && w.err == nil {
		w.err = err
	}
}

func clock(t time.Time) string { return t.Local().Format(time.TimeOnly) }
