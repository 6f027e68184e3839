package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/policy"
)

// newPolicy is what the lab starts itself as to enforce NetworkPolicies.
func newPolicy() *cobra.Command {
	return &cobra.Command{
		Use:    "policy KUBECONFIG NODE=NAMESPACE...",
		Hidden: true,
		Args:   cobra.MinimumNArgs(2),
		RunE: func(command *cobra.Command, arguments []string) error {
			config, err := clientcmd.BuildConfigFromFlags("", arguments[0])
			if err != nil {
				return fmt.Errorf("reading the kubeconfig: %w", err)
			}
			// It writes on each policy once, and tests wait for that.
			config.QPS, config.Burst = 100, 200
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return fmt.Errorf("making a client: %w", err)
			}
			var nodes []string
			namespaces := map[string]string{}
			for _, argument := range arguments[1:] {
				node, namespace, _ := strings.Cut(argument, "=")
				nodes, namespaces[node] = append(nodes, node), namespace
			}
			controller := policy.Controller{
				Client: client, Nodes: nodes, Results: "/var/lib/cni/results", // fixed in the CNI library
				Load: func(ctx context.Context, node, rules string) error {
					return policy.Load(ctx, namespaces[node], rules)
				},
			}
			return controller.Run(command.Context())
		},
	}
}
