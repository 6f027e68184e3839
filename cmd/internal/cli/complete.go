package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// patience is how long the shell waits for the API server to complete a word.
const patience = 3 * time.Second

// completeTarget proposes the Services of the namespace.
func (o *options) completeTarget(command *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	prefix := ""
	kind, _, found := strings.Cut(strings.Join(append(slices.Clone(args), word), "/"), "/")
	switch {
	case len(args) == 0 && !found:
		return []string{"svc/"}, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	case len(args) > 1 || len(args) == 1 && !isService(args[0]) || !isService(kind) || o.connect() != nil:
		return nil, cobra.ShellCompDirectiveNoFileComp
	case len(args) == 0:
		prefix = kind + "/"
	}
	ctx, cancel := context.WithTimeout(command.Context(), patience)
	defer cancel()
	list, err := o.client.CoreV1().Services(o.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, service := range list.Items {
		if name := prefix + service.Name; strings.HasPrefix(name, word) {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
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
