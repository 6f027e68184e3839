package balancer

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// reloadPatience is how long HAProxy may take to work with a new configuration
// and to have asked each node once whether it is fit.
const reloadPatience = 5 * time.Second

// files are HAProxy's, in one directory.
type files struct {
	directory string
}

// Config is the configuration.
func (f files) Config() string { return filepath.Join(f.directory, "haproxy.cfg") }

// Health is what one worker leaves to the next one about the nodes.
func (f files) Health() string { return filepath.Join(f.directory, "health") }

// Worker is the socket of the process that carries connections.
func (f files) Worker() string { return filepath.Join(f.directory, "worker.sock") }

// Master is the socket of the process that starts workers.
func (f files) Master() string { return filepath.Join(f.directory, "master.sock") }

// Prepare writes a first configuration, which serves no Service yet.
func Prepare(directory string) error {
	first, err := render(directory, nil)
	if err != nil {
		return err
	}
	if err := os.WriteFile(files{directory}.Config(), first.Text, 0o644); err != nil {
		return fmt.Errorf("writing HAProxy's first configuration: %w", err)
	}
	// The version of the format, and nobody's health.
	if err := os.WriteFile(files{directory}.Health(), []byte("1\n"), 0o644); err != nil {
		return fmt.Errorf("writing down that no node is known: %w", err)
	}
	return nil
}

// Command returns how HAProxy is started. With a master process it can be given
// a new configuration without cutting connections: those that it has stay with
// the old worker, which ends with the last of them, and sockets are handed on.
func Command(directory string) []string {
	return []string{"haproxy", "-W", "-S", files{directory}.Master() + ",mode,600", "-f", files{directory}.Config()}
}

// serve returns when HAProxy works with the configuration and knows which nodes
// are fit. Where HAProxy is not running it finds the configuration when it is
// started again.
func (f files) serve(ctx context.Context, wanted configuration) error {
	if err := f.write(ctx, wanted); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, reloadPatience)
	defer cancel()
	working, err := f.fingerprint(ctx)
	if err != nil {
		return err
	}
	if working != wanted.Fingerprint {
		if err := f.reload(ctx); err != nil {
			return err
		}
	}
	for {
		pending := f.pending(ctx, wanted)
		if pending == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for HAProxy: %w", pending)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// write puts a configuration in place, but none that HAProxy does not take: it
// could not be started again with it.
func (f files) write(ctx context.Context, wanted configuration) error {
	if now, err := os.ReadFile(f.Config()); err == nil && string(now) == string(wanted.Text) {
		return nil
	}
	fresh := f.Config() + ".new"
	if err := os.WriteFile(fresh, wanted.Text, 0o644); err != nil {
		return fmt.Errorf("writing HAProxy's configuration: %w", err)
	}
	if output, err := exec.CommandContext(ctx, "haproxy", "-c", "-q", "-f", fresh).CombinedOutput(); err != nil {
		return fmt.Errorf("checking HAProxy's configuration: %w: %s", err, strings.TrimSpace(string(output)))
	}
	if err := os.Rename(fresh, f.Config()); err != nil {
		return fmt.Errorf("replacing HAProxy's configuration: %w", err)
	}
	return nil
}

func (f files) reload(ctx context.Context) error {
	health, err := ask(ctx, f.Worker(), "show servers state")
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.Health(), []byte(health), 0o644); err != nil {
		return fmt.Errorf("noting the nodes' health: %w", err)
	}
	// The master goes away while it answers; what counts is what comes then.
	_, err = ask(ctx, f.Master(), "reload")
	return err
}

// pending returns what is still missing.
func (f files) pending(ctx context.Context, wanted configuration) error {
	working, err := f.fingerprint(ctx)
	if err != nil {
		return err
	}
	if working != wanted.Fingerprint {
		return errors.New("it does not take the new configuration, its log says why")
	}
	statistics, err := ask(ctx, f.Worker(), "show stat")
	if err != nil {
		return err
	}
	return unchecked(statistics)
}

// fingerprint returns that of the configuration which HAProxy works with.
func (f files) fingerprint(ctx context.Context) (string, error) {
	answer, err := ask(ctx, f.Worker(), "show info")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(answer) {
		if value, found := strings.CutPrefix(line, "description: "); found {
			return strings.TrimSpace(value), nil
		}
	}
	return "", errors.New("asking HAProxy for its configuration: it has no description")
}

// unchecked returns an error as long as HAProxy takes a node for fit only
// because it has not asked it yet.
func unchecked(statistics string) error {
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(statistics, "# "))).ReadAll()
	if err != nil {
		return fmt.Errorf("reading HAProxy's statistics: %w", err)
	}
	if len(rows) == 0 {
		return errors.New("reading HAProxy's statistics: there are none")
	}
	column := slices.Index(rows[0], "check_status")
	if column < 0 {
		return errors.New("reading HAProxy's statistics: they have no check_status")
	}
	for _, row := range rows[1:] {
		if strings.HasSuffix(row[column], "INI") {
			return fmt.Errorf("%s of %s has not been checked", row[1], row[0])
		}
	}
	return nil
}

// ask sends one command to one of HAProxy's sockets and returns the answer.
func ask(ctx context.Context, socket, command string) (string, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return "", fmt.Errorf("asking HAProxy: %w", err)
	}
	defer func() { _ = connection.Close() }()
	if deadline, set := ctx.Deadline(); set {
		_ = connection.SetDeadline(deadline) // fails only on a closed connection
	}
	if _, err := io.WriteString(connection, command+"\n"); err != nil {
		return "", fmt.Errorf("asking HAProxy to %s: %w", command, err)
	}
	answer, err := io.ReadAll(connection)
	if err != nil {
		return "", fmt.Errorf("asking HAProxy to %s: %w", command, err)
	}
	return string(answer), nil
}
