// Package harness runs the built plugin against a real cluster, as a user does:
// "kubectl nettrace ..." from the PATH, with the user's KUBECONFIG.
//
// A test makes a [Namespace] of its own, applies manifests to it, waits until the
// cluster is in the state that the test is about, and runs the plugin there.
// When the test has failed, the last runs of the plugin and the state of the
// namespace are printed; the namespace is deleted in any case.
//
// The harness sees the plugin from outside only: its exit code, what it prints,
// and what it leaves in the cluster. It imports nothing of it, so that a change
// of the JSON that users' programs read is a failure here.
package harness
