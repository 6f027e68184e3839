// Package e2e tests the built plugin on a real cluster. The scenarios, healthy
// and broken set-ups with what a trace must and must not say of them, stand in
// ../scenarios; the other tests are about the command line and about bad luck.
//
//	KUBECONFIG=... PATH=.build:$PATH go test -parallel 4 ./...
package e2e
