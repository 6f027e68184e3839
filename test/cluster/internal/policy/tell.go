package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// tell writes on each policy which generation of it all nodes have.
func (c *Controller) tell(ctx context.Context, policies []*networkingv1.NetworkPolicy) error {
	var failures []error
	for _, policy := range policies {
		if policy.Annotations[EnforcedAnnotation] == strconv.FormatInt(policy.Generation, 10) {
			continue
		}
		patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
			// Not on another one of the same name, which may be newer.
			"uid":         policy.UID,
			"annotations": map[string]string{EnforcedAnnotation: strconv.FormatInt(policy.Generation, 10)},
		}})
		if err != nil {
			failures = append(failures, fmt.Errorf("encoding an annotation: %w", err))
			continue
		}
		_, err = c.Client.NetworkingV1().NetworkPolicies(policy.Namespace).
			Patch(ctx, policy.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: Table})
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			failures = append(failures, fmt.Errorf("telling that NetworkPolicy %s/%s is enforced: %w", policy.Namespace, policy.Name, err))
		}
	}
	return errors.Join(failures...)
}
