package mount

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	const mounts = `1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:5 / /run/lab/a/outer rw - tmpfs tmpfs rw
3 2 0:6 / /run/lab/a/outer/in\040ner rw shared:3 - tmpfs tmpfs rw
4 1 0:7 / /run/lab/ab rw - tmpfs tmpfs rw
5 1 0:8 / /run/lab/a rw - tmpfs tmpfs rw
short
`
	want := []string{"/run/lab/a/outer/in ner", "/run/lab/a/outer"}
	if got := parse([]byte(mounts), "/run/lab/a"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
