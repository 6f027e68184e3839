package compare

import (
	"fmt"
	"slices"
	"strings"
)

// sameStatus says whether the same statuses came on both ways, however often. Redirects
// must lead to the same place, too, as far as that is known.
func sameStatus(p paired, a, b Seen) Result {
	switch {
	case a.Sent == 0 || b.Sent == 0 || len(a.Statuses) == 0 || len(b.Statuses) == 0:
		return Unknown
	case !slices.Equal(kinds(a), kinds(b)), redirects(a, p.a.Host) != redirects(b, p.b.Host):
		return Differs
	}
	return Same
}

// kinds returns the different statuses, sorted.
func kinds(s Seen) []string {
	var all []string
	for _, status := range s.Statuses {
		all = append(all, status.What)
	}
	slices.Sort(all)
	return all
}

// redirects says where answers lead to, if a proxy has redirected all of them, with the
// host that was asked left out.
func redirects(s Seen, host string) string {
	var all []string
	for _, reason := range s.Reasons {
		if strings.HasPrefix(reason, "redirects ") {
			all = append(all, strings.ReplaceAll(reason, host, ""))
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// statusDifferences says in words where statuses differ, and from where, unless it is
// the same from everywhere.
func statusDifferences(views []View) []Difference {
	var texts, all []string
	for _, v := range views {
		text := fmt.Sprintf("%s through A, %s through B", counted(v.A.Statuses), counted(v.B.Statuses))
		if slices.Equal(kinds(v.A), kinds(v.B)) {
			text = fmt.Sprintf("A %s, B %s", strings.Join(v.A.Reasons, "; "), strings.Join(v.B.Reasons, "; "))
		}
		if v.Status == Differs {
			texts = append(texts, text)
			all = append(all, fmt.Sprintf("from %s: %s", v.Vantage, text))
		}
	}
	if texts = slices.Compact(texts); len(texts) == 1 && (len(all) == len(views) || len(views) == 1) {
		all = texts
	}
	var made []Difference
	for _, text := range all {
		made = append(made, Difference{StatusAspect, text})
	}
	return made
}

// counted writes statuses with how often each came.
func counted(statuses []Count) string {
	var all []string
	for _, s := range statuses {
		all = append(all, fmt.Sprintf("%s x%d", s.What, s.Count))
	}
	return strings.Join(all, ", ")
}
