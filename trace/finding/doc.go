// Package finding names causes. Each [Rule] is a pure function that looks at
// what the configuration says and at what the traffic showed, and returns a
// [Finding] when both together make one cause certain enough to be named.
//
// Configuration alone only raises a suspicion: a Service whose selector looks
// wrong may be right after all, since somebody else may write its
// EndpointSlices. So a finding carries a [Status]: confirmed when requests
// showed it, unverified when none could, and a suspicion that requests refute
// is not reported at all. Whatever a finding says of the cause, its evidence
// lists what was seen, so that the reader can judge for himself.
//
// The rules are kept by family, one file each. Names of findings are stable:
// people put them into runbooks.
package finding
