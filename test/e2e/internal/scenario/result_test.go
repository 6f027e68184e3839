package scenario

import (
	"strings"
	"testing"
)

func TestResults(t *testing.T) {
	of := func(name string, want ...string) Scenario {
		s := Scenario{Name: name}
		for _, w := range want {
			s.Findings = append(s.Findings, Finding{Name: w})
		}
		return s
	}
	var r Results
	r.Add(of("b", "dead", "dead", "slow"), []string{"dead", "slow"})
	r.Add(of("a"), nil)
	r.Add(of("c"), []string{"dead"})
	const want = `| a |  |  | ✔ |
| b | dead, dead, slow | dead, slow | missed |
| c |  | dead | false alarm |

3 scenarios: 2 of 3 findings found, false alarms in 1
`
	if got := r.String(); !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want at the end %s", got, want)
	}
}
