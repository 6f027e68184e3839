package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// patience is how long the shell waits for the API server to complete a word.
const patience = 3 * time.Second

// completeTarget proposes the Services of the namespace.
func (o *options) completeTarget(command *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 1 || o.connect() != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	prefix := ""
	if len(args) == 0 {
		kind, _, found := strings.Cut(word, "/")
		if !found {
			return []string{"svc/"}, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		}
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
