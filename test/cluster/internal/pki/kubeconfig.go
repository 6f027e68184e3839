package pki

import (
	"encoding/base64"
	"fmt"
	"os"
)

// WriteKubeconfig issues a certificate and writes a kubeconfig for server
// that carries all it needs, so that the one file can be copied anywhere.
func (a *Authority) WriteKubeconfig(path, cluster, server string, user Request) error {
	pair, err := a.Issue(user)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, a.kubeconfig(cluster, server, user.Name, pair), 0o600); err != nil {
		return fmt.Errorf("writing the kubeconfig of %s: %w", user.Name, err)
	}
	return nil
}

func (a *Authority) kubeconfig(cluster, server, user string, pair Pair) []byte {
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: %[1]s
contexts:
- name: %[1]s
  context: {cluster: %[1]s, user: %[3]s}
clusters:
- name: %[1]s
  cluster:
    server: %[2]s
    certificate-authority-data: %[4]s
users:
- name: %[3]s
  user:
    client-certificate-data: %[5]s
    client-key-data: %[6]s
`, cluster, server, user, base64.StdEncoding.EncodeToString(a.PEM),
		base64.StdEncoding.EncodeToString(pair.Certificate), base64.StdEncoding.EncodeToString(pair.Key))
}
