package target

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"k8s.io/apimachinery/pkg/api/meta"
)

// Names returns the names of the objects of one kind in the namespace, at most a
// page of them.
func (r *Reader) Names(ctx context.Context, namespace string, kind Object) ([]string, error) {
	list, err := r.list(ctx, namespace, kind)
	if err != nil {
		return nil, err
	}
	var names []string
	err = meta.EachListItem(list, func(item runtime.Object) error {
		object, err := meta.Accessor(item)
		if err == nil {
			names = append(names, object.GetName())
		}
		return err
	})
	return names, err
}

func (r *Reader) list(ctx context.Context, namespace string, kind Object) (runtime.Object, error) {
	o := metav1.ListOptions{Limit: page}
	switch kind {
	case IngressObject:
		return r.client.NetworkingV1().Ingresses(namespace).List(ctx, o)
	case HTTPRouteObject:
		return r.gateways.GatewayV1().HTTPRoutes(namespace).List(ctx, o)
	case GRPCRouteObject:
		return r.gateways.GatewayV1().GRPCRoutes(namespace).List(ctx, o)
	case DeploymentObject:
		return r.client.AppsV1().Deployments(namespace).List(ctx, o)
	case StatefulSetObject:
		return r.client.AppsV1().StatefulSets(namespace).List(ctx, o)
	case DaemonSetObject:
		return r.client.AppsV1().DaemonSets(namespace).List(ctx, o)
	case PodObject:
		return r.client.CoreV1().Pods(namespace).List(ctx, o)
	}
	return r.client.CoreV1().Services(namespace).List(ctx, o)
}
