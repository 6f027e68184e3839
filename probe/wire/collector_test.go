package wire

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// lines of a probe that sent five requests in two cells.
func lines(t *testing.T) []string {
	t.Helper()
	var all []string
	for i, r := range []Record{
		{Hello: &Hello{Version: Version}}, {Progress: &Progress{Sent: 1}},
		{Cell: &Cell{Route: 1, Sent: 2}}, {Cell: &Cell{Route: 2, Sent: 3}}, {End: &End{Cells: 2, Requests: 5}},
	} {
		r.Number = i + 1
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

func TestCollector(t *testing.T) {
	all := lines(t)
	const noise, more = "panic: something", `{"level":"info","n":1}`
	tests := map[string]struct {
		lines    []string
		records  int
		complete bool
		notes    []string
		err      string
	}{
		"all":                 {all, 5, true, nil, ""},
		"with blanks":         {[]string{"", all[0], "  ", all[1] + "\r\n"}, 2, false, nil, ""},
		"not yet the end":     {all[:4], 4, false, nil, ""},
		"read again":          {slices.Concat(all[:3], all), 5, true, nil, ""},
		"read after the end":  {slices.Concat(all, all), 5, true, nil, ""},
		"mixed with others":   {slices.Concat([]string{noise}, all[:2], []string{more}, all[2:]), 5, true, []string{noise, more}, ""},
		"a note again":        {[]string{noise, noise}, 0, false, []string{noise}, ""},
		"cut within a record": {slices.Concat(all[:2], []string{all[2][:20]}, all), 5, true, []string{all[2][:20]}, ""},
		"not from the start":  {all[1:], 0, false, nil, "number 2 follows number 0"},
		"a gap":               {[]string{all[0], all[2]}, 1, false, nil, "number 3 follows number 1"},
		"after the end":       {append(slices.Clone(all), `{"n":6,"progress":{}}`), 5, true, nil, "follows the end"},
		"a cell too few":      {[]string{all[0], `{"n":2,"end":{"cells":1,"requests":0}}`}, 1, true, nil, "0 requests in 0 cells"},
		"a request too many":  {[]string{`{"n":1,"cell":{"route":1,"sent":3}}`, `{"n":2,"end":{"cells":1,"requests":2}}`}, 1, true, nil, "3 requests in 1 cells"},
		"no number":           {[]string{`{"n":0,"hello":{}}`, `{"n":-4}`}, 0, false, nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var c Collector
			var records int
			var problem string
			for _, line := range test.lines {
				record, err := c.Add([]byte(line))
				if err != nil {
					problem = err.Error()
					break
				}
				if record != nil {
					records++
					if record.Number != records || c.Last() != records {
						t.Errorf("record %d has number %d, the last is %d", records, record.Number, c.Last())
					}
				}
			}
			if records != test.records || c.Complete() != test.complete || !slices.Equal(c.Notes(), test.notes) {
				t.Errorf("got %d records, complete %v, notes %q", records, c.Complete(), c.Notes())
			}
			if (test.err == "") != (problem == "") || !strings.Contains(problem, test.err) {
				t.Errorf("got error %q, want %q", problem, test.err)
			}
		})
	}
}

func TestNotesAreBounded(t *testing.T) {
	var c Collector
	for i := range 100 {
		if _, err := c.Add([]byte(fmt.Sprintf("%03d %s", i, strings.Repeat("x", 10_000)))); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.Notes()) != maxNotes {
		t.Errorf("kept %d notes", len(c.Notes()))
	}
	for _, note := range c.Notes() {
		if len(note) > maxNote {
			t.Errorf("kept a note of %d bytes", len(note))
		}
	}
}
