// Package expect compares reports with what somebody expects of them: the status
// that answers have, the path with which requests arrive, and how they are spread.
//
// What was not observed is neither met nor missed: it is told as such.
package expect
