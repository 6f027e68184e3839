package wire

// IdentityKind says what sort of name an [Identity] is.
type IdentityKind string

// The kinds of identity that answers are searched for.
const (
	IdentityName     IdentityKind = "name"
	IdentityHostname IdentityKind = "hostname"
	IdentityUID      IdentityKind = "uid"
	IdentityIP       IdentityKind = "ip"
)

// The kinds of places that hold no name, but a text that one endpoint alone gives:
// found by comparing answers, or chosen by the user ([Plan.Identify]).
const (
	IdentityFingerprint IdentityKind = "fingerprint"
	IdentityChosen      IdentityKind = "chosen"
)

// Identity is a string that names one endpoint and no other of the plan.
type Identity struct {
	Kind  IdentityKind `json:"kind"`
	Value string       `json:"value"`
}

// MinAgreed is how often each endpoint of a group must have answered directly with
// its own fingerprint, for that to count. Two endpoints that each give one of two texts at
// random pass for telling ones in one of 2^15 runs, at the most.
const MinAgreed = 8

// Identify is a place in answers: a header, or what a regular expression (in the
// syntax of Go's package regexp) finds in the body. One of them is empty.
type Identify struct {
	Header string `json:"header,omitempty"`
	Body   string `json:"body,omitempty"`
}

// String writes the place as the flag --identify takes it.
func (i Identify) String() string {
	if i.Header != "" {
		return "header:" + i.Header
	}
	return "body:" + i.Body
}
