package wire

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Encode returns the plan as text that is safe in an environment variable.
func Encode(p Plan) (string, error) {
	var text bytes.Buffer
	armour := base64.NewEncoder(base64.StdEncoding, &text)
	squeeze := gzip.NewWriter(armour)
	if err := json.NewEncoder(squeeze).Encode(p); err != nil {
		return "", fmt.Errorf("encoding the plan: %w", err)
	}
	// Neither can fail: both end in a buffer in memory.
	_ = squeeze.Close()
	_ = armour.Close()
	return text.String(), nil
}

// Decode returns the plan that Encode made a text from, and an error when the
// text is damaged or is no plan that this release can carry out.
func Decode(armour string) (Plan, error) {
	var p Plan
	squeezed, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(armour)))
	if err != nil {
		return p, fmt.Errorf("decoding the plan: %w", err)
	}
	// To the end, since the checksum is there: half a plan may be valid JSON.
	text, err := io.ReadAll(io.LimitReader(squeezed, maxPlan))
	if err != nil {
		return p, fmt.Errorf("decoding the plan: %w", err)
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("decoding the plan: %w", err)
	}
	return p, p.Validate()
}
