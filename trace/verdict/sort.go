package verdict

import (
	"cmp"
	"slices"
)

// Sort puts cells into the order of their routes, and then of the vantages.
func Sort(cells []Cell) {
	slices.SortStableFunc(cells, func(a, b Cell) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Vantage, b.Vantage))
	})
}
