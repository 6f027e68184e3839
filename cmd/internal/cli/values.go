package cli

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// limits returns the resource limits that were asked for.
func (o *options) limits() (corev1.ResourceList, error) {
	limits := corev1.ResourceList{}
	for name, text := range o.probeLimits {
		quantity, err := resource.ParseQuantity(text)
		if err != nil || quantity.Sign() <= 0 {
			return nil, fmt.Errorf("--probe-limits %s=%s: write it as cpu=500m or memory=256Mi", name, text)
		}
		limits[corev1.ResourceName(name)] = quantity
	}
	return limits, nil
}

// isAddress reports whether the text is a host, with or without a port.
func isAddress(text string) bool {
	host := text
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	if h, port, err := net.SplitHostPort(text); err == nil {
		host = h
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return false
		}
		if _, err := netip.ParseAddr(host); err == nil {
			return true
		}
	}
	return len(validation.IsDNS1123Subdomain(strings.ToLower(host))) == 0
}

// payload returns the bytes that a text with Go's escapes stands for.
func payload(text string) ([]byte, error) {
	plain, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	return []byte(plain), err
}

// maxExpression bounds the length of a regular expression in bytes.
const maxExpression = 1000

// identify returns the place that a text means, or nil for none.
func identify(text string) (*wire.Identify, error) {
	kind, where, _ := strings.Cut(text, ":")
	switch {
	case text == "":
		return nil, nil
	case kind == "header" && httpguts.ValidHeaderFieldName(where):
		return &wire.Identify{Header: where}, nil
	case kind == "header":
		return nil, fmt.Errorf("header:NAME needs the name of a header, not %q", where)
	case kind != "body":
		return nil, fmt.Errorf("must be header:NAME or body:REGEX, not %q", text)
	case where == "" || len(where) > maxExpression:
		return nil, fmt.Errorf("body:REGEX needs an expression of 1 to %d bytes", maxExpression)
	}
	if _, err := regexp.Compile(where); err != nil {
		return nil, fmt.Errorf("body:REGEX must be a regular expression as Go's package regexp takes it: %w", err)
	}
	return &wire.Identify{Body: where}, nil
}
