package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// patience is how long the shell waits for the API server to complete a word.
const patience = 3 * time.Second

// completeTarget proposes targets as they are written: TYPE/NAME, each a word, or
// TYPE first and then names.
func (o *options) completeTarget(command *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	kind, _, found := strings.Cut(word, "/")
	prefix := kind + "/"
	switch {
	case len(args) > 0 && !strings.Contains(args[0], "/"):
		kind, prefix = args[0], ""
	case !found:
		types := []string{"svc/", "ingress/", "httproute/", "grpcroute/", "deploy/", "sts/", "ds/", "pod/"}
		return slices.DeleteFunc(types, func(t string) bool { return !strings.HasPrefix(t, word) }), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	ref, err := parseReference(kind + "/x")
	if err != nil || o.connect() != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(command.Context(), patience)
	defer cancel()
	all, err := target.NewReader(o.client, o.gateways).Names(ctx, o.namespace, ref.Kind)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, name := range all {
		if name = prefix + name; strings.HasPrefix(name, word) && !slices.Contains(args, name) {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completePair proposes the two targets of a comparison.
func (o *options) completePair(command *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	taken := 2
	if len(args) > 0 && !strings.Contains(args[0], "/") {
		taken++ // the type stands apart
	}
	if len(args) >= taken {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return o.completeTarget(command, args, word)
}

// completeNodes proposes the nodes of the cluster.
func (o *options) completeNodes(command *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	if o.connect() != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(command.Context(), patience)
	defer cancel()
	list, err := o.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	// A list that has begun keeps its beginning.
	begun := word[:strings.LastIndex(word, ",")+1]
	var names []string
	for _, node := range list.Items {
		if name := begun + node.Name; strings.HasPrefix(name, word) {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
