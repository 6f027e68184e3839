package wire

// Arrival is a path that an answer names as that of its request, with a [MarkerSlot].
type Arrival struct {
	Path string `json:"path"`
	// Frame is a digest of the text around the path: answers that have the same one
	// were written by the same program.
	Frame  string `json:"frame"`
	Status int    `json:"status"`
	Count  int    `json:"count"`
}

// Page is an answer that was read to its end.
type Page struct {
	Status int    `json:"status"`
	Digest string `json:"digest"`
	Count  int    `json:"count"`
}
