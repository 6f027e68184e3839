package launch

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestStuck(t *testing.T) {
	for name, test := range map[string]struct {
		seen   []*corev1.Pod
		reason Reason
		says   string
	}{
		"nothing yet":      {nil, "", ""},
		"just created":     {[]*corev1.Pod{pod()}, "", ""},
		"creating":         {[]*corev1.Pod{pod(pulling("ContainerCreating", ""))}, "", ""},
		"running":          {[]*corev1.Pod{pod(isRunning)}, "", ""},
		"ended":            {[]*corev1.Pod{pod(exit(1, "Error"))}, "", ""},
		"no such image":    {[]*corev1.Pod{pod(pulling("ErrImagePull", "registry.example/probe:1: not found"))}, ReasonImage, "--image"},
		"may not pull":     {[]*corev1.Pod{pod(pulling("ErrImagePull", "pull access denied"))}, ReasonImage, "--image-pull-secret"},
		"seen late":        {[]*corev1.Pod{pod(pulling("ImagePullBackOff", `Back-off pulling image "x": ErrImagePull: 401 Unauthorized`))}, ReasonImage, "401"},
		"overloaded":       {[]*corev1.Pod{pod(pulling("ErrImagePull", "503 Service Unavailable"))}, "", ""},
		"reported twice":   {[]*corev1.Pod{pod(pulling("ErrImagePull", "503")), pod(pulling("ErrImagePull", "503"))}, "", ""},
		"failed twice":     {[]*corev1.Pod{pod(pulling("ErrImagePull", "503")), pod(pulling("ImagePullBackOff", "Back-off")), pod(pulling("ErrImagePull", "503"))}, ReasonImage, "503"},
		"invalid name":     {[]*corev1.Pod{pod(pulling("InvalidImageName", "couldn't parse image name"))}, ReasonImage, "parse"},
		"image runs as 0":  {[]*corev1.Pod{pod(pulling("CreateContainerConfigError", "container has runAsNonRoot and image will run as root"))}, ReasonContainer, "numeric user"},
		"full node":        {[]*corev1.Pod{pod(failed("OutOfcpu", "Node didn't have enough resource: cpu"))}, ReasonRejected, "the node is full"},
		"tainted, somehow": {[]*corev1.Pod{pod(failed("TaintToleration", "predicate failed"))}, ReasonRejected, "predicate failed"},
		"deleted early":    {[]*corev1.Pod{pod(func(p *corev1.Pod) { p.DeletionTimestamp = &metav1.Time{Time: time.Now()} })}, ReasonDeleted, "before it was done"},
	} {
		var s state
		for _, pod := range test.seen {
			s.see(pod)
		}
		failure := s.stuck()
		switch {
		case failure == nil && test.reason == "":
		case failure == nil || failure.Reason != test.reason || !strings.Contains(failure.Error(), test.says):
			t.Errorf("%s: got %v, want %s: … %s …", name, failure, test.reason, test.says)
		}
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, naïve":         "plain text, naïve",
		"two\nlines\tand\r\nmore  ": "two lines and more",
		"\x1b[31mred\x1b[0m":        "[31mred [0m",
		"\u009b31mred":              "31mred",
		"abc\u202edef\u200b":        "abcdef",
		"bad \xff byte":             "bad ? byte",
		strings.Repeat("ä", 500):    strings.Repeat("ä", maxWords/2) + " …",
	} {
		if got := words(in); got != want {
			t.Errorf("words(%q) = %q, want %q", in, got, want)
		}
	}
}
