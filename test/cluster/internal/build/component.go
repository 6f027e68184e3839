package build

import "github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/image"

// Versions that are not pinned by a go.mod because they are only names.
const (
	// KubernetesVersion is what the daemons say they are; the code is that
	// of kube/go.mod.
	KubernetesVersion = "v1.37.2"

	// Images below this domain are never looked for anywhere.
	domain = "registry.nettrace.test"

	// PauseImage, AgnhostImage, CoreDNSImage, TraefikImage and CaddyImage are on
	// every node.
	PauseImage   = domain + "/pause:1"
	AgnhostImage = domain + "/agnhost:2"
	CoreDNSImage = domain + "/coredns:1"
	TraefikImage = domain + "/traefik:1"
	CaddyImage   = domain + "/caddy:1"

	// GatewayDefinitions is the file beside Traefik with the Gateway API's
	// CustomResourceDefinitions.
	GatewayDefinitions = "gateway-api.yaml"
)

// Component is one executable to build, and what is made of it.
type Component struct {
	Name    string
	Module  string   // its module's directory below the sources
	Package string   // as given to go build, inside of the module
	Sources []string // what beside go.mod and go.sum decides about the result
	Version string   // which Kubernetes it calls itself, if any
	Links   []string // other names it is started under
	Image   *image.Spec

	StandIns []StandIn
	Bundles  []Bundle
}

// Components returns all parts of the cluster that come from source.
func Components() []Component {
	return []Component{
		{
			Name: "kube", Module: "kube", Package: ".", Sources: []string{"*.go"}, Version: KubernetesVersion,
			Links: []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"},
		},
		{Name: "kubectl", Module: "kube", Package: "k8s.io/kubernetes/cmd/kubectl", Version: KubernetesVersion},
		{
			Name: "agnhost", Module: "kube", Package: "k8s.io/kubernetes/test/images/agnhost",
			Image: &image.Spec{Reference: AgnhostImage, Target: "/agnhost", Command: []string{"pause"}},
		},
		{
			Name: "coredns", Module: "coredns", Package: ".", Sources: []string{"*.go"},
			Image: &image.Spec{Reference: CoreDNSImage, Target: "/coredns", User: "65532:65532"},
		},
		{
			Name: "traefik", Module: "traefik", Package: "github.com/traefik/traefik/v3/cmd/traefik",
			Sources: []string{"standin/*/go.mod", "standin/*/*.go", "standin/ec2/types/*.go", "standin/lego/providers/dns/*.go"},
			Image:   &image.Spec{Reference: TraefikImage, Target: "/traefik", User: "65532:65532"},
			StandIns: []StandIn{
				{Directory: "standin/lego", Module: "github.com/go-acme/lego/v5", Without: "providers"},
			},
			Bundles: []Bundle{
				{Name: GatewayDefinitions, Module: "sigs.k8s.io/gateway-api", Files: "config/crd/standard/*.yaml"},
			},
		},
		{
			Name: "caddy", Module: "caddy", Package: ".", Sources: []string{"*.go"},
			Image: &image.Spec{Reference: CaddyImage, Target: "/caddy", User: "65532:65532"},
		},
		{
			Name: "pause", Module: ".", Package: "./pause", Sources: []string{"pause/*.go"},
			Image: &image.Spec{Reference: PauseImage, Target: "/pause", User: "65535:65535"},
		},
	}
}

// arguments returns those of the go command that builds c into file.
func (c Component) arguments(file string) []string {
	return []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", c.linkerFlags(), "-o", file, c.Package}
}

func (c Component) linkerFlags() string {
	flags := "-s -w"
	if c.Version != "" {
		flags += " -X k8s.io/component-base/version.gitVersion=" + c.Version
	}
	return flags
}
