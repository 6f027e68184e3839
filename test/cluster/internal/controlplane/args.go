// Package controlplane says how the daemons of the control plane are started.
package controlplane

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

const (
	// Port is where the API server listens.
	Port = 6443
	// GracePeriod is how long a silent node stays Ready. Shorter than
	// usual, so that tests of dead nodes are quick.
	GracePeriod = 20 * time.Second

	etcdURL = "http://127.0.0.1:2379"
	peerURL = "http://127.0.0.1:2380"
)

// Config is what the daemons need to know.
type Config struct {
	Directory    string // of data, kubeconfigs
	Certificates string // directory of NAME.crt and NAME.key
	Plan         fabric.Plan
}

// Kubeconfig returns where the kubeconfig of a daemon belongs.
func (c Config) Kubeconfig(daemon string) string {
	return filepath.Join(c.Directory, daemon+".kubeconfig")
}

func (c Config) certificate(name string) string { return filepath.Join(c.Certificates, name) }

// Etcd returns the arguments of etcd, which listens inside only.
func (c Config) Etcd() []string {
	return []string{
		"--name=lab",
		"--data-dir=" + filepath.Join(c.Directory, "etcd"),
		"--listen-client-urls=" + etcdURL,
		"--advertise-client-urls=" + etcdURL,
		"--listen-peer-urls=" + peerURL,
		"--initial-advertise-peer-urls=" + peerURL,
		"--initial-cluster=lab=" + peerURL,
		"--logger=zap",
		"--log-level=warn",
	}
}

// APIServer returns the arguments of kube-apiserver.
func (c Config) APIServer() []string {
	address := c.Plan.ControlPlane().V4.String()
	return []string{
		"--advertise-address=" + address,
		fmt.Sprintf("--secure-port=%d", Port),
		"--etcd-servers=" + etcdURL,
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--service-cluster-ip-range=" + c.Plan.Services().String(),
		"--client-ca-file=" + c.certificate("ca.crt"),
		"--tls-cert-file=" + c.certificate("kube-apiserver.crt"),
		"--tls-private-key-file=" + c.certificate("kube-apiserver.key"),
		// Node names are in no DNS.
		"--kubelet-preferred-address-types=InternalIP",
		"--kubelet-certificate-authority=" + c.certificate("ca.crt"),
		"--kubelet-client-certificate=" + c.certificate("kubelet-client.crt"),
		"--kubelet-client-key=" + c.certificate("kubelet-client.key"),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + c.certificate("service-account.key"),
		"--service-account-signing-key-file=" + c.certificate("service-account.key"),
		// How aggregated API servers would know it; without these the
		// daemons that may sit behind it complain for ever.
		"--requestheader-client-ca-file=" + c.certificate("ca.crt"),
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + c.certificate("front-proxy-client.crt"),
		"--proxy-client-key-file=" + c.certificate("front-proxy-client.key"),
		"--cert-dir=" + c.Directory,
		"--profiling=false",
	}
}

// ControllerManager returns the arguments of kube-controller-manager.
func (c Config) ControllerManager() []string {
	return append(c.client("kube-controller-manager"),
		"--controllers=*",
		"--use-service-account-credentials",
		// At the usual rate, creating the controllers' accounts alone takes
		// several seconds of each boot.
		"--kube-api-qps=200",
		"--kube-api-burst=400",
		"--service-account-private-key-file="+c.certificate("service-account.key"),
		"--root-ca-file="+c.certificate("ca.crt"),
		"--cluster-signing-cert-file="+c.certificate("ca.crt"),
		"--cluster-signing-key-file="+c.certificate("ca.key"),
		// The nodes' ranges are fixed, since the routes to them are.
		"--allocate-node-cidrs=false",
		"--cluster-cidr="+c.Plan.Pods().String(),
		"--service-cluster-ip-range="+c.Plan.Services().String(),
		"--flex-volume-plugin-dir="+filepath.Join(c.Directory, "volume-plugins"),
		"--node-monitor-period=2s",
		"--node-monitor-grace-period="+GracePeriod.String(),
	)
}

// Scheduler returns the arguments of kube-scheduler.
func (c Config) Scheduler() []string { return c.client("kube-scheduler") }

func (c Config) client(daemon string) []string {
	kubeconfig := c.Kubeconfig(daemon)
	return []string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1",
		"--leader-elect=false",
		"--profiling=false",
	}
}
