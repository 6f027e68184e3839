package cli

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
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

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// options are the flags, and what complete makes of them.
type options struct {
	genericiooptions.IOStreams
	config  *genericclioptions.ConfigFlags
	release string

	from           []string
	ports          []string
	path           string
	load           trace.Load
	image          string
	pullSecrets    []string
	probeNamespace string
	probeLimits    map[string]string
	startTimeout   time.Duration
	keep, dryRun   bool
	output         string

	client    kubernetes.Interface
	gateways  gateway.Interface
	namespace string
	service   string
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
	f.StringSliceVar(&o.from, "from", nil, "Nodes to send requests from, as NODE or pod@NODE; by default one that hosts an endpoint and one that hosts none")
	f.StringSliceVar(&o.ports, "port", nil, "Ports of the Service to trace, by number or name; by default all")
	f.StringVar(&o.path, "path", "", "Path to request; by default that of the pods' HTTP readiness probe, else /")
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
	f.StringVarP(&o.output, "output", "o", "", "Output format: "+strings.Join(print.Formats(), ", "))
	for name, complete := range map[string]cobra.CompletionFunc{
		"output": cobra.FixedCompletions(print.Formats(), cobra.ShellCompDirectiveNoFileComp),
		"from":   o.completeNodes,
	} {
		if err := command.RegisterFlagCompletionFunc(name, complete); err != nil {
			panic(err) // the flag is defined above
		}
	}
}

// complete makes out what the arguments and flags mean.
func (o *options) complete(args []string) error {
	var err error
	if o.service, err = parseTarget(args); err != nil {
		return err
	}
	if err := o.connect(); err != nil {
		return err
	}
	o.probeNamespace = cmp.Or(o.probeNamespace, o.namespace)
	id := make([]byte, 5)
	if _, err := rand.Read(id); err != nil {
		return fmt.Errorf("making an id for the run: %w", err)
	}
	o.runID = hex.EncodeToString(id)
	return nil
}

// parseTarget reads the target as kubectl would: TYPE/NAME, or TYPE NAME.
func parseTarget(args []string) (string, error) {
	text := strings.Join(args, "/")
	kind, name, found := strings.Cut(text, "/")
	switch {
	case !found:
		return "", fmt.Errorf("%q has no type: for a Service write svc/%s", text, text)
	case !isService(kind):
		return "", fmt.Errorf("a trace starts from a Service: write svc/NAME instead of %s", text)
	case strings.Contains(name, "/") || len(args) > 2:
		return "", errors.New("one Service can be traced at a time: write svc/NAME")
	}
	// Newer clusters allow a digit first, which older ones refuse to create.
	if len(validation.IsDNS1123Label(name)) > 0 {
		return "", fmt.Errorf("%q cannot be the name of a Service: that has at most 63 letters a-z, digits and -, with no - at its ends", name)
	}
	return name, nil
}

func isService(kind string) bool {
	return slices.Contains([]string{"svc", "service", "services"}, strings.ToLower(kind))
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

// trace returns the options of the run.
func (o *options) trace() trace.Options {
	return trace.Options{
		Run: o.runID, Release: o.release,
		Namespace: o.namespace, Service: o.service,
		Choice: target.Choice{Ports: o.ports, Path: o.path},
		From:   o.from, Load: o.load,
	}
}
