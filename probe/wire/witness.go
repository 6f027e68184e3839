package wire

import "time"

// Watch is what a witness is asked to look at: packets on every interface of the
// node whose network it shares, as far as they go to or come from these sockets.
// A [Plan] with a Watch sends no request.
type Watch struct {
	// Delivered are the sockets of the endpoints that the node hosts. What leaves the
	// node's network towards one of them was delivered to it.
	Delivered []Socket `json:"delivered,omitempty"`
	// Passed are the other sockets that requests may be sent to on their way: those of
	// endpoints elsewhere, of proxies, and the routes' own addresses.
	Passed []Socket `json:"passed,omitempty"`
	// Hops is of how many requests of each route every sight is recorded; of the
	// others only that they were delivered. The first are taken.
	Hops int `json:"hops"`
}

// Socket is an address and port, and whose they are.
type Socket struct {
	// Address is an IP address, and Port a TCP port; 0 means all ports.
	Address string `json:"address"`
	Port    uint16 `json:"port,omitempty"`
	// Endpoint is the number of the endpoint in [Plan.Endpoints] whose socket it is, or
	// zero.
	Endpoint int `json:"endpoint,omitempty"`
	// OnNode is set where the socket is in the network of the node itself, so that
	// nothing leaves the node towards it.
	OnNode bool `json:"onNode,omitempty"`
}

// Sight is one request of the run as it was seen on one interface.
type Sight struct {
	// Marker is the id that the request carries.
	Marker string `json:"marker"`
	// Seen is when the kernel got the packet with the first byte of the request, by the
	// clock of the node.
	Seen time.Time `json:"seen"`
	// Interface is its name, and Device what it is: veth, bridge, loopback, a tunnel by
	// its kind, or empty for others.
	Interface string `json:"interface"`
	Device    string `json:"device,omitempty"`
	// Out is set where the packet left the node's network by the interface, and not
	// where it came in.
	Out bool `json:"out,omitempty"`
	// From and To are the addresses in the packet, with the ports.
	From string `json:"from"`
	To   string `json:"to"`
	// Endpoint is the number of the endpoint that this was delivered to; zero where it
	// was but passing.
	Endpoint int `json:"endpoint,omitempty"`
	// Midway is set where the beginning of the connection was not seen. What is passing
	// there may be but a part of something else.
	Midway bool `json:"midway,omitempty"`
	// Method, Path and Host are those of the request as it was there; at most 2,000
	// bytes each. They are as somebody wrote them, and must be escaped where they are
	// printed. Protocol is [HTTP] or [H2C].
	Method   string   `json:"method,omitempty"`
	Path     string   `json:"path,omitempty"`
	Host     string   `json:"host,omitempty"`
	Protocol Protocol `json:"protocol"`
	// Status is what came back to this very request on the same way, or zero where
	// that was not seen. A sight of which it is learned later is recorded again.
	Status int `json:"status,omitempty"`
}

// Watched says how well a witness has seen until now. It is written about twice a
// second, and all that was seen before it has been written before it.
type Watched struct {
	// Packets is how many went by the filter, and Dropped how many of these the
	// kernel had no room for.
	Packets uint64 `json:"packets"`
	Dropped uint64 `json:"dropped"`
	// Evicted counts the connections that were let go of for want of room, and Broken
	// those with requests that could not be followed to the end of their headers.
	Evicted int `json:"evicted,omitempty"`
	Broken  int `json:"broken,omitempty"`
	// Unread counts connections that spoke TLS or something else than HTTP.
	Unread int `json:"unread,omitempty"`
	// Unfit is how many sockets did not fit into the kernel's filter.
	Unfit int `json:"unfit,omitempty"`
}

// Whole reports whether nothing that was there to be seen is known to be missing, but
// for what cannot be read.
func (w Watched) Whole() bool {
	return w.Dropped == 0 && w.Evicted == 0 && w.Broken == 0 && w.Unfit == 0
}
