// Package compare holds two ways to an application against each other: an Ingress and
// the HTTPRoute that is to take its place, or any two targets of a run.
//
// A run asks both for the same, and its reports hold what came of it. [Of] finds the
// ways of either side in them ([Subject]), pairs those that a user would ask for by the
// same URL, and says of each pair what differs: the statuses, the path and the headers
// with which requests arrived, and the pods that answered. What was seen on one side
// alone is neither the same nor different, but unknown. How long answers took is told
// beside it, and never counts as a difference: it changes from one minute to the next.
//
// Everything here is pure: reports in, a [Comparison] out.
package compare
