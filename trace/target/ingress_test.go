package target_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

const (
	nginx   = "k8s.io/ingress-nginx"
	traefik = "traefik.io/ingress-controller"
)

func web() *Service {
	return NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1").Node("n2").Pod("a", On("n1"))
}

// to is a rule for the Service under test.
func to(host, path string) IngressOption {
	return Path(host, path, networkingv1.PathTypePrefix, intstr.FromInt32(80))
}

func TestIngressesOfTheService(t *testing.T) {
	empty := func(in *networkingv1.Ingress) {
		in.Spec.Rules = append(in.Spec.Rules, networkingv1.IngressRule{Host: "nothing.example.com"},
			networkingv1.IngressRule{IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
				Paths: []networkingv1.HTTPIngressPath{{Path: "/static", Backend: networkingv1.IngressBackend{Resource: &corev1.TypedLocalObjectReference{Kind: "Bucket", Name: "web"}}}},
			}}})
		in.Spec.DefaultBackend = &networkingv1.IngressBackend{Resource: &corev1.TypedLocalObjectReference{Kind: "Bucket", Name: "web"}}
	}
	other := PathTo("db", "shop.example.com", "/db", networkingv1.PathTypePrefix, intstr.FromInt32(80))
	for name, test := range map[string]struct {
		ingress *networkingv1.Ingress
		want    bool
	}{
		"a rule":                {NewIngress("in", to("shop.example.com", "/")), true},
		"the second rule":       {NewIngress("in", other, to("shop.example.com", "/")), true},
		"the default backend":   {NewIngress("in", Default(intstr.FromInt32(80))), true},
		"another service":       {NewIngress("in", other), false},
		"another namespace":     {NewIngress("in", In("dev"), to("shop.example.com", "/")), false},
		"nothing but resources": {NewIngress("in", empty), false},
		"beside resources":      {NewIngress("in", empty, to("shop.example.com", "/")), true},
		"no rules":              {NewIngress("in"), false},
	} {
		if got := web().Beside(test.ingress).Target(t).Ingresses; (len(got) == 1) != test.want {
			t.Errorf("%s: %d Ingresses", name, len(got))
		}
	}
}

func TestIngressClass(t *testing.T) {
	standard := func(name, controller string, age time.Duration) *networkingv1.IngressClass {
		class := NewIngressClass(name, controller)
		class.Annotations = map[string]string{networkingv1.AnnotationIsDefaultIngressClass: "true"}
		class.CreationTimestamp = metav1.NewTime(time.Unix(1e9, 0).Add(-age))
		return class
	}
	annotated := Annotated("kubernetes.io/ingress.class", "old")
	for name, test := range map[string]struct {
		options           []IngressOption
		classes           []runtime.Object
		class, controller string
	}{
		"none":                       {nil, []runtime.Object{NewIngressClass("nginx", nginx)}, "", ""},
		"the field":                  {[]IngressOption{Class("nginx")}, []runtime.Object{NewIngressClass("nginx", nginx), standard("x", traefik, 0)}, "nginx", nginx},
		"the annotation":             {[]IngressOption{annotated}, []runtime.Object{NewIngressClass("old", nginx), standard("x", traefik, 0)}, "old", nginx},
		"the field before that":      {[]IngressOption{annotated, Class("nginx")}, []runtime.Object{NewIngressClass("nginx", nginx)}, "nginx", nginx},
		"no such class":              {[]IngressOption{Class("nginx")}, []runtime.Object{standard("x", traefik, 0)}, "nginx", ""},
		"the default":                {nil, []runtime.Object{NewIngressClass("nginx", nginx), standard("x", traefik, 0)}, "x", traefik},
		"the newest default":         {nil, []runtime.Object{standard("a", nginx, time.Hour), standard("b", traefik, 0), standard("c", nginx, time.Minute)}, "b", traefik},
		"the first default, by name": {nil, []runtime.Object{standard("b", nginx, 0), standard("a", traefik, 0)}, "a", traefik},
	} {
		in := NewIngress("in", append(test.options, to("shop.example.com", "/"))...)
		got := web().Beside(append(test.classes, in)...).Target(t).Ingresses[0]
		if got.Class != test.class || got.Controller != test.controller {
			t.Errorf("%s: class %q of %q, want %q of %q", name, got.Class, got.Controller, test.class, test.controller)
		}
	}
}

func TestIngressShared(t *testing.T) {
	class := Class("nginx")
	service := web().Beside(NewIngressClass("nginx", nginx), NewIngressClass("public", nginx), NewIngressClass("traefik", traefik),
		NewIngress("in", class, Default(intstr.FromInt32(80)), to("Shop.example.com", "/"), to("shop.example.com", "/a"), to("b.example.com", "/")),
		NewIngress("same", class, PathTo("db", "shop.example.com", "/db", networkingv1.PathTypePrefix, intstr.FromInt32(80))),
		NewIngress("in", In("dev"), Class("public"), to("x.example.com", "/"), to("b.example.com", "/")),
		NewIngress("other-host", In("dev"), class, to("c.example.com", "/")),
		NewIngress("other-controller", In("dev"), Class("traefik"), to("shop.example.com", "/")),
		NewIngress("x", Class("no-such"), to("shop.example.com", "/")), NewIngress("y", Class("nor-such"), to("shop.example.com", "/")),
		NewIngress("catch-all", In("dev"), class, Default(intstr.FromInt32(80))))
	var names []string
	read := service.Target(t).Ingresses
	for _, other := range read[0].Shared {
		names = append(names, other.Namespace+"/"+other.Name)
	}
	if want := []string{"dev/in", "shop/same"}; !slices.Equal(slices.Sorted(slices.Values(names)), want) {
		t.Errorf("shared with %v, want %v", names, want)
	}
	for _, in := range read[1:] {
		if len(in.Shared) > 0 {
			t.Errorf("%s shares its host with one of another class, of which no more is known", in.Name)
		}
	}
}

func TestIngressForbidden(t *testing.T) {
	service := func() *Service {
		return web().Beside(NewIngressClass("nginx", nginx),
			NewIngress("in", Class("nginx"), Published("203.0.113.9"), TLS("cert", "shop.example.com"), to("shop.example.com", "/")),
			NewIngress("beside", Class("nginx"), PathTo("db", "shop.example.com", "/db", networkingv1.PathTypePrefix, intstr.FromInt32(80))))
	}
	for refused, test := range map[string]struct {
		resource, namespace string
		unread              []string
		ingresses, shared   int
	}{
		"nothing":                   {"configmaps", "", nil, 1, 1},
		"all ingresses":             {"ingresses", "", []string{"ingresses"}, 0, 0},
		"those of other namespaces": {"ingresses", "all", []string{"ingresses of other namespaces"}, 1, 1},
		"classes":                   {"ingressclasses", "", []string{"ingressclasses"}, 1, 1},
		"services":                  {"services", "all", []string{"services of other namespaces"}, 1, 1},
		"secrets":                   {"secrets", "", []string{"secret shop/cert"}, 1, 1},
	} {
		client := service().Client()
		client.PrependReactor("*", test.resource, func(action clienttesting.Action) (bool, runtime.Object, error) {
			ours := action.GetVerb() == "list" || action.GetVerb() == "get" && test.resource == "secrets"
			return ours && (test.namespace == "" || action.GetNamespace() == ""), nil,
				apierrors.NewForbidden(schema.GroupResource{Resource: test.resource}, "", errors.New("not allowed"))
		})
		read, err := resolve(t, client)
		if err != nil {
			t.Errorf("%s refused: %v", refused, err)
			continue
		}
		var unread []string
		for _, u := range read.Unread {
			unread = append(unread, u.Resource)
			if u.Loses == "" || !strings.Contains(u.Reason, "not allowed") {
				t.Errorf("%s refused: unread %+v", refused, u)
			}
		}
		if !slices.Equal(unread, test.unread) || len(read.Ingresses) != test.ingresses {
			t.Errorf("%s refused: unread %q and %d Ingresses, want %q and %d", refused, unread, len(read.Ingresses), test.unread, test.ingresses)
		}
		for _, in := range read.Ingresses {
			if len(in.Shared) != test.shared || len(in.Entries) != 1 || in.Entries[0].Virtual != (test.resource == "services") {
				t.Errorf("%s refused: shared with %d, entries %+v", refused, len(in.Shared), in.Entries)
			}
			if _, known := in.Secrets["cert"]; known == (test.resource == "secrets") {
				t.Errorf("%s refused: secrets %v", refused, in.Secrets)
			}
		}
	}
	absent := service().Client()
	absent.PrependReactor("list", "ingresses", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewNotFound(schema.GroupResource{Resource: "ingresses"}, "")
	})
	if read, err := resolve(t, absent); err != nil || len(read.Unread) > 0 {
		t.Errorf("no such API: %v, unread %v; want silence", err, read.Unread)
	}
}

func TestIngressSecrets(t *testing.T) {
	der := []byte("certificate")
	sum := sha256.Sum256(der)
	block := func(kind string, content []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
	}
	secret := func(name, key string, content ...[]byte) runtime.Object {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: Namespace}, Data: map[string][]byte{key: bytes.Join(content, nil)}}
	}
	service := web().Beside(NewIngress("in", to("a.example.com", "/"), TLS("good"), TLS("missing"), TLS("other-key"), TLS("no-pem"), TLS(""), TLS("good")),
		secret("good", "tls.crt", []byte("a comment\n"), block("PRIVATE KEY", der[1:]), block("CERTIFICATE", der), block("CERTIFICATE", der[2:])),
		secret("other-key", "cert", block("CERTIFICATE", der)), secret("no-pem", "tls.crt", []byte("rubbish")))
	want := map[string]string{"good": hex.EncodeToString(sum[:]), "missing": "", "other-key": "", "no-pem": ""}
	if got := service.Target(t).Ingresses[0].Secrets; !maps.Equal(got, want) {
		t.Errorf("secrets %v, want %v", got, want)
	}
}

func TestThousandIngresses(t *testing.T) {
	service := web().Beside(NewIngressClass("nginx", nginx))
	rules := []IngressOption{Class("nginx")}
	for i := range 1000 {
		rules = append(rules, to(fmt.Sprintf("h%d.example.com", i), "/"))
		service.Beside(NewIngress(fmt.Sprint("other-", i), In("dev"), Class("nginx"), to(fmt.Sprintf("h%d.example.com", i%50), "/x")))
	}
	read := service.Beside(NewIngress("in", rules...)).Target(t)
	if len(read.Ingresses) != 1 || len(read.Ingresses[0].Shared) != 1000 {
		t.Errorf("%d Ingresses", len(read.Ingresses))
	}
}

// entries writes entries as "HOST:NUMBER", with what is special about them.
func entries(all []target.Entry) []string {
	var texts []string
	for _, e := range all {
		text := e.Host
		for _, port := range []int32{80, 443} {
			if number, ok := e.Number(port); ok {
				text += fmt.Sprintf(" %d", number)
			}
		}
		for name, set := range map[string]bool{" virtual": e.Virtual, " local": e.Local} {
			if set {
				text += name
			}
		}
		if e.Inside {
			text += " inside"
		}
		if e.Node != "" {
			text += " on " + e.Node
		}
		if e.Guessed != "" {
			text += ": " + e.Guessed
		}
		texts = append(texts, text)
	}
	return texts
}
