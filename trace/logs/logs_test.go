package logs

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestScan(t *testing.T) {
	long := strings.Repeat("x", maxLine) + " run-1 " + strings.Repeat("y", maxLine)
	for name, test := range map[string]struct {
		log  string
		want []string
	}{
		"lines of the run":  {"a run-1\nb\r\nc run-2\r\n", []string{"a run-1", "c run-2"}},
		"no end of line":    {"a\nb run-3", []string{"b run-3"}},
		"a line too long":   {"a run-1\n" + long + "\nb run-2\n", []string{"a run-1", "b run-2"}},
		"nothing":           {"", nil},
		"nothing but a log": {"a\nb\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			if err := scan(iotest.HalfReader(strings.NewReader(test.log)), []byte("run-"), func(line string) { got = append(got, line) }); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("found %q, %v", got, err)
			}
		})
	}
	broken := io.MultiReader(strings.NewReader("a run-1\n"), iotest.ErrReader(errors.New("cut")))
	var got []string
	if err := scan(broken, []byte("run-"), func(line string) { got = append(got, line) }); err == nil || len(got) != 1 {
		t.Errorf("found %q and no error in a stream that was cut", got)
	}
}
