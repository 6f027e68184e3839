// Package trace traces live traffic into a Kubernetes Service.
//
// The story, told by [Prepare] and [Run.Send] in trace.go, is a pipeline in
// which data flows one way:
//
//	Target → []Route → Plan → []Record → []Cell → Report
//
// Package target reads what the cluster promises: the Service, its endpoints,
// the pods and nodes. Package route turns that into the addresses by which a
// client can come in. From these a plan is made for each vantage, that is, for
// each place from which requests are sent; a probe there carries it out and
// brings back records of what it saw. Package logs reads what the pods have
// written meanwhile, where answers leave something open. Package evidence says who
// answered, package vantage what a request from each place can prove, package
// verdict judges each cell (one route from one vantage) and each layer, and
// package finding names causes. What comes out is a Report, which package
// print shows. Package compare holds two targets of a run against each other.
//
// Everything between reading the cluster and printing is pure: values in, values
// out. The network is touched at two edges only, the API server's client and
// the [Prober].
package trace
