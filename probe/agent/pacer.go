package agent

import "time"

// Pacer spreads the starts of requests evenly over time. It is a plain
// calculation without a clock of its own, so that it can be tested:
//
//   - Start number i is due i intervals after the first, at fixed instants,
//     not "an interval after the previous one happened to leave". Sleeping too
//     long now and then does not lower the rate.
//   - After a stall, in which nothing could be started, at most burst starts
//     are made up for at once. The others are gone: a target that was stuck is
//     not greeted with everything it has missed.
//
// In any second at most rate + burst requests start.
type Pacer struct {
	interval time.Duration
	credit   time.Duration
	due      time.Duration
}

// slowest bounds the interval so that sums of intervals cannot overflow.
const slowest = 24 * time.Hour

// NewPacer returns a pacer for rate starts per second, which must be positive,
// that makes up for at most burst starts after a stall.
func NewPacer(rate float64, burst int) *Pacer {
	interval := slowest
	if nanoseconds := float64(time.Second) / rate; nanoseconds < float64(slowest) {
		interval = time.Duration(nanoseconds)
	}
	return &Pacer{interval: interval, credit: min(slowest, interval*time.Duration(min(burst, 1000)))}
}

// Next returns when the next request is due. Both that and now are durations
// since the pacer's beginning; a result that is not after now means at once.
func (p *Pacer) Next(now time.Duration) time.Duration {
	due := max(p.due, now-p.credit)
	p.due = due + p.interval
	return due
}
