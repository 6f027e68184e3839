package node

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

func testNode(t *testing.T) Node {
	return Node{
		Name: "node-2", Number: 2, Instance: "lab", Directory: t.TempDir(), Certificates: "/pki", ProxyMode: "iptables",
		Plan: fabric.Plan{}, PauseImage: "registry.nettrace.test/pause:1", PluginPath: "/plugins",
	}
}

func TestWriteConfig(t *testing.T) {
	node := testNode(t)
	if err := node.WriteConfig(); err != nil {
		t.Fatal(err)
	}
	for file, wants := range map[string][]string{
		"containerd.toml": {
			`sandbox_image = "registry.nettrace.test/pause:1"`, `bin_dir = "/plugins"`, `address = "` + node.Socket() + `"`,
		},
		"kubelet.yaml": {
			`clusterDNS: ["10.96.0.10"]`, `tlsCertFile: "/pki/node-2.crt"`, `podLogsDir: "` + node.Path("pods") + `"`,
		},
		"kube-proxy.yaml": {"mode: iptables\n", "hostnameOverride: node-2\n", `clusterCIDR: "10.128.0.0/16,fd10:80::/48"`},
	} {
		content, err := os.ReadFile(node.Path(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(content), want) {
				t.Errorf("%s: %q is missing", file, want)
			}
		}
	}
	content, err := os.ReadFile(node.Path("cni", "10-bridge.conflist"))
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(content) {
		t.Errorf("no JSON: %s", content)
	}
}

func TestManifest(t *testing.T) {
	manifest, err := testNode(t).Manifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"name: node-2\n", "topology.kubernetes.io/zone: zone-2\n", `podCIDRs: ["10.128.2.0/24", "fd10:80:0:2::/64"]`,
	} {
		if !strings.Contains(string(manifest), want) {
			t.Errorf("%q is missing", want)
		}
	}
}
