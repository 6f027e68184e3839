package target_test

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// forbid makes the client refuse to list the resources.
func forbid(client *fake.Clientset, resources ...string) {
	for _, resource := range resources {
		client.PrependReactor("list", resource, func(clienttesting.Action) (bool, runtime.Object, error) {
			return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "", errors.New("not allowed"))
		})
	}
}

func TestResolveForbidden(t *testing.T) {
	service := func() *Service {
		return NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1")
	}
	for resource, lost := range map[string]string{
		"nodes": "nodes", "deployments": "deployments", "statefulsets": "statefulsets", "daemonsets": "daemonsets",
	} {
		client := service().Client() // without pods, so that workloads are read
		forbid(client, resource)
		read, err := resolve(t, client)
		if err != nil {
			t.Errorf("%s forbidden: %v", resource, err)
			continue
		}
		if len(read.Unread) != 1 || read.Unread[0].Resource != lost || read.Unread[0].Loses == "" || !strings.Contains(read.Unread[0].Reason, "not allowed") {
			t.Errorf("%s forbidden: unread %+v", resource, read.Unread)
		}
	}
	cut := service().Client()
	cut.PrependReactor("list", "nodes", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if action.(clienttesting.ListActionImpl).ListOptions.Continue != "" {
			return true, nil, errors.New("not allowed")
		}
		return true, &corev1.NodeList{ListMeta: metav1.ListMeta{Continue: "more"}, Items: []corev1.Node{{}}}, nil
	})
	if read, err := resolve(t, cut); err != nil || read.Nodes != nil || len(read.Unread) != 1 {
		t.Errorf("a second page is refused: %v, %+v; want no node rather than some", err, read)
	}
	events := service().Pod("a", NotReady("failing")).Client()
	forbid(events, "events")
	if read, err := resolve(t, events); err != nil || len(read.Unread) != 1 || read.Unread[0].Resource != "events" {
		t.Errorf("events forbidden: %v, %+v", err, read)
	}
	for _, resource := range []string{"pods", "endpointslices"} {
		client := service().Client()
		forbid(client, resource)
		if _, err := resolve(t, client); !apierrors.IsForbidden(err) || !strings.HasPrefix(err.Error(), "reading the ") {
			t.Errorf("%s forbidden: error %v, want it to be forbidden", resource, err)
		}
	}
}

func TestResolveNotFound(t *testing.T) {
	named := func(namespace, name string) runtime.Object {
		return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	}
	near := []runtime.Object{named(Namespace, "wob"), named(Namespace, "web2"), named(Namespace, "database"), named("dev", "wbe")}
	for name, test := range map[string]struct {
		objects []runtime.Object
		forbid  bool
		want    string
	}{
		"nothing":        {nil, false, `service "web" not found in namespace "shop"; kubectl -n shop get services lists those there are`},
		"no namespace":   {nil, false, `service "web" not found: namespace "shop" does not exist`},
		"near names":     {near, false, `service "web" not found in namespace "shop"; did you mean web2, wob?`},
		"elsewhere":      {append(near, named("dev", "web"), named("prod", "web")), false, `service "web" not found in namespace "shop"; there is one in namespace dev, prod: use -n`},
		"in many places": {[]runtime.Object{named("a", "web"), named("b", "web"), named("c", "web"), named("d", "web"), named("e", "web")}, false, `service "web" not found in namespace "shop"; there is one in namespace a, b, c and 2 more: use -n`},
		"namespace only": {append(near, named("dev", "web")), true, `service "web" not found in namespace "shop"; did you mean web2, wob?`},
	} {
		t.Run(name, func(t *testing.T) {
			client := fake.NewClientset(test.objects...)
			if name != "no namespace" {
				shop := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: Namespace}}
				if err := client.Tracker().Add(shop); err != nil {
					t.Fatal(err)
				}
			}
			if test.forbid {
				client.PrependReactor("list", "services", func(action clienttesting.Action) (bool, runtime.Object, error) {
					return action.GetNamespace() == "", nil, apierrors.NewForbidden(schema.GroupResource{Resource: "services"}, "", nil)
				})
			}
			_, err := resolve(t, client)
			var missing *target.NotFoundError
			if !errors.As(err, &missing) || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}
