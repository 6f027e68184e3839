package launch

import (
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// neverReady is a condition that nobody ever sets. A pod that waits for it runs
// as any other but is no ready endpoint of anything.
const neverReady = "nettrace.dev/never-ready"

// mutator sets one aspect of the probe's pod.
type mutator func(*corev1.PodTemplateSpec)

func (l *Launcher) template(place Place, plan mutator, lifetime time.Duration) corev1.PodTemplateSpec {
	pod := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{
			Labels:      map[string]string{},
			Annotations: map[string]string{AnnotationRelease: l.options.Release},
		},
		Spec: corev1.PodSpec{
			Containers: []corev1.Container{{
				Name:            container,
				Image:           l.options.Image,
				ImagePullPolicy: corev1.PullIfNotPresent,
			}},
		},
	}
	for _, mutate := range []mutator{
		like(l.options.Labels),
		runAt(place),
		runOnce(lifetime),
		pullWith(l.options.PullSecrets),
		restricted,
		witness(place),
		small(l.options.Limits),
		neverAnEndpoint,
		ours(l.options.Run),
		withoutMesh,
		withoutCluster,
		plan,
	} {
		mutate(&pod)
	}
	return pod
}

// ours marks the pod as one of the run's.
func ours(run string) mutator {
	return func(pod *corev1.PodTemplateSpec) { pod.Labels[LabelRun] = run }
}

// runAt binds the pod to a node without asking the scheduler, so that it runs
// on cordoned and on tainted nodes, too, and pushes nothing aside.
func runAt(place Place) mutator {
	return func(pod *corev1.PodTemplateSpec) {
		if place.HostNetwork || place.Witness {
			onHost(pod)
		}
		pod.Spec.NodeName = place.Node
		pod.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	}
}

// runOnce ends the pod by its own deadline as well, which the kubelet keeps even
// when the control plane is gone or the Job was removed without its pod.
func runOnce(lifetime time.Duration) mutator {
	return func(pod *corev1.PodTemplateSpec) {
		pod.Spec.RestartPolicy = corev1.RestartPolicyNever
		pod.Spec.ActiveDeadlineSeconds = seconds(lifetime)
		pod.Spec.TerminationGracePeriodSeconds = seconds(grace)
	}
}

func pullWith(secrets []string) mutator {
	return func(pod *corev1.PodTemplateSpec) {
		for _, name := range secrets {
			pod.Spec.ImagePullSecrets = append(pod.Spec.ImagePullSecrets, corev1.LocalObjectReference{Name: name})
		}
	}
}

// restricted makes the pod pass the Pod Security level of that name. The user
// is the image's, a number; OpenShift assigns another one.
func restricted(pod *corev1.PodTemplateSpec) {
	yes, no := true, false
	pod.Spec.SecurityContext = &corev1.PodSecurityContext{
		RunAsNonRoot:   &yes,
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	pod.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{
		AllowPrivilegeEscalation: &no,
		ReadOnlyRootFilesystem:   &yes,
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
}

// small keeps the pod out of the way of others. The limit of the CPU is there
// because a quota can demand one, and so that no LimitRange sets a tighter one:
// a throttled probe would measure its own throttling. It needs a few percent.
func small(limits corev1.ResourceList) mutator {
	return func(pod *corev1.PodTemplateSpec) {
		resources := corev1.ResourceRequirements{
			Requests: corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse("10m"),
				corev1.ResourceMemory: resource.MustParse("32Mi"),
			},
			Limits: corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse("1"),
				corev1.ResourceMemory: resource.MustParse("128Mi"),
			},
		}
		for name, limit := range limits {
			resources.Limits[name] = limit
			if request, ok := resources.Requests[name]; ok && limit.Cmp(request) < 0 {
				resources.Requests[name] = limit
			}
		}
		pod.Spec.Containers[0].Resources = resources
	}
}

// neverAnEndpoint keeps traffic away even if a Service does select the pod.
func neverAnEndpoint(pod *corev1.PodTemplateSpec) {
	pod.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: neverReady}}
}

// withoutMesh asks the injectors that work without being asked to stay out: a
// proxy in the pod would answer in place of the network that is to be tested.
func withoutMesh(pod *corev1.PodTemplateSpec) {
	maps.Copy(pod.Labels, meshLabels())
	for key, value := range map[string]string{
		"sidecar.istio.io/inject":                "false",
		"linkerd.io/inject":                      "disabled",
		"consul.hashicorp.com/connect-inject":    "false",
		"injector.nsm.nginx.com/auto-inject":     "false",
		"openservicemesh.io/sidecar-injection":   "disabled",
		"appmesh.k8s.aws/sidecarInjectorWebhook": "disabled",
		"dynatrace.com/inject":                   "false",
	} {
		pod.Annotations[key] = value
	}
}

func meshLabels() map[string]string {
	return map[string]string{
		"sidecar.istio.io/inject":         "false",
		"istio.io/dataplane-mode":         "none", // Istio's ambient mode
		"kuma.io/sidecar-injection":       "disabled",
		"admission.datadoghq.com/enabled": "false",
	}
}

// withoutCluster gives the pod no access to the cluster's API and no variables
// for the namespace's Services, of which there can be thousands.
func withoutCluster(pod *corev1.PodTemplateSpec) {
	no := false
	pod.Spec.AutomountServiceAccountToken = &no
	pod.Spec.EnableServiceLinks = &no
}

// planSource gives the plan to the container: inline if it is small enough,
// else as a file from the Secret that belongs to the Job.
func planSource(secret, text string) mutator {
	if len(text) <= maxInline {
		return func(pod *corev1.PodTemplateSpec) {
			pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: wire.EnvPlan, Value: text}}
		}
	}
	return func(pod *corev1.PodTemplateSpec) {
		var readable int32 = 0o444
		pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: wire.EnvPlanFile, Value: planDirectory + "/" + planKey}}
		pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: planKey, MountPath: planDirectory, ReadOnly: true}}
		pod.Spec.Volumes = []corev1.Volume{{
			Name: planKey,
			VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
				SecretName: secret, DefaultMode: &readable,
			}},
		}}
	}
}
