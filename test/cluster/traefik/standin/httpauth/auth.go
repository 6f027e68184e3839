// Package auth stands in for the fork of go-http-auth that Traefik uses, which
// no module proxy has. It has what Traefik's middlewares name, and lets nobody
// in: no test asks for a password.
package auth

import "net/http"

// SecretProvider returns the secret of a user.
type SecretProvider func(user, realm string) string

// BasicAuth is the Basic scheme of RFC 7617.
type BasicAuth struct {
	Realm   string
	Secrets SecretProvider
}

// RequireAuth answers that a password is needed.
func (*BasicAuth) RequireAuth(writer http.ResponseWriter, _ *http.Request) { refuse(writer) }

// CheckSecret tells that the password is wrong.
func CheckSecret(_, _ string) bool { return false }

// DigestAuth is the Digest scheme of RFC 7616.
type DigestAuth struct{}

// NewDigestAuthenticator returns one that lets nobody in.
func NewDigestAuthenticator(string, SecretProvider) *DigestAuth { return &DigestAuth{} }

// CheckAuth tells that the user is unknown.
func (*DigestAuth) CheckAuth(*http.Request) (string, *string) { return "", nil }

// RequireAuth answers that a password is needed.
func (*DigestAuth) RequireAuth(writer http.ResponseWriter, _ *http.Request) { refuse(writer) }

// RequireAuthStale answers that a password is needed.
func (*DigestAuth) RequireAuthStale(writer http.ResponseWriter, _ *http.Request) { refuse(writer) }

// DigestAuthParams finds nothing in an Authorization header.
func DigestAuthParams(string) map[string]string { return nil }

func refuse(writer http.ResponseWriter) {
	http.Error(writer, "passwords are not supported", http.StatusUnauthorized)
}
