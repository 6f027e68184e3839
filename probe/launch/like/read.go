package like

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
)

// Known is what is known of a client and of the policies that know it.
type Known struct {
	Client
	// Node is where the client runs, and empty when it does not run.
	Node     string
	Policies []networkingv1.NetworkPolicy
	// Unread is what may know the client, too, and was not read.
	Unread []launch.Unchecked
}

// Read reads the pod that a probe is to be like, and the policies: those of all
// namespaces, or if these must not be read, those of the pod's namespace and of
// the others that are named, such as the target's. A [*launch.Failure] says why
// there can be no such probe.
func Read(ctx context.Context, client kubernetes.Interface, namespace, name string, others ...string) (Known, error) {
	pod, err := client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return Known{}, unreadable(namespace, name, err)
	}
	if pod.Spec.HostNetwork {
		return Known{}, &launch.Failure{
			Reason: launch.ReasonLike, Namespace: namespace,
			What: fmt.Sprintf("pod %s is on the network of its node, where policies do not see its labels", name),
			Fix:  "leave --like out, and send with --from node@" + pod.Spec.NodeName,
		}
	}
	known := Known{Client: Client{Namespace: namespace, Labels: pod.Labels}, Node: pod.Spec.NodeName}
	known.readNamespace(ctx, client)
	if err := known.readPolicies(ctx, client, others); err != nil {
		return Known{}, err
	}
	known.readKinds(client)
	return known, nil
}

func unreadable(namespace, name string, err error) error {
	failure := &launch.Failure{
		Reason: launch.ReasonLike, Namespace: namespace,
		What: fmt.Sprintf("pod %s, which it is to be like, cannot be read", name),
		Said: launch.Quote(err), Err: err,
	}
	switch {
	case apierrors.IsNotFound(err):
		failure.Fix = "kubectl get pods -n " + namespace
	case apierrors.IsForbidden(err):
		failure.Reason, failure.Missing = launch.ReasonRights, []launch.Need{launch.ClientNeed(namespace)}
	}
	return failure
}

// readNamespace leaves the labels unknown if they must not be read: then more
// policies are taken to mean the client, and at worst a label is copied in vain.
func (k *Known) readNamespace(ctx context.Context, client kubernetes.Interface) {
	namespace, err := client.CoreV1().Namespaces().Get(ctx, k.Namespace, metav1.GetOptions{})
	if err != nil {
		return
	}
	k.NamespaceLabels = map[string]string{corev1.LabelMetadataName: k.Namespace}
	maps.Copy(k.NamespaceLabels, namespace.Labels)
}

// readPolicies reads the policies of all namespaces, or of those that are named.
func (k *Known) readPolicies(ctx context.Context, client kubernetes.Interface, others []string) error {
	forbidden := k.listPolicies(ctx, client, metav1.NamespaceAll)
	if !apierrors.IsForbidden(forbidden) {
		return k.blind(forbidden)
	}
	// Those that hold the client back are in its own namespace: without them
	// next to nothing is known.
	if err := k.listPolicies(ctx, client, k.Namespace); err != nil {
		return k.blind(err)
	}
	read := []string{k.Namespace}
	for _, namespace := range others {
		if slices.Contains(read, namespace) {
			continue
		}
		if err := k.listPolicies(ctx, client, namespace); err == nil {
			read = append(read, namespace)
		}
	}
	k.leave("whether policies of other namespaces than "+strings.Join(read, " and ")+" know the client by its labels", launch.Quote(forbidden))
	return nil
}

func (k *Known) listPolicies(ctx context.Context, client kubernetes.Interface, namespace string) error {
	list, err := client.NetworkingV1().NetworkPolicies(namespace).List(ctx, metav1.ListOptions{})
	if err == nil {
		k.Policies = append(k.Policies, list.Items...)
	}
	return err
}

// blind explains why no policies could be read, if that is so.
func (k *Known) blind(err error) error {
	if err == nil {
		return nil
	}
	failure := &launch.Failure{
		Reason: launch.ReasonLike, Namespace: k.Namespace,
		What: "the NetworkPolicies cannot be read, and so it is not known by which labels they know the client",
		Said: launch.Quote(err), Err: err,
	}
	if apierrors.IsForbidden(err) {
		failure.Reason, failure.Missing = launch.ReasonRights, []launch.Need{launch.PoliciesNeed(k.Namespace)}
	}
	return failure
}

// readKinds finds out whether the cluster has policies of other kinds. These are
// not read: each of them knows its clients in a way of its own, by labels, service
// accounts or certificates.
func (k *Known) readKinds(client kubernetes.Interface) {
	groups, err := client.Discovery().ServerGroups()
	if err != nil {
		k.leave("whether the cluster has policies of other kinds than NetworkPolicy", launch.Quote(err))
		return
	}
	var kinds []string
	for _, group := range groups.Groups {
		if kind := otherPolicies()[group.Name]; kind != "" && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	if len(kinds) > 0 {
		k.leave("whether policies of "+strings.Join(kinds, ", ")+" know the client", "policies of kinds of their own are not read")
	}
}

// otherPolicies are the API groups with policies that may ask who a client is.
func otherPolicies() map[string]string {
	return map[string]string{
		"cilium.io":                "Cilium",
		"crd.projectcalico.org":    "Calico",
		"projectcalico.org":        "Calico",
		"crd.antrea.io":            "Antrea",
		"policy.networking.k8s.io": "the cluster's administrator",
		"security.istio.io":        "Istio",
		"policy.linkerd.io":        "Linkerd",
		"kuma.io":                  "Kuma",
	}
}

func (k *Known) leave(what, why string) {
	k.Unread = append(k.Unread, launch.Unchecked{What: what, Why: why})
}
