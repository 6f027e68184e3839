package controlplane

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

func TestArguments(t *testing.T) {
	config := Config{Directory: "/cp", Certificates: "/pki", Plan: fabric.Plan{}}
	for _, test := range []struct {
		daemon string
		got    []string
		wants  []string
	}{
		{"etcd", config.Etcd(), []string{"--data-dir=/cp/etcd", "--listen-client-urls=http://127.0.0.1:2379"}},
		{"kube-apiserver", config.APIServer(), []string{
			"--advertise-address=172.28.0.10", "--service-cluster-ip-range=10.96.0.0/16,fd96:60::/112",
			"--authorization-mode=Node,RBAC", "--kubelet-preferred-address-types=InternalIP",
		}},
		{"kube-controller-manager", config.ControllerManager(), []string{
			"--kubeconfig=/cp/kube-controller-manager.kubeconfig", "--node-monitor-grace-period=20s",
		}},
		{"kube-scheduler", config.Scheduler(), []string{"--kubeconfig=/cp/kube-scheduler.kubeconfig"}},
	} {
		for _, want := range test.wants {
			if !slices.Contains(test.got, want) {
				t.Errorf("%s: %s is missing", test.daemon, want)
			}
		}
		for i, one := range test.got {
			name, _, _ := strings.Cut(one, "=")
			for _, other := range test.got[i+1:] {
				if strings.HasPrefix(other, name+"=") {
					t.Errorf("%s: %s is given twice", test.daemon, name)
				}
			}
		}
	}
}
