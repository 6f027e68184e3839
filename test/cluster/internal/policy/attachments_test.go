package policy

import (
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const result = `{
  "kind": "cniCacheV1", "containerId": "106227c4", "ifName": "eth0", "networkName": "nettrace.lab.node-1",
  "cniArgs": [["K8S_POD_NAME", "web"], ["K8S_POD_UID", "u-1"], ["IgnoreUnknown", "1"]],
  "result": {"cniVersion": "0.4.0", "ips": [
    {"address": "10.128.1.2/24", "gateway": "10.128.1.1", "interface": 2, "version": "4"},
    {"address": "fd10:80:0:1::2/64", "gateway": "fd10:80:0:1::1", "interface": 2, "version": "6"}
  ]}
}`

func TestAttachments(t *testing.T) {
	attached := &attachments{directory: t.TempDir()}
	changes := make(chan struct{}, 100)
	if err := attached.watch(t.Context(), func() { changes <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	pods := []*corev1.Pod{
		{ObjectMeta: metav1.ObjectMeta{Name: "web", UID: "u-1"}},
		{ObjectMeta: metav1.ObjectMeta{Name: "other", UID: "u-2"}, Status: corev1.PodStatus{PodIPs: []corev1.PodIP{{IP: "10.128.1.3"}}}},
	}
	file := filepath.Join(attached.directory, "nettrace.lab.node-1-106227c4-eth0")
	for name, content := range map[string]string{file: result, file[:len(file)-5] + "x-eth0": "{", attached.directory + "/cni-loopback-1-lo": "{}"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		<-changes
	}
	got := attached.put(pods)
	if ips := got[0].Status.PodIPs; len(ips) != 2 || ips[0].IP != "10.128.1.2" || ips[1].IP != "fd10:80:0:1::2" {
		t.Errorf("the pod with a result has %v", ips)
	}
	if got[1] != pods[1] || len(pods[0].Status.PodIPs) != 0 {
		t.Error("others' objects were changed")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	<-changes
	if ips := attached.put(pods)[0].Status.PodIPs; len(ips) != 0 {
		t.Errorf("a result that is gone still gives %v", ips)
	}
}
