package route

// Condition is something that the API says against a way in. It keeps nobody
// from trying the way, because traffic may show otherwise.
type Condition struct {
	// Type is that of a status, such as "Accepted", or one of those below.
	Type string
	// Reason is the one that the status gives, or empty.
	Reason string
	// Of is the kind of object whose status says it; empty where none does.
	Of Speaker
	// Path is the one that a rule has, where the condition is about that.
	Path string
	// Text says it in words, with the object that says it.
	Text string
}

// Speaker is a kind of object with a status.
type Speaker string

// The objects of the Gateway API whose status may speak against a way.
const (
	OfRoute    Speaker = "route"
	OfGateway  Speaker = "gateway"
	OfListener Speaker = "listener"
)

// The types of condition that stand in no status, but follow from the objects.
const (
	// Unclaimed: no controller has taken notice of the route.
	Unclaimed = "Unclaimed"
	// OtherHostname: the listener is for other names than the route.
	OtherHostname = "OtherHostname"
	// NotAllowed: the listener does not let the route attach.
	NotAllowed = "NotAllowed"
	// Ungranted: no ReferenceGrant allows the route to name the Service.
	Ungranted = "Ungranted"
	// MissingPort: the rule leads to a port that the Service does not have.
	MissingPort = "MissingPort"
	// Shadowed: another rule takes the request.
	Shadowed = "Shadowed"
	// Literal: the path looks like a pattern, and is compared letter by letter.
	Literal = "Literal"
)

// String returns the condition in words.
func (c Condition) String() string { return c.Text }
