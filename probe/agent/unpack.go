package agent

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
)

// searchable returns the part of an answer's body in which names are looked for.
// Where the body was cut, its last word may be the beginning of a longer one
// ("web-1" of "web-10"), and is left out.
func searchable(a *answer) []byte {
	body, whole := unpacked(a.header, a.body)
	if whole && a.err == nil && max(len(a.body), len(body)) < maxSearch {
		return body
	}
	return bytes.TrimRightFunc(body, func(r rune) bool { return r < 0x80 && lower(byte(r)) != 0 })
}

// unpacked returns the beginning of a body as it was before the server compressed
// it, which some do without having been asked, and whether it is known to end
// there. What cannot be unpacked is returned as it came. As much is read of the
// result as is searched: a small body may unpack to a very large one.
func unpacked(header http.Header, body []byte) (plain []byte, whole bool) {
	var packed io.Reader
	var err error
	switch strings.ToLower(strings.TrimSpace(header.Get("Content-Encoding"))) {
	case "gzip", "x-gzip":
		packed, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate": // is in the format of zlib (RFC 9110, section 8.4.1.2)
		packed, err = zlib.NewReader(bytes.NewReader(body))
	default:
		return body, true
	}
	if err != nil {
		return body, true
	}
	plain, err = io.ReadAll(io.LimitReader(packed, maxSearch))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // which is where a body was cut
		return body, true
	}
	return plain, err == nil
}
