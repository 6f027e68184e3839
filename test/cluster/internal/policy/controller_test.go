package policy

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// nodes stand in for the nodes' network namespaces.
type nodes struct {
	mutex  sync.Mutex
	rules  map[string][]string // all that each got
	broken map[string]int      // how often each will fail
}

func (n *nodes) load(_ context.Context, node, rules string) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.broken[node] > 0 {
		n.broken[node]--
		return errors.New("out of order")
	}
	n.rules[node] = append(n.rules[node], rules)
	return nil
}

// count returns how many rulesets a node has got, and the last one.
func (n *nodes) count(node string) (int, string) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	all := n.rules[node]
	if len(all) == 0 {
		return 0, ""
	}
	return len(all), all[len(all)-1]
}

func start(t *testing.T, nodes *nodes) *fake.Clientset {
	t.Helper()
	client := fake.NewClientset(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}})
	controller := Controller{Client: client, Nodes: []string{"node-1", "node-2"}, Load: nodes.load, Results: t.TempDir()}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := controller.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); running.Wait() })
	return client
}

func TestControllerFollowsTheCluster(t *testing.T) {
	nodes := &nodes{rules: map[string][]string{}}
	client := start(t, nodes)
	until(t, "the nodes have no rules at first", func() bool { n, rules := nodes.count("node-2"); return n == 1 && rules == removal })

	create(t, client, &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "deny", Namespace: "shop", Generation: 3}})
	until(t, "the policy is told to be enforced", func() bool { return enforced(t, client) == "3" })
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop"}, Spec: corev1.PodSpec{NodeName: "node-1"},
		Status: corev1.PodStatus{PodIPs: []corev1.PodIP{{IP: "10.128.1.2"}}},
	}
	pods := client.CoreV1().Pods("shop")
	if _, err := pods.Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "the pod's node has rules", func() bool { _, rules := nodes.count("node-1"); return strings.Contains(rules, "10.128.1.2") })
	if err := pods.Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "the pod's node has no more rules", func() bool { _, rules := nodes.count("node-1"); return rules == removal })
	if n, _ := nodes.count("node-2"); n != 1 {
		t.Errorf("a node that nothing changed for got rules %d times", n)
	}
}

// A node that cannot take its rules is tried again, and until it can nobody is
// told that it has them.
func TestControllerTriesAgain(t *testing.T) {
	nodes := &nodes{rules: map[string][]string{}, broken: map[string]int{"node-2": 2}}
	client := start(t, nodes)
	create(t, client, &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "deny", Namespace: "shop", Generation: 1}})
	until(t, "the sound node has its rules", func() bool { n, _ := nodes.count("node-1"); return n > 0 })
	if got := enforced(t, client); got != "" {
		t.Errorf("generation %s is told to be enforced before all nodes have it", got)
	}
	until(t, "the policy is told to be enforced", func() bool { return enforced(t, client) == "1" })
	if n, _ := nodes.count("node-2"); n == 0 {
		t.Error("the broken node was given up")
	}
}

func create(t *testing.T, client *fake.Clientset, policy *networkingv1.NetworkPolicy) {
	t.Helper()
	_, err := client.NetworkingV1().NetworkPolicies(policy.Namespace).Create(t.Context(), policy, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

func enforced(t *testing.T, client *fake.Clientset) string {
	t.Helper()
	policy, err := client.NetworkingV1().NetworkPolicies("shop").Get(t.Context(), "deny", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return policy.Annotations[EnforcedAnnotation]
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came that %s", what)
		}
	}
}
