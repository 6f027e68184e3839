package target

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	gateway "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned"

	"golang.org/x/sync/errgroup"
)

// page is how many objects one list request asks for, as kubectl does.
const page = 500

// Reader reads the targets of one cluster. What belongs to all of them, such as
// the nodes, it reads once. Its methods may be called concurrently.
type Reader struct {
	client   kubernetes.Interface
	gateways gateway.Interface
	// Proxies has the pods of the Ingresses' controllers read, also where no
	// NetworkPolicy may keep them out.
	Proxies bool

	nodes      once[[]corev1.Node]
	gatewayAPI gatewayReads
	ingressAPI ingressReads
	policies   onceEach[[]networkingv1.NetworkPolicy]
}

// NewReader returns a Reader. Gateways may be nil: then nothing is read of the
// Gateway API.
func NewReader(client kubernetes.Interface, gateways gateway.Interface) *Reader {
	return &Reader{client: client, gateways: gateways}
}

// once is something that is read at most once.
type once[T any] struct {
	mu    sync.Mutex
	read  bool
	value T
	err   error
}

// get returns what read returned when it was called for the first time. Only
// what was broken off is tried again.
func (o *once[T]) get(ctx context.Context, read func(context.Context) (T, error)) (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.read {
		o.value, o.err = read(ctx)
		o.read = ctx.Err() == nil
	}
	return o.value, o.err
}

// Choice is what the user asked to be done differently from the defaults.
type Choice struct {
	// Ports are the only ports to trace, by number or name; empty means all.
	Ports []string
	// Path is the request path for all ports; empty means the pods' own
	// readiness path, else "/".
	Path string
	// WebSocket asks for an upgrade to WebSocket on the ports that speak HTTP.
	WebSocket bool
	// UDPPayload is sent to UDP ports; empty means a DNS query to port 53, and
	// nothing to others.
	UDPPayload []byte
}

// Resolve reads the Service and everything around it. It returns a
// [*NotFoundError] when there is no such Service, and the API server's error as
// it is when a read that the trace cannot do without was refused.
func (r *Reader) Resolve(ctx context.Context, namespace, name string, choice Choice) (*Target, error) {
	t := &Target{}
	reads, reading := errgroup.WithContext(ctx)
	reads.Go(func() error { return t.readService(reading, r.client, namespace, name) })
	var slices sliceList
	reads.Go(func() (err error) {
		slices, err = readSlices(reading, r.client, namespace, name)
		return err
	})
	reads.Go(func() error {
		// Without nodes a trace loses some of its routes, and no more.
		nodes, err := r.nodes.get(reading, r.readNodes)
		if t.Nodes = nodes; err != nil && reading.Err() == nil {
			t.Unread = append(t.Unread, Unread{Resource: "nodes", Reason: err.Error(), Loses: "NodePorts, zones, and nodes without an endpoint as vantages"})
		}
		return nil
	})
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	if err := t.readPods(ctx, r.client, slices); err != nil {
		return nil, err
	}
	t.Endpoints, t.generations = endpoints(slices, t.Pods), generations(slices)
	t.Entries = publicEntries(t.Service)
	t.readHints(ctx, r.client)
	r.readPolicies(ctx, t)
	r.readIngresses(ctx, t)
	r.readGateways(ctx, t)
	var err error
	if t.Ports, err = ports(t, choice); err != nil {
		return nil, err
	}
	return t, nil
}

func (r *Reader) readNodes(ctx context.Context) ([]corev1.Node, error) {
	return listAll(func(options metav1.ListOptions) ([]corev1.Node, string, error) {
		list, err := r.client.CoreV1().Nodes().List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	}, "")
}

func (t *Target) readService(ctx context.Context, client kubernetes.Interface, namespace, name string) error {
	service, err := client.CoreV1().Services(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return notFound(ctx, client, namespace, name)
	}
	if err != nil {
		return fmt.Errorf("reading service %s/%s: %w", namespace, name, err)
	}
	t.Service = service
	return nil
}

// listAll lists what the selector matches, page by page. It returns nothing when
// a page could not be had, since half a list would be taken for the whole.
func listAll[T any](list func(metav1.ListOptions) ([]T, string, error), selector string) ([]T, error) {
	var all []T
	options := metav1.ListOptions{Limit: page, LabelSelector: selector}
	for {
		items, more, err := list(options)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if options.Continue = more; more == "" {
			return all, nil
		}
	}
}

// Name names a Service.
type Name struct{ Namespace, Name string }

// String returns the name as kubectl writes it.
func (n Name) String() string { return n.Namespace + "/" + n.Name }

// APIServer returns the address, with its port, at which pods reach the API
// server; empty when it cannot be read.
func (r *Reader) APIServer(ctx context.Context) string {
	service, err := r.client.CoreV1().Services(metav1.NamespaceDefault).Get(ctx, "kubernetes", metav1.GetOptions{})
	if err != nil || len(service.Spec.Ports) == 0 || service.Spec.ClusterIP == "" {
		return ""
	}
	return net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(service.Spec.Ports[0].Port)))
}
