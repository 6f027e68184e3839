package agent

// maxToken is the length in bytes of the longest token that is looked at. The
// longest identity, a DNS name, has 253.
const maxToken = 300

// tokens calls visit for each run of the characters that identities consist of
// (letters, digits, "-", "." and ":"), in lower case. Cutting the text once and
// looking the pieces up costs the same for one identity as for four thousand,
// and it gives every match its boundaries: the token in "pod web-10" is
// "web-10", so that "web-1" is not found there.
//
// The underscore counts as such a character, too, although no identity has
// one: "web-1_backup" is a name of something else.
//
// Case is ignored throughout. Kubernetes' names and UIDs are lower-case, so
// that no two of them differ by case alone; but host names, and IPv6
// addresses, are printed in either case.
//
// The token is only valid during the call.
func tokens(text []byte, visit func(token []byte)) {
	var buffer [maxToken]byte
	for i := 0; i < len(text); {
		if lower(text[i]) == 0 {
			i++
			continue
		}
		length := 0
		for ; i < len(text); i++ {
			c := lower(text[i])
			if c == 0 {
				break
			}
			if length < maxToken {
				buffer[length] = c
			}
			length++
		}
		if length <= maxToken {
			visit(buffer[:length])
		}
	}
}

// lower returns c in lower case when it can be part of an identity, and zero
// when it ends one.
func lower(c byte) byte {
	switch {
	case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '.', c == ':', c == '_':
		return c
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	}
	return 0
}
