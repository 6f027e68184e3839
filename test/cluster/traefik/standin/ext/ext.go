// Package ext stands in for the part of Traefik that its vendor's other
// products extend. Traefik itself has it in a directory of its repository that
// is a module of its own and thereby missing from the published one.
package ext

// HTTP is what can be added to the configuration of HTTP: nothing.
type HTTP struct{}

// Router is what can be added to a router: nothing.
type Router struct{}
