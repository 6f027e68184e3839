package target

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// maxCandidates bounds of how many Services the pods are looked at to find out
// whether they are a controller's.
const maxCandidates = 10

// foundController is where a controller is reached; without entries, why says
// why that is not known.
type foundController struct {
	entries []Entry
	why     string
	// by is the likeliest of the Services that lead to it, if there is one, and all are
	// those.
	by  *candidate
	all []candidate
}

// controllerEntries returns the addresses at which the proxy of an Ingress or
// Gateway controller ("k8s.io/ingress-nginx", "traefik.io/gateway-controller")
// can be reached, each with the reason why it seems so in Guessed; when there is
// none it says why. Entry.Number takes the ports of the controller's Service,
// those on which its pods listen, and 80 and 443 for HTTP and HTTPS.
func (r *Reader) controllerEntries(ctx context.Context, controller string) ([]Entry, string) {
	found := r.findController(ctx, controller, "")
	return found.entries, found.why
}

// findController is controllerEntries for the class of an Ingress: several proxies of
// one kind may divide the classes of one controller among them.
func (r *Reader) findController(ctx context.Context, controller, class string) foundController {
	if controller == "" {
		return foundController{why: "the controller is not known"}
	}
	w := wanted{controller, class}
	found, err := r.ingressAPI.controllers.get(ctx, controller+" "+class, func(ctx context.Context, _ string) (foundController, error) {
		return r.lookForController(ctx, w), nil
	})
	if err != nil {
		return foundController{why: err.Error()}
	}
	return found
}

func (r *Reader) lookForController(ctx context.Context, w wanted) foundController {
	services, err := r.allServices(ctx)
	if err != nil {
		return foundController{why: "the Service of controller " + w.controller + " was not looked for, because Services cannot be listed in all namespaces"}
	}
	var matching []candidate
	for _, c := range candidates(services, w) {
		if r.match(ctx, &c, w) {
			matching = append(matching, c)
		}
	}
	// Beside the way in there may be Services for metrics or administration.
	if plain := slices.DeleteFunc(slices.Clone(matching), func(c candidate) bool { return !forWeb(c.service) }); len(plain) > 0 {
		matching = plain
	}
	if len(matching) == 0 {
		return foundController{why: "no Service was found that leads to controller " + w.controller}
	}
	nodes, _ := r.nodes.get(ctx, r.readNodes) // Resolve says when it fails
	for _, entries := range []func(candidate, []corev1.Node) []Entry{candidate.public, candidate.hostPorts, candidate.nodePorts} {
		found := foundController{by: &matching[0], all: matching}
		for _, c := range matching {
			for _, e := range entries(c, nodes) {
				if !slices.ContainsFunc(found.entries, e.like) {
					found.entries = append(found.entries, e)
				}
			}
		}
		if len(found.entries) > 0 {
			return found
		}
	}
	service := matching[0].service
	return foundController{by: &matching[0], all: matching, why: fmt.Sprintf("service %s/%s of its controller has no address for clients outside the cluster", service.Namespace, service.Name)}
}

// like reports whether two entries lead to the same place.
func (e Entry) like(other Entry) bool {
	return e.Host == other.Host && maps.Equal(e.Numbers, other.Numbers)
}

// candidate is a Service that may lead to the controller.
type candidate struct {
	service *corev1.Service
	// label names the program, and proxy is that one; without a label any is
	// possible.
	label string
	proxy proxy
	rank  int
	// pods are those behind it that were read, and why says how it is known to be
	// the one.
	pods []corev1.Pod
	why  string
}

// candidates returns the Services that may lead to the controller, the likeliest
// first: those that a label names as its own, those of other proxies that could
// take its place, and those that serve HTTP to clients outside.
func candidates(services []corev1.Service, w wanted) []candidate {
	var all []candidate
	for i := range services {
		c := candidate{service: &services[i], rank: 2}
		outside := len(publicEntries(c.service)) > 0 || c.service.Spec.Type == corev1.ServiceTypeLoadBalancer || c.service.Spec.Type == corev1.ServiceTypeNodePort
		var known bool
		if c.label, c.proxy, known = labelled(c.service); known {
			c.rank = 1
			if c.proxy.is(w.controller) {
				c.rank = 0
			}
		}
		if len(c.service.Spec.Selector) > 0 && (known || outside && forWeb(c.service)) {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(len(publicEntries(b.service)), len(publicEntries(a.service))),
			cmp.Compare(a.service.Namespace, b.service.Namespace), cmp.Compare(a.service.Name, b.service.Name))
	})
	return all[:min(maxCandidates, len(all))]
}

// forWeb reports whether the Service has ports for HTTP or HTTPS.
func forWeb(service *corev1.Service) bool {
	var e Entry
	e.serve(service, nil, ownNumber)
	return e.Numbers[80] != 0 || e.Numbers[443] != 0
}

// match reads the pods of the candidate, and reports whether it leads to the
// controller.
func (r *Reader) match(ctx context.Context, c *candidate, w wanted) bool {
	name := fmt.Sprintf("service %s/%s", c.service.Namespace, c.service.Name)
	limit := int64(page)
	if c.rank == 2 {
		limit = 1 // enough to see whether it is one
	}
	pods, err := r.runningPods(ctx, c.service, limit)
	if err != nil || len(pods) == 0 {
		c.why = fmt.Sprintf("%s is labelled %s", name, c.label)
		if err != nil {
			c.why += "; its pods cannot be read"
		}
		return c.rank == 0
	}
	c.pods = pods
	kinds := []proxy{c.proxy}
	if c.rank == 2 {
		kinds = proxies()
	}
	for _, kind := range kinds {
		said, by := kind.judge(&pods[0], w)
		switch {
		case said == serves:
			c.why = fmt.Sprintf("the pods of %s run with %s", name, by)
			if all, err := r.runningPods(ctx, c.service, page); c.rank == 2 && err == nil {
				c.pods = all
			}
			return true
		case said == nothing && c.rank == 0:
			c.why = fmt.Sprintf("the pods of %s are labelled %s", name, c.label)
			return true
		}
	}
	return false
}

// runningPods returns at most as many of the pods that the Service selects as
// one request brings.
func (r *Reader) runningPods(ctx context.Context, service *corev1.Service, limit int64) ([]corev1.Pod, error) {
	list, err := r.client.CoreV1().Pods(service.Namespace).List(ctx, metav1.ListOptions{
		Limit: limit, LabelSelector: labels.Set(service.Spec.Selector).String(),
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list.Items, func(p corev1.Pod) bool {
		return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
	}), nil
}
