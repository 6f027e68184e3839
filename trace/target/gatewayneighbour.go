package target

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"golang.org/x/sync/errgroup"
)

// maxBeside bounds how many other Services are read because they share a rule
// with the target.
const maxBeside = 5

// beside is another Service among the backends of a rule, and what was read of
// it.
type beside struct {
	namespace, name string
	// numbers are the ports that rules name.
	numbers []int32
	service *corev1.Service
	slices  sliceList
	pods    []corev1.Pod
	unread  []Unread
}

// Behind returns the indexes (see [Target.Endpoint]) of the endpoints behind a
// port of a Service: of the target, or of one that shares a rule of a route with
// it. It returns nothing for Services that were not read.
func (t *Target) Behind(namespace, service string, port int32) []int {
	if namespace != t.Service.Namespace || service != t.Service.Name {
		return t.behind[backendKey(namespace, service, port)]
	}
	var own []int
	for _, p := range t.Service.Spec.Ports {
		for i, e := range t.Endpoints {
			if p.Port == port && protocol(p.Protocol) == corev1.ProtocolTCP && len(e.Socketed(Port{ServicePort: p})) > 0 {
				own = append(own, i)
			}
		}
	}
	return own
}

func backendKey(namespace, service string, port int32) string {
	return fmt.Sprintf("%s/%s:%d", namespace, service, port)
}

// readNeighbours reads the endpoints of the Services among which rules divide
// what does not go to the target.
func (r *Reader) readNeighbours(ctx context.Context, t *Target) {
	all := t.besides()
	if len(all) > maxBeside {
		t.lack(Unread{
			Resource: fmt.Sprintf("the endpoints of %d other services", len(all)-maxBeside),
			Reason:   fmt.Sprintf("only %d services that share a rule with this one are read", maxBeside),
			Loses:    "which of their pods answer",
		})
		all = all[:maxBeside]
	}
	var reads errgroup.Group
	for _, b := range all {
		reads.Go(func() error {
			b.read(ctx, r)
			return nil
		})
	}
	_ = reads.Wait() // what failed is in unread
	for _, b := range all {
		t.lack(b.unread...)
		t.settle(b)
	}
}

// besides returns the other Services that get a part of the requests of a rule
// that leads to the target, too.
func (t *Target) besides() []*beside {
	var all []*beside
	for _, g := range t.GatewayRoutes {
		for _, refs := range g.rules() {
			if !g.leadsTo(refs, t.Service.Namespace, t.Service.Name) {
				continue
			}
			for _, ref := range refs {
				namespace, name, ok := g.ServiceOf(ref.BackendObjectReference)
				if !ok || ref.Port == nil || Weight(ref) == 0 || namespace == t.Service.Namespace && name == t.Service.Name {
					continue
				}
				i := slices.IndexFunc(all, func(b *beside) bool { return b.namespace == namespace && b.name == name })
				if i < 0 {
					i, all = len(all), append(all, &beside{namespace: namespace, name: name})
				}
				if !slices.Contains(all[i].numbers, *ref.Port) {
					all[i].numbers = append(all[i].numbers, *ref.Port)
				}
			}
		}
	}
	return all
}

func (b *beside) read(ctx context.Context, r *Reader) {
	lack := func(what string, err error) {
		b.unread = append(b.unread, Unread{Resource: what + " " + b.namespace + "/" + b.name, Reason: err.Error(), Loses: "which of its pods answer"})
	}
	service, err := r.client.CoreV1().Services(b.namespace).Get(ctx, b.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return // then nobody stands behind it, and nothing was lost
	}
	if err != nil {
		lack("service", err)
		return
	}
	list, err := readSlices(ctx, r.client, b.namespace, b.name)
	if err != nil {
		lack("the endpointslices of service", err)
		return
	}
	b.service, b.slices = service, list
	if len(service.Spec.Selector) == 0 {
		return
	}
	// Without the pods their endpoints are known by their addresses alone.
	if b.pods, err = listPods(ctx, r.client, b.namespace, labels.SelectorFromSet(service.Spec.Selector).String()); err != nil {
		lack("the pods of service", err)
	}
}

// settle adds the Service's endpoints to the neighbours. A pod that is known
// already, as one of the target's own or through another Service, stays what it
// is: as two endpoints it could be told from neither.
func (t *Target) settle(b *beside) {
	if b.service == nil {
		return
	}
	known := map[string]int{}
	for i := range t.Known() {
		known[t.Endpoint(i).key] = i
	}
	if t.behind == nil {
		t.behind = map[string][]int{}
	}
	name := b.name
	if b.namespace != t.Service.Namespace {
		name = b.namespace + "/" + b.name
	}
	for _, number := range b.numbers {
		i := slices.IndexFunc(b.service.Spec.Ports, func(p corev1.ServicePort) bool {
			return p.Port == number && protocol(p.Protocol) == corev1.ProtocolTCP
		})
		if i < 0 {
			continue
		}
		for _, e := range endpoints(b.slices, b.pods) {
			sockets := e.Socketed(Port{ServicePort: b.service.Spec.Ports[i]})
			if len(sockets) == 0 {
				continue
			}
			index, met := known[e.key]
			if !met {
				index = t.Known()
				known[e.key] = index
				e.Service, e.Sockets = name, sockets
				t.Neighbours = append(t.Neighbours, e)
			}
			key := backendKey(b.namespace, b.name, number)
			t.behind[key] = append(t.behind[key], index)
		}
	}
}
