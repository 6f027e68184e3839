package witness

import (
	"encoding/binary"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// devices knows the interfaces of the node by their index.
type devices struct{ known map[int]device }

// of returns the interface with the index. One that is new is looked for; one of which
// nothing is known is called by its number, and leads nowhere.
func (d *devices) of(link int) device {
	if _, known := d.known[link]; !known {
		d.read()
	}
	if _, known := d.known[link]; !known {
		d.known[link] = device{name: "interface " + strconv.Itoa(link)}
	}
	return d.known[link]
}

// read asks the kernel for all interfaces (rtnetlink(7)).
func (d *devices) read() {
	d.known = map[int]device{}
	answer, err := syscall.NetlinkRIB(unix.RTM_GETLINK, unix.AF_UNSPEC)
	if err != nil {
		return
	}
	messages, err := syscall.ParseNetlinkMessage(answer)
	if err != nil {
		return
	}
	for _, m := range messages {
		if m.Header.Type != unix.RTM_NEWLINK || len(m.Data) < unix.SizeofIfInfomsg {
			continue
		}
		attributes, err := syscall.ParseNetlinkRouteAttr(&m)
		if err != nil {
			continue
		}
		var made device
		if binary.NativeEndian.Uint32(m.Data[8:])&unix.IFF_LOOPBACK != 0 {
			made.kind = "loopback"
		}
		for _, a := range attributes {
			switch a.Attr.Type {
			case unix.IFLA_IFNAME:
				made.name = text(a.Value)
			case unix.IFLA_LINKINFO:
				made.kind = kindOf(a.Value)
			}
		}
		d.known[int(int32(binary.NativeEndian.Uint32(m.Data[4:])))] = made
	}
}

// kindOf returns the kind of an interface from its nested attributes.
func kindOf(nested []byte) string {
	for len(nested) >= unix.SizeofRtAttr {
		length := int(binary.NativeEndian.Uint16(nested))
		if length < unix.SizeofRtAttr || length > len(nested) {
			return ""
		}
		if binary.NativeEndian.Uint16(nested[2:]) == unix.IFLA_INFO_KIND {
			return text(nested[unix.SizeofRtAttr:length])
		}
		nested = nested[min((length+3)&^3, len(nested)):]
	}
	return ""
}

// text returns what stands before the zero at the end.
func text(value []byte) string {
	before, _, _ := strings.Cut(string(value), "\x00")
	return before
}
