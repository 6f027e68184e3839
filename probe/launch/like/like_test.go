package like

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
)

// shopper is a client with a label of every sort.
func shopper() Client {
	return Client{
		Namespace:       "shop",
		NamespaceLabels: map[string]string{corev1.LabelMetadataName: "shop", "team": "sales"},
		Labels: map[string]string{
			"app": "cart", "tier": "front", "version": "2",
			"pod-template-hash": "abc", "apps.kubernetes.io/pod-index": "0", "statefulset.kubernetes.io/pod-name": "cart-0",
			"sidecar.istio.io/inject": "true",
		},
	}
}

func TestOf(t *testing.T) {
	app, tier := match("app", "cart"), match("tier", "front")
	for name, test := range map[string]struct {
		policies []networkingv1.NetworkPolicy
		labels   string
		withheld string
	}{
		"none":                            {nil, "", ""},
		"holds it back":                   {policies(policy("shop", app)), "app=cart", ""},
		"holds others back":               {policies(policy("shop", match("app", "db"))), "", ""},
		"holds some back":                 {policies(policy("shop", metav1.LabelSelector{MatchLabels: map[string]string{"app": "cart", "tier": "back"}})), "", ""},
		"of another namespace":            {policies(policy("other", app)), "", ""},
		"of all pods":                     {policies(policy("shop", metav1.LabelSelector{})), "", ""},
		"by what it has not":              {policies(policy("shop", match("role", "x"))), "", ""},
		"lets it come":                    {policies(policy("shop", match("app", "db"), from(peer(&tier, nil), peer(&app, nil)))), "app=cart tier=front", ""},
		"lets others call it":             {policies(policy("shop", metav1.LabelSelector{}, to(peer(&tier, nil)))), "tier=front", ""},
		"elsewhere, of its own namespace": {policies(policy("other", metav1.LabelSelector{}, from(peer(&app, nil)))), "", ""},
		"elsewhere, of all namespaces":    {policies(policy("other", metav1.LabelSelector{}, from(peer(&app, &metav1.LabelSelector{})))), "app=cart", ""},
		"elsewhere, of this namespace":    {policies(policy("other", metav1.LabelSelector{}, from(peer(&app, ptr(match("team", "sales")))))), "app=cart", ""},
		"elsewhere, of another one":       {policies(policy("other", metav1.LabelSelector{}, from(peer(&app, ptr(match("team", "it")))))), "", ""},
		"by addresses":                    {policies(policy("shop", metav1.LabelSelector{}, from(networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "10.0.0.0/8"}}))), "", ""},
		"whole namespaces":                {policies(policy("other", metav1.LabelSelector{}, from(peer(nil, &metav1.LabelSelector{})))), "", ""},
		"by expressions": {policies(policy("shop", metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "version", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"1"}},
			{Key: "tier", Operator: metav1.LabelSelectorOpExists},
			{Key: "absent", Operator: metav1.LabelSelectorOpDoesNotExist},
		}})), "tier=front", ""},
		"all but it": {policies(policy("shop", metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "pod-template-hash", Operator: metav1.LabelSelectorOpDoesNotExist},
			{Key: "tier", Operator: metav1.LabelSelectorOpExists},
			{Key: "version", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"1", "2"}},
		}})), "version=2", ""},
		"all that are of no controller": {policies(policy("shop", metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "pod-template-hash", Operator: metav1.LabelSelectorOpDoesNotExist},
		}})), "", "pod-template-hash shop/p: a controller knows its pods by it"},
		"by a controller's label": {policies(policy("shop", match("pod-template-hash", "abc"))), "", "pod-template-hash shop/p: a controller knows its pods by it"},
		"by a pod's own label":    {policies(policy("shop", match("statefulset.kubernetes.io/pod-name", "cart-0"), from(peer(&app, nil)))), "app=cart", "statefulset.kubernetes.io/pod-name shop/p: a controller knows its pods by it"},
		"by a number":             {policies(policy("shop", match("apps.kubernetes.io/pod-index", "0"))), "", "apps.kubernetes.io/pod-index shop/p: a controller knows its pods by it"},
		"by what a probe has":     {policies(policy("shop", match("sidecar.istio.io/inject", "true"))), "", "sidecar.istio.io/inject shop/p: the probe has one of its own"},
		// The client is in no Job, and the probe is.
		"by what only a probe has":    {policies(policy("shop", metav1.LabelSelector{}, from(peer(ptr(match("job-name", "x")), nil)))), "", "job-name shop/p: a controller knows its pods by it"},
		"by what others have":         {policies(policy("shop", match("pod-template-hash", "other"))), "", ""},
		"by what neither of both has": {policies(policy("shop", match("controller-revision-hash", "x"))), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := Of(shopper(), test.policies)
			var withheld []string
			for _, w := range got.Withheld {
				withheld = append(withheld, w.Key+" "+w.Policy+": "+w.Why)
			}
			if labels := strings.ReplaceAll(labels.Set(got.Labels).String(), ",", " "); labels != test.labels || strings.Join(withheld, "; ") != test.withheld {
				t.Errorf("got %q, withheld %q", labels, withheld)
			}
		})
	}
}

// Where it is not known which namespaces are meant, all may be.
func TestOfUnknownNamespace(t *testing.T) {
	app := match("app", "cart")
	client := shopper()
	client.NamespaceLabels = nil
	got := Of(client, policies(policy("other", metav1.LabelSelector{}, from(peer(&app, ptr(match("team", "it")))))))
	if want := map[string]string{"app": "cart"}; !reflect.DeepEqual(got.Labels, want) {
		t.Errorf("got %v", got.Labels)
	}
}

// Every policy treats a client and its likeness alike, whatever it asks for.
func TestOfIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	keys, values := []string{"a", "b", "c", "d"}, []string{"1", "2"}
	operators := []metav1.LabelSelectorOperator{
		metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist,
	}
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	selected, copied := 0, 0
	for range 5000 {
		client := Client{Namespace: "shop", Labels: map[string]string{}}
		for _, key := range keys {
			if random.IntN(3) > 0 {
				client.Labels[key] = pick(values)
			}
		}
		var all []networkingv1.NetworkPolicy
		for range 1 + random.IntN(2) {
			var s metav1.LabelSelector
			for range 1 + random.IntN(3) {
				r := metav1.LabelSelectorRequirement{Key: pick(keys), Operator: operators[random.IntN(len(operators))]}
				if r.Operator == metav1.LabelSelectorOpIn || r.Operator == metav1.LabelSelectorOpNotIn {
					r.Values = []string{pick(values)}
				}
				s.MatchExpressions = append(s.MatchExpressions, r)
			}
			all = append(all, policy("shop", s))
		}
		got := Of(client, all)
		copied += len(got.Labels)
		for _, p := range all {
			selector, err := metav1.LabelSelectorAsSelector(&p.Spec.PodSelector)
			if err != nil {
				t.Fatal(err)
			}
			want := selector.Matches(labels.Set(client.Labels))
			if want {
				selected++
			}
			if selector.Matches(labels.Set(got.Labels)) != want {
				t.Fatalf("%s selects %v: %v, but not so %v", selector, client.Labels, want, got.Labels)
			}
		}
	}
	if selected == 0 || copied == 0 {
		t.Errorf("%d selected, %d labels copied: nothing was tested", selected, copied)
	}
}

// Whatever is copied may be copied.
func TestOfCopiesNothingReserved(t *testing.T) {
	client := shopper()
	var all []networkingv1.NetworkPolicy
	for key, value := range client.Labels {
		all = append(all, policy("shop", match(key, value)))
	}
	got := Of(client, all)
	if len(got.Labels) != 3 || len(got.Withheld) != 4 {
		t.Errorf("got %v", got)
	}
	for key := range got.Labels {
		if why := launch.Reserved(key); why != "" {
			t.Errorf("copies %s: %s", key, why)
		}
	}
}

func TestRead(t *testing.T) {
	for name, test := range map[string]struct {
		forbid []string
		read   int
		unread string
	}{
		"everything":         {nil, 3, ""},
		"not all namespaces": {[]string{"networkpolicies "}, 2, "whether policies of other namespaces than shop and target know the client by its labels"},
		"only its own":       {[]string{"networkpolicies ", "networkpolicies target"}, 1, "whether policies of other namespaces than shop know the client by its labels"},
		"not the namespace":  {[]string{"namespaces "}, 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(test.forbid...)
			known, err := Read(t.Context(), client, "shop", "cart-0", "target", "shop")
			if err != nil {
				t.Fatal(err)
			}
			var unread []string
			for _, u := range known.Unread {
				unread = append(unread, u.What)
			}
			if len(known.Policies) != test.read || strings.Join(unread, "; ") != test.unread {
				t.Errorf("read %d policies, unread %q", len(known.Policies), unread)
			}
			if known.Namespace != "shop" || known.Labels["app"] != "cart" || known.Node != "n1" {
				t.Errorf("the client is %v on %s", known.Client, known.Node)
			}
			if name != "not the namespace" && known.NamespaceLabels["team"] != "sales" {
				t.Errorf("the namespace's labels are %v", known.NamespaceLabels)
			}
		})
	}
}

func TestReadTellsOfOtherPolicies(t *testing.T) {
	client := newClient()
	client.Resources = []*metav1.APIResourceList{
		{GroupVersion: "cilium.io/v2"}, {GroupVersion: "crd.projectcalico.org/v1"}, {GroupVersion: "projectcalico.org/v3"}, {GroupVersion: "apps/v1"},
	}
	known, err := Read(t.Context(), client, "shop", "cart-0")
	if err != nil || len(known.Unread) != 1 || known.Unread[0].What != "whether policies of Calico, Cilium know the client" {
		t.Errorf("got %v, %v", known.Unread, err)
	}
}

func TestReadFails(t *testing.T) {
	for name, test := range map[string]struct {
		pod    string
		forbid []string
		reason launch.Reason
		says   string
	}{
		"no such pod":          {"cart-9", nil, launch.ReasonLike, "kubectl get pods -n shop"},
		"host network":         {"host", nil, launch.ReasonLike, "--from node@n1"},
		"no right to the pod":  {"cart-0", []string{"pods shop"}, launch.ReasonRights, "get pods in namespace shop"},
		"no right to policies": {"cart-0", []string{"networkpolicies ", "networkpolicies shop"}, launch.ReasonRights, "list networkpolicies.networking.k8s.io in namespace shop"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(t.Context(), newClient(test.forbid...), "shop", test.pod, "target")
			var failure *launch.Failure
			if !errors.As(err, &failure) || failure.Reason != test.reason {
				t.Fatalf("got %v", err)
			}
			if text := failure.Error() + missing(failure); !strings.Contains(text, test.says) {
				t.Errorf("got %s", text)
			}
		})
	}
}

func missing(failure *launch.Failure) (text string) {
	for _, need := range failure.Missing {
		text += "; " + need.String()
	}
	return text
}

// newClient forbids reading "RESOURCE NAMESPACE".
func newClient(forbid ...string) *fake.Clientset {
	pod := func(name string, host bool) *corev1.Pod {
		return &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, Labels: map[string]string{"app": "cart"}},
			Spec:       corev1.PodSpec{NodeName: "n1", HostNetwork: host},
		}
	}
	objects := []runtime.Object{
		pod("cart-0", false), pod("host", true),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: map[string]string{"team": "sales"}}},
	}
	for _, namespace := range []string{"shop", "target", "third"} {
		p := policy(namespace, metav1.LabelSelector{})
		objects = append(objects, &p)
	}
	client := fake.NewClientset(objects...)
	client.PrependReactor("*", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		for _, f := range forbid {
			if f == action.GetResource().Resource+" "+action.GetNamespace() {
				return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: action.GetResource().Resource}, "", errors.New("no"))
			}
		}
		return false, nil, nil
	})
	return client
}

func policies(p ...networkingv1.NetworkPolicy) []networkingv1.NetworkPolicy { return p }

func policy(namespace string, of metav1.LabelSelector, changes ...func(*networkingv1.NetworkPolicySpec)) networkingv1.NetworkPolicy {
	p := networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "p"},
		Spec:       networkingv1.NetworkPolicySpec{PodSelector: of},
	}
	for _, change := range changes {
		change(&p.Spec)
	}
	return p
}

func from(peers ...networkingv1.NetworkPolicyPeer) func(*networkingv1.NetworkPolicySpec) {
	return func(s *networkingv1.NetworkPolicySpec) {
		s.Ingress = append(s.Ingress, networkingv1.NetworkPolicyIngressRule{From: peers})
	}
}

func to(peers ...networkingv1.NetworkPolicyPeer) func(*networkingv1.NetworkPolicySpec) {
	return func(s *networkingv1.NetworkPolicySpec) {
		s.Egress = append(s.Egress, networkingv1.NetworkPolicyEgressRule{To: peers})
	}
}

func peer(pods, namespaces *metav1.LabelSelector) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{PodSelector: pods, NamespaceSelector: namespaces}
}

func match(key, value string) metav1.LabelSelector {
	return metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
}

func ptr(selector metav1.LabelSelector) *metav1.LabelSelector { return &selector }
