// Package scenario reads the set-ups of test/scenarios, and compares what the
// plugin reports of one with what is true of it.
//
// An expectation is complete: a finding, a cell or an endpoint that it does not
// speak of must not be in the report. Comparing is pure, so that it has tests of
// its own, which see it fail.
package scenario
