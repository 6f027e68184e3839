package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// compareFindings wants exactly the expected findings, in the expected order.
func compareFindings(wants []Finding, got []report.Finding) []error {
	var errs []error
	names := func(all []report.Finding) (names []string) {
		for _, f := range all {
			names = append(names, f.Name)
		}
		return names
	}
	if len(wants) != len(got) {
		errs = append(errs, fmt.Errorf("%d findings %v, want %d", len(got), names(got), len(wants)))
	}
	for i, want := range wants {
		if i >= len(got) || got[i].Name != want.Name {
			errs = append(errs, fmt.Errorf("finding %d of %v is not %s", i+1, names(got), want.Name))
			continue
		}
		errs = append(errs, want.compare(got[i])...)
	}
	return errs
}

func (want Finding) compare(got report.Finding) []error {
	var errs []error
	if got.Severity != want.Severity || got.Status != want.Status {
		errs = append(errs, fmt.Errorf("%s is %s and %s, want %s and %s", want.Name, got.Severity, got.Status, want.Severity, want.Status))
	}
	if !strings.Contains(got.Summary, want.Summary) {
		errs = append(errs, fmt.Errorf("%s says %q, want %q in it", want.Name, got.Summary, want.Summary))
	}
	var evidence, fix []string
	for _, e := range got.Evidence {
		evidence = append(evidence, e.Source+": "+e.Text)
	}
	for _, step := range got.Fix {
		fix = append(fix, step.Text, step.Command)
		if err := pasteable(step.Command); err != nil {
			errs = append(errs, fmt.Errorf("%s: fix %q: %w", want.Name, step.Command, err))
		}
	}
	errs = append(errs, contain(want.Name+": evidence", evidence, want.Evidence)...)
	return append(errs, contain(want.Name+": fix", fix, want.Fix)...)
}

// contain wants each text in one of the entries.
func contain(what string, entries, texts []string) []error {
	var errs []error
	for _, text := range texts {
		if !slices.ContainsFunc(entries, func(entry string) bool { return strings.Contains(entry, text) }) {
			errs = append(errs, fmt.Errorf("%s %q has nothing with %q", what, entries, text))
		}
	}
	return errs
}

// pasteable returns an error when a shell could read the command otherwise than
// it is meant: outside of single quotes it may have nothing that any shell
// expands (zsh, for one, refuses a pattern that matches no file).
func pasteable(command string) error {
	bare := regexp.MustCompile(`'[^']*'`).ReplaceAllString(command, "")
	if special := regexp.MustCompile(`[^A-Za-z0-9 ./:=,@%+_-]`).FindString(bare); special != "" {
		return errors.New("a shell may expand its unquoted " + special)
	}
	return nil
}
