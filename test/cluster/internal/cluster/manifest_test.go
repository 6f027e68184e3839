package cluster

import (
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/instance"
)

func TestManifestsAreFilled(t *testing.T) {
	b := &booting{Cluster: &Cluster{}, state: instance.State{Index: 3}}
	dns, err := b.dnsManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"image: registry.nettrace.test/coredns:1", "clusterIP: 10.99.0.10", "172.28.3.20 client.nettrace.test"} {
		if !strings.Contains(string(dns), want) {
			t.Errorf("%q is missing in\n%s", want, dns)
		}
	}
	traefik, err := fill("traefik.yaml", struct{ Image string }{"registry.nettrace.test/x:1"})
	if err != nil || !strings.Contains(string(traefik), "image: registry.nettrace.test/x:1\n") {
		t.Errorf("got %v and\n%s", err, traefik)
	}
	if _, err := fill("nothing.yaml", nil); err == nil {
		t.Error("a manifest that is not there was filled")
	}
}
