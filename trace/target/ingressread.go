package target

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ingressReads is what a Reader has read of Ingresses and their controllers.
type ingressReads struct {
	// ingresses are by namespace; that of none holds those of all.
	ingresses   onceEach[[]networkingv1.Ingress]
	classes     once[[]networkingv1.IngressClass]
	controllers onceEach[foundController]
}

// readIngresses reads the Ingresses that name the Service, and what stands in
// front of and beside them. A refusal costs ways in, or what is known of them,
// and no more.
func (r *Reader) readIngresses(ctx context.Context, t *Target) {
	near, err := r.ingressAPI.ingresses.get(ctx, t.Service.Namespace, r.listIngresses)
	if err != nil {
		if !absent(err) {
			t.lack(Unread{Resource: "ingresses", Reason: err.Error(), Loses: "the ways in through Ingresses"})
		}
		return
	}
	own := slices.DeleteFunc(slices.Clone(near), func(in networkingv1.Ingress) bool { return !leadsTo(&in, t.Service.Name) })
	if len(own) == 0 {
		return // what else there is matters to nobody
	}
	classes, err := r.ingressAPI.classes.get(ctx, r.listClasses)
	if err != nil {
		t.lack(Unread{Resource: "ingressclasses", Reason: err.Error(), Loses: "which controllers serve the Ingresses, and where these are reached"})
	}
	all, err := r.ingressAPI.ingresses.get(ctx, metav1.NamespaceAll, r.listIngresses)
	if err != nil {
		t.lack(Unread{Resource: "ingresses of other namespaces", Reason: err.Error(), Loses: "whether they have rules for the same hosts"})
		all = near
	}
	for i := range own {
		in := Ingress{Ingress: &own[i]}
		in.Class, in.Controller = classOf(in.Ingress, classes)
		in.Shared = in.sharing(all, classes)
		r.readIngressEntries(ctx, t, &in)
		r.readIngressSecrets(ctx, t, &in)
		in.Proxy = r.ingressProxy(ctx, t, in)
		t.Ingresses = append(t.Ingresses, in)
	}
}

func (r *Reader) listIngresses(ctx context.Context, namespace string) ([]networkingv1.Ingress, error) {
	return listAll(func(options metav1.ListOptions) ([]networkingv1.Ingress, string, error) {
		list, err := r.client.NetworkingV1().Ingresses(namespace).List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	}, "")
}

func (r *Reader) listClasses(ctx context.Context) ([]networkingv1.IngressClass, error) {
	return listAll(func(options metav1.ListOptions) ([]networkingv1.IngressClass, string, error) {
		list, err := r.client.NetworkingV1().IngressClasses().List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	}, "")
}

// allServices returns those of all namespaces.
func (r *Reader) allServices(ctx context.Context) ([]corev1.Service, error) {
	return r.gatewayAPI.services.get(ctx, metav1.NamespaceAll, func(ctx context.Context, _ string) ([]corev1.Service, error) {
		return r.listServices(ctx, metav1.NamespaceAll, "")
	})
}

// readIngressEntries finds the addresses of the Ingress: those in its status,
// and, where none of these can be reached from outside, those of its controller.
func (r *Reader) readIngressEntries(ctx context.Context, t *Target, in *Ingress) {
	services, err := r.allServices(ctx)
	if err != nil {
		t.lack(Unread{
			Resource: "services of other namespaces", Reason: err.Error(),
			Loses: "where Ingress controllers are reached that do not publish it, and whether nodes answer in the place of published addresses",
		})
	}
	outside, onNodes := false, false
	for _, published := range in.Status.LoadBalancer.Ingress {
		host := cmp.Or(published.IP, published.Hostname)
		if host == "" {
			continue
		}
		e := r.publishedEntry(ctx, host, services, err == nil)
		e.Source = fmt.Sprintf("status.loadBalancer.ingress of ingress %s/%s", in.Namespace, in.Name)
		in.Entries = append(in.Entries, e)
		outside, onNodes = outside || !e.Inside, onNodes || e.Node != "" && e.Numbers == nil
	}
	if outside && !onNodes {
		return
	}
	found := r.findController(ctx, in.Controller, in.Class)
	for i, e := range in.Entries {
		// Some controllers publish the nodes that they run on, and are to be
		// reached there by NodePorts only.
		if j := slices.IndexFunc(found.entries, func(f Entry) bool { return f.Node == e.Node }); e.Node != "" && j >= 0 {
			in.Entries[i].Numbers, in.Entries[i].Local = found.entries[j].Numbers, found.entries[j].Local
		}
	}
	if !outside {
		in.Entries = append(in.Entries, found.entries...)
	}
	if len(in.Entries) == 0 {
		in.NoEntry = "its status has no address, and " + in.unfound(found)
	}
}

// unfound says why the controller was not found.
func (in *Ingress) unfound(found foundController) string {
	switch {
	case in.Class == "":
		return "it names no class and there is no default one"
	case in.Controller == "":
		return fmt.Sprintf("the controller of class %s is not known", in.Class)
	}
	return found.why
}

// publishedEntry returns the entry for an address that somebody published as
// that of a proxy. The Service that has it tells whether nodes answer in its
// place, and which ports are there. Where Services cannot be read, an IP address
// is taken for one that nodes answer for, since nothing excludes it.
func (r *Reader) publishedEntry(ctx context.Context, host string, services []corev1.Service, read bool) Entry {
	e := Entry{Host: host}
	for i := range services {
		// Several Services may share one address and divide its ports.
		for _, public := range publicEntries(&services[i]) {
			if public.Host == host {
				e.Virtual = e.Virtual || public.Virtual
				e.serve(&services[i], nil, ownNumber)
			}
		}
		if services[i].Spec.ClusterIP == host || slices.Contains(services[i].Spec.ClusterIPs, host) {
			e.Virtual, e.Inside = true, true
			e.serve(&services[i], nil, ownNumber)
		}
	}
	_, err := netip.ParseAddr(host)
	switch {
	case e.Numbers != nil:
	case clusterName(host):
		e.Virtual, e.Inside = true, true
	default:
		e.Node = r.nodeAt(ctx, host)
		e.Virtual = !read && e.Node == "" && err == nil
	}
	return e
}

// readIngressSecrets reads what certificates are to be shown to clients.
func (r *Reader) readIngressSecrets(ctx context.Context, t *Target, in *Ingress) {
	in.Secrets = map[string]string{}
	for _, tls := range in.Spec.TLS {
		name := tls.SecretName
		if _, known := in.Secrets[name]; name == "" || known || len(in.Secrets) == maxSecrets {
			continue
		}
		secret, err := r.client.CoreV1().Secrets(in.Namespace).Get(ctx, name, metav1.GetOptions{})
		switch {
		case err == nil:
			in.Secrets[name] = certificateOf(secret)
		case apierrors.IsNotFound(err):
			in.Secrets[name] = ""
		default:
			t.lack(Unread{Resource: "secret " + in.Namespace + "/" + name, Reason: err.Error(), Loses: "whether the certificate served is the one that is configured"})
			return // one refusal is enough to ask for
		}
	}
}
