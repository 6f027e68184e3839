// Command kubectl-nettrace traces live traffic into a Kubernetes Service. It is
// a kubectl plugin: with it on the PATH, run "kubectl nettrace".
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-nettrace/kubectl-nettrace/cmd/internal/cli"
)

// release is set by the linker (-X main.release=1.2.3).
var release = "dev"

func main() {
	// Every one of these must still remove the probes; a second one does not
	// wait for that.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	os.Exit(cli.Main(ctx, release, streams, os.Args[1:]))
}
