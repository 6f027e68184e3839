package wire

// Resolution is one answer of the DNS, and how often it was given. Names are in
// lower case and without the dot at their end. All of it is others' word, and
// must be escaped where it is printed.
//
// A lookup that found no value counts as [ErrorDNS], or as [ErrorTimeout] when a
// server that was asked did not answer; Code tells why there was none.
type Resolution struct {
	// Values are the addresses, or host:port of SRV records, or the name that a
	// CNAME leads to, sorted; at most 1,100 of them, so that a large headless
	// Service can be compared.
	Values []string `json:"values,omitempty"`
	// Addresses are what a CNAME that was asked for leads to in the end, in the
	// same form. Without any, the alias is there, but leads nowhere.
	Addresses []string `json:"addresses,omitempty"`
	// CNAMEs are the names that the answer led over, in their order. They may be
	// there without a value: an alias whose target has no such record.
	CNAMEs []string `json:"cnames,omitempty"`
	// Name is the full name that was found, after the search path; or, when none
	// was, the one that the answer is about: as it was written, mostly.
	Name string `json:"name,omitempty"`
	// Server is the address of the DNS server that answered, with the port if it
	// is not 53. It is empty, as Code is, when the system's own file of hosts
	// knew the name.
	Server string `json:"server,omitempty"`
	// Code is the DNS response code of that answer: NOERROR, also where there are
	// no such records, NXDOMAIN, SERVFAIL, REFUSED and so on. When a CNAME was
	// asked for and found, it is that of the answer about its target's addresses.
	Code  string `json:"code,omitempty"`
	Count int    `json:"count"`
}
