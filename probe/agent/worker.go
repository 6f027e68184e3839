package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// findings are what an answer says about who gave it.
type findings struct {
	// all is what was found anywhere, when there was still to be learned.
	all map[place]sighting
	// sighting is what was found at the locator.
	sighting sighting
	// traits are what the answer may be recognised by, when there was still to be
	// learned, and trait is what it has at the locator.
	traits map[place]string
	trait  string
	// arrival is the path that it names as that of its request.
	arrival wire.Arrival
	// page is the answer's, where its request has a path of its own.
	page wire.Page
	// echoed are the headers of its request that it shows.
	echoed []wire.Echo
	// aged is set when the answer came out of a cache.
	aged bool
}

// at returns what was found at a place, however it was searched.
func (f findings) at(p place) sighting {
	if f.all != nil {
		return f.all[p]
	}
	return f.sighting
}

// traitAt returns what the answer has at a place, however it was searched.
func (f findings) traitAt(p place) string {
	if f.traits != nil {
		return f.traits[p]
	}
	return f.trait
}

// work sends requests until there are no more or ctx is cancelled.
func (e *engine) work(ctx context.Context) {
	x := newExchange(e.plan.Timeout)
	x.dialDNS, x.through = e.dialDNS, e.dial
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		o, more := e.take(ctx)
		if !more || !sleep(ctx, timer, o.due) {
			return
		}
		a, found := e.perform(ctx, x, o)
		e.settle(ctx, o, &a, found)
	}
}

// perform sends one request and searches the answer. Should a server bring
// code to panic that reads its answer, that costs this one request.
func (e *engine) perform(ctx context.Context, x *exchange, o order) (a answer, found findings) {
	t := e.targets[o.route]
	marker := e.plan.Marker(t.ID, o.sequence)
	defer func() {
		if cause := recover(); cause != nil {
			a = answer{marker: marker, sent: time.Now(), err: fmt.Errorf("panic: %v", cause), class: wire.ErrorLocal}
		}
	}()
	learning := o.lesson != nil
	inBody := o.locator != nil && o.locator.header == ""
	a = x.ask(ctx, t, marker, learning || inBody || t.marked() || e.plan.Echoes)
	if !a.arrived() || t.Protocol == wire.TCP || t.Protocol == wire.DNS {
		return a, found
	}
	found.aged = a.header.Get("Age") != ""
	body := searchable(&a)
	if t.marked() {
		found.arrival, found.page = arrived(string(body), marker), page(&a, string(body))
	}
	if e.plan.Echoes {
		found.echoed = echoed(string(body), marker)
	}
	switch {
	case learning:
		found.all = e.index.findAll(a.header, body, t.carriedOver(&a))
		found.traits = e.traits(t, &a)
	case o.locator != nil && o.locator.byTrait():
		found.trait = e.trait(t, o.locator.place, &a)
	case o.locator != nil && o.locator.kind == wire.IdentityIP:
		found.sighting = e.index.find(o.locator.place, a.header, body, t.carriedOver(&a))
	case o.locator != nil:
		found.sighting = e.index.find(o.locator.place, a.header, body, t.carried)
	}
	return a, found
}

// sleep waits until an instant; false means that ctx was cancelled first.
func sleep(ctx context.Context, timer *time.Timer, until time.Time) bool {
	wait := time.Until(until)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer.Reset(wait)
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
