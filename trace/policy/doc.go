// Package policy says what the NetworkPolicies of a cluster let through between
// two pods, by the rules of their API alone: whether anything enforces them is for
// requests to show.
//
// What depends on something that is not known, such as the address that a pod is
// yet to get, counts as let through, so that a refusal is certain.
package policy
