package harness

import "context"

// AtEnd runs kubectl in the namespace when the test has ended, to undo what
// would outlive the namespace. It comes before what was deferred earlier.
func (n *Namespace) AtEnd(args ...string) {
	n.t.Cleanup(func() {
		if r := run(context.Background(), "", n.kubectl(args)...); r.Code != 0 {
			n.t.Errorf("undoing: %v", r)
		}
	})
}
