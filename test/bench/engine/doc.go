// Command engine measures the probe's engine against other load generators, on
// one machine and its loopback interface:
//
//   - Speed: requests per second, each on a connection of its own, of the
//     probe, hey and wrk against the same server, in turns over several rounds.
//     The server names itself, so that the probe also attributes each answer.
//   - Honesty: how far the first-byte times that the probe reports are from the
//     delay that a server makes, at the rate and concurrency that are the
//     default of a trace.
//   - Memory: the probe's largest resident set for a thousand and for a million
//     requests.
//
// A trace sends 200 requests a second. The speed matters for what it says about
// the cost of a request: what the engine spends is added to what it measures.
//
//	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o .build/nettrace-probe ./cmd/nettrace-probe
//	GOBIN=$PWD/.build go install github.com/rakyll/hey@v0.1.5
//	go run ./test/bench/engine
//
// wrk comes from the distribution. With -pin, the server gets the first core
// and the generators the second. Figures taken while the machine does other
// work are worth nothing: the load is printed at the beginning.
package main
