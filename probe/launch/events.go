package launch

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
)

// warning returns the words of the latest warning about an object, of the given
// reason or of any. Without the right to read events there is none: they only
// make a failure clearer.
func (l *Launcher) warning(ctx context.Context, object types.UID, reason string) string {
	events, err := l.client.CoreV1().Events(l.options.Namespace).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("involvedObject.uid", string(object)).String(),
		Limit:         100,
	})
	if err != nil {
		return ""
	}
	var latest *corev1.Event
	for i := range events.Items {
		event := &events.Items[i]
		if event.InvolvedObject.UID != object || event.Type != corev1.EventTypeWarning || reason != "" && event.Reason != reason {
			continue
		}
		if latest == nil || !eventTime(event).Before(eventTime(latest)) {
			latest = event
		}
	}
	if latest == nil {
		return ""
	}
	return words(latest.Reason + ": " + latest.Message)
}

// eventTime is when an event was last seen, in the field that its maker used.
func eventTime(event *corev1.Event) *metav1.Time {
	switch {
	case event.Series != nil:
		return &metav1.Time{Time: event.Series.LastObservedTime.Time}
	case !event.LastTimestamp.IsZero():
		return &event.LastTimestamp
	}
	return &metav1.Time{Time: event.EventTime.Time}
}
