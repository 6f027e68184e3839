package verdict

import "github.com/kubectl-nettrace/kubectl-nettrace/trace/route"

func Blocked(routes []route.Route, cells []Cell) map[int]string { return nil }
func SetAside(cells []Cell, blocked map[int]string) []Cell      { return cells }
func Weaken(cells []Cell, f func(Cell) string) []Cell           { return cells }

const Stopped Verdict = "stopped at proxy"
const ShortCut Verdict = "short-cut"
