// Command kube is every Kubernetes daemon of the test cluster in one
// executable, which picks one by the name it is started under
// (kube-apiserver, kube-controller-manager, kube-scheduler, kubelet,
// kube-proxy).
//
// The daemons share most of their packages, so linking them once instead of
// five times saves minutes on a small machine. It is a module of its own
// because k8s.io/kubernetes replaces its staging modules, which every main
// module that requires it must repeat.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"

	// What the daemons' own mains register beside their commands.
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
)

func main() {
	command := daemon(filepath.Base(os.Args[0]))
	if command == nil {
		fmt.Fprintf(os.Stderr, "%s: start this executable under the name of a Kubernetes daemon\n", os.Args[0])
		os.Exit(2)
	}
	os.Exit(cli.Run(command))
}

// daemon returns the command of the daemon called name, or nil.
func daemon(name string) *cobra.Command {
	switch name {
	case "kube-apiserver":
		return apiserver.NewAPIServerCommand()
	case "kube-controller-manager":
		return controllermanager.NewControllerManagerCommand()
	case "kube-scheduler":
		return scheduler.NewSchedulerCommand()
	case "kubelet":
		return kubelet.NewKubeletCommand(context.Background())
	case "kube-proxy":
		return proxy.NewProxyCommand()
	}
	return nil
}
