// Package vantage knows the places that requests are sent from, and what a
// request from each of them can prove.
//
// Where a request comes from decides what it shows. A pod sees the Service as
// other pods do; it sees nothing of a load balancer whose address the nodes
// answer themselves, and nothing of externalTrafficPolicy Local, since for
// traffic from inside kube-proxy applies other rules. The machine that runs
// kubectl sees what clients outside see, and no ClusterIP. [Of] is the one place
// in which this is written down.
package vantage
