package policy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

const (
	// gathering is how long changes are awaited that come together.
	gathering = 10 * time.Millisecond
	// retrying is when to try again after a failure.
	retrying = time.Second
)

// Controller keeps the rules of all nodes as the cluster wants them.
type Controller struct {
	Client kubernetes.Interface
	Nodes  []string
	// Load replaces the rules of a node.
	Load func(ctx context.Context, node, rules string) error
	// Results is the directory where the CNI library of all nodes keeps what
	// network plugins answered.
	Results string

	changed chan struct{}
	mutex   sync.Mutex
	loaded  map[string]string // the rules that each node has, if that is known
}

// Run works until ctx ends. Rules that are in place stay there.
func (c *Controller) Run(ctx context.Context) error {
	c.changed, c.loaded = make(chan struct{}, 1), map[string]string{}
	attached := &attachments{directory: c.Results}
	if err := attached.watch(ctx, c.wake); err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(c.Client, 0)
	take, err := c.watch(factory, attached)
	if err != nil {
		return err
	}
	factory.StartWithContext(ctx)
	// Half of what there is would be half of the rules: a former run's are
	// better than that.
	for kind, complete := range factory.WaitForCacheSync(ctx.Done()) {
		if !complete {
			return fmt.Errorf("listing all %s: %w", kind, context.Cause(ctx))
		}
	}
	c.wake()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.changed:
		}
		time.Sleep(gathering)
		if err := c.reconcile(ctx, take); err != nil && ctx.Err() == nil {
			slog.Error("trying again soon", "error", err)
			time.AfterFunc(retrying, c.wake)
		}
	}
}

// watch has the controller woken by every change, and returns a function that
// tells how things are.
func (c *Controller) watch(factory informers.SharedInformerFactory, attached *attachments) (func() (Snapshot, error), error) {
	policies := factory.Networking().V1().NetworkPolicies()
	pods, namespaces := factory.Core().V1().Pods(), factory.Core().V1().Namespaces()
	wake := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { c.wake() },
		UpdateFunc: func(any, any) { c.wake() },
		DeleteFunc: func(any) { c.wake() },
	}
	for _, one := range []cache.SharedIndexInformer{policies.Informer(), pods.Informer(), namespaces.Informer()} {
		if _, err := one.AddEventHandler(wake); err != nil {
			return nil, fmt.Errorf("watching the cluster: %w", err)
		}
	}
	return func() (snapshot Snapshot, err error) {
		var failures [3]error
		snapshot.Policies, failures[0] = policies.Lister().List(labels.Everything())
		snapshot.Pods, failures[1] = pods.Lister().List(labels.Everything())
		snapshot.Pods = attached.put(snapshot.Pods)
		snapshot.Namespaces, failures[2] = namespaces.Lister().List(labels.Everything())
		return snapshot, errors.Join(failures[:]...)
	}, nil
}

func (c *Controller) wake() {
	select {
	case c.changed <- struct{}{}:
	default: // it will look anyway
	}
}

// reconcile gives each node its rules and then tells so on the policies.
func (c *Controller) reconcile(ctx context.Context, take func() (Snapshot, error)) error {
	snapshot, err := take()
	if err != nil {
		return fmt.Errorf("looking at the cluster: %w", err)
	}
	var running sync.WaitGroup
	failures := make([]error, len(c.Nodes))
	for n, node := range c.Nodes {
		running.Go(func() { failures[n] = c.equip(ctx, node, snapshot) })
	}
	running.Wait()
	if err := errors.Join(failures...); err != nil {
		return err
	}
	return c.tell(ctx, snapshot.Policies)
}

// equip gives a node its rules, unless it has just these.
func (c *Controller) equip(ctx context.Context, node string, snapshot Snapshot) error {
	rules, err := Render(snapshot, node)
	if err != nil {
		return err
	}
	c.mutex.Lock()
	same := c.loaded[node] == rules
	delete(c.loaded, node) // until it is known to have the new ones
	c.mutex.Unlock()
	if !same {
		start := time.Now()
		if err := c.Load(ctx, node, rules); err != nil {
			return fmt.Errorf("giving %s its rules: %w", node, err)
		}
		slog.Info("new rules", "node", node, "bytes", len(rules), "took", time.Since(start).Round(time.Millisecond))
	}
	c.mutex.Lock()
	c.loaded[node] = rules
	c.mutex.Unlock()
	return nil
}
