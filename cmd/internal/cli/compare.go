package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/compare"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

const (
	compareLong = `Send the same requests through two ways, and show what differs.

The main use is to hold an Ingress against the HTTPRoute that is to take its
place. Both are asked for all that either has a rule for, in one run, and each
request is compared: the statuses, the path with which it arrived at the pod, and
the pods that answered. Headers as they arrived are compared where answers show
them, and latency is shown beside it; neither counts as a difference.

A and B are targets as a trace takes them: ingress/NAME, httproute/NAME,
grpcroute/NAME, svc/NAME, deploy/NAME, sts/NAME, ds/NAME and pod/NAME. The
Services of the latter are compared by their own addresses. Where A and B are each
for one host, and these differ, requests differ in the host alone.

What was seen on one side only is neither the same nor different, and shown as not
observed. Where both are asked at one address for the same host and path, they
cannot be told apart: give one of them a host of its own, or an address.

Exit codes: 0 nothing that was seen differs; 1 the comparison could not be made; 2
something that matters differs: a status, a path, the pods, or a request for which
one side alone has a rule; 3 nothing could be compared.`

	compareExamples = `  # What would change for clients who move from the Ingress to the HTTPRoute?
  kubectl nettrace compare ingress/web httproute/web -n shop

  # The new controller's address is not in its Gateway's status yet
  kubectl nettrace compare ingress/web httproute/web --address-b 203.0.113.9:80

  # Two versions of an application, by their Services
  kubectl nettrace compare svc/web-v1 svc/web-v2 --path /version

  # For programs
  kubectl nettrace compare ingress/web httproute/web -o json | jq .verdict`
)

// comparing are the options of a comparison.
type comparing struct {
	*options
	subjects [2]compare.Subject
	// at are the addresses of the proxies of both that the user names.
	at [2]string
}

// newCompare returns the command that holds two targets against each other. Kubectl's
// own flags are those of the command above it.
func newCompare(above *options) *cobra.Command {
	o := &comparing{options: newOptions(above.release, above.IOStreams)}
	o.compares, o.config, o.formats = true, above.config, []string{string(print.JSON), string(print.YAML)}
	command := &cobra.Command{
		Use: "compare A B", Short: "Send the same requests through two ways, and show what differs",
		Long: compareLong, Example: compareExamples, Args: cobra.ArbitraryArgs, ValidArgsFunction: o.completePair,
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return command.Help()
			}
			o.load.Fixed = command.Flags().Changed("requests")
			if err := o.complete(args); err != nil {
				return err
			}
			if err := o.validate(); err != nil {
				return err
			}
			return o.run(command.Context())
		},
	}
	o.flags(command)
	return command
}

// flags defines the flags of the command: those of a trace that are about requests and
// probes, and where A and B are.
func (o *comparing) flags(command *cobra.Command) {
	f := command.Flags()
	o.requestFlags(f)
	o.probeFlags(f)
	f.StringVar(&o.at[0], "address-a", "", "Address of the Ingress controller or Gateway of A, as `HOST[:PORT]`, instead of the one that the cluster tells of")
	f.StringVar(&o.at[1], "address-b", "", "The same for B")
	f.StringVarP(&o.output, "output", "o", "", "Output format: "+strings.Join(o.formats, ", "))
	register(command, "output", cobra.FixedCompletions(o.formats, cobra.ShellCompDirectiveNoFileComp))
	register(command, "from", o.completeNodes)
}

// complete makes out what is to be compared.
func (o *comparing) complete(args []string) error {
	if err := o.options.complete(args); err != nil {
		return err
	}
	refs := o.selection.references
	if len(refs) != 2 {
		return errors.New("compare takes two different targets, such as ingress/OLD httproute/NEW")
	}
	o.addresses = map[string]string{}
	for i, ref := range refs {
		s := compare.Subject{Name: called(ref), Namespace: o.namespace}
		switch ref.Kind {
		case target.IngressObject, target.HTTPRouteObject, target.GRPCRouteObject:
			s.Object = fmt.Sprintf("%s %s/%s", ref.Kind, o.namespace, ref.Name)
			o.through = append(o.through, s.Object)
			o.addresses[s.Object] = o.at[i]
		}
		o.subjects[i] = s
	}
	o.via = o.kinds()
	return nil
}

// called names a target as other commands take it, too.
func called(ref target.Reference) string {
	if ref.Kind == target.ServiceObject {
		return "svc/" + ref.Name
	}
	return string(ref.Kind) + "/" + ref.Name
}

// kinds are those of the ways that are compared.
func (o *comparing) kinds() []string {
	kinds := []route.Kind{route.ClusterIP, route.NodePort, route.LoadBalancer}
	switch len(o.through) {
	case 1:
		kinds = []route.Kind{route.ClusterIP, route.Ingress, route.Gateway}
	case 2:
		kinds = []route.Kind{route.Ingress, route.Gateway}
	}
	var names []string
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return names
}

// validate refuses what cannot work.
func (o *comparing) validate() error {
	errs := []error{o.options.validate()}
	for i, name := range []string{"--address-a", "--address-b"} {
		switch {
		case o.at[i] == "":
		case o.address != "" || o.resolveDNS:
			errs = append(errs, fmt.Errorf("%s says where requests go: use it without --address and --resolve-dns", name))
		case !isAddress(o.at[i]):
			errs = append(errs, fmt.Errorf("%s must be HOST or HOST:PORT, not %q", name, o.at[i]))
		case o.subjects[i].Object == "":
			errs = append(errs, fmt.Errorf("%s is of an Ingress or a route, and %s is none", name, o.subjects[i].Name))
		}
	}
	return errors.Join(errs...)
}

// run asks both, and reports what differs.
func (o *comparing) run(ctx context.Context) error {
	began := time.Now()
	run, alike, err := o.prepare(ctx, o.find)
	o.tell("reading the targets", began)
	if err != nil {
		return err
	}
	launcher, err := o.launcher(alike)
	if err != nil {
		return err
	}
	if o.dryRun {
		return o.printPlan(run, launcher)
	}
	reports, err := o.send(ctx, run, launcher)
	o.tell("the run", began)
	if len(reports) == 0 {
		return err
	}
	compared := compare.Of(reports, o.subjects[0], o.subjects[1])
	compared.Notes = append(compared.Notes, alike.notes...)
	if unwritten := print.Comparison(o.Out, print.Format(o.output), compared); unwritten != nil {
		return errors.Join(fmt.Errorf("writing the comparison: %w", unwritten), err)
	}
	if err != nil {
		return err
	}
	return ended(reports, compared)
}

// ended returns how the program ends after a comparison.
func ended(reports []*trace.Report, c *compare.Comparison) error {
	if err := endedEarly(reports[0]); err != nil {
		return err
	}
	switch c.Verdict.Status {
	case compare.Different:
		return exit(ExitBroken)
	case compare.Inconclusive:
		return exit(ExitInconclusive)
	}
	return nil
}

// find returns the Services behind or in front of both, and notes whose they are.
func (o *comparing) find(ctx context.Context, reader *target.Reader, namespace string) ([]target.Name, error) {
	var all []target.Name
	for i, ref := range o.selection.references {
		found, err := reader.Find(ctx, namespace, ref)
		if err != nil {
			return nil, err
		}
		o.subjects[i].Services = found
		for _, name := range found {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	a, b := o.subjects[0], o.subjects[1]
	if a.Object == "" && b.Object == "" && slices.Equal(a.Services, b.Services) {
		return nil, fmt.Errorf("%s and %s stand for the same Services, %v: there is nothing to compare", a.Name, b.Name, a.Services)
	}
	return all, nil
}
