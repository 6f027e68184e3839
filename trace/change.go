package trace

import (
	"context"
	"sync"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// changesTime bounds how long it takes to read the endpoints again.
const changesTime = 5 * time.Second

// changes reads the endpoints of all targets again, after requests were sent. Where
// that fails, anything may have changed.
func (run *Run) changes(ctx context.Context) []target.Changes {
	ctx, cancel := context.WithTimeout(ctx, changesTime)
	defer cancel()
	all := make([]target.Changes, len(run.Traces))
	var reads sync.WaitGroup
	for i, t := range run.Traces {
		reads.Go(func() {
			var err error
			if all[i], err = run.reader.Changes(ctx, t.Target); err != nil {
				all[i].Written = true
			}
		})
	}
	reads.Wait()
	return all
}
