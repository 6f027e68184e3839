package target

import (
	"cmp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// Ingress is one that names the Service as a backend, and what stands around it.
type Ingress struct {
	*networkingv1.Ingress
	// Class is the IngressClass that counts for it: the one it names, in the
	// field or the older annotation, or the default one; empty when there is none.
	Class string
	// Controller is that of the class, such as "k8s.io/ingress-nginx"; empty when
	// the class does not exist or cannot be read.
	Controller string
	// Entries are the addresses by which its controller is reached, as far as
	// they are known, and NoEntry says why none is.
	Entries []Entry
	NoEntry string
	// Shared are the other Ingresses of the same controller that have rules for
	// a host of this one.
	Shared []*networkingv1.Ingress
	// Secrets are those of spec.tls that could be read, by name: the fingerprint
	// (SHA-256 of the DER encoding, in hexadecimal) of their first certificate. A
	// Secret that is not there, or holds none, has an empty one.
	Secrets map[string]string
	// Proxy is the program of the controller; nil when it is not known, or nobody
	// asks because the Service's namespace has no NetworkPolicy.
	Proxy *Proxy
}

// annotationClass is how an Ingress named its class before there was a field.
const annotationClass = "kubernetes.io/ingress.class"

// leadsTo reports whether a rule or the default backend of the Ingress names the
// Service, which is always one of its own namespace.
func leadsTo(ingress *networkingv1.Ingress, service string) bool {
	named := func(b *networkingv1.IngressBackend) bool {
		return b != nil && b.Service != nil && b.Service.Name == service
	}
	if named(ingress.Spec.DefaultBackend) {
		return true
	}
	for _, rule := range ingress.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for i := range rule.HTTP.Paths {
			if named(&rule.HTTP.Paths[i].Backend) {
				return true
			}
		}
	}
	return false
}

// classOf returns the class that counts for the Ingress, and its controller.
func classOf(ingress *networkingv1.Ingress, classes []networkingv1.IngressClass) (class, controller string) {
	if class = ingress.Annotations[annotationClass]; ingress.Spec.IngressClassName != nil && *ingress.Spec.IngressClassName != "" {
		class = *ingress.Spec.IngressClassName
	}
	if class == "" {
		class = defaultClass(classes)
	}
	for _, c := range classes {
		if c.Name == class {
			return class, c.Spec.Controller
		}
	}
	return class, ""
}

// defaultClass returns the name of the default class: of several the newest, and
// of those the first by name, as the API server chooses for new Ingresses
// (k8s.io/kubernetes plugin/pkg/admission/network/defaultingressclass).
func defaultClass(classes []networkingv1.IngressClass) string {
	classes = slices.DeleteFunc(slices.Clone(classes), func(c networkingv1.IngressClass) bool {
		return c.Annotations[networkingv1.AnnotationIsDefaultIngressClass] != "true"
	})
	if len(classes) == 0 {
		return ""
	}
	return slices.MinFunc(classes, func(a, b networkingv1.IngressClass) int {
		return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	}).Name
}

// sharing returns the others of the Ingresses that the same controller puts
// together with this one, because they have rules for one of its hosts.
func (in *Ingress) sharing(all []networkingv1.Ingress, classes []networkingv1.IngressClass) []*networkingv1.Ingress {
	hosts := hostsOf(in.Ingress)
	var found []*networkingv1.Ingress
	for i := range all {
		other := &all[i]
		if other.Namespace == in.Namespace && other.Name == in.Name {
			continue
		}
		class, controller := classOf(other, classes)
		if controller != in.Controller || controller == "" && class != in.Class {
			continue
		}
		for host := range hostsOf(other) {
			if hosts[host] {
				found = append(found, other)
				break
			}
		}
	}
	return found
}

// hostsOf returns the hosts that the Ingress has rules for, in lower case; an
// empty one stands for all.
func hostsOf(ingress *networkingv1.Ingress) map[string]bool {
	hosts := map[string]bool{}
	for _, rule := range ingress.Spec.Rules {
		hosts[strings.ToLower(rule.Host)] = true
	}
	if ingress.Spec.DefaultBackend != nil && len(ingress.Spec.Rules) == 0 {
		hosts[""] = true
	}
	return hosts
}
