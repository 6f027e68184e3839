package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Identity tells one process from every other one, also from a later one
// that got the same id.
type Identity struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // in clock ticks since the machine started
	Boot  string `json:"boot"`  // which start of the machine that was
}

// Identify returns the identity of the running process pid.
func Identify(pid int) (Identity, error) {
	stat, err := readStat(pid)
	if err != nil {
		return Identity{}, err
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Identity{}, fmt.Errorf("reading the machine's boot id: %w", err)
	}
	return Identity{PID: pid, Start: stat.start, Boot: strings.TrimSpace(string(boot))}, nil
}

// Alive tells whether this very process still runs. One that has ended and
// only waits for its parent to notice does not.
func (i Identity) Alive() bool {
	if i.PID <= 0 {
		return false
	}
	now, err := Identify(i.PID)
	if err != nil || now != i {
		return false
	}
	stat, err := readStat(i.PID)
	return err == nil && stat.state != 'Z' && stat.state != 'X'
}

type stat struct {
	state byte
	start uint64
}

func readStat(pid int) (stat, error) {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return stat{}, fmt.Errorf("reading the state of process %d: %w", pid, err)
	}
	return parseStat(content)
}

// parseStat reads a line of /proc/PID/stat. The second field is the name in
// parentheses and may itself contain both blanks and parentheses.
func parseStat(content []byte) (stat, error) {
	end := bytes.LastIndexByte(content, ')')
	if end < 0 {
		return stat{}, errors.New("parsing a process's state: no name in it")
	}
	fields := strings.Fields(string(content[end+1:]))
	// fields[0] is the third field (state), fields[19] the 22nd (starttime).
	if len(fields) < 20 {
		return stat{}, fmt.Errorf("parsing a process's state: %d fields", len(fields))
	}
	start, err := strconv.ParseUint(fields[19], 10, 64)
	if err != nil {
		return stat{}, fmt.Errorf("parsing a process's start time: %w", err)
	}
	return stat{state: fields[0][0], start: start}, nil
}
