package watch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Spell is a time in which requests on one way failed.
type Spell struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Way  string    `json:"way"`
	// What counts how they failed, and Count is all of them.
	What  map[string]int `json:"what"`
	Count int            `json:"count"`
	// Endpoints are those that are known to have answered so.
	Endpoints []string `json:"endpoints,omitempty"`
	// Meanwhile are the changes of endpoints at that time and shortly before.
	Meanwhile []Event `json:"meanwhile,omitempty"`
}

// pause is how long nothing must fail for a spell to end.
const pause = 5 * time.Second

// spells gathers failures, which are in the order of their times.
func spells(failures []failure) []Spell {
	var all []Spell
	for _, f := range failures {
		i := len(all) - 1
		for ; i >= 0; i-- {
			if all[i].Way == f.way {
				break
			}
		}
		if i < 0 || f.at.Sub(all[i].To) > pause {
			all, i = append(all, Spell{From: f.at, Way: f.way, What: map[string]int{}}), len(all)
		}
		s := &all[i]
		s.To, s.Count = f.at, s.Count+1
		s.What[f.what]++
		if f.endpoint != "" && !slices.Contains(s.Endpoints, f.endpoint) {
			s.Endpoints = append(s.Endpoints, f.endpoint)
		}
	}
	return all
}

// String says what failed, and how long.
func (s Spell) String() string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(s.What)) {
		parts = append(parts, fmt.Sprintf("%s x%d", what, s.What[what]))
	}
	text := s.Way + ": " + strings.Join(parts, ", ")
	if length := s.To.Sub(s.From); length >= time.Second {
		text += fmt.Sprintf(" in %s", length.Round(100*time.Millisecond))
	}
	if len(s.Endpoints) > 0 {
		text += ", answered by " + strings.Join(s.Endpoints, ", ")
	}
	return text
}
