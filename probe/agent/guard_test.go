package agent

import (
	"math/rand/v2"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

func TestPatience(t *testing.T) {
	tests := []struct {
		direct bool
		dead   float64
		want   int
	}{
		{true, 0, 3}, {true, 0.5, 3}, {false, 0, 10}, {false, 1.0 / 3, 10}, {false, 0.5, 10}, {false, 2.0 / 3, 18}, {false, 1, 3},
	}
	for _, test := range tests {
		if got := patience(test.direct, test.dead); got != test.want {
			t.Errorf("patience(%v, %v) = %d, want %d", test.direct, test.dead, got, test.want)
		}
	}
}

func TestAlarm(t *testing.T) {
	good, bad := wire.Outcome{Status: 200}, wire.Outcome{Error: wire.ErrorRefused}
	tests := map[string]struct {
		direct bool
		good   int
		then   wire.Outcome
		// after is which of the following outcomes sets it off; zero: none of 100.
		after int
	}{
		"an endpoint breaks down":    {true, 10, bad, 10},
		"answers with 500":           {true, 10, wire.Outcome{Status: 500}, 10},
		"pleads to slow down":        {true, 10, wire.Outcome{Status: 429}, 10},
		"is not available (gRPC)":    {true, 10, wire.Outcome{Status: 200, GRPC: "UNAVAILABLE"}, 10},
		"is not implemented (gRPC)":  {true, 10, wire.Outcome{Status: 200, GRPC: "UNIMPLEMENTED"}, 0},
		"is not found":               {true, 10, wire.Outcome{Status: 404}, 0},
		"had not worked for long":    {true, 9, bad, 0},
		"had never worked":           {true, 0, bad, 0},
		"many endpoints break down":  {false, 10, bad, 20},
		"the probe cannot send":      {true, 10, wire.Outcome{Error: wire.ErrorLocal}, 0},
		"hangs after its status 200": {true, 10, wire.Outcome{Status: 200, Error: wire.ErrorEndless}, 10},
	}
	for title, test := range tests {
		var a alarm
		for range test.good {
			a.note(good, test.direct)
		}
		after := 0
		for i := 1; i <= 100 && after == 0; i++ {
			if a.note(test.then, test.direct) {
				after = i
			}
		}
		if after != test.after {
			t.Errorf("%s: off after %d, want %d", title, after, test.after)
		}
	}
}

// TestAlarmStaysSilent plays cases in which failing is nothing new.
func TestAlarmStaysSilent(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for title, test := range map[string]struct {
		failing float64
		direct  bool
	}{
		"one of three dead behind a ClusterIP": {1.0 / 3, false},
		"two of three dead":                    {2.0 / 3, false},
		"one of two dead":                      {0.5, false},
		"a pod that fails half the time":       {0.5, true},
		"a pod that fails now and then":        {0.1, true},
	} {
		off := 0
		for range 1000 {
			var a alarm
			for range 330 {
				o := wire.Outcome{Status: 200}
				if random.Float64() < test.failing {
					o = wire.Outcome{Error: wire.ErrorTimeout}
				}
				if a.note(o, test.direct) {
					off++
					break
				}
			}
		}
		// The first ten may be good by chance: 2^-10 of the traces, and then
		// a row must follow.
		if off > 1 {
			t.Errorf("%s: off in %d of 1000 traces", title, off)
		}
	}
}
