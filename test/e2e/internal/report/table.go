package report

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// columns is the width that the table keeps to.
const columns = 80

// Table is the default output, taken apart.
type Table struct {
	Heading, Verdict string
	Rows             []Row
	// Findings are the headings of the findings, such as "✘ dead-endpoint  error
	// · confirmed by traffic".
	Findings []string
	Text     string
}

// Row is one line of the table proper.
type Row struct {
	Failing bool
	// Unproven is set for what says nothing of the target.
	Unproven          bool
	Kind, Address     string
	From              string
	OK, Sent          int
	P50, P99, Answers string
	// Below is what stands below the row, such as what it leads through.
	Below string
}

// the line of a row: way in, address, places, counts, two latencies, answers.
const rowPattern = `^([✘?] )?(pod|clusterip|dns|nodeport|loadbalancer|ingress|gateway) +(.+?)  +(\S+|\d+ nodes|\d+ places) +(\d+)/(\d+) +(\S+) +(\S+)(?: +(.*))?$`

// ParseTable takes the default output apart. It returns an error that names all
// that is wrong with its form.
func ParseTable(text string) (Table, error) {
	table := Table{Text: text}
	errs := formErrors(text)
	blocks := strings.Split(strings.TrimSuffix(text, "\n"), "\n\n")
	if len(blocks) < 3 {
		return table, errors.Join(append(errs, fmt.Errorf("the table has %d parts, want a heading, a verdict and more", len(blocks)))...)
	}
	table.Heading, table.Verdict = unwrap(blocks[0]), unwrap(blocks[1])
	rows := regexp.MustCompile(rowPattern)
	for _, block := range blocks[2:] {
		lines := strings.Split(block, "\n")
		if strings.HasPrefix(lines[0], "WAY IN") {
			for _, line := range lines[1:] {
				last := len(table.Rows) - 1
				if last >= 0 && strings.HasPrefix(line, strings.Repeat(" ", 20)) {
					table.Rows[last].Answers += " " + strings.TrimSpace(line)
					continue
				}
				if last >= 0 && strings.HasPrefix(line, strings.Repeat(" ", 6)) {
					table.Rows[last].Below = strings.TrimSpace(table.Rows[last].Below + " " + strings.TrimSpace(line))
					continue
				}
				m := rows.FindStringSubmatch(line)
				if m == nil {
					errs = append(errs, fmt.Errorf("this is no row of the table: %q", line))
					continue
				}
				table.Rows = append(table.Rows, row(m))
			}
		}
		if strings.Contains(block, "\n  why   ") {
			table.Findings = append(table.Findings, lines[0])
		}
	}
	return table, errors.Join(errs...)
}

func row(m []string) Row {
	ok, _ := strconv.Atoi(m[5])
	sent, _ := strconv.Atoi(m[6])
	return Row{Failing: m[1] == "✘ ", Unproven: m[1] == "? ", Kind: m[2], Address: m[3], From: m[4], OK: ok, Sent: sent, P50: m[7], P99: m[8], Answers: m[9]}
}

func unwrap(block string) string { return strings.Join(strings.Fields(block), " ") }

// formErrors checks each line by itself.
func formErrors(text string) []error {
	var errs []error
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		// A command is pasted as it is, and a word longer than a line stays whole.
		whole := strings.HasPrefix(strings.TrimSpace(line), "kubectl ") || len(strings.Fields(line)) == 1
		if width := utf8.RuneCountInString(line); width > columns && !whole {
			errs = append(errs, fmt.Errorf("a line is %d columns wide: %q", width, line))
		}
		if strings.TrimRight(line, " ") != line {
			errs = append(errs, fmt.Errorf("a line ends in a space: %q", line))
		}
		if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			errs = append(errs, fmt.Errorf("a line has a control character: %q", line))
		}
	}
	return errs
}

// Agrees returns where the table, which is of another run on the same target,
// tells another story than the report.
func (table Table) Agrees(r *Report) error {
	var errs []error
	marks := map[string]string{"healthy": "✔ HEALTHY ", "degraded": "✘ DEGRADED ", "broken": "✘ BROKEN ", "untested": "? UNTESTED "}
	if !strings.HasPrefix(table.Verdict, marks[r.Verdict.Status]) {
		errs = append(errs, fmt.Errorf("the verdict reads %q, want it to be %s", table.Verdict, r.Verdict.Status))
	}
	if want := fmt.Sprintf("svc/%s -n %s · %s ", r.Target.Name, r.Target.Namespace, r.Target.Type); !strings.HasPrefix(table.Heading, want) {
		errs = append(errs, fmt.Errorf("the heading reads %q, want %q", table.Heading, want))
	}
	var findings []string
	for _, f := range r.Findings {
		sign := map[string]string{"error": "✘", "warning": "!", "info": "i"}[f.Severity]
		status := map[string]string{"confirmed": "confirmed by traffic", "unverified": "unverified"}[f.Status]
		findings = append(findings, fmt.Sprintf("%s %s  %s · %s", sign, f.Name, f.Severity, status))
	}
	if !slices.Equal(findings, table.Findings) {
		errs = append(errs, fmt.Errorf("findings %q, want %q", table.Findings, findings))
	}
	return errors.Join(append(errs, table.agreesOnRows(r)...)...)
}

// agreesOnRows compares the sums of the rows with those of the cells, by kind.
func (table Table) agreesOnRows(r *Report) []error {
	type sum struct {
		Sent      int
		Addresses int
	}
	is, should := map[string]sum{}, map[string]sum{}
	counted := map[string]bool{}
	for _, c := range r.Cells {
		lost := c.Padding > 0 && (c.Verdict == "broken" || c.Verdict == "degraded")
		if c.Contrast && !lost || c.Verdict == "untested" {
			continue
		}
		s := should[c.Kind]
		s.Sent += c.Sent
		if way := fmt.Sprint(c.Kind, c.Address, lost); !counted[way] {
			counted[way] = true
			s.Addresses++
		}
		should[c.Kind] = s
	}
	many := regexp.MustCompile(`^(\d+) pod (?:(?:IPv6 )?addresses|IPs, port \d+|IPv6, port \d+)$`)
	seen := map[string]bool{}
	for _, row := range table.Rows {
		s := is[row.Kind]
		s.Sent += row.Sent
		if m := many.FindStringSubmatch(row.Address); m != nil {
			n, _ := strconv.Atoi(m[1])
			s.Addresses += n
		} else if !seen[row.Kind+row.Address] {
			seen[row.Kind+row.Address] = true
			s.Addresses++
		}
		is[row.Kind] = s
	}
	var errs []error
	for _, kind := range []string{"pod", "clusterip", "dns", "nodeport", "loadbalancer", "ingress", "gateway"} {
		if kind == "dns" || kind == "ingress" || kind == "gateway" {
			// These are told apart by what is asked: names are shortened, and a rule
			// has a row for all addresses of its proxy.
			is[kind], should[kind] = sum{Sent: is[kind].Sent}, sum{Sent: should[kind].Sent}
		}
		if is[kind] != should[kind] {
			errs = append(errs, fmt.Errorf("the rows of kind %s sum up to %+v, want %+v", kind, is[kind], should[kind]))
		}
	}
	return errs
}
