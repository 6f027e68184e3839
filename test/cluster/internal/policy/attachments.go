package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// attachments are the pods that the nodes' network plugins have given addresses
// to. The API server hears of an address up to a second after the pod's first
// program was started. A probe that lives for less would have got through by
// then; what the plugins themselves write down is there before it starts.
type attachments struct {
	directory string // where the CNI library keeps what plugins answered

	mutex sync.Mutex
	known map[string]attachment // by file
}

type attachment struct {
	pod       types.UID
	addresses []corev1.PodIP
}

// watch calls changed whenever there is something new, until ctx ends.
func (a *attachments) watch(ctx context.Context, changed func()) error {
	if err := os.MkdirAll(a.directory, 0o700); err != nil {
		return fmt.Errorf("making the directory of the plugins' results: %w", err)
	}
	descriptor, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return fmt.Errorf("watching the plugins' results: %w", err)
	}
	events := os.NewFile(uintptr(descriptor), "events")
	context.AfterFunc(ctx, func() { _ = events.Close() })
	if _, err := unix.InotifyAddWatch(descriptor, a.directory, unix.IN_CLOSE_WRITE|unix.IN_MOVED_TO|unix.IN_DELETE); err != nil {
		return fmt.Errorf("watching the plugins' results: %w", err)
	}
	if err := a.look(); err != nil {
		return err
	}
	go func() {
		for buffer := make([]byte, 64<<10); ; {
			if _, err := events.Read(buffer); err != nil {
				return // closed, as ctx has ended
			}
			if a.look() == nil {
				changed()
			}
		}
	}()
	return nil
}

// look reads the results that are new and forgets those that are gone.
func (a *attachments) look() error {
	files, err := filepath.Glob(filepath.Join(a.directory, "*-eth0"))
	if err != nil {
		return fmt.Errorf("listing the plugins' results: %w", err)
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	now := map[string]attachment{}
	for _, file := range files {
		known, found := a.known[file]
		if !found {
			// One that is just being written will be read when it is complete.
			if known, err = readAttachment(file); err != nil {
				continue
			}
		}
		now[file] = known
	}
	a.known = now
	return nil
}

func readAttachment(file string) (attachment, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return attachment{}, err
	}
	var result struct {
		Arguments [][2]string `json:"cniArgs"`
		Result    struct {
			IPs []struct {
				Address netip.Prefix `json:"address"`
			} `json:"ips"`
		} `json:"result"`
	}
	if err := json.Unmarshal(content, &result); err != nil {
		return attachment{}, err
	}
	var read attachment
	for _, argument := range result.Arguments {
		if argument[0] == "K8S_POD_UID" {
			read.pod = types.UID(argument[1])
		}
	}
	for _, ip := range result.Result.IPs {
		read.addresses = append(read.addresses, corev1.PodIP{IP: ip.Address.Addr().String()})
	}
	return read, nil
}

// put returns the pods with the addresses that they really have.
func (a *attachments) put(pods []*corev1.Pod) []*corev1.Pod {
	addresses := map[types.UID][]corev1.PodIP{}
	a.mutex.Lock()
	for _, one := range a.known {
		addresses[one.pod] = append(addresses[one.pod], one.addresses...)
	}
	a.mutex.Unlock()
	all := slices.Clone(pods)
	for n, pod := range all {
		if found := addresses[pod.UID]; len(found) > 0 {
			attached := *pod // the original belongs to all who watch
			attached.Status.PodIPs = found
			all[n] = &attached
		}
	}
	return all
}
