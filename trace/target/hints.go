package target

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"

	"github.com/agnivade/levenshtein"
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

// NotFoundError says that there is no such Service, and which ones have a name
// like it.
type NotFoundError struct {
	Namespace, Name string
	// Near are the names of Services that the user may have meant, the closest
	// first. Namespaces holds those in which a Service has exactly the name.
	Near       []string
	Namespaces []string
}

func (e *NotFoundError) Error() string {
	text := "service \"" + e.Name + "\" not found in namespace \"" + e.Namespace + "\""
	switch {
	case len(e.Namespaces) > 0:
		text += "; there is one in namespace " + some(e.Namespaces) + ": use -n"
	case len(e.Near) > 0:
		text += "; did you mean " + join(e.Near) + "?"
	}
	return text
}

// some joins at most four words, and says how many more there are.
func some(words []string) string {
	if len(words) > 4 {
		return fmt.Sprintf("%s and %d more", join(words[:3]), len(words)-3)
	}
	return join(words)
}

// notFound looks for Services with a similar name, as far as it may.
func notFound(ctx context.Context, client kubernetes.Interface, namespace, name string) error {
	missing := &NotFoundError{Namespace: namespace, Name: name}
	list, err := client.CoreV1().Services(metav1.NamespaceAll).List(ctx, metav1.ListOptions{Limit: page})
	if apierrors.IsForbidden(err) {
		list, err = client.CoreV1().Services(namespace).List(ctx, metav1.ListOptions{Limit: page})
	}
	if err != nil {
		return missing
	}
	var names []string
	for _, service := range list.Items {
		switch {
		case service.Name == name:
			missing.Namespaces = append(missing.Namespaces, service.Namespace)
		case service.Namespace == namespace:
			names = append(names, service.Name)
		}
	}
	missing.Near = near(name, names)
	return missing
}

// near returns at most three of the names, those within a third of their
// letters of the wanted one, the closest first.
func near(wanted string, names []string) []string {
	distance := func(name string) int { return levenshtein.ComputeDistance(wanted, name) }
	names = slices.DeleteFunc(names, func(name string) bool {
		return distance(name) > max(1, max(len(wanted), len(name))/3)
	})
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(distance(a), distance(b)), cmp.Compare(a, b))
	})
	return names[:min(3, len(names))]
}
