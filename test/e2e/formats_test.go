package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// story is what a report says that is the same in every run on one target.
func story(r *report.Report) map[string]string {
	told := map[string]string{"verdict": r.Verdict.Status + r.Verdict.Layer + r.Verdict.Summary}
	for _, c := range r.Cells {
		told[c.Name()] = fmt.Sprint(c.Verdict, c.Protocol, c.Path, c.Sent, c.OK)
	}
	for _, p := range r.Target.Ports {
		told[fmt.Sprint("port ", p.Port)] = fmt.Sprint(p)
	}
	return told
}

func TestJSONAndYAMLTellTheSame(t *testing.T) {
	t.Parallel()
	n := twoPorts(t)
	asJSON := traced(t, n, 0, "svc/web")
	shown := n.Nettrace("svc/web", "-o", "yaml")
	text, err := yaml.YAMLToJSONStrict([]byte(shown.Stdout))
	if err != nil || shown.Code != 0 {
		t.Fatalf("reading the YAML: %v: %v", err, shown)
	}
	asYAML, err := report.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := story(asJSON), story(asYAML); !maps.Equal(a, b) {
		t.Errorf("JSON and YAML differ:\n%v\n%v", a, b)
	}
	var raw map[string]any
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"apiVersion", "cells", "duration", "findings", "kind", "load", "release", "run", "started", "target", "vantages", "verdict"} {
		if _, has := raw[field]; !has {
			t.Errorf("the report has no field %s; it has %v", field, slices.Sorted(maps.Keys(raw)))
		}
	}
}

func TestWideShowsEveryCell(t *testing.T) {
	t.Parallel()
	n := twoPorts(t)
	r := traced(t, n, 0, "svc/web")
	shown := n.Nettrace("svc/web", "-o", "wide")
	if shown.Code != 0 {
		t.Fatal(shown)
	}
	_, table, found := strings.Cut(shown.Stdout, "\nWAY IN")
	if !found {
		t.Fatal("there is no table")
	}
	rows := strings.Split(strings.Split(table, "\n\n")[0], "\n")[1:]
	rows = slices.DeleteFunc(rows, func(row string) bool { return row == "" || !strings.Contains(row, "pod@") })
	cells := slices.Concat(r.Cells, r.Controls)
	if len(rows) != len(cells) {
		t.Errorf("%d rows for %d cells", len(rows), len(cells))
	}
	for _, c := range cells {
		matching := slices.ContainsFunc(rows, func(row string) bool {
			words := strings.Fields(row)
			return words[0] == c.Kind && words[1] == c.Address && slices.Contains(words, c.Vantage) && slices.Contains(words, c.Verdict)
		})
		if !matching {
			t.Errorf("no row shows %s", c.Name())
		}
	}
}
