package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/balancer"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

// newBalance is what the lab starts itself as on the load balancer.
func newBalance() *cobra.Command {
	return &cobra.Command{
		Use:    "balance INDEX DIRECTORY",
		Hidden: true,
		Args:   cobra.ExactArgs(2),
		RunE: func(command *cobra.Command, arguments []string) error {
			index, err := strconv.Atoi(arguments[0])
			if err != nil {
				return fmt.Errorf("reading the cluster's index: %w", err)
			}
			return balancer.Run(command.Context(), fabric.Plan{Index: index}, arguments[1])
		},
	}
}
