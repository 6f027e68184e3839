package agent

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"strconv"
)

// healthPath is the method of the gRPC health service that says how a server is
// (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
const healthPath = "/grpc.health.v1.Health/Check"

// emptyMessage returns a message without fields: about the health of the whole
// server, when the question is that. It is five bytes that say "not compressed"
// and "of size zero".
func emptyMessage() io.Reader { return bytes.NewReader(make([]byte, 5)) }

// grade reads the gRPC status out of an answer whose body has ended: it is in
// the trailer, or in the header when there is nothing else to the answer.
// For the health method the name of the status tells how the server says it is.
func (a *answer) grade(trailer http.Header, health bool) error {
	for name, values := range trailer {
		a.header[name] = append(a.header[name], values...)
	}
	status := a.header.Get("Grpc-Status")
	if status == "" {
		if a.status == http.StatusOK {
			return errNoGRPC
		}
		return nil
	}
	a.grpc = statusName(status)
	if a.grpc != grpcOK || !health {
		return nil
	}
	message, whole := unframe(a.body)
	if !whole {
		return errNoMessage
	}
	serving, valid := servingStatus(message)
	if !valid {
		return errNoMessage
	}
	a.grpc = servingName(serving)
	return nil
}

const grpcOK = "OK"

// statusName returns the name of a gRPC status code. Others than the known ones
// count as UNKNOWN, as they do for all clients.
func statusName(code string) string {
	names := [...]string{
		grpcOK, "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
		"RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
		"UNAUTHENTICATED",
	}
	number, err := strconv.Atoi(code)
	if err != nil || number < 0 || number >= len(names) {
		return "UNKNOWN"
	}
	return names[number]
}

// servingName returns what a health status means: OK is a server that serves.
func servingName(serving uint64) string {
	names := [...]string{"UNKNOWN", grpcOK, "NOT_SERVING", "SERVICE_UNKNOWN"}
	if serving >= uint64(len(names)) {
		return "UNKNOWN"
	}
	return names[serving]
}

// unframe returns the one message that a body consists of.
func unframe(body []byte) (message []byte, whole bool) {
	if len(body) < 5 || body[0] != 0 {
		return nil, false
	}
	size := binary.BigEndian.Uint32(body[1:])
	return body[5:], uint64(size) == uint64(len(body)-5)
}

// servingStatus returns the first field of a HealthCheckResponse, a protocol
// buffer; fields it does not know are passed over.
func servingStatus(message []byte) (serving uint64, valid bool) {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return 0, false
		}
		message = message[n:]
		value, n := binary.Uvarint(message)
		switch tag & 7 {
		case 0: // a number
		case 1: // eight bytes
			n = 8
		case 2: // a size, and as many bytes
			if n > 0 && value <= uint64(len(message)-n) {
				n += int(value)
			} else {
				n = 0
			}
		case 5: // four bytes
			n = 4
		default:
			n = 0
		}
		if n <= 0 || n > len(message) {
			return 0, false
		}
		if tag == 1<<3 {
			serving = value
		}
		message = message[n:]
	}
	return serving, true
}
