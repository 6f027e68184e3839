package cli

import (
	"fmt"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// endedError says that somebody ended probes that had time to say so. What they
// had seen by then is in the report, but it is not what was asked for.
type endedError struct{ nodes []string }

func (e *endedError) Error() string {
	noun := "the probe on node"
	if len(e.nodes) > 1 {
		noun = "the probes on nodes"
	}
	return fmt.Sprintf("%s %s ended before all requests were sent; the report has what was seen until then", noun, strings.Join(e.nodes, ", "))
}

func endedEarly(report *trace.Report) error {
	var nodes []string
	for _, v := range report.Vantages {
		if v.Stopped == wire.StopSignal {
			nodes = append(nodes, v.Node)
		}
	}
	if len(nodes) == 0 {
		return nil
	}
	return &endedError{nodes}
}
