package balancer

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

const (
	// settling is how long a change waits for others that come with it, so
	// that one reload does for all of them.
	settling = 100 * time.Millisecond
	// retrying is when what failed is tried again.
	retrying = time.Second
)

// Kubeconfig returns where the controller's kubeconfig belongs.
func Kubeconfig(directory string) string { return filepath.Join(directory, "controller.kubeconfig") }

// controller makes HAProxy, the machine's addresses and the Services' statuses
// what the Services and nodes ask for.
type controller struct {
	plan     fabric.Plan
	files    files
	client   kubernetes.Interface
	services listers.ServiceLister
	nodes    listers.NodeLister
	assigned assignment
}

// Run works until ctx ends. It must run on the load balancer's machine, with
// HAProxy's files in directory.
func Run(ctx context.Context, plan fabric.Plan, directory string) error {
	config, err := clientcmd.BuildConfigFromFlags("", Kubeconfig(directory))
	if err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	config.QPS, config.Burst = 50, 100 // tests make many Services at once
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making the client: %w", err)
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	core := factory.Core().V1()
	c := &controller{
		plan: plan, files: files{directory}, client: client,
		services: core.Services().Lister(), nodes: core.Nodes().Lister(),
	}
	changed := make(chan struct{}, 1)
	for _, informer := range []cache.SharedInformer{core.Services().Informer(), core.Nodes().Informer()} {
		if _, err := informer.AddEventHandler(notify(changed)); err != nil {
			return fmt.Errorf("watching: %w", err)
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return c.loop(ctx, changed)
}

// notify says that something changed, whatever it is, where that has not been
// said already.
func notify(changed chan<- struct{}) cache.ResourceEventHandler {
	say := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { say() },
		UpdateFunc: func(any, any) { say() },
		DeleteFunc: func(any) { say() },
	}
}

// loop never ends because of a failure: the cause of it, like an HAProxy that
// was stopped, is often what a test is about.
func (c *controller) loop(ctx context.Context, changed <-chan struct{}) error {
	var said string
	retry := time.After(0) // what another process left is put right at once
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
			time.Sleep(settling)
		case <-retry:
		}
		retry = nil
		err := c.sync(ctx)
		if err == nil {
			said = ""
			continue
		}
		retry = time.After(retrying)
		if err.Error() != said {
			said = err.Error()
			fmt.Fprintln(os.Stderr, time.Now().Format(time.RFC3339), said)
		}
	}
}

// sync publishes an address only after HAProxy serves it, and takes one away
// only after HAProxy no longer does.
func (c *controller) sync(ctx context.Context) error {
	services, err := c.services.List(labels.Everything())
	if err != nil {
		return fmt.Errorf("listing Services: %w", err)
	}
	nodes, err := c.nodes.List(labels.Everything())
	if err != nil {
		return fmt.Errorf("listing nodes: %w", err)
	}
	served := asking(services)
	c.assigned = assign(c.plan.Pool(), served, c.assigned)
	all := frontends(c.plan.Balancer(), served, nodes, c.assigned)
	wanted, err := render(c.files.directory, all)
	if err != nil {
		return err
	}
	if err := addAddresses(boundBy(all)); err != nil {
		return err
	}
	if err := c.files.serve(ctx, wanted); err != nil {
		return err
	}
	if err := removeAddresses(c.plan.Pool(), boundBy(all)); err != nil {
		return err
	}
	return c.publish(ctx, services)
}

func boundBy(all []frontend) []netip.Addr {
	var bound []netip.Addr
	seen := map[netip.Addr]bool{}
	for _, one := range all {
		if address := one.Bind.Addr(); !seen[address] {
			bound, seen[address] = append(bound, address), true
		}
	}
	return bound
}

func (c *controller) publish(ctx context.Context, services []*corev1.Service) error {
	var failures []error
	for _, service := range services {
		ingress, ours := ingressOf(service, c.plan.Pool(), c.assigned)
		if !ours || equality.Semantic.DeepEqual(ingress, service.Status.LoadBalancer.Ingress) {
			continue
		}
		fresh := service.DeepCopy()
		fresh.Status.LoadBalancer.Ingress = ingress
		_, err := c.client.CoreV1().Services(service.Namespace).UpdateStatus(ctx, fresh, metav1.UpdateOptions{})
		if err != nil {
			failures = append(failures, fmt.Errorf("writing the status of %s/%s: %w", service.Namespace, service.Name, err))
		}
	}
	return errors.Join(failures...)
}
