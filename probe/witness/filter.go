package witness

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"golang.org/x/net/bpf"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// snapLength is how much of each packet is captured, in bytes: enough for the large
// requests of a run, whose pieces the kernel puts together before they are seen. Of
// HTTP/2 nothing can be read any more behind headers that are cut.
const snapLength = 6 << 10

// maxProgram bounds the filter: Linux takes 4,096 instructions.
const maxProgram = 4000

// maxPorts bounds how many ports are looked for at one address, since no jump leads
// over more than 255 instructions.
const maxPorts = 50

// The cells in which the filter keeps the ports of a packet.
const (
	cellSource = iota
	cellDestination
)

// Filter returns the program by which the kernel lets only segments through that are of
// concern: those to a socket of the watch or, where it is an endpoint's, from there,
// that carry data or begin or end a connection. It runs on packets that begin with
// their IP header. Unfit is how many sockets had no room in it.
func Filter(w wire.Watch) (program []bpf.Instruction, unfit int) {
	hosts := hostsOf(w)
	var four, six []bpf.Instruction
	for _, h := range hosts {
		code := h.code()
		if len(four)+len(six)+len(code) > maxProgram-100 {
			unfit += len(h.ports)
			continue
		}
		if h.address.Is4() {
			four = append(four, code...)
		} else {
			six = append(six, code...)
		}
	}
	four = slices.Concat(concerned4(), four, []bpf.Instruction{bpf.RetConstant{}})
	six = slices.Concat(concerned6(), six, []bpf.Instruction{bpf.RetConstant{}})
	program = []bpf.Instruction{
		bpf.LoadAbsolute{Off: 0, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xf0},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x40, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x60, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.Jump{Skip: uint32(len(four))},
	}
	return slices.Concat(program, four, six), unfit
}

// host is an address of the watch with its ports; without any it is all.
type host struct {
	address netip.Addr
	ports   []uint16
	all     bool
	// delivered is set where what comes from there is looked at, too.
	delivered bool
}

// hostsOf gathers the ports of each address, those of endpoints first.
func hostsOf(w wire.Watch) []host {
	var hosts []host
	for i, sockets := range [][]wire.Socket{w.Delivered, w.Passed} {
		for _, s := range sockets {
			address, err := netip.ParseAddr(s.Address)
			if err != nil {
				continue
			}
			address = address.Unmap().WithZone("")
			at := slices.IndexFunc(hosts, func(h host) bool { return h.address == address && len(h.ports) < maxPorts })
			if at < 0 {
				at, hosts = len(hosts), append(hosts, host{address: address})
			}
			h := &hosts[at]
			h.delivered, h.all = h.delivered || i == 0, h.all || s.Port == 0
			if s.Port != 0 && !slices.Contains(h.ports, s.Port) {
				h.ports = append(h.ports, s.Port)
			}
		}
	}
	slices.SortStableFunc(hosts, func(a, b host) int { return cmp.Compare(order(a), order(b)) })
	return hosts
}

func order(h host) int {
	if h.delivered {
		return 0
	}
	return 1
}

// code lets through what goes to the host and, where that is looked at, comes from it.
func (h host) code() []bpf.Instruction {
	source, destination := uint32(12), uint32(16)
	if h.address.Is6() {
		source, destination = 8, 24
	}
	code := h.match(destination, cellDestination)
	if h.delivered {
		code = append(code, h.match(source, cellSource)...)
	}
	return code
}

func (h host) match(at uint32, port int) []bpf.Instruction {
	accept := []bpf.Instruction{bpf.RetConstant{Val: snapLength}}
	if !h.all {
		accept = []bpf.Instruction{bpf.LoadScratch{Dst: bpf.RegA, N: port}}
		for _, p := range h.ports {
			accept = append(accept,
				bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(p), SkipTrue: 1},
				bpf.RetConstant{Val: snapLength},
			)
		}
	}
	words := h.address.AsSlice()
	count := len(words) / 4
	var code []bpf.Instruction
	for i := range count {
		left := (count-i-1)*2 + len(accept)
		code = append(code,
			bpf.LoadAbsolute{Off: at + uint32(4*i), Size: 4},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: binary.BigEndian.Uint32(words[4*i:]), SkipTrue: uint8(left)},
		)
	}
	return append(code, accept...)
}

// concerned4 lets only whole TCP segments go on that carry data or begin or end a
// connection, and keeps their ports.
func concerned4() []bpf.Instruction {
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: 9, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protocolTCP, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadAbsolute{Off: 6, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: fragmented, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadMemShift{Off: 0},
		bpf.LoadIndirect{Off: 0, Size: 2},
		bpf.StoreScratch{Src: bpf.RegA, N: cellSource},
		bpf.LoadIndirect{Off: 2, Size: 2},
		bpf.StoreScratch{Src: bpf.RegA, N: cellDestination},
		bpf.LoadIndirect{Off: 13, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: flagFin | flagSyn | flagRst, SkipTrue: 9},
		bpf.LoadIndirect{Off: 12, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xf0},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 2},
		bpf.ALUOpX{Op: bpf.ALUOpAdd},
		bpf.TAX{}, // both headers together
		bpf.LoadAbsolute{Off: 2, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 2},
		bpf.JumpIfX{Cond: bpf.JumpGreaterThan, SkipTrue: 1},
		bpf.RetConstant{},
	}
}

// concerned6 is concerned4 for IPv6.
func concerned6() []bpf.Instruction {
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: 6, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protocolTCP, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadAbsolute{Off: header6, Size: 2},
		bpf.StoreScratch{Src: bpf.RegA, N: cellSource},
		bpf.LoadAbsolute{Off: header6 + 2, Size: 2},
		bpf.StoreScratch{Src: bpf.RegA, N: cellDestination},
		bpf.LoadAbsolute{Off: header6 + 13, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: flagFin | flagSyn | flagRst, SkipTrue: 8},
		bpf.LoadAbsolute{Off: header6 + 12, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xf0},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 2},
		bpf.TAX{},
		bpf.LoadAbsolute{Off: 4, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 2},
		bpf.JumpIfX{Cond: bpf.JumpGreaterThan, SkipTrue: 1},
		bpf.RetConstant{},
	}
}
