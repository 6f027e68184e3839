package agent

import (
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// lesson is a request to learn from.
type lesson struct {
	turns *turns
	pupil *pupil
}

// pupil is an endpoint in one group. When it is silent it is not asked for
// another lesson.
type pupil struct{ silent bool }

// lessonsEach is how many lessons each endpoint gives in each group.
const lessonsEach = 3

// teaching reports whether answers on a route show how an endpoint answers.
func teaching(route wire.Route) bool {
	return route.Endpoint != 0 && route.Padding == 0 && !strings.Contains(route.Path, wire.MarkerSlot) && route.Protocol != wire.TCP && route.Protocol != wire.DNS
}

// lessons returns the requests to learn from: first one to each endpoint, then
// another. An endpoint with several addresses is asked at each in turn.
func lessons(routes []wire.Route, all []*turns) []lesson {
	type key struct{ group, endpoint int }
	addresses := map[key][]*turns{}
	var order []key
	for i, route := range routes {
		if !teaching(route) {
			continue
		}
		k := key{route.Group, route.Endpoint}
		if addresses[k] == nil {
			order = append(order, k)
		}
		addresses[k] = append(addresses[k], all[i])
	}
	pupils := map[key]*pupil{}
	var list []lesson
	for round := range lessonsEach {
		for _, k := range order {
			if pupils[k] == nil {
				pupils[k] = &pupil{}
			}
			list = append(list, lesson{turns: addresses[k][round%len(addresses[k])], pupil: pupils[k]})
		}
	}
	return list
}
