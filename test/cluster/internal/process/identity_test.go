package process

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	tail := strings.Repeat(" 0", 18) // the fields between state and starttime
	for _, test := range []struct {
		name, line string
		state      byte
		start      uint64
		fails      bool
	}{
		{name: "plain", line: "42 (sleep) S" + tail + " 4711 0 0", state: 'S', start: 4711},
		{name: "blanks and parentheses in the name", line: "42 (a) b (c) Z" + tail + " 7 0", state: 'Z', start: 7},
		{name: "cut off", line: "42 (sleep) S 1 2", fails: true},
		{name: "no name", line: "42", fails: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseStat([]byte(test.line))
			if (err != nil) != test.fails {
				t.Fatalf("error %v, want one: %v", err, test.fails)
			}
			if err == nil && (got.state != test.state || got.start != test.start) {
				t.Errorf("got %c %d, want %c %d", got.state, got.start, test.state, test.start)
			}
		})
	}
}

func TestEndEndsOnlyTheVeryProcess(t *testing.T) {
	command := exec.Command("sleep", "60")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	identity, err := Identify(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}

	earlier, otherBoot := identity, identity
	earlier.Start--
	otherBoot.Boot = "another"
	if err := End(0, earlier, otherBoot, Identity{}); err != nil {
		t.Errorf("ending processes that are gone: %v", err)
	}
	select {
	case <-ended:
		t.Fatal("a process that only has the same id was ended")
	case <-time.After(50 * time.Millisecond):
	}
	if err := End(time.Second, identity); err != nil {
		t.Fatal(err)
	}
	<-ended
	if identity.Alive() {
		t.Error("it is said to be alive after its end")
	}
}

func TestEndKillsWhatDoesNotListen(t *testing.T) {
	command := exec.Command("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done")
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := output.Read(make([]byte, 16)); err != nil { // the trap is set
		t.Fatal(err)
	}
	go func() { _ = command.Wait() }()
	identity, err := Identify(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := End(100*time.Millisecond, identity); err != nil {
		t.Fatal(err)
	}
	if identity.Alive() {
		t.Error("it still runs")
	}
}

func TestTableRemembersAndFinds(t *testing.T) {
	directory := t.TempDir()
	table := Table{Directory: directory, Mark: "NETTRACE_LAB_INSTANCE=" + directory}
	// The shell starts a helper and ends: only the mark still leads to it.
	spec := Spec{Machine: "m", Daemon: "d", Args: []string{"sh", "-c", "sleep 60 & echo up; wait"}, Log: directory + "/log"}
	record, err := table.Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := EndMarked(table.Mark); err != nil {
			t.Error(err)
		}
	})
	waitForText(t, spec.Log, "up")
	found, err := table.Get("m", "d")
	if err != nil || found.Identity != record.Identity || !found.Identity.Alive() {
		t.Fatalf("got %+v, %v", found, err)
	}
	if _, err := table.Get("m", "other"); err == nil {
		t.Error("a daemon that was never started is found")
	}
	if err := table.Stop(found); err != nil {
		t.Fatal(err)
	}
	if records, err := table.List(); err != nil || len(records) != 1 || !records[0].Stopped {
		t.Errorf("got %+v, %v", records, err)
	}
	if helpers, err := Marked(table.Mark); err != nil || len(helpers) == 0 {
		t.Errorf("the helper is not found: %v", err)
	}
	if err := EndMarked(table.Mark); err != nil {
		t.Fatal(err)
	}
	if left, err := Marked(table.Mark); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if marked, _ := Marked("PATH=" + os.Getenv("PATH") + "nowhere"); len(marked) > 0 {
		t.Errorf("a mark that nobody has is found: %v", marked)
	}
}

func waitForText(t *testing.T, file, text string) {
	t.Helper()
	for range 200 {
		if content, err := os.ReadFile(file); err == nil && strings.Contains(string(content), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%q never appeared", text)
}

func TestHasVariable(t *testing.T) {
	environment := []byte("A=1\x00MARK=/x/lab\x00B=2\x00")
	for variable, want := range map[string]bool{"MARK=/x/lab": true, "MARK=/x/la": false, "MARK=/x/lab2": false, "A=1": true} {
		if got := hasVariable(environment, variable); got != want {
			t.Errorf("%s: got %v", variable, got)
		}
	}
}
