package agent

import (
	"net/http"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// field is one header field of the requests on a route: its value is what
// stands before the slot, what each request has of its own, and what stands
// after. HTTP/1.1 and HTTP/2 are both made of the same fields.
type field struct {
	name, before string
	slot         slot
	after        string
}

// slot is something that differs from request to request.
type slot int

const (
	nothing slot = iota
	theMarker
	theTrace
	theKey // of a WebSocket handshake
)

// paddingField is the header that makes a request larger.
const paddingField = "X-Nettrace-Padding"

// allFields returns the fields of the requests on a route. Of the first ones
// each gives way to one of the same name in the route's own headers.
func (t *target) allFields(plan wire.Plan) []field {
	fields := []field{
		{name: "X-Nettrace-Id", slot: theMarker},
		{name: "User-Agent", before: plan.UserAgent + " (", slot: theMarker, after: ")"},
	}
	if t.grpc() {
		fields = append(fields, field{name: "Content-Type", before: "application/grpc"}, field{name: "Te", before: "trailers"})
	} else {
		fields = append(fields, field{name: "Accept", before: "*/*"})
	}
	fields = slices.DeleteFunc(fields, func(f field) bool {
		return slices.ContainsFunc(t.Headers, func(h wire.Header) bool { return strings.EqualFold(h.Name, f.name) })
	})
	for _, h := range t.Headers {
		fields = append(fields, field{name: h.Name, before: h.Value})
	}
	if t.traced {
		fields = append(fields, field{name: "traceparent", before: "00-", slot: theTrace, after: "-01"})
	}
	if t.Padding > 0 {
		// HTTP/2 shortens letters that are frequent in headers; this one is not.
		fields = append(fields, field{name: paddingField, before: strings.Repeat("X", t.Padding)})
	}
	return fields
}

// segment is a piece of a request over HTTP/1.1, and what comes after it.
type segment struct {
	text  string
	after slot
}

// segments returns a request with these fields as it is sent over HTTP/1.1.
func (t *target) segments(fields []field) []segment {
	fields = slices.Clone(fields)
	if t.Method == http.MethodPost {
		fields = append(fields, field{name: "Content-Length", before: "0"})
	}
	if t.websocket() {
		fields = append(fields, field{name: "Upgrade", before: "websocket"}, field{name: "Connection", before: "Upgrade"},
			field{name: "Sec-WebSocket-Version", before: "13"}, field{name: "Sec-WebSocket-Key", slot: theKey})
	} else {
		fields = append(fields, field{name: "Connection", before: "close"})
	}
	var list []segment
	text := t.Method + " "
	before, after, marked := strings.Cut(t.Path, wire.MarkerSlot)
	text += before
	if marked {
		list = append(list, segment{text, theMarker})
		text = after
	}
	text += " HTTP/1.1\r\nHost: " + t.Host + "\r\n"
	for _, f := range fields {
		text += f.name + ": " + f.before
		if f.slot != nothing {
			list = append(list, segment{text, f.slot})
			text = ""
		}
		text += f.after + "\r\n"
	}
	return append(list, segment{text: text + "\r\n"})
}

// bytes appends the bytes of a request to buffer.
func (t *target) bytes(buffer []byte, s stamp) []byte {
	for _, part := range t.request {
		buffer = append(buffer, part.text...)
		buffer = append(buffer, s.value(part.after)...)
	}
	return buffer
}

// header returns the fields of a request in the form that net/http wants.
func (t *target) header(s stamp) http.Header {
	header := make(http.Header, len(t.fields))
	for _, f := range t.fields {
		header.Add(f.name, f.before+s.value(f.slot)+f.after)
	}
	return header
}
