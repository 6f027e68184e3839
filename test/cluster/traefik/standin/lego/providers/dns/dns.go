// Package dns stands in for lego's package of this name, which links the
// clients of two hundred DNS providers. Nothing here asks for certificates, so
// no provider is known. It is also all that is here of lego: when Traefik is
// built, its other packages are laid over this directory.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v5/challenge"
)

// NewDNSChallengeProviderByName knows no provider.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("finding DNS provider %s: none is built in", name)
}
