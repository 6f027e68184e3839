package cli

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	gateway "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/agent"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/expect"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/logs"
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
	local, noPods  bool
	logs           bool
	witness        bool
	identify       string
	paths          bool
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
	// formats are those that output may be.
	formats []string
	ignore  []string
	failOn  string
	// compares is set where ways are asked for the same, to be compared. Through are the
	// only objects through which they lead, with the addresses of their proxies that the
	// user names.
	compares  bool
	through   []string
	addresses map[string]string
	expect    []string
	filename  string
	watching  bool
	watchFor  time.Duration
	gentle    bool

	clauses []expect.Clause
	// observe, where it is set, gets the probes' records in the place of the line that
	// tells how far they are; troubles is of how many failed requests the time is noted.
	observe   func(vantage int, record wire.Record)
	troubles  int
	requests  *counter
	rest      *rest.Config
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
		startTimeout: time.Minute, formats: print.Formats(), requests: &counter{},
	}
}

// imageTag returns the tag of the probe image that belongs to the release.
func imageTag(release string) string {
	if release == "dev" {
		return "latest"
	}
	return "v" + strings.TrimPrefix(release, "v")
}

// complete makes out what the arguments and flags mean.
func (o *options) complete(args []string) error {
	targets, err := o.readExpectations()
	if err != nil {
		return err
	}
	if len(args) == 0 && !o.selection.chosen() {
		if args = targets; len(args) == 0 {
			return fmt.Errorf("--filename %s: it names no targets; name them behind the command", o.filename)
		}
	}
	if err := o.selection.parse(args); err != nil {
		return err
	}
	if err := o.connect(); err != nil {
		return err
	}
	return o.identifyRun()
}

// identifyRun gives the run an id of its own.
func (o *options) identifyRun() error {
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
	check(!o.noPods || len(o.from) == 0 && o.like == "", "--no-pods launches no probe: use it without --from and --like")
	if o.like != "" {
		_, err := client(o.like)
		check(err == nil, "%v", err)
		check(!o.keep, "--keep leaves probes in place that policies take for another pod: use it without --like")
	}
	check(!o.witness || !o.noPods && o.like == "" && !o.watching, "--witness launches pods on the nodes' own networks: use it without --no-pods, --like and --watch")
	check(o.address == "" || !o.resolveDNS, "--address and --resolve-dns both say where requests go: use one of them")
	check(o.address == "" || isAddress(o.address), "--address must be HOST or HOST:PORT, not %q", o.address)
	_, err = payload(o.udpPayload)
	check(err == nil, "--udp-payload %q: write it as Go would between quotes, such as \\x00\\x01", o.udpPayload)
	_, err = identify(o.identify)
	check(err == nil, "--identify %v", err)
	check(o.image != "", "--image must not be empty")
	check(o.output == "" || slices.Contains(o.formats, o.output), "--output must be one of %s, not %q", strings.Join(o.formats, ", "), o.output)
	for _, name := range o.ignore {
		_, known := finding.PageOf(name)
		check(known, "--ignore: %v", unknownFinding(name))
	}
	check(o.watchFor >= 0, "--watch-for must not be less than 0, and is %s", o.watchFor)
	check(o.watching || o.watchFor == 0, "--watch-for says how long to watch: use it with --watch")
	if o.watching {
		check(!o.dryRun && !o.explainPlan && !o.keep && len(o.clauses) == 0 && o.failOn == "", "--watch traces again and again: use it without --dry-run, --explain-plan, --keep, --expect, --filename and --fail-on")
		check(o.output == "" || o.output == string(print.JSON), "--watch prints lines, or with -o json objects: not %q", o.output)
	}
	check(o.failOn == "" || slices.Contains(severities(), o.failOn), "--fail-on must be one of %s, not %q", strings.Join(severities(), ", "), o.failOn)
	return errors.Join(errs...)
}

// trace returns the options of the run.
func (o *options) trace(names []target.Name) trace.Options {
	datagram, _ := payload(o.udpPayload) // validated, as is this:
	place, _ := identify(o.identify)
	options := trace.Options{
		Run: o.runID, Release: o.release, Targets: names,
		Choice: target.Choice{Ports: o.ports, Path: o.path, WebSocket: o.websocket, UDPPayload: datagram},
		Route:  route.Options{Address: o.address, Addresses: o.addresses, ResolveDNS: o.resolveDNS, Through: o.through},
		From:   o.from, NoPods: o.noPods, Load: o.load, Traceparent: o.traceparent, Ignore: o.ignore, Identify: place, Trails: o.paths, Troubles: o.troubles,
		Alike: o.compares, Echoes: o.compares, Witness: o.witness, StartTimeout: o.startTimeout,
	}
	if o.logs {
		options.Logs = logs.NewReader(o.client)
	}
	if o.like != "" {
		// A probe with labels of others lives for a minute in all.
		options.Load.Deadline = min(options.Load.Deadline, launch.LongestLabelled)
	}
	for _, via := range o.via {
		options.Route.Via = append(options.Route.Via, route.Kind(via))
	}
	if o.local && !o.dryRun && !o.explainPlan {
		options.Knock = agent.Knock
	}
	return options
}
