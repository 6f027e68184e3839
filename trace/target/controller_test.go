package target_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// TestPublishedEntries has an address in the status of the Ingress, and looks
// at what is found out about it.
func TestPublishedEntries(t *testing.T) {
	proxyMode := corev1.LoadBalancerIPModeProxy
	at := func(addresses ...string) *Service {
		return web().Beside(NewIngressClass("nginx", nginx), NewIngress("in", Class("nginx"), to("shop.example.com", "/"), Published(addresses...)))
	}
	with := func(service *Service, address string, changes ...func(*corev1.Service, *corev1.Pod)) *Service {
		proxy, pod := Proxy("proxy", "ingress-nginx", address)
		return service.BesideProxy(proxy, pod, changes...)
	}
	const guess = ": the pods of service proxy/proxy are labelled app.kubernetes.io/name=ingress-nginx"
	for name, test := range map[string]struct {
		service *Service
		want    []string
	}{
		"of nobody known":    {at("203.0.113.9"), []string{"203.0.113.9 80 443"}},
		"a name":             {at("lb.example.com"), []string{"lb.example.com 80 443"}},
		"none is empty":      {at("203.0.113.9", "lb.example.com"), []string{"203.0.113.9 80 443", "lb.example.com 80 443"}},
		"of a load balancer": {with(at("203.0.113.9"), "203.0.113.9"), []string{"203.0.113.9 80 443 virtual"}},
		"with ipMode Proxy": {with(at("203.0.113.9"), "203.0.113.9", func(s *corev1.Service, _ *corev1.Pod) {
			s.Status.LoadBalancer.Ingress[0].IPMode = &proxyMode
		}), []string{"203.0.113.9 80 443"}},
		"without HTTPS": {with(at("203.0.113.9"), "203.0.113.9", func(s *corev1.Service, _ *corev1.Pod) { s.Spec.Ports = s.Spec.Ports[:1] }),
			[]string{"203.0.113.9 80 virtual"}},
		"HTTP on another port": {with(at("203.0.113.9"), "203.0.113.9", func(s *corev1.Service, _ *corev1.Pod) { s.Spec.Ports[0].Port = 8080 }),
			[]string{"203.0.113.9 8080 443 virtual"}},
		"HTTP on two ports": {with(at("203.0.113.9"), "203.0.113.9", func(s *corev1.Service, _ *corev1.Pod) {
			s.Spec.Ports = []corev1.ServicePort{{Name: "http", Port: 8080}, {Name: "plain", Port: 80}}
		}), []string{"203.0.113.9 80 virtual"}},
		"an external IP": {with(at("203.0.113.7"), "203.0.113.9", func(s *corev1.Service, _ *corev1.Pod) { s.Spec.ExternalIPs = []string{"203.0.113.7"} }),
			[]string{"203.0.113.7 80 443 virtual"}},
		"a ClusterIP, and the balancer beside it": {with(at("10.96.0.99"), "203.0.113.9"),
			[]string{"10.96.0.99 80 443 virtual inside", "203.0.113.9 80 443 virtual" + guess}},
		"a name of the cluster's":   {at("proxy.proxy.svc.cluster.local"), []string{"proxy.proxy.svc.cluster.local 80 443 virtual inside"}},
		"a node's":                  {at("172.16.0.2"), []string{"172.16.0.2 80 443 on n2"}},
		"a node's, with NodePorts":  {with(at("172.16.0.2"), ""), []string{"172.16.0.2 31080 31443 on n2"}},
		"a node's, with host ports": {with(at("172.16.0.1"), "", hostPorts), []string{"172.16.0.1 80 443 on n1"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := test.service.Target(t).Ingresses[0]
			if got := entries(in.Entries); !slices.Equal(got, test.want) {
				t.Errorf("entries %q\nwant %q", got, test.want)
			}
			if in.NoEntry != "" || in.Entries[0].Source != "status.loadBalancer.ingress of ingress shop/in" {
				t.Errorf("entries from %q; none because %q", in.Entries[0].Source, in.NoEntry)
			}
		})
	}
}

// hostPorts makes the proxy's pod listen on its node.
func hostPorts(_ *corev1.Service, pod *corev1.Pod) {
	pod.Spec.Containers[0].Ports = []corev1.ContainerPort{{Name: "http", ContainerPort: 80, HostPort: 80}, {Name: "https", ContainerPort: 443, HostPort: 443}}
}

// TestControllerFound has no address in the status: the controller is looked for.
func TestControllerFound(t *testing.T) {
	labelled := func(label string) string {
		return ": the pods of service proxy/proxy are labelled app.kubernetes.io/name=" + label
	}
	runs := func(flag string) string { return ": the pods of service proxy/proxy run with " + flag }
	const address = "203.0.113.9 80 443 virtual"
	for name, test := range map[string]struct {
		controller, label string
		arguments         []string
		want              string
	}{
		"by its label":             {nginx, "ingress-nginx", nil, address + labelled("ingress-nginx")},
		"another label":            {nginx, "nginx-ingress", nil, ""},
		"no label":                 {nginx, "x", nil, ""},
		"of several of its kind":   {"haproxy.org/ingress-controller/a", "kubernetes-ingress", nil, address + labelled("kubernetes-ingress")},
		"a like name":              {"k8s.io/ingress-nginx-internal", "ingress-nginx", nil, ""},
		"another like name":        {"k8s.io/ingress-nginx-internal", "x", nil, ""},
		"by its argument":          {nginx, "x", []string{"--controller-class=k8s.io/ingress-nginx"}, address + runs("--controller-class=k8s.io/ingress-nginx")},
		"by two arguments":         {nginx, "x", []string{"--controller-class", "k8s.io/ingress-nginx"}, address + runs("--controller-class")},
		"the argument is another":  {nginx, "ingress-nginx", []string{"--controller-class=example.com/x"}, ""},
		"a controller of its own":  {"example.com/x", "ingress-nginx", []string{"--controller-class=example.com/x"}, address + runs("--controller-class=example.com/x")},
		"a part of the controller": {"haproxy-ingress.github.io/controller/x", "y", []string{"--controller-class=x"}, address + runs("--controller-class=x")},
		"other arguments":          {nginx, "ingress-nginx", []string{"--v=2", "nginx"}, address + labelled("ingress-nginx")},
		"its class":                {"nginx.org/ingress-controller", "nginx-ingress", []string{"-ingress-class=class"}, address + runs("-ingress-class=class")},
		"another class":            {"nginx.org/ingress-controller", "nginx-ingress", []string{"-ingress-class=other"}, ""},
		"Traefik":                  {traefik, "traefik", []string{"--providers.kubernetesingress"}, address + runs("--providers.kubernetesingress")},
		"Traefik in other letters": {traefik, "traefik", []string{"--providers.kubernetesIngress.ingressClass=x"}, address + runs("--providers.kubernetesIngress.ingressClass=x")},
		"Traefik of a file":        {traefik, "traefik", []string{"--log.level=DEBUG"}, address + labelled("traefik")},
		"Traefik without Ingress":  {traefik, "traefik", []string{"--providers.kubernetescrd"}, ""},
		"Traefik switched off":     {traefik, "traefik", []string{"--providers.kubernetesingress=false", "--providers.kubernetesingressnginx"}, ""},
		"Traefik for nginx":        {nginx, "traefik", []string{"--providers.kubernetesingress", "--providers.kubernetesingressnginx=true"}, address + runs("--providers.kubernetesingressnginx=true")},
		"Traefik not for nginx":    {nginx, "traefik", []string{"--providers.kubernetesingress"}, ""},
		"Traefik for a nginx":      {"example.com/x", "traefik", []string{"--providers.kubernetesingressnginx.controllerclass=example.com/x"}, address + runs("--providers.kubernetesingressnginx.controllerclass=example.com/x")},
		"Traefik for another":      {nginx, "traefik", []string{"--providers.kubernetesingressnginx", "--providers.kubernetesingressnginx.controllerclass=example.com/x"}, ""},
		"Traefik for Gateways":     {traefik, "traefik", []string{"--providers.kubernetesgateway"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			proxy, pod := Proxy("proxy", test.label, "203.0.113.9", test.arguments...)
			in := web().Beside(NewIngressClass("class", test.controller), NewIngress("in", Class("class"), to("shop.example.com", "/"))).BesideProxy(proxy, pod).Target(t).Ingresses[0]
			if got := strings.Join(entries(in.Entries), "; "); got != test.want {
				t.Errorf("entries %q\nwant %q", got, test.want)
			}
			if none := "its status has no address, and no Service was found that leads to controller " + test.controller; test.want == "" && in.NoEntry != none {
				t.Errorf("no entry because %q", in.NoEntry)
			}
		})
	}
}

// TestControllerAddresses looks at how a controller that was found is reached.
func TestControllerAddresses(t *testing.T) {
	type change = func(*corev1.Service, *corev1.Pod)
	local := func(s *corev1.Service, _ *corev1.Pod) {
		s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal
	}
	clusterIP := func(s *corev1.Service, _ *corev1.Pod) {
		s.Spec.Type, s.Spec.Ports[0].NodePort, s.Spec.Ports[1].NodePort = "", 0, 0
	}
	notReady := func(_ *corev1.Service, pod *corev1.Pod) { pod.Status.Conditions = nil }
	ended := func(_ *corev1.Service, pod *corev1.Pod) { pod.Status.Phase = corev1.PodFailed }
	for name, test := range map[string]struct {
		address string
		changes []change
		want    []string
	}{
		"a load balancer":             {"203.0.113.9", nil, []string{"203.0.113.9 80 443 virtual"}},
		"NodePorts while it pends":    {"", nil, []string{"172.16.0.1 31080 31443 on n1", "172.16.0.2 31080 31443 on n2"}},
		"only of nodes that serve it": {"", []change{local}, []string{"172.16.0.1 31080 31443 local on n1"}},
		"of none that is ready":       {"", []change{local, notReady}, nil},
		"no pod is known":             {"", []change{local, ended}, []string{"172.16.0.1 31080 31443 local on n1", "172.16.0.2 31080 31443 local on n2"}},
		"host ports before NodePorts": {"", []change{hostPorts}, []string{"172.16.0.1 80 443 on n1"}},
		"host ports without others":   {"", []change{hostPorts, clusterIP}, []string{"172.16.0.1 80 443 on n1"}},
		"of a pod that is not ready":  {"", []change{hostPorts, clusterIP, notReady}, nil},
		"of a single address": {"", []change{clusterIP, func(_ *corev1.Service, pod *corev1.Pod) {
			pod.Spec.Containers[0].Ports = []corev1.ContainerPort{{Name: "http", ContainerPort: 80, HostPort: 80, HostIP: "127.0.0.1"}}
		}}, nil},
		"other host ports": {"", []change{clusterIP, func(_ *corev1.Service, pod *corev1.Pod) {
			pod.Spec.Containers[0].Ports = []corev1.ContainerPort{{Name: "metrics", ContainerPort: 9000, HostPort: 9000}}
		}}, nil},
		"none": {"", []change{clusterIP}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			proxy, pod := Proxy("proxy", "ingress-nginx", test.address)
			in := web().Node("n3", Dead()).Beside(NewIngressClass("nginx", nginx), NewIngress("in", Class("nginx"), to("shop.example.com", "/"))).
				BesideProxy(proxy, pod, test.changes...).Target(t).Ingresses[0]
			got := entries(in.Entries)
			for i := range got {
				got[i], _, _ = strings.Cut(got[i], ":")
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("entries %q\nwant %q", got, test.want)
			}
			if none := "its status has no address, and service proxy/proxy of its controller has no address for clients outside the cluster"; test.want == nil && in.NoEntry != none {
				t.Errorf("no entry because %q", in.NoEntry)
			}
			for _, e := range in.Entries {
				number, _ := e.Number(8443)
				if https, _ := e.Number(443); number != https && !strings.HasPrefix(e.Source, "host ports") {
					t.Errorf("the port of the pod is at %d, that of the Service at %d", number, https)
				}
			}
		})
	}
}

// TestHostPortsOnce has a second Service for the same pods, as for an admission
// webhook, and a node with an address that the pods do not have.
func TestHostPortsOnce(t *testing.T) {
	proxy, pod := Proxy("proxy", "ingress-nginx", "")
	hostPorts(proxy, pod)
	second := proxy.DeepCopy()
	second.Name, second.Spec.Type = "proxy-admission", corev1.ServiceTypeClusterIP
	service := NewService("web").Port("http", 80, 8080).Node("n1", NodeAddress(corev1.NodeInternalIP, "fd10::1")).
		Beside(NewIngressClass("nginx", nginx), NewIngress("in", Class("nginx"), to("shop.example.com", "/")), proxy, second, pod)
	got := entries(service.Target(t).Ingresses[0].Entries)
	if len(got) != 1 || !strings.HasPrefix(got[0], "172.16.0.1 80 443 on n1: ") {
		t.Errorf("entries %q", got)
	}
}

func TestControllerUnknown(t *testing.T) {
	for name, test := range map[string]struct {
		options []IngressOption
		objects []runtime.Object
		want    string
	}{
		"no class":      {nil, nil, "its status has no address, and it names no class and there is no default one"},
		"no such class": {[]IngressOption{Class("nginx")}, nil, "its status has no address, and the controller of class nginx is not known"},
		"no such controller": {[]IngressOption{Class("nginx")}, []runtime.Object{NewIngressClass("nginx", nginx)},
			"its status has no address, and no Service was found that leads to controller " + nginx},
	} {
		in := web().Beside(append(test.objects, NewIngress("in", append(test.options, to("shop.example.com", "/"))...))...).Target(t).Ingresses[0]
		if in.NoEntry != test.want || len(in.Entries) > 0 {
			t.Errorf("%s: %d entries because %q, want %q", name, len(in.Entries), in.NoEntry, test.want)
		}
	}
}

// TestControllerOfMany has more Services than may be looked into, one for
// administration beside the way in, and pods that cannot be read.
func TestControllerOfMany(t *testing.T) {
	service := web().Beside(NewIngressClass("nginx", nginx), NewIngress("in", Class("nginx"), to("shop.example.com", "/")),
		NewIngress("again", Class("nginx"), to("shop.example.com", "/again")))
	for i := range 30 {
		service.BesideProxy(Proxy(fmt.Sprintf("app-%02d", i), "app", "203.0.113.1"))
	}
	admin, pod := Proxy("admin", "ingress-nginx", "203.0.113.2")
	service.BesideProxy(admin, pod, func(s *corev1.Service, _ *corev1.Pod) {
		s.Spec.Ports = []corev1.ServicePort{{Name: "admin", Port: 8444, NodePort: 30444}}
	})
	service.BesideProxy(Proxy("proxy", "ingress-nginx", "203.0.113.9"))
	client := service.Client()
	asked := 0
	client.PrependReactor("list", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if action.GetNamespace() == Namespace {
			return false, nil, nil
		}
		asked++
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("not allowed"))
	})
	read, err := resolve(t, client)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"203.0.113.9 80 443 virtual: service proxy/proxy is labelled app.kubernetes.io/name=ingress-nginx; its pods cannot be read"}
	for _, in := range read.Ingresses {
		if got := entries(in.Entries); !slices.Equal(got, want) {
			t.Errorf("entries %q\nwant %q", got, want)
		}
	}
	if asked != 10 {
		t.Errorf("the pods of %d Services were asked for, want 10 at the most, and once", asked)
	}
}

func TestEntryNumber(t *testing.T) {
	if number, ok := (target.Entry{}).Number(8080); number != 8080 || !ok {
		t.Errorf("got %d, %v", number, ok)
	}
	proxy, pod := Proxy("proxy", "ingress-nginx", "203.0.113.9")
	proxy.Spec.Ports[0].TargetPort = intstr.FromString("http")
	in := web().Beside(NewIngressClass("nginx", nginx), NewIngress("in", Class("nginx"), to("shop.example.com", "/"))).BesideProxy(proxy, pod).Target(t).Ingresses[0]
	for port, want := range map[int32]int32{80: 80, 8000: 80, 443: 443, 8443: 443, 9000: 0} {
		if number, ok := in.Entries[0].Number(port); number != want || ok != (want != 0) {
			t.Errorf("port %d is at %d, want %d", port, number, want)
		}
	}
}
