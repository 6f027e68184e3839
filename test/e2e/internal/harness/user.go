package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Kubeconfig is a kubeconfig with one context, as a test wants to change it.
type Kubeconfig struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Clusters   []NamedCluster   `json:"clusters"`
	Users      []map[string]any `json:"users"`
	Contexts   []NamedContext   `json:"contexts"`
	Current    string           `json:"current-context"`
}

// NamedCluster says where the API server is.
type NamedCluster struct {
	Name    string         `json:"name"`
	Cluster map[string]any `json:"cluster"`
}

// NamedContext joins a cluster and a user.
type NamedContext struct {
	Name    string            `json:"name"`
	Context map[string]string `json:"context"`
}

// Kubeconfig reads the current context of the tests' kubeconfig.
func (n *Namespace) Kubeconfig() Kubeconfig {
	n.t.Helper()
	var config Kubeconfig
	text := n.Must("config", "view", "--raw", "--minify", "--flatten", "-o", "json")
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		n.t.Fatal("reading the kubeconfig:", err)
	}
	delete(config.Contexts[0].Context, "namespace")
	return config
}

// Server changes one setting of the cluster.
func (k Kubeconfig) Server(key string, value any) Kubeconfig {
	k.Clusters[0].Cluster[key] = value
	return k
}

// Token makes the user one who has this token and nothing else.
func (k Kubeconfig) Token(token string) Kubeconfig {
	k.Users[0]["user"] = map[string]string{"token": token}
	return k
}

// WriteKubeconfig writes a kubeconfig into a file that lives as long as the
// test, and returns its path.
func (n *Namespace) WriteKubeconfig(config any) string {
	n.t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		n.t.Fatal("writing a kubeconfig:", err)
	}
	path := filepath.Join(n.t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		n.t.Fatal("writing a kubeconfig:", err)
	}
	return path
}

// User makes a ServiceAccount without any rights and returns the path of a
// kubeconfig with its token, and its full name.
func (n *Namespace) User(name string) (kubeconfig, user string) {
	n.t.Helper()
	n.Must("create", "serviceaccount", name)
	token := strings.TrimSpace(n.Must("create", "token", name, "--duration=1h"))
	return n.WriteKubeconfig(n.Kubeconfig().Token(token)), fmt.Sprintf("system:serviceaccount:%s:%s", n.Name, name)
}
