// Package types is what Traefik names of the package that it stands in for.
package types

// Instance is a machine.
type Instance struct {
	InstanceId       *string
	PrivateIpAddress *string
	State            *InstanceState
}

// InstanceState tells whether it runs.
type InstanceState struct {
	Name InstanceStateName
}

// InstanceStateName is the word for it.
type InstanceStateName string

// InstanceStateNameRunning is the word for one that runs.
const InstanceStateNameRunning InstanceStateName = "running"

// Reservation is some machines.
type Reservation struct {
	Instances []Instance
}
