package cli

import (
	"flag"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

// requestsLevel is the level from which on kubectl logs its requests.
const requestsLevel = 6

// counter counts the requests to the API server.
type counter struct{ atomic.Int64 }

// count has every request that the configuration's clients send counted.
func (c *counter) count(config *rest.Config) {
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(request *http.Request) (*http.Response, error) {
			c.Add(1)
			return next.RoundTrip(request)
		})
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// logRequests has client-go log what it asks the API server, at the level of -v,
// as kubectl does.
func (o *options) logRequests() error {
	if o.verbosity <= 0 {
		return nil
	}
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	klog.ClearLogger()
	klog.LogToStderr(false)
	klog.SetOutput(harmless{o.ErrOut})
	return flags.Set("v", strconv.Itoa(o.verbosity))
}

// tell says how long a step took, and how many requests to the API server, to
// those who asked for it with -v.
func (o *options) tell(step string, since time.Time) {
	if o.verbosity >= requestsLevel {
		fmt.Fprintf(o.ErrOut, "%s: %.2f s, %d API requests so far\n", step, time.Since(since).Seconds(), o.requests.Load())
	}
}
