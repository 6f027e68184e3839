package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// patience bounds every single command, far above what any takes.
const patience = 3 * time.Minute

// Result is what became of a command.
type Result struct {
	Args           []string
	Stdout, Stderr string
	// Code is the exit code, or -1 when the command could not run to its end.
	Code int
}

// String shows the command and all that it said, for the one who reads a
// failure.
func (r Result) String() string {
	return fmt.Sprintf("$ %s\nexit code %d\n--- stdout\n%s--- stderr\n%s", strings.Join(r.Args, " "), r.Code, r.Stdout, r.Stderr)
}

// run executes a command to its end.
func run(ctx context.Context, stdin string, args ...string) Result {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.WaitDelay = 5 * time.Second
	command.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	result := Result{Args: args, Stdout: stdout.String(), Stderr: stderr.String()}
	var exited *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exited) && ctx.Err() == nil:
		result.Code = exited.ExitCode()
	default:
		result.Code = -1
		result.Stderr += fmt.Sprintf("running the command: %v\n", err)
	}
	return result
}
