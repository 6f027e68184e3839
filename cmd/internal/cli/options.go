package cli

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes"
	gateway "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/agent"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// options are the flags, and what complete makes of them.
type options struct {
	genericiooptions.IOStreams
	config  *genericclioptions.ConfigFlags
	release string

	selection      selection
	from           []string
	ports          []string
	path           string
	websocket      bool
	udpPayload     string
	traceparent    bool
	via            []string
	local          bool
	address        string
	like           string
	resolveDNS     bool
	load           trace.Load
	image          string
	pullSecrets    []string
	probeNamespace string
	probeLimits    map[string]string
	startTimeout   time.Duration
	keep, dryRun   bool
	explainPlan    bool
	verbosity      int
	output         string

	requests  counter
	client    kubernetes.Interface
	gateways  gateway.Interface
	namespace string
	runID     string
}

// defaultImage is where releases publish the probe.
const defaultImage = "ghcr.io/kubectl-nettrace/probe"

func newOptions(release string, streams genericiooptions.IOStreams) *options {
	config := genericclioptions.NewConfigFlags(true).WithWarningPrinter(streams)
	return &options{
		IOStreams: streams, config: config, release: release,
		image: defaultImage + ":" + imageTag(release),
		load: trace.Load{
			Requests: 20, Rate: 200, Concurrency: 8,
			Timeout: 5 * time.Second, Deadline: time.Minute,
		},
		startTimeout: time.Minute,
	}
}

// imageTag returns the tag of the probe image that belongs to the release.
func imageTag(release string) string {
	if release == "dev" {
		return "latest"
	}
	return "v" + strings.TrimPrefix(release, "v")
}

func (o *options) flags(command *cobra.Command) {
	o.config.AddFlags(command.PersistentFlags())
	f := command.Flags()
	f.StringVarP(&o.selection.selector, "selector", "l", "", "Trace the Services whose labels match, such as app=web")
	f.BoolVar(&o.selection.all, "all", false, "Trace all Services of the namespace")
	f.BoolVarP(&o.selection.everywhere, "all-namespaces", "A", false, "Trace the Services of all namespaces; with --selector those that match")
	f.StringSliceVar(&o.from, "from", nil, "Where to send requests from: NODE or pod@NODE (a pod there), node@NODE (a pod in the node's own network), local (this machine); by default a node that hosts an endpoint, one that hosts none, and this machine for what clients outside use, if it can reach it")
	f.BoolVar(&o.local, "local", true, "Ask what is meant for clients outside the cluster from this machine, if it can reach it; --local=false leaves this machine out")
	f.StringVar(&o.like, "like", "", "Send from probes that NetworkPolicies take for this client, as pod/NAME in the probes' namespace: there, and with those of its labels that policies select on")
	f.StringSliceVar(&o.via, "via", nil, "Kinds of ways in to trace: "+strings.Join(ways(), ", ")+"; by default all. Pods are always asked, as the measure of the others")
	f.StringVar(&o.address, "address", "", "Address of the Ingress controller or Gateway, as `HOST[:PORT]`, instead of the one that the cluster tells of")
	f.BoolVar(&o.resolveDNS, "resolve-dns", false, "Send requests for an Ingress or Gateway host to where the DNS says it is, instead of to the controller's address")
	f.StringSliceVar(&o.ports, "port", nil, "Ports of the Service to trace, by number or name; by default all")
	f.StringVar(&o.path, "path", "", "Path to request; by default that of the pods' HTTP readiness probe, else /")
	f.BoolVar(&o.websocket, "websocket", false, "Ask the ports that speak HTTP for an upgrade to WebSocket")
	f.StringVar(&o.udpPayload, "udp-payload", "", "Datagram to send to UDP ports, with Go's escapes such as \\x00; by default a DNS query to port 53, and nothing to others")
	f.BoolVar(&o.traceparent, "traceparent", false, "Send a W3C trace context with each request, and print the ids of failed and slowest answers")
	f.IntVar(&o.load.Requests, "requests", o.load.Requests, "Requests to send on each route from each node (half as many to each pod's own address)")
	f.Float64Var(&o.load.Rate, "rate", o.load.Rate, "Requests per second at the most, from all nodes together")
	f.IntVar(&o.load.Concurrency, "concurrency", o.load.Concurrency, "Requests in flight at the most, from all nodes together")
	f.DurationVar(&o.load.Timeout, "timeout", o.load.Timeout, "How long one request may take")
	f.DurationVar(&o.load.Deadline, "deadline", o.load.Deadline, "How long all requests together may take")
	f.StringVar(&o.image, "image", o.image, "Image of the probe")
	f.StringSliceVar(&o.pullSecrets, "image-pull-secret", nil, "Secrets to pull the image with, in the probes' namespace")
	f.StringVar(&o.probeNamespace, "probe-namespace", "", "Namespace to run the probes in; by default that of the Service")
	f.StringToStringVar(&o.probeLimits, "probe-limits", nil, "Resource limits of a probe, as `RESOURCE=QUANTITY`, such as cpu=500m,memory=256Mi, where a LimitRange or ResourceQuota demands others")
	f.Lookup("probe-limits").DefValue = ""
	f.DurationVar(&o.startTimeout, "start-timeout", o.startTimeout, "How long a probe may take to start, with the pulling of its image")
	f.BoolVar(&o.keep, "keep", false, "Leave the probes' Jobs in place, to look at them")
	f.BoolVar(&o.dryRun, "dry-run", false, "Print what would be sent and created, and do nothing")
	f.BoolVar(&o.explainPlan, "explain-plan", false, "Print for each way in where its address came from and from where it would be asked, and do nothing")
	f.IntVarP(&o.verbosity, "v", "v", 0, "Level of what is logged of the requests to the API server: from 6 on each of them, and their number")
	f.StringVarP(&o.output, "output", "o", "", "Output format: "+strings.Join(print.Formats(), ", "))
	for name, complete := range map[string]cobra.CompletionFunc{
		"via":    cobra.FixedCompletions(ways(), cobra.ShellCompDirectiveNoFileComp),
		"output": cobra.FixedCompletions(print.Formats(), cobra.ShellCompDirectiveNoFileComp),
		"from":   o.completeNodes,
	} {
		if err := command.RegisterFlagCompletionFunc(name, complete); err != nil {
			panic(err) // the flag is defined above
		}
	}
}

// ways returns the kinds of ways in, as --via takes them.
func ways() []string {
	var names []string
	for _, kind := range route.Kinds() {
		names = append(names, string(kind))
	}
	return names
}

// complete makes out what the arguments and flags mean.
func (o *options) complete(args []string) error {
	if err := o.selection.parse(args); err != nil {
		return err
	}
	if err := o.connect(); err != nil {
		return err
	}
	id := make([]byte, 5)
	if _, err := rand.Read(id); err != nil {
		return fmt.Errorf("making an id for the run: %w", err)
	}
	o.runID = hex.EncodeToString(id)
	return nil
}

// validate refuses what cannot work, before anything is asked or sent.
func (o *options) validate() error {
	l := o.load
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(l.Requests >= 1, "--requests must be at least 1, not %d", l.Requests)
	check(l.Rate > 0 && !math.IsInf(l.Rate, 0), "--rate must be a number above 0, not %v", l.Rate)
	check(l.Concurrency >= 1, "--concurrency must be at least 1, not %d", l.Concurrency)
	check(l.Timeout > 0, "--timeout must be more than 0, not %s", l.Timeout)
	check(l.Deadline > 0, "--deadline must be more than 0, not %s", l.Deadline)
	check(o.startTimeout > 0, "--start-timeout must be more than 0, not %s", o.startTimeout)
	_, err := o.limits()
	check(err == nil, "%v", err)
	check(!strings.ContainsFunc(o.path, func(r rune) bool { return r <= ' ' || r > '~' }), "--path must be written as in a request: escape spaces and all but ASCII (%%20 for a space), not %q", o.path)
	for _, via := range o.via {
		check(slices.Contains(ways(), via), "--via must be of %s, not %q", strings.Join(ways(), ", "), via)
	}
	if o.like != "" {
		_, err := client(o.like)
		check(err == nil, "%v", err)
		check(!o.keep, "--keep leaves probes in place that policies take for another pod: use it without --like")
	}
	check(o.address == "" || !o.resolveDNS, "--address and --resolve-dns both say where requests go: use one of them")
	check(o.address == "" || isAddress(o.address), "--address must be HOST or HOST:PORT, not %q", o.address)
	_, err = payload(o.udpPayload)
	check(err == nil, "--udp-payload %q: write it as Go would between quotes, such as \\x00\\x01", o.udpPayload)
	check(o.image != "", "--image must not be empty")
	check(o.output == "" || slices.Contains(print.Formats(), o.output), "--output must be one of %s, not %q", strings.Join(print.Formats(), ", "), o.output)
	return errors.Join(errs...)
}

// limits returns the resource limits that were asked for.
func (o *options) limits() (corev1.ResourceList, error) {
	limits := corev1.ResourceList{}
	for name, text := range o.probeLimits {
		quantity, err := resource.ParseQuantity(text)
		if err != nil || quantity.Sign() <= 0 {
			return nil, fmt.Errorf("--probe-limits %s=%s: write it as cpu=500m or memory=256Mi", name, text)
		}
		limits[corev1.ResourceName(name)] = quantity
	}
	return limits, nil
}

// isAddress reports whether the text is a host, with or without a port.
func isAddress(text string) bool {
	host, port := text, ""
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	if h, p, err := net.SplitHostPort(text); err == nil {
		host, port = h, p
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return false
		}
		if _, err := netip.ParseAddr(host); err == nil {
			return true
		}
	}
	return len(validation.IsDNS1123Subdomain(strings.ToLower(host))) == 0
}

// payload returns the bytes that a text with Go's escapes stands for.
func payload(text string) ([]byte, error) {
	plain, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	return []byte(plain), err
}

// trace returns the options of the run.
func (o *options) trace(names []target.Name) trace.Options {
	datagram, _ := payload(o.udpPayload) // validated
	options := trace.Options{
		Run: o.runID, Release: o.release, Targets: names,
		Choice: target.Choice{Ports: o.ports, Path: o.path, WebSocket: o.websocket, UDPPayload: datagram},
		Route:  route.Options{Address: o.address, ResolveDNS: o.resolveDNS},
		From:   o.from, Load: o.load, Traceparent: o.traceparent,
	}
	if o.like != "" {
		// A probe with labels of others lives for a minute in all.
		options.Load.Deadline = min(options.Load.Deadline, launch.LongestLabelled)
	}
	for _, via := range o.via {
		options.Route.Via = append(options.Route.Via, route.Kind(via))
	}
	if o.local && !o.dryRun && !o.explainPlan {
		options.Reach = agent.Reachable
	}
	return options
}
