package targettest

import (
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// PodOption changes a pod.
type PodOption func(*pod)

// Pod adds a pod: running, ready, with the labels that the Service selects, and
// with an address of its own.
func (s *Service) Pod(name string, options ...PodOption) *Service {
	n := len(s.pods) + 1
	p := pod{Pod: &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: Namespace, UID: types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n)),
			Labels: maps.Clone(s.Spec.Selector),
		},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app"}}},
		Status: corev1.PodStatus{
			Phase:      corev1.PodRunning,
			PodIPs:     []corev1.PodIP{{IP: fmt.Sprintf("10.0.%d.%d", (n-1)/250, (n-1)%250+1)}},
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
		},
	}}
	for _, option := range options {
		option(&p)
	}
	s.pods = append(s.pods, p)
	return s
}

// On puts the pod on a node.
func On(node string) PodOption { return func(p *pod) { p.Spec.NodeName = node } }

// At gives the pod its addresses.
func At(addresses ...string) PodOption {
	return func(p *pod) {
		p.Status.PodIPs = nil
		for _, a := range addresses {
			p.Status.PodIPs = append(p.Status.PodIPs, corev1.PodIP{IP: a})
		}
	}
}

// NotReady makes the pod not ready, for a reason.
func NotReady(message string) PodOption {
	return func(p *pod) {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse, Message: message}}
	}
}

// Terminating marks the pod as about to end; until then it serves or not.
func Terminating(serving bool) PodOption {
	return func(p *pod) {
		now := metav1.Now()
		p.DeletionTimestamp, p.Finalizers = &now, []string{"test/keep"}
		p.endpoint.Conditions.Terminating = &[]bool{true}[0]
		if !serving {
			NotReady("ending")(p)
		}
	}
}

// Labelled gives the pod these labels, as keys and values, and no others.
func Labelled(labels ...string) PodOption { return func(p *pod) { p.Labels = pairs(labels) } }

// Declaring adds a TCP port to the pod's container.
func Declaring(name string, number int32) PodOption {
	return declaring(name, number, corev1.ProtocolTCP)
}

// DeclaringUDP adds a UDP port to the pod's container.
func DeclaringUDP(name string, number int32) PodOption {
	return declaring(name, number, corev1.ProtocolUDP)
}

func declaring(name string, number int32, protocol corev1.Protocol) PodOption {
	return func(p *pod) {
		c := &p.Spec.Containers[0]
		c.Ports = append(c.Ports, corev1.ContainerPort{Name: name, ContainerPort: number, Protocol: protocol})
	}
}

// Probed gives the pod an HTTP readiness probe.
func Probed(path string, port intstr.IntOrString, scheme corev1.URIScheme) PodOption {
	return func(p *pod) {
		p.Spec.Containers[0].ReadinessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
			HTTPGet: &corev1.HTTPGetAction{Path: path, Port: port, Scheme: scheme},
		}}
	}
}

// ProbedOverGRPC gives the pod a gRPC readiness probe; it asks about one service
// of the server, or about all of it.
func ProbedOverGRPC(service string, port int32) PodOption {
	return func(p *pod) {
		p.Spec.Containers[0].ReadinessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
			GRPC: &corev1.GRPCAction{Port: port, Service: &service},
		}}
	}
}

// Hinted gives the pod's endpoint topology hints for zones.
func Hinted(zones ...string) PodOption {
	return func(p *pod) {
		p.endpoint.Hints = hints(p.endpoint.Hints)
		for _, z := range zones {
			p.endpoint.Hints.ForZones = append(p.endpoint.Hints.ForZones, discoveryv1.ForZone{Name: z})
		}
	}
}

// HintedToNode gives the pod's endpoint topology hints for nodes.
func HintedToNode(nodes ...string) PodOption {
	return func(p *pod) {
		p.endpoint.Hints = hints(p.endpoint.Hints)
		for _, n := range nodes {
			p.endpoint.Hints.ForNodes = append(p.endpoint.Hints.ForNodes, discoveryv1.ForNode{Name: n})
		}
	}
}

func hints(h *discoveryv1.EndpointHints) *discoveryv1.EndpointHints {
	if h == nil {
		return &discoveryv1.EndpointHints{}
	}
	return h
}

// Unlisted keeps the pod out of the slices.
func Unlisted() PodOption { return func(p *pod) { p.unlisted = true } }

// As changes the pod in a way that has no option of its own.
func As(change func(*corev1.Pod)) PodOption { return func(p *pod) { change(p.Pod) } }
