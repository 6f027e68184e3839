// Package podsecurity asks the evaluator that the API server itself uses
// whether the probe's pod fulfils the Pod Security level "restricted", in every
// version of it, and whether one on the host network fails by that alone. It is a module of its own because that evaluator brings the
// API server's libraries along, which nothing else here needs.
package podsecurity
