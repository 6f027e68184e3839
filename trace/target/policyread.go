package target

import (
	"context"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// readPolicies reads the NetworkPolicies of the Service's namespace. A refusal
// costs an explanation of silence, and no more.
func (r *Reader) readPolicies(ctx context.Context, t *Target) {
	policies, err := r.Policies(ctx, t.Service.Namespace)
	if err != nil {
		t.lack(Unread{Resource: "networkpolicies", Reason: err.Error(), Loses: "whether NetworkPolicies keep the probes out of the pods"})
	}
	t.Policies = policies
}

// Policies returns the NetworkPolicies of a namespace, or the API server's error
// as it is.
func (r *Reader) Policies(ctx context.Context, namespace string) ([]networkingv1.NetworkPolicy, error) {
	return r.policies.get(ctx, namespace, func(ctx context.Context, namespace string) ([]networkingv1.NetworkPolicy, error) {
		return listAll(func(options metav1.ListOptions) ([]networkingv1.NetworkPolicy, string, error) {
			list, err := r.client.NetworkingV1().NetworkPolicies(namespace).List(ctx, options)
			if err != nil {
				return nil, "", err
			}
			return list.Items, list.Continue, nil
		}, "")
	})
}

// Labels returns the labels of a namespace, that of its name among them; nil when
// they must not be read.
func (r *Reader) Labels(ctx context.Context, namespace string) map[string]string {
	labels, err := r.gatewayAPI.labels.get(ctx, namespace, r.readLabels)
	if err != nil {
		return nil
	}
	return labels
}
