package scenario

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// Compare returns everything in which the report differs from the expectation
// or from the truth, joined, or nil.
func Compare(want Expect, t Truth, got *report.Report) error {
	var errs []error
	if got.Verdict.Status != want.Verdict || got.Verdict.Layer != want.Layer {
		errs = append(errs, fmt.Errorf("verdict %s at layer %q, want %s at %q", got.Verdict.Status, got.Verdict.Layer, want.Verdict, want.Layer))
	}
	for _, v := range got.Vantages {
		if v.Error != "" || v.Stopped != "" {
			errs = append(errs, fmt.Errorf("vantage %s failed or stopped: %s %s", v.Name, v.Error, v.Stopped))
		}
	}
	for _, neighbour := range got.Target.Neighbours {
		t.Neighbours = append(t.Neighbours, neighbour.Name)
	}
	errs = append(errs, compareFindings(want.Findings, got.Findings)...)
	errs = append(errs, compareEndpoints(t, got)...)
	errs = append(errs, compareCells(want.Cells, t, got.Cells)...)
	errs = append(errs, complete(t, got)...)
	return errors.Join(errs...)
}

// compareEndpoints holds the report's list of endpoints against the slices.
func compareEndpoints(t Truth, got *report.Report) []error {
	type endpoint struct {
		node  string
		ready bool
	}
	is, should := map[string]endpoint{}, map[string]endpoint{}
	for _, e := range t.Endpoints {
		should[e.Name] = endpoint{e.Node, e.Ready}
	}
	for _, e := range got.Target.Endpoints {
		is[e.Name] = endpoint{e.Node, e.Ready}
	}
	if !maps.Equal(is, should) {
		return []error{fmt.Errorf("endpoints %v, want %v", is, should)}
	}
	return nil
}

// compareCells finds the expectation of every cell; one without any must not
// exist, and an expectation without any cell has failed.
func compareCells(wants []Cells, t Truth, cells []report.Cell) []error {
	var errs []error
	found, changed := make([]bool, len(wants)), make([]bool, len(wants))
	seen := map[string]map[string]bool{}
	for _, c := range cells {
		i := slices.IndexFunc(wants, func(want Cells) bool { return want.chooses(t, c) })
		errs = append(errs, truthful(t, c)...)
		if i < 0 && c.Padding > 0 {
			errs = append(errs, largeAsSmall(c, cells)...)
			continue
		}
		if i < 0 {
			errs = append(errs, fmt.Errorf("%s: nothing was expected of such a cell; it is %s", c.Name(), c.Verdict))
			continue
		}
		found[i] = true
		changed[i] = changed[i] || slices.ContainsFunc(c.Arrived, func(a report.Arrived) bool { return a.Sent != "" })
		errs = append(errs, wants[i].compare(t, c)...)
		if wants[i].Every {
			address := c.Host + " at " + c.Address
			if seen[address] == nil {
				seen[address] = map[string]bool{}
			}
			for _, a := range c.Answers {
				if _, own := t.endpoint(a.Endpoint); own {
					seen[address][a.Endpoint] = true
				}
			}
		}
	}
	for i, want := range wants {
		if !found[i] && !want.Optional {
			errs = append(errs, fmt.Errorf("no cell is like %+v", want))
		}
	}
	for i, want := range wants {
		if changed[i] != (want.Change != "") {
			errs = append(errs, fmt.Errorf("that it is seen what becomes of the path is %v of %+v", changed[i], want))
		}
	}
	for address, names := range seen {
		if len(names) != len(t.ready()) {
			errs = append(errs, fmt.Errorf("%s was answered by %d endpoints, want all %d", address, len(names), len(t.ready())))
		}
	}
	return errs
}

// largeAsSmall wants that large requests get through where small ones do, which
// holds wherever nothing else was expected of them.
func largeAsSmall(large report.Cell, cells []report.Cell) []error {
	for _, c := range cells {
		if c.Padding == 0 && !c.Contrast && c.Kind == large.Kind && c.Address == large.Address && c.Vantage == large.Vantage && c.Verdict == "healthy" && large.Verdict != "healthy" {
			return []error{fmt.Errorf("%s: large requests are %s, and small ones healthy", large.Name(), large.Verdict)}
		}
	}
	return nil
}

// complete checks that every address and name there is was asked, or named as
// untested, and each from one vantage once. Ingresses and Gateways are not among
// them: what leads through these, an expectation lists itself.
func complete(t Truth, got *report.Report) []error {
	var errs []error
	for _, kind := range []string{"pod", "clusterip", "dns", "nodeport", "loadbalancer"} {
		is := map[string]int{}
		for _, c := range got.Cells {
			if c.Kind == kind && !c.Contrast {
				is[way(c)+" from "+c.Vantage]++
			}
		}
		should := map[string]int{}
		for _, address := range t.addresses(kind) {
			if is[address+" from "] > 0 {
				should[address+" from "]++ // untested from everywhere
				continue
			}
			for _, v := range asking(kind, got) {
				should[address+" from "+v]++
			}
		}
		if !maps.Equal(is, should) {
			errs = append(errs, fmt.Errorf("routes of kind %s: %v, want %v", kind, slices.Sorted(maps.Keys(is)), slices.Sorted(maps.Keys(should))))
		}
	}
	return errs
}

// asking returns the vantages that ask ways of the kind: those inside the cluster
// what is meant for clients there, and what is meant for others the machine
// outside alone, if there is one.
func asking(kind string, got *report.Report) []string {
	outside := kind == "nodeport" || kind == "loadbalancer"
	var names, local []string
	for _, v := range got.Vantages {
		if v.Kind == "local" {
			local = append(local, v.Name)
		} else {
			names = append(names, v.Name)
		}
	}
	if outside && len(local) > 0 {
		return local
	}
	return names
}
