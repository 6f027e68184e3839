package cgroup

import (
	"slices"
	"testing"
)

func TestParseHierarchies(t *testing.T) {
	for _, test := range []struct {
		name, mounts string
		want         []string
	}{
		{
			name: "version 1",
			mounts: `30 1 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu
32 30 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
33 30 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`,
			want: []string{"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified"},
		},
		{
			name:   "version 2",
			mounts: "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:10 - cgroup2 cgroup2 rw,nsdelegate\n24 1 0:22 / /sys rw - sysfs sysfs rw\n",
			want:   []string{"/sys/fs/cgroup"},
		},
		{name: "none", mounts: "24 1 0:22 / /sys rw - sysfs sysfs rw\nbroken\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := parseHierarchies([]byte(test.mounts)); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
