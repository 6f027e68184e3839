// Package cli is the command line of kubectl nettrace: flags become options,
// options are completed and validated, and then one function runs the trace.
// It is the only package that knows both the tracer (package trace) and the
// launcher of probes (package launch), and that prints.
package cli
