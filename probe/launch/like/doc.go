// Package like finds out which labels make a probe look like a given client.
//
// A NetworkPolicy knows pods by their labels: its own podSelector says whom it
// holds back, and the peers in its rules say who may come or be called. Whether
// a request from a client passes therefore depends on those of the client's
// labels by which some policy tells it from others, and on no others. A probe
// that has these ([Of]) is treated as the client is; a probe that had all of them would be
// treated so by everything else that selects pods, too, and could do harm.
//
// Some labels cannot be copied, because controllers know their pods by them. If
// a policy asks for one of these, the probe is not quite like the client, and
// what came of its requests may not be what comes of the client's. The same
// holds for policies that could not be read, and for those of other kinds than
// NetworkPolicy, which the network of a cluster may have. All of that is
// returned and has to be told.
package like
