package target

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
)

// readHints reads what is only wanted when something is visibly wrong: the
// workloads when the selector matches no pod, and the events of the pods that
// are not ready. A refusal costs an explanation and no more.
func (t *Target) readHints(ctx context.Context, client kubernetes.Interface) {
	if t.Selector() == nil {
		return
	}
	selected := t.Selected()
	if len(selected) == 0 {
		t.readWorkloads(ctx, client)
		return
	}
	for i := range selected {
		if !PodReady(&selected[i]) {
			t.readEvents(ctx, client)
			return
		}
	}
}

func (t *Target) readWorkloads(ctx context.Context, client kubernetes.Interface) {
	apps, namespace := client.AppsV1(), t.Service.Namespace
	limit := metav1.ListOptions{Limit: page}
	refuse := func(resource string, err error) {
		t.Unread = append(t.Unread, Unread{Resource: resource, Reason: err.Error(), Loses: "whether the selector names the labels of a workload instead of its pods'"})
	}
	if list, err := apps.Deployments(namespace).List(ctx, limit); err != nil {
		refuse("deployments", err)
	} else {
		t.Workloads = appendEach(t.Workloads, list.Items, deployment)
	}
	if list, err := apps.StatefulSets(namespace).List(ctx, limit); err != nil {
		refuse("statefulsets", err)
	} else {
		t.Workloads = appendEach(t.Workloads, list.Items, statefulSet)
	}
	if list, err := apps.DaemonSets(namespace).List(ctx, limit); err != nil {
		refuse("daemonsets", err)
	} else {
		t.Workloads = appendEach(t.Workloads, list.Items, daemonSet)
	}
}

func appendEach[T any](to []Workload, items []T, workload func(T) Workload) []Workload {
	for _, item := range items {
		to = append(to, workload(item))
	}
	return to
}

// readEvents reads the warnings about pods, the newest first.
func (t *Target) readEvents(ctx context.Context, client kubernetes.Interface) {
	list, err := client.CoreV1().Events(t.Service.Namespace).List(ctx, metav1.ListOptions{
		Limit:         page,
		FieldSelector: fields.Set{"involvedObject.kind": "Pod", "type": corev1.EventTypeWarning}.String(),
	})
	if err != nil {
		t.Unread = append(t.Unread, Unread{Resource: "events", Reason: err.Error(), Loses: "what the kubelet says about pods that are not ready"})
		return
	}
	t.Events = list.Items
	slices.SortStableFunc(t.Events, func(a, b corev1.Event) int {
		return happened(b).Compare(happened(a))
	})
}

// happened returns when the event was last seen. Events of the newer API have
// only the one time.
func happened(event corev1.Event) time.Time {
	if event.LastTimestamp.IsZero() {
		return event.EventTime.Time
	}
	return event.LastTimestamp.Time
}
