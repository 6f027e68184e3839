package e2e

import (
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// An Ingress whose default backend is the target serves every request that no
// rule takes. The test takes the cluster for itself: others count on a 404.
func TestDefaultBackend(t *testing.T) {
	harness.Setup(t).OwnCluster(t)
	n := smallShop(t)
	n.Must("create", "ingress", "rest", "--class=traefik", "--default-backend=web:80")
	n.WaitFor("wait ingress rest --for=jsonpath={.status.loadBalancer.ingress}")
	r := parsed(t, n.Outside("ingress/rest", "--via", "ingress", "-o", "json"), 0)
	wantVerdicts(t, r, "ingress", "healthy")
	n.Must("delete", "ingress", "rest")
}
