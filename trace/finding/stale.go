package finding

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// lag is how long kube-proxy is given to learn that an endpoint is no longer ready.
// It writes its rules at most every second; that the slices and the news of them
// take time on a busy cluster is allowed for generously.
const lag = 15 * time.Second

// staleRules: a pod that is not ready, and has not been for a while, still gets
// requests through a node, although others are ready. Where none is, kube-proxy may
// use those that serve while they end.
func staleRules(f Facts) []Finding {
	if f.Changes.Written || f.Target.Service.Spec.PublishNotReadyAddresses || !slices.ContainsFunc(f.Target.Endpoints, func(e target.Endpoint) bool { return e.Ready }) {
		return nil
	}
	var all []Finding
	for _, e := range f.Target.Endpoints {
		since := notReadySince(e)
		if e.Ready || since.IsZero() || f.Now.Sub(since) < lag {
			continue
		}
		nodes, layer, seen := f.servedFrom(e)
		if len(nodes) == 0 {
			continue
		}
		found := Finding{
			Name: "stale-rules", Severity: Error, Status: Confirmed, Layer: layer,
			Summary: fmt.Sprintf("%s still gets requests for %s through %s, although it has not been ready since %s",
				e.Name, f.service(), some(nodes), since.UTC().Format(time.RFC3339)),
			Evidence: append([]Evidence{object(fmt.Sprintf("the EndpointSlices say that %s is not ready, and others are", e.Name))}, seen[:min(4, len(seen))]...),
		}
		for _, node := range nodes[:min(3, len(nodes))] {
			found.Fix = append(found.Fix, Step{
				Text:    "restart kube-proxy, or what replaces it, on " + node + "; its rules are older than the EndpointSlices",
				Command: "kubectl -n kube-system get pods -o wide --field-selector spec.nodeName=" + node,
			})
		}
		all = append(all, found)
	}
	return all
}

// notReadySince returns since when the endpoint's pod is not ready, or ends; zero
// when that is not known.
func notReadySince(e target.Endpoint) time.Time {
	if e.Pod == nil {
		return time.Time{}
	}
	if ends := e.Pod.DeletionTimestamp; ends != nil {
		grace := time.Duration(0)
		if seconds := e.Pod.DeletionGracePeriodSeconds; seconds != nil {
			grace = time.Duration(*seconds) * time.Second
		}
		return ends.Add(-grace)
	}
	for _, c := range e.Pod.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status != corev1.ConditionTrue {
			return c.LastTransitionTime.Time
		}
	}
	return time.Time{}
}

// servedFrom returns the nodes whose rules led requests to the endpoint: that of the
// vantage for a ClusterIP, and its own for a NodePort, unless it was asked from another
// node, which may have chosen in its place.
func (f Facts) servedFrom(e target.Endpoint) (nodes []string, layer route.Kind, seen []Evidence) {
	for _, c := range f.where(func(r route.Route) bool { return r.Kind == route.ClusterIP || r.Kind == route.NodePort }) {
		r := f.Routes[c.Route]
		node := f.From[c.Vantage].Node
		switch {
		case r.Kind == route.NodePort && node == "":
			node = r.Node
		case r.Kind == route.NodePort && node != r.Node:
			continue
		}
		i := slices.IndexFunc(c.Answers, func(a verdict.Answer) bool { return f.Target.Endpoint(a.Endpoint).Name == e.Name })
		if i < 0 || node == "" {
			continue
		}
		if !slices.Contains(nodes, node) {
			nodes = append(nodes, node)
		}
		if layer == "" {
			layer = r.Kind
		}
		seen = append(seen, traffic(fmt.Sprintf("%s gave %d of %d answers at %s from %s", e.Name, c.Answers[i].Count, c.Sent, r.Address, f.Vantages[c.Vantage])))
	}
	return nodes, layer, seen
}
