package agent

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// engine carries out one plan. Everything below the mutex is shared by the
// workers; no request is sent, and no body searched, while it is held.
type engine struct {
	plan    wire.Plan
	index   *index
	chosen  *chosen
	targets []*target
	begin   time.Time
	cancel  context.CancelCauseFunc
	// reason is why the plan ended early, once it has.
	reason wire.StopReason
	// dialDNS connects to DNS servers; nil means as usual.
	dialDNS dialer
	// dial makes the connections over TCP; nil means the system's way.
	dial Dial

	mu      sync.Mutex
	changed *sync.Cond
	// taught is closed when the lessons end.
	taught   chan struct{}
	schedule *schedule
	pacer    *Pacer
	groups   map[int]*group
	cells    []*cell
	alarms   []alarm
	sent     int
}

// order is a request for a worker, with what is to be found out from it.
type order struct {
	job
	due time.Time
	// locator is where to look for the name of the endpoint, or nil.
	locator *locator
}

func newEngine(plan wire.Plan) (*engine, error) {
	e := &engine{
		plan: plan, index: newIndex(plan.Endpoints), begin: time.Now(),
		schedule: newSchedule(plan.Routes, rand.Shuffle), pacer: NewPacer(plan.Rate, plan.Concurrency),
		taught: make(chan struct{}), groups: map[int]*group{}, alarms: make([]alarm, len(plan.Routes)),
	}
	e.changed = sync.NewCond(&e.mu)
	var err error
	if e.chosen, err = newChosen(plan.Identify); err != nil {
		return nil, err
	}
	for _, route := range plan.Routes {
		t, err := newTarget(plan, route, e.index)
		if err != nil {
			return nil, err
		}
		e.targets = append(e.targets, t)
		e.cells = append(e.cells, newCell(plan.Troubles))
		if e.groups[route.Group] == nil {
			e.groups[route.Group] = newGroup(slices.Contains(plan.Comparable, route.Group))
		}
		e.groups[route.Group].expect(route)
	}
	for _, l := range plan.Locators {
		if g := e.groups[l.Group]; g != nil && !e.schedule.teaches(l.Group, plan.Routes) {
			g.locator = &locator{place: place{kind: l.Kind, header: l.Header}, endpoints: l.Endpoints, values: l.Values, given: true}
		}
	}
	if e.schedule.learned() {
		e.graduate()
	}
	return e, nil
}

// graduate ends the lessons: the locators are chosen, and how long to wait for
// what seems dead.
func (e *engine) graduate() {
	for _, g := range e.groups {
		g.choose(e.index)
	}
	for i, t := range e.targets {
		g := e.groups[t.Group]
		e.schedule.routes[i].patience = patience(t.Endpoint != 0, g.deadShare())
		if g.locator != nil && g.locator.kind == wire.IdentityFingerprint && teaching(t.Route) {
			e.schedule.routes[i].add()
		}
	}
	e.schedule.graduate()
	close(e.taught)
	e.changed.Broadcast()
}

// take blocks until there is a request to send; false means that there will
// be none.
func (e *engine) take(ctx context.Context) (order, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ctx.Err() == nil {
		j, state := e.schedule.take()
		switch state {
		case ready:
			due := e.begin.Add(e.pacer.Next(time.Since(e.begin)))
			return order{job: j, due: due, locator: e.groups[e.targets[j.route].Group].locator}, true
		case finished:
			return order{}, false
		}
		e.changed.Wait()
	}
	return order{}, false
}

// settle notes what became of a request. One that was cut short because the
// whole plan ended never counts: its failure is not the target's.
func (e *engine) settle(ctx context.Context, o order, a *answer, found findings) {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.changed.Broadcast()
	if a.err != nil && ctx.Err() != nil {
		return
	}
	t := e.targets[o.route]
	outcome := e.judge(t, o, a, found)
	e.cells[o.route].strangers = e.cells[o.route].strangers || t.Endpoint == 0 && e.groups[t.Group].stranger(found)
	e.cells[o.route].add(o.sequence, outcome, a)
	e.cells[o.route].arrive(found.arrival, found.page, outcome.Status)
	e.cells[o.route].echo(found.echoed)
	e.sent++
	e.schedule.done(o.job, outcome)
	e.look(o.route)
	if !e.schedule.graduated && e.schedule.learned() {
		e.graduate()
	}
	switch alarmed := e.alarms[o.route].note(outcome, t.Endpoint != 0); {
	case !alarmed:
	case e.plan.Troubles == 0:
		e.cancel(stopped(wire.StopErrors))
	case t.Endpoint != 0:
		e.schedule.abandon(o.route) // whoever watches sees pods go
	}
}

// judge returns the outcome of a request, and learns from it.
func (e *engine) judge(t *target, o order, a *answer, found findings) wire.Outcome {
	outcome := wire.Outcome{Status: a.status, GRPC: a.grpc, Error: a.class}
	g := e.groups[t.Group]
	if t.Endpoint == 0 {
		outcome.Endpoint, outcome.Rung = g.attribute(found)
		return outcome
	}
	g.asked[t.Endpoint] = g.asked[t.Endpoint] || a.arrived()
	if !a.arrived() {
		return outcome
	}
	outcome.Endpoint, outcome.Rung = t.Endpoint, wire.RungDirect
	switch {
	case t.Protocol == wire.TCP:
	case t.Padding > 0, t.marked(): // may be answered in another way than others
	case g.locator != nil && g.locator.byTrait():
		g.confirm(t.Endpoint, found.traitAt(g.locator.place), o.last)
	case g.locator != nil:
		g.verify(t.Endpoint, found.at(g.locator.place))
	case o.lesson != nil && !e.schedule.graduated:
		g.learn(t.Endpoint, found.all, e.index.carriesOwn(t))
		g.compare(t.Endpoint, found.traits)
		g.aged = g.aged || found.aged
	}
	return outcome
}
