package trace

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// report writes down what the run found out about the target.
func (t *Trace) report(o outcome, cells []verdict.Cell, found []finding.Finding) *Report {
	run := t.run
	r := &Report{
		APIVersion: APIVersion, Kind: Kind,
		Run: run.Options.Run, Release: run.Options.Release,
		Started: o.started.UTC().Truncate(time.Second), Duration: o.took,
		Target:   describe(t.Target),
		Findings: found,
		Unread:   slices.Concat(t.Target.Unread, o.logs.unread),
		NamedBy:  t.namedBy(o.records, o.changes[slices.Index(run.Traces, t)]),
		Notes:    slices.Concat(t.untraced(), t.notes, t.differing(cells), t.disputes(o.disputed), t.identified(o.records), t.foreign(cells), t.unlogged(o, cells), ignored(o.ignored), o.watched.notes),
		Cells:    make([]Cell, 0, len(cells)),
		Load:     LoadReport{Rate: run.Options.Load.Rate, Concurrency: run.Options.Load.Concurrency, Targets: len(run.Traces)},
	}
	for i, plan := range run.Plans {
		end := evidence.End(o.records[i])
		v := VantageReport{Name: plan.Vantage.String(), Kind: plan.Vantage.Kind, Node: plan.Vantage.Node, Stopped: end.Stopped}
		if o.failures[i] != nil {
			v.Error = o.failures[i].Error()
		}
		r.Vantages = append(r.Vantages, v)
		r.Load.Requests += end.Requests
		r.Load.Elapsed = max(r.Load.Elapsed, end.Elapsed)
		r.Notes = append(r.Notes, stopNote(v)...)
	}
	for i, c := range cells {
		made := t.cell(c, t.Routes)
		made.Spread = o.spreads[i]
		made.Marker = t.marker(c)
		made.Arrived = t.arrived(o, c)
		made.Hops, made.HopsOf = t.hops(o.watched, t.Routes[c.Route], made.Marker)
		r.Cells = append(r.Cells, made)
	}
	r.Witnesses = run.witnessed(o.watched)
	r.NamedBy = append(r.NamedBy, otherwise(r.Cells)...)
	for _, c := range o.controls {
		r.Controls = append(r.Controls, t.cell(c, run.Controls))
	}
	r.Verdict.Layers = verdict.Layers(t.Routes, cells)
	r.Verdict.Status, r.Verdict.Layer = verdict.Overall(r.Verdict.Layers)
	r.Verdict.Summary, r.Verdict.Reach = summary(r), reach(r)
	return r
}

// ignored tells which findings there are that are not reported.
func ignored(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return []string{"not reported, as --ignore asks: " + strings.Join(names, ", ")}
}

func describe(t *target.Target) Target {
	described := Target{
		Namespace: t.Service.Namespace, Name: t.Service.Name,
		Type: string(t.Service.Spec.Type), ExternalName: t.Service.Spec.ExternalName,
		Endpoints: []Endpoint{}, Ports: []Port{},
	}
	for _, p := range t.Ports {
		described.Ports = append(described.Ports, Port{
			Name: p.Name, Port: p.Port, Protocol: string(p.Protocol), TargetPort: p.TargetPort.String(), NodePort: p.NodePort,
			Speaks: p.Speaks, Why: p.Why, Path: p.Path, PathChosen: p.PathWhy,
		})
	}
	for _, e := range t.Endpoints {
		described.Endpoints = append(described.Endpoints, describeEndpoint(e))
	}
	for _, e := range t.Neighbours {
		described.Neighbours = append(described.Neighbours, describeEndpoint(e))
	}
	return described
}

func describeEndpoint(e target.Endpoint) Endpoint {
	endpoint := Endpoint{Name: e.Name, Node: e.Node, Zone: e.Zone, Ready: e.Ready, Service: e.Service, Addresses: []string{}}
	for _, s := range e.Sockets {
		if !slices.Contains(endpoint.Addresses, s.Address) {
			endpoint.Addresses = append(endpoint.Addresses, s.Address)
		}
	}
	return endpoint
}

func (t *Trace) cell(c verdict.Cell, routes []route.Route) Cell {
	r := routes[c.Route]
	made := Cell{
		Kind: r.Kind, Protocol: r.Protocol, Address: r.Address, Node: r.Node,
		Endpoint: t.endpoint(r.Endpoint), Host: r.Host, Path: r.Path, Method: r.Method, Headers: r.Headers, Contrast: r.Contrast, Padding: r.Padding, LargestBody: c.Seen.LargestBody,
		Object: r.Object, Rule: r.Rule, Arrives: r.Arrives, Source: r.Source, Guessed: r.Guessed, Want: r.Want,
		Verdict: c.Verdict, Reason: c.Reason, Sent: c.Sent, OK: c.OK, Unknown: c.Unknown,
		Echoes: c.Seen.Echoes, Echoing: c.Seen.Echoing,
		GaveUp: c.Seen.GaveUp, Samples: c.Seen.Samples, Certificates: c.Seen.Certificates, Resolutions: c.Seen.Resolutions,
	}
	if r.Port >= 0 && r.Port < len(t.Target.Ports) {
		made.Port = t.Target.Ports[r.Port].Port
	}
	if c.Vantage >= 0 {
		made.Vantage = t.run.Plans[c.Vantage].Vantage.String()
	}
	for _, a := range c.Answers {
		made.Answers = append(made.Answers, Answer{Endpoint: t.endpoint(a.Endpoint), Evidence: a.Rung, Count: a.Count})
	}
	for _, f := range c.Seen.Troubles {
		made.Troubles = append(made.Troubles, Trouble{Sent: f.Sent, What: verdict.Outcome(f.Outcome), Endpoint: t.endpoint(f.Outcome.Endpoint - 1)})
	}
	made.Statuses = statuses(c.Seen.Tallies)
	for _, f := range c.Failures {
		made.Failures = append(made.Failures, Failure{What: f.What, Endpoint: t.endpoint(f.Endpoint), Count: f.Count})
	}
	if c.Seen.Total.Count() > 0 {
		made.Latency = &Latency{Connect: quantiles(c.Seen.Connect), FirstByte: quantiles(c.Seen.FirstByte), Total: quantiles(c.Seen.Total)}
	}
	return made
}

// statuses counts the answers by status, in the order of these.
func statuses(tallies []wire.Tally) []Status {
	var all []Status
	for _, t := range tallies {
		if t.Status == 0 {
			continue
		}
		i := slices.IndexFunc(all, func(s Status) bool { return s.Status == t.Status && s.GRPC == t.GRPC })
		if i < 0 {
			all, i = append(all, Status{Status: t.Status, GRPC: t.GRPC}), len(all)
		}
		all[i].Count += t.Count
	}
	slices.SortFunc(all, func(a, b Status) int { return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.GRPC, b.GRPC)) })
	return all
}

// marker returns how the markers of the requests of a cell begin, if they have any.
func (t *Trace) marker(c verdict.Cell) string {
	if c.Vantage < 0 {
		return ""
	}
	plan := t.run.Plans[c.Vantage]
	number := slices.Index(plan.Asked, Asked{Trace: slices.Index(t.run.Traces, t), Route: c.Route}) + 1
	if number == 0 || !plan.Wire.Routes[number-1].Protocol.Web() {
		return ""
	}
	return strings.TrimSuffix(plan.Wire.Marker(number, 0), "0")
}

// endpoint returns the name of the endpoint with the index, or nothing for -1.
func (t *Trace) endpoint(index int) string {
	if index < 0 || index >= t.Target.Known() {
		return ""
	}
	return t.Target.Endpoint(index).Name
}

func quantiles(l wire.Latency) Quantiles {
	return Quantiles{P50: l.Quantile(0.5), P99: l.Quantile(0.99), All: l}
}

// stopNote says what it means that a vantage sent less than planned.
func stopNote(v VantageReport) []string {
	switch v.Stopped {
	case wire.StopDeadline:
		return []string{v.Name + " reached --deadline before it had sent all requests; counts are lower than planned"}
	case wire.StopErrors:
		return []string{v.Name + " stopped sending: an endpoint that had answered began to fail every request"}
	case wire.StopSignal:
		return []string{v.Name + " was told to stop before it had sent all requests"}
	}
	return nil
}
