package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/expect"
)

// readExpectations reads what --expect and the file of --filename expect, and returns
// the targets that the file names.
func (o *options) readExpectations() (targets []string, err error) {
	for _, text := range o.expect {
		c, err := expect.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("--expect %w", err)
		}
		o.clauses = append(o.clauses, c)
	}
	if o.filename == "" {
		return nil, nil
	}
	in := io.NopCloser(o.In)
	if o.filename != "-" {
		if in, err = os.Open(o.filename); err != nil {
			return nil, fmt.Errorf("--filename: %w", err)
		}
	}
	defer in.Close() //nolint:errcheck // it was only read
	file, err := expect.Read(in)
	if err != nil {
		return nil, fmt.Errorf("--filename %s: %w", o.filename, err)
	}
	o.clauses = append(o.clauses, file.Clauses...)
	return file.Targets, nil
}

// judgeExpectations compares the reports with what is expected, and returns the exit
// code for what was not met, as an error.
func (o *options) judgeExpectations(reports []*trace.Report) error {
	var code error
	for _, r := range reports {
		r.Expectations = expect.Judge(o.clauses, r)
		for _, e := range r.Expectations {
			switch e.Result {
			case trace.Missed:
				code = exit(ExitBroken)
			case trace.NotObserved:
				if code == nil {
					code = exit(ExitInconclusive)
				}
			}
		}
	}
	return code
}
