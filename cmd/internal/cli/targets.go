package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// maxTargets is how many Services one run traces. The load is the same for one
// and for many, so that more of them would mean that little is asked of each.
const maxTargets = 50

// selection says which Services are traced.
type selection struct {
	references []target.Reference
	selector   string
	all        bool
	everywhere bool
}

// parse reads the targets as kubectl would: TYPE/NAME …, or TYPE NAME ….
func (s *selection) parse(args []string) error {
	if len(args) > 1 && !strings.Contains(args[0], "/") {
		for i, name := range args[1:] {
			args[i+1] = args[0] + "/" + name
		}
		args = args[1:]
	}
	for _, text := range args {
		ref, err := parseReference(text)
		if err != nil {
			return err
		}
		if !slices.Contains(s.references, ref) {
			s.references = append(s.references, ref)
		}
	}
	named, chosen := len(s.references) > 0, s.chosen()
	switch {
	case named && chosen:
		return errors.New("name the targets, or choose them with --selector, --all or --all-namespaces, not both")
	case s.selector != "" && s.all:
		return errors.New("--all takes all Services, and --selector some: use one of them")
	}
	return nil
}

// chosen reports whether Services are chosen without being named.
func (s *selection) chosen() bool { return s.selector != "" || s.all || s.everywhere }

func parseReference(text string) (target.Reference, error) {
	kind, name, found := strings.Cut(text, "/")
	if !found {
		return target.Reference{}, fmt.Errorf("%q has no type: for a Service write svc/%s", text, text)
	}
	ref := target.Reference{Name: name}
	for object, names := range target.Objects() {
		if slices.Contains(names, strings.ToLower(kind)) {
			ref.Kind = object
		}
	}
	switch {
	case ref.Kind == "":
		return ref, fmt.Errorf("%s: a trace starts from a Service, Ingress, HTTPRoute, GRPCRoute, Deployment, StatefulSet, DaemonSet or Pod: write svc/NAME or the like", text)
	case strings.Contains(name, "/"):
		return ref, fmt.Errorf("%s: write TYPE/NAME, and the namespace with -n", text)
	case ref.Kind == target.ServiceObject && len(validation.IsDNS1123Label(name)) > 0:
		// Newer clusters allow a digit first, which older ones refuse to create.
		return ref, fmt.Errorf("%q cannot be the name of a Service: that has at most 63 letters a-z, digits and -, with no - at its ends", name)
	case len(validation.IsDNS1123Subdomain(name)) > 0:
		return ref, fmt.Errorf("%q cannot be the name of an object", name)
	}
	return ref, nil
}

// find returns the Services to trace.
func (s *selection) find(ctx context.Context, reader *target.Reader, namespace string) ([]target.Name, error) {
	var names []target.Name
	if len(s.references) == 0 {
		selector, err := labels.Parse(s.selector)
		if err != nil {
			return nil, fmt.Errorf("--selector %s: %w", s.selector, err)
		}
		if s.everywhere {
			namespace = metav1.NamespaceAll
		}
		if names, err = reader.Select(ctx, namespace, selector); err != nil {
			return nil, err
		}
	}
	for _, ref := range s.references {
		found, err := reader.Find(ctx, namespace, ref)
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) > maxTargets {
		return nil, fmt.Errorf("%d Services are too many for one run, which takes %d: choose fewer with --selector or -n", len(names), maxTargets)
	}
	return names, nil
}
