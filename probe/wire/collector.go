package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Collector puts the records of one probe together from the lines of its log.
// The log may be read in pieces, and again from its beginning after it was
// cut: a record that was seen before is passed over. Lines that are no records
// are kept as notes, since a probe that dies says why in such a line.
type Collector struct {
	last     int
	cells    int
	requests int
	end      *End
	notes    []string
}

// The bounds of what is kept of lines that are no records.
const (
	maxNotes = 20
	maxNote  = 500
)

// Add takes one line of the log, without its line break. It returns the record
// in the line when it is a new one, and nil otherwise. An error means that the
// log cannot be trusted: a record is missing or the totals do not match.
func (c *Collector) Add(line []byte) (*Record, error) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return nil, nil
	}
	var record Record
	if !bytes.HasPrefix(line, []byte(`{"n":`)) || json.Unmarshal(line, &record) != nil {
		c.note(string(line))
		return nil, nil
	}
	switch {
	case record.Number <= c.last:
		return nil, nil
	case record.Number != c.last+1:
		return nil, fmt.Errorf("reading the probe's records: number %d follows number %d", record.Number, c.last)
	case c.end != nil:
		return nil, fmt.Errorf("reading the probe's records: number %d follows the end", record.Number)
	}
	c.last = record.Number
	return &record, c.count(record)
}

// Complete reports whether the last record has been seen.
func (c *Collector) Complete() bool { return c.end != nil }

// Last returns the number of the last record seen, or zero.
func (c *Collector) Last() int { return c.last }

// Notes returns the lines that were no records: at most 20, each cut after 500
// bytes. They are as they came and must be escaped where they are printed.
func (c *Collector) Notes() []string { return c.notes }

func (c *Collector) count(record Record) error {
	if record.Cell != nil {
		c.cells++
		c.requests += record.Cell.Sent
	}
	if record.End == nil {
		return nil
	}
	c.end = record.End
	if c.end.Cells != c.cells || c.end.Requests != c.requests {
		return fmt.Errorf("reading the probe's records: they hold %d requests in %d cells, but the probe counted %d in %d",
			c.requests, c.cells, c.end.Requests, c.end.Cells)
	}
	return nil
}

func (c *Collector) note(line string) {
	// A log that is read again repeats its notes, too.
	for _, known := range c.notes {
		if known == line[:min(len(line), maxNote)] {
			return
		}
	}
	if len(c.notes) < maxNotes {
		c.notes = append(c.notes, line[:min(len(line), maxNote)])
	}
}
