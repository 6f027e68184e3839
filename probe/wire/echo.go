package wire

// Echo is a header of requests as it arrived, by what answers show of it.
type Echo struct {
	Name string `json:"name"`
	// Value has a [MarkerSlot] for what each request has of its own. Of a header that
	// may hold a secret it is a digest, after "digest ".
	Value string `json:"value"`
	Count int    `json:"count"`
}
