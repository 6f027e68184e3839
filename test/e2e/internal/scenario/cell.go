package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// truthful checks what must hold of any cell of any report: its numbers add up,
// and whoever is said to have answered exists and can have done so.
func truthful(t Truth, c report.Cell) []error {
	var errs []error
	failed := 0
	for _, f := range c.Failures {
		failed += f.Count
	}
	if c.OK+failed != c.Sent {
		errs = append(errs, fmt.Errorf("%s: %d good and %d failed make %d, want the %d sent", c.Name(), c.OK, failed, c.OK+failed, c.Sent))
	}
	attributed := answered(c)
	if c.Kind != "dns" && attributed+c.Unknown < c.OK || attributed+c.Unknown > c.Sent {
		errs = append(errs, fmt.Errorf("%s: %d answers with a name and %d without, for %d good of %d sent", c.Name(), attributed, c.Unknown, c.OK, c.Sent))
	}
	if e, known := t.endpoint(c.Endpoint); c.Kind == "pod" && (!known || !e.owns(c.Address)) && !(c.Contrast && slices.Contains(t.Neighbours, c.Endpoint)) {
		errs = append(errs, fmt.Errorf("%s: the address is not one of endpoint %q", c.Name(), c.Endpoint))
	}
	for _, a := range c.Answers {
		switch _, known := t.endpoint(a.Endpoint); {
		case !known && !slices.Contains(t.Neighbours, a.Endpoint):
			errs = append(errs, fmt.Errorf("%s: %q answered, which is no endpoint", c.Name(), a.Endpoint))
		case a.Evidence == "direct" && (c.Kind != "pod" || a.Endpoint != c.Endpoint):
			errs = append(errs, fmt.Errorf("%s: %q is said to have answered directly", c.Name(), a.Endpoint))
		case a.Evidence == "", a.Count <= 0:
			errs = append(errs, fmt.Errorf("%s: %d answers of %q on evidence %q", c.Name(), a.Count, a.Endpoint, a.Evidence))
		}
	}
	return errs
}

func answered(c report.Cell) int {
	n := 0
	for _, a := range c.Answers {
		n += a.Count
	}
	return n
}

// compare holds one cell against the expectation that chose it.
func (want Cells) compare(t Truth, c report.Cell) []error {
	var errs []error
	check := func(what string, is, should any, given bool) {
		if given && is != should {
			errs = append(errs, fmt.Errorf("%s: %s is %v, want %v", c.Name(), what, is, should))
		}
	}
	check("verdict", c.Verdict, want.Verdict, true)
	check("protocol", c.Protocol, want.Protocol, want.Protocol != "")
	check("path", c.Path, want.Path, want.Path != "")
	check("path that arrives", c.Arrives, want.Arrives, want.Arrives != "")
	own := 0
	for _, a := range c.Arrived {
		if a.Sent != "" {
			check("what became of "+a.Sent, a.Change+" ("+a.Evidence+")", want.Change, true)
			continue
		}
		own++
		check("path that arrived", a.Path, want.Arrived, want.Arrived != "")
	}
	check("number of paths that arrived", own, 1, want.Arrived != "")
	check("number of requests", c.Sent, want.Sent, want.Sent != 0)
	if !strings.Contains(c.Reason, want.Reason) || want.Reason == "" && c.Reason != "" {
		errs = append(errs, fmt.Errorf("%s: reason %q, want %q in it", c.Name(), c.Reason, want.Reason))
	}
	if c.Verdict == "untested" && (c.Sent != want.Sent || c.Reason == "") {
		errs = append(errs, fmt.Errorf("%s: untested with %d requests, reason %q", c.Name(), c.Sent, c.Reason))
	}
	for _, f := range c.Failures {
		if !slices.Contains(want.Failures, f.What) {
			errs = append(errs, fmt.Errorf("%s: %d requests failed with %s, want only %v", c.Name(), f.Count, f.What, want.Failures))
		}
	}
	if err := want.by(t, c); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", c.Name(), err))
	}
	return errs
}

// by compares who answered.
func (want Cells) by(t Truth, c report.Cell) error {
	wrong := fmt.Errorf("answers %v and %d unknown for %d of %d, want them from %q", c.Answers, c.Unknown, c.OK, c.Sent, want.By)
	switch want.By {
	case "itself":
		if len(c.Answers) != 1 || c.Answers[0].Evidence != "direct" || c.Answers[0].Endpoint != c.Endpoint || c.Answers[0].Count < max(1, c.OK) || c.Unknown > 0 {
			return wrong
		}
	case "pods", "one pod", "pods and neighbours", "logs", "fingerprint":
		evidence := map[string]string{"logs": "log", "fingerprint": "fingerprint"}[want.By]
		if evidence == "" {
			evidence = "answer"
		}
		if len(c.Answers) == 0 || c.Unknown > 0 || want.By == "one pod" && len(c.Answers) > 1 {
			return wrong
		}
		neighbours := 0
		for _, a := range c.Answers {
			if want.By == "pods and neighbours" && slices.Contains(t.Neighbours, a.Endpoint) && a.Evidence == "answer" {
				neighbours++
				continue
			}
			if e, _ := t.endpoint(a.Endpoint); a.Evidence != evidence || !e.Ready {
				return wrong
			}
		}
		if want.By == "pods and neighbours" && (neighbours == 0 || neighbours == len(c.Answers)) {
			return wrong
		}
	case "unknown":
		if len(c.Answers) > 0 || c.Unknown == 0 {
			return wrong
		}
	case "nobody", "":
		if len(c.Answers) > 0 || c.Unknown > 0 {
			return wrong
		}
	default:
		return fmt.Errorf("the scenario expects answers by %q, which means nothing", want.By)
	}
	return nil
}
