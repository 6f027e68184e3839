package launch

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// nodeTrouble says why a node cannot run a probe, or nil when nothing is known
// against it. A pod that is bound to such a node would wait there for ever.
func (l *Launcher) nodeTrouble(ctx context.Context, name string) *Failure {
	node, err := l.client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return noSuchNode(name, err)
	case err != nil:
		return nil
	}
	return judgeNode(node)
}

func noSuchNode(name string, err error) *Failure {
	return &Failure{Reason: ReasonNode, Node: name, What: "there is no such node", Fix: "kubectl get nodes", Err: err}
}

func judgeNode(node *corev1.Node) *Failure {
	if system := node.Labels[corev1.LabelOSStable]; system != "" && system != "linux" {
		return &Failure{
			Reason: ReasonNode,
			Node:   node.Name,
			What:   fmt.Sprintf("the node runs %s, and the probe needs Linux", words(system)),
			Fix:    "choose another node with --from",
		}
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady && condition.Status != corev1.ConditionTrue {
			return &Failure{
				Reason: ReasonNode,
				Node:   node.Name,
				What:   fmt.Sprintf("the node is not ready since %s", condition.LastTransitionTime.UTC().Format("2006-01-02 15:04 MST")),
				Said:   words(condition.Reason + ": " + condition.Message),
				Fix:    "choose another node with --from",
			}
		}
	}
	return nil
}
