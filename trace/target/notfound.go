package target

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"

	"github.com/agnivade/levenshtein"
)

// NotFoundError says that there is no such Service, and which ones have a name
// like it.
type NotFoundError struct {
	Namespace, Name string
	// NoNamespace is set when there is no such namespace either.
	NoNamespace bool
	// Near are the names of Services that the user may have meant, the closest
	// first. Namespaces holds those in which a Service has exactly the name.
	Near       []string
	Namespaces []string
}

func (e *NotFoundError) Error() string {
	text := fmt.Sprintf("service %q not found in namespace %q", e.Name, e.Namespace)
	if e.NoNamespace {
		text = fmt.Sprintf("service %q not found: namespace %q does not exist", e.Name, e.Namespace)
	}
	switch {
	case len(e.Namespaces) > 0:
		return text + "; there is one in namespace " + some(e.Namespaces) + ": use -n"
	case len(e.Near) > 0:
		return text + "; did you mean " + join(e.Near) + "?"
	case e.NoNamespace:
		return text
	}
	return fmt.Sprintf("%s; kubectl -n %s get services lists those there are", text, e.Namespace)
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
	if _, err := client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{}); apierrors.IsNotFound(err) {
		missing.NoNamespace = true
	}
	alike := metav1.ListOptions{Limit: page, FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, name).String()}
	if list, err := client.CoreV1().Services(metav1.NamespaceAll).List(ctx, alike); err == nil {
		for _, service := range list.Items {
			if service.Name == name {
				missing.Namespaces = append(missing.Namespaces, service.Namespace)
			}
		}
	}
	if list, err := client.CoreV1().Services(namespace).List(ctx, metav1.ListOptions{Limit: page}); err == nil {
		var names []string
		for _, service := range list.Items {
			names = append(names, service.Name)
		}
		missing.Near = near(name, names)
	}
	return missing
}

// near returns at most three of the names, those within a third of their
// letters of the wanted one, the closest first.
func near(wanted string, names []string) []string {
	names = slices.DeleteFunc(names, func(name string) bool { return !Alike(wanted, name) })
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(distance(wanted, a), distance(wanted, b)), cmp.Compare(a, b))
	})
	return names[:min(3, len(names))]
}

// Alike reports whether two names are so similar that one may have been written
// for the other: they are at most a third of their letters apart.
func Alike(a, b string) bool {
	return distance(a, b) <= max(1, max(len(a), len(b))/3)
}

// distance is how many letters two names are apart. The same letters in another
// order are one mistake of the fingers.
func distance(a, b string) int {
	if slices.Equal(slices.Sorted(slices.Values([]byte(a))), slices.Sorted(slices.Values([]byte(b)))) {
		return min(1, levenshtein.ComputeDistance(a, b))
	}
	return levenshtein.ComputeDistance(a, b)
}
