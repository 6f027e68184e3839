package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// flags defines the flags of the command.
func (o *options) flags(command *cobra.Command) {
	o.config.AddFlags(command.PersistentFlags())
	f := command.Flags()
	o.selectionFlags(f)
	o.requestFlags(f)
	o.probeFlags(f)
	o.reportFlags(f)
	for name, complete := range map[string]cobra.CompletionFunc{
		"via":     cobra.FixedCompletions(ways(), cobra.ShellCompDirectiveNoFileComp),
		"output":  cobra.FixedCompletions(print.Formats(), cobra.ShellCompDirectiveNoFileComp),
		"from":    o.completeNodes,
		"ignore":  cobra.FixedCompletions(findings(), cobra.ShellCompDirectiveNoFileComp),
		"expect":  cobra.FixedCompletions([]string{"status=200", "path=kept", "path=stripped", "spread=even", "weights="}, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace),
		"fail-on": cobra.FixedCompletions(severities(), cobra.ShellCompDirectiveNoFileComp),
	} {
		register(command, name, complete)
	}
}

// register has the shell complete a flag that is defined.
func register(command *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := command.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err)
	}
}

// selectionFlags are those that choose what a trace is about.
func (o *options) selectionFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.selection.selector, "selector", "l", "", "Trace the Services whose labels match, such as app=web")
	f.BoolVar(&o.selection.all, "all", false, "Trace all Services of the namespace")
	f.BoolVarP(&o.selection.everywhere, "all-namespaces", "A", false, "Trace the Services of all namespaces; with --selector those that match")
	f.StringSliceVar(&o.via, "via", nil, "Kinds of ways in to trace: "+strings.Join(ways(), ", ")+"; by default all. Pods are always asked, as the measure of the others")
	f.BoolVar(&o.explainPlan, "explain-plan", false, "Print for each way in where its address came from and from where it would be asked, and do nothing")
}

// requestFlags are those that say what is asked, and from where.
func (o *options) requestFlags(f *pflag.FlagSet) {
	f.StringSliceVar(&o.from, "from", nil, "Where to send requests from: NODE or pod@NODE (a pod there), node@NODE (a pod in the node's own network), local (this machine); by default a node that hosts an endpoint, one that hosts none, and this machine for what clients outside use, if it can reach it")
	f.BoolVar(&o.logs, "logs", true, "Read the logs of the Service's pods, for the lines of this run alone, where answers do not tell who gave them and to see which path arrived; --logs=false leaves them unread")
	f.BoolVar(&o.paths, "paths", true, "Send a few more requests for each rule of an Ingress or HTTPRoute, some for a path that no application knows, to see with which path they arrive; --paths=false sends none")
	f.BoolVar(&o.witness, "witness", false, "Have a pod on each node that hosts pods of the Service, or of its Ingress controller, see the requests go by, to tell who got them and on which way. It runs in the node's own network, as user 0 with the capability NET_RAW and no other, and can so see all traffic of the node; it asks the kernel for packets of the addresses and ports in question, looks at the first 6 KiB of each, keeps requests of this run alone, and writes nothing. Takes a namespace that allows this")
	f.StringVar(&o.identify, "identify", "", "Place in answers that tells which pod gave them: `header:NAME`, or body:REGEX, of which the first group counts; used where direct answers of the pods bear it out")
	f.BoolVar(&o.local, "local", true, "Ask what is meant for clients outside the cluster from this machine, if it can reach it; --local=false leaves this machine out")
	f.StringVar(&o.address, "address", "", "Address of the Ingress controller or Gateway, as `HOST[:PORT]`, instead of the one that the cluster tells of")
	f.BoolVar(&o.resolveDNS, "resolve-dns", false, "Send requests for an Ingress or Gateway host to where the DNS says it is, instead of to the controller's address")
	f.StringSliceVar(&o.ports, "port", nil, "Ports of the Service to trace, by number or name; by default all")
	f.StringVar(&o.path, "path", "", "Path to request; by default that of the pods' HTTP readiness probe, else /")
	f.BoolVar(&o.websocket, "websocket", false, "Ask the ports that speak HTTP for an upgrade to WebSocket")
	f.StringVar(&o.udpPayload, "udp-payload", "", "Datagram to send to UDP ports, with Go's escapes such as \\x00; by default a DNS query to port 53, and nothing to others")
	f.BoolVar(&o.traceparent, "traceparent", false, "Send a W3C trace context with each request, and print the ids of failed and slowest answers")
	f.IntVar(&o.load.Requests, "requests", o.load.Requests, "Requests to send on each route from each node (half as many to each pod's own address); if not given, more are sent where kube-proxy divides them over 4 to 11 endpoints, and where a share of the answers looks odd at first, to tell chance from fault")
	f.Float64Var(&o.load.Rate, "rate", o.load.Rate, "Requests per second at the most, from all nodes together")
	f.IntVar(&o.load.Concurrency, "concurrency", o.load.Concurrency, "Requests in flight at the most, from all nodes together")
	f.DurationVar(&o.load.Timeout, "timeout", o.load.Timeout, "How long one request may take")
	f.DurationVar(&o.load.Deadline, "deadline", o.load.Deadline, "How long all requests together may take")
}

// probeFlags are those that say how probes are run.
func (o *options) probeFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.noPods, "no-pods", false, "Launch no probe: ask the pods through the API server's port-forward, which tells a dead application from a dead network, and from this machine what is meant for clients outside")
	f.StringVar(&o.like, "like", "", "Send from probes that NetworkPolicies take for this client, as pod/NAME in the probes' namespace: there, and with those of its labels that policies select on")
	f.StringVar(&o.image, "image", o.image, "Image of the probe")
	f.StringSliceVar(&o.pullSecrets, "image-pull-secret", nil, "Secrets to pull the image with, in the probes' namespace")
	f.StringVar(&o.probeNamespace, "probe-namespace", "", "Namespace to run the probes in; by default that of the Service")
	f.StringToStringVar(&o.probeLimits, "probe-limits", nil, "Resource limits of a probe, as `RESOURCE=QUANTITY`, such as cpu=500m,memory=256Mi, where a LimitRange or ResourceQuota demands others")
	f.Lookup("probe-limits").DefValue = ""
	f.DurationVar(&o.startTimeout, "start-timeout", o.startTimeout, "How long a probe may take to start, with the pulling of its image")
	f.BoolVar(&o.keep, "keep", false, "Leave the probes' Jobs in place, to look at them")
	f.BoolVar(&o.dryRun, "dry-run", false, "Print what would be sent and created, and do nothing")
	f.IntVarP(&o.verbosity, "v", "v", 0, "Level of what is logged of the requests to the API server: from 6 on each of them, and their number")
}

// reportFlags are those that say what is told, and how the program ends.
func (o *options) reportFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.output, "output", "o", "", "Output format: "+strings.Join(print.Formats(), ", "))
	f.StringSliceVar(&o.ignore, "ignore", nil, "Findings not to report, by `NAME`, such as selector-too-broad; the verdict stays what requests showed")
	f.StringArrayVar(&o.expect, "expect", nil, "What must be seen, or the exit code is 2, and 3 where it was not observed, as `KEY=VALUE`: status=200, path=stripped, spread=even, weights=90/10±3")
	f.StringVarP(&o.filename, "filename", "f", "", "File of expectations, with the targets and ways that they are about; - reads standard input")
	f.BoolVarP(&o.watching, "watch", "w", false, "Keep tracing, by default with 20 requests a second, and print what changes, until Ctrl-C or --watch-for; in the end say what failed, and what the endpoints did meanwhile")
	f.DurationVar(&o.watchFor, "watch-for", 0, "How long to watch; 0 means until Ctrl-C")
	f.StringVar(&o.failOn, "fail-on", "", "Exit with code 2 also where all is served, if there is a finding of this severity or a worse one: error, warning")
}

// ways returns the kinds of ways in, as --via takes them.
func ways() []string {
	var names []string
	for _, kind := range route.Kinds() {
		names = append(names, string(kind))
	}
	return names
}
