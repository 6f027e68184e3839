package trace

import (
	"slices"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// outcome is what a run has brought back, and when.
type outcome struct {
	started time.Time
	took    time.Duration
	// records and failures are those of each plan.
	records  [][]wire.Record
	failures []error
	controls []verdict.Cell
	// logs are what the endpoints have written, disputed the groups of routes in
	// which that contradicts the answers, and arrivals with which paths requests
	// arrived, by vantage from 1 and number of the route in its plan.
	logs     logged
	disputed map[int]bool
	arrivals map[[2]int][]evidence.Arrival
	// watched is what the witnesses have seen.
	watched watched
	// changes are what became of the endpoints of each target meanwhile.
	changes []target.Changes
	// spreads are how the answers of the target's cells divide, by the cell's index.
	spreads map[int]*finding.Spread
	// ignored are the names of the target's findings that are not reported.
	ignored []string
}

// judge turns what the probes saw into a report for each target. It is pure but
// for the time that the run took.
func (run *Run) judge(started time.Time, records [][]wire.Record, failures []error, logs logged, w watched, changes []target.Changes) []*Report {
	told := slices.Concat(logs.sightings, run.passed(logs, changes), w.believed)
	records, disputed := run.explained(records, told)
	o := outcome{
		started: started, took: time.Since(started), records: records, failures: failures,
		logs: logs, disputed: disputed, watched: w, arrivals: evidence.Arrivals(slices.Concat(logs.sightings, w.deliveries)), changes: changes,
	}
	o.controls = verdict.Judge(run.Controls, run.observe(-1, o))
	blocked := verdict.Blocked(run.Controls, o.controls)
	var all []finding.Facts
	for i, t := range run.Traces {
		cells := slices.Concat(verdict.Judge(t.Routes, run.observe(i, o)), t.explain())
		cells = verdict.Large(t.Routes, verdict.SetAside(verdict.Weaken(cells, t.shortCut), blocked))
		verdict.Sort(cells)
		all = append(all, finding.Facts{
			Target: t.Target, Routes: t.Routes, From: run.from(), Vantages: run.places(), Cells: cells,
			ControlRoutes: run.Controls, Controls: o.controls, Targets: len(run.Traces), Now: started, Changes: changes[i], Trails: t.followed(o),
			Retries: t.retries(logs), Blocked: blocked, Probes: run.Options.Probes, ProbePolicies: run.policies,
		})
	}
	var reports []*Report
	for i, t := range run.Traces {
		facts := all[i]
		var found []finding.Finding
		found, o.ignored = run.without(finding.All(facts))
		o.spreads = finding.Spreads(facts)
		reports = append(reports, t.report(o, facts.Cells, found))
	}
	return reports
}

// without returns the findings but for those that are to be ignored, and the names
// of these.
func (run *Run) without(found []finding.Finding) (kept []finding.Finding, ignored []string) {
	kept = []finding.Finding{}
	for _, f := range found {
		switch {
		case !slices.Contains(run.Options.Ignore, f.Name):
			kept = append(kept, f)
		case !slices.Contains(ignored, f.Name):
			ignored = append(ignored, f.Name)
		}
	}
	return kept, ignored
}

// observe returns what was seen of the routes of a trace, or with -1 of the
// control targets.
func (run *Run) observe(trace int, o outcome) []evidence.Observation {
	var all []evidence.Observation
	for i, plan := range run.Plans {
		if o.failures[i] != nil {
			continue
		}
		routes := map[int]int{}
		for n, a := range plan.Asked {
			if a.Trace == trace && !a.Trail {
				routes[n+1] = a.Route
			}
		}
		if trace < 0 {
			all = append(all, run.directory.Observe(i, routes, nil, o.records[i])...)
		} else {
			all = append(all, run.directory.Observe(i, routes, run.Traces[trace].Target, o.records[i])...)
		}
	}
	return all
}

// believed returns the records without what rests on places that did not hold. This
// machine has learned them from other probes, of which one has withdrawn it since;
// and where EndpointSlices were written to, somebody else may have given an answer
// with a known fingerprint.
func (run *Run) believed(records [][]wire.Record, changes []target.Changes) [][]wire.Record {
	withdrawn, unproved := map[int]bool{}, map[int]bool{}
	for _, r := range records {
		_, held := evidence.Lessons(r)
		for _, l := range held {
			withdrawn[l.Group] = withdrawn[l.Group] || l.Withdrawn
			trace := (l.Group - 1) / groups
			if l.Kind == wire.IdentityFingerprint && trace < len(changes) && changes[trace].Written {
				unproved[l.Group] = true
			}
		}
	}
	records = run.forget(records, func(plan int) bool { return run.Plans[plan].Vantage.Kind == vantage.Local }, withdrawn)
	return run.forget(records, func(int) bool { return true }, unproved)
}

// forget returns the records of the chosen plans without what answers of the
// groups say of who gave them.
func (run *Run) forget(records [][]wire.Record, chosen func(plan int) bool, groups map[int]bool) [][]wire.Record {
	all := slices.Clone(records)
	for i, plan := range run.Plans {
		if len(groups) > 0 && chosen(i) {
			all[i] = evidence.Forget(records[i], func(id int) bool {
				return id >= 1 && id <= len(plan.Wire.Routes) && groups[plan.Wire.Routes[id-1].Group]
			})
		}
	}
	return all
}

// from are the vantages.
func (run *Run) from() []vantage.Vantage {
	var all []vantage.Vantage
	for _, plan := range run.Plans {
		all = append(all, plan.Vantage)
	}
	return all
}

// places are how sentences call the vantages.
func (run *Run) places() []string {
	var names []string
	for _, plan := range run.Plans {
		names = append(names, plan.Vantage.Place())
	}
	return names
}
