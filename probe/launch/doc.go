// Package launch runs probes in a cluster: it asks first, creates, follows and
// removes, and leaves nothing behind.
//
// A probe has to run on a chosen node, even a cordoned or a full one, and must
// be gone afterwards, even if the program that started it is killed. Therefore
// it is a Job with the node's name written into its pod ([Launcher.Job]): no
// scheduler decides about it, nothing is preempted and no autoscaler wakes up;
// the Job's deadline ends it and the Job's time to live removes it when nobody
// else does.
//
// A pod that appears in somebody's namespace can do harm by being there. It
// could be selected by a Service and get its traffic, count in a disruption
// budget and block a drain, be refused by Pod Security, or have a mesh's proxy
// put into it, which would answer in place of the network. The pod carries no
// labels but our own, never becomes ready, fulfils the Pod Security level
// "restricted" and opts out of the meshes; [Launcher.Preflight] asks the API
// server what it would make of the pod before there is one, and looks at the
// Services and budgets that could select it. A probe on the network of its node
// ([Place]) differs from that in one thing, the host network, and runs only where
// a namespace lets it.
//
// A probe may pass for one of somebody's pods, so that NetworkPolicies treat it
// as that client ([Options.Labels]). Everything else that selects pods may then
// do so, too; such a probe runs only where it is certain that nothing does that
// it could harm, and lives for a minute at most.
//
// The way back is the container's log. It needs no more rights than reading
// logs, but a log stream can break at any time, and the API server ends it as
// if the log were complete. [Launcher.Probe] therefore reads until the record
// that says it is the last one, and reads again from the beginning as long as
// that one is missing; [wire.Collector] passes over what was seen before. The
// Job's completion is not waited for: it comes seconds later.
//
// Whatever keeps a probe from running is reported as a [Failure]: what refused,
// in its own words, and what to do about it.
package launch
