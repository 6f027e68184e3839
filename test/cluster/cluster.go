package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/build"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/cluster"
)

func newUp(name *string) *cobra.Command {
	options := cluster.Options{}
	command := &cobra.Command{
		Use:   "up",
		Short: "Boot the cluster, and return when it serves",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			opened, err := cluster.Open(*name)
			if err != nil {
				return err
			}
			cache, err := build.Open(command.Context())
			if err != nil {
				return err
			}
			if err := opened.Up(command.Context(), cache, options); err != nil {
				return fmt.Errorf("booting cluster %s: %w", *name, err)
			}
			fmt.Fprintf(command.ErrOrStderr(), "cluster %s is up: export KUBECONFIG=%s\n", *name, opened.Kubeconfig(false))
			return nil
		},
	}
	flags := command.Flags()
	flags.IntVar(&options.Nodes, "nodes", 2, "how many nodes")
	flags.StringSliceVar(&options.ProxyModes, "proxy-mode", []string{"nftables", "iptables"},
		"kube-proxy's mode on each node in turn, repeated for more nodes")
	flags.BoolVar(&options.Keep, "keep", false, "if booting fails, keep what there is, to look at")
	return command
}

func newDown(name *string) *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "Take the cluster down, or what a killed run left of it",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			opened, err := cluster.Open(*name)
			if err != nil {
				return err
			}
			return opened.Down(command.Context())
		},
	}
}

func newStatus(name *string) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:   "status",
		Short: "Show the cluster's nodes and processes; fail if it is not running",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			opened, err := cluster.Open(*name)
			if err != nil {
				return err
			}
			status, err := opened.Status(command.Context())
			if err != nil {
				return err
			}
			if err := printStatus(command.OutOrStdout(), status, output); err != nil {
				return err
			}
			if !status.Running {
				return errors.New("the cluster is not running")
			}
			return nil
		},
	}
	command.Flags().StringVarP(&output, "output", "o", "", "json, or a table")
	return command
}

func printStatus(out io.Writer, status cluster.Status, output string) error {
	if output == "json" {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(status)
	}
	ready := map[string]string{}
	for _, node := range status.Ready {
		ready[node.Name] = map[bool]string{true: "Ready", false: "NotReady"}[node.Ready]
	}
	fmt.Fprintf(out, "cluster %s: %s\nkubeconfig %s\nlogs %s\n\n", status.Name,
		map[bool]string{true: "running", false: "not running"}[status.Running], status.Kubeconfig, status.Logs)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NODE\tSTATUS\tKUBE-PROXY")
	for _, node := range status.Nodes {
		state, known := ready[node.Name]
		if !known {
			state = "unknown"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", node.Name, state, node.ProxyMode)
	}
	if err := table.Flush(); err != nil { // the next table has widths of its own
		return err
	}
	fmt.Fprintln(table, "\nMACHINE\tDAEMON\tPID\tSTATE")
	for _, process := range status.Processes {
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", process.Machine, process.Daemon, process.PID, process.State)
	}
	return table.Flush()
}

func newKubeconfig(name *string) *cobra.Command {
	var raw, inside bool
	command := &cobra.Command{
		Use:   "kubeconfig",
		Short: "Print the path of the administrator's kubeconfig",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			opened, err := cluster.Open(*name)
			if err != nil {
				return err
			}
			if _, err := opened.State(); err != nil {
				return err
			}
			path := opened.Kubeconfig(inside)
			if !raw {
				fmt.Fprintln(command.OutOrStdout(), path)
				return nil
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return fmt.Errorf("reading the kubeconfig: %w", err)
			}
			_, err = command.OutOrStdout().Write(content)
			return err
		},
	}
	command.Flags().BoolVar(&raw, "raw", false, "print the contents instead")
	command.Flags().BoolVar(&inside, "inside", false, "the one for use with \"lab exec\", inside the cluster's machines")
	return command
}
