package cluster

import (
	"fmt"
	"os"
)

// startPolicy starts what enforces NetworkPolicies on all nodes. It needs only
// their network namespaces, so that the first pod finds it at work.
func (b *booting) startPolicy() error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this executable: %w", err)
	}
	arguments := []string{self, "policy", b.Kubeconfig(true)}
	for _, one := range b.state.Nodes {
		arguments = append(arguments, one.Name+"="+b.Namespace(one.Name))
	}
	_, err = b.start(controlPlane, "policy", arguments)
	return err
}
