package expect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Clause is one expectation, and the ways that it is about.
type Clause struct {
	Ways Ways
	// Key is one of those below, and Value what is expected, as it was written.
	Key   Key
	Value string

	statuses []statusRange
	shares   []float64
	// tolerance is in points of a hundred.
	tolerance float64
}

// Key is what an expectation is about.
type Key string

// The keys.
const (
	// Status is that of every answer: 200, 2xx, or several of them with commas.
	Status Key = "status"
	// Path is what becomes of the path on the way through proxies: kept, stripped, or
	// with which it arrives.
	Path Key = "path"
	// Spread is how the endpoints share the answers: even.
	Spread Key = "spread"
	// Weights are how the backends of a rule share them, in its order: 90/10, with a
	// tolerance in points of a hundred: 90/10±3.
	Weights Key = "weights"
)

// Keys returns all keys.
func Keys() []Key { return []Key{Status, Path, Spread, Weights} }

// String returns the clause as --expect takes it.
func (c Clause) String() string { return string(c.Key) + "=" + c.Value }

// Parse reads KEY=VALUE.
func Parse(text string) (Clause, error) {
	key, value, found := strings.Cut(text, "=")
	if !found {
		return Clause{}, fmt.Errorf("%q is not KEY=VALUE, such as status=200", text)
	}
	return New(Key(strings.TrimSpace(key)), strings.TrimSpace(value))
}

// New returns the clause that expects the value.
func New(key Key, value string) (Clause, error) {
	c := Clause{Key: key, Value: value}
	var err error
	switch key {
	case Status:
		c.statuses, err = statusRanges(value)
	case Path:
		if value != "kept" && value != "stripped" && !strings.HasPrefix(value, "/") {
			err = fmt.Errorf("%q is neither kept nor stripped nor a path that begins with /", value)
		}
	case Spread:
		if value != "even" {
			err = fmt.Errorf("%q is not even", value)
		}
	case Weights:
		c.shares, c.tolerance, err = weights(value)
	default:
		return Clause{}, fmt.Errorf("there is no expectation %q; there are %s", key, list(Keys()))
	}
	if err != nil {
		return Clause{}, fmt.Errorf("%s: %w", key, err)
	}
	return c, nil
}

// statusRange is a range of statuses of HTTP, both ends of which are in it.
type statusRange struct{ from, to int }

func statusRanges(text string) ([]statusRange, error) {
	var all []statusRange
	for _, one := range strings.Split(text, ",") {
		one = strings.TrimSpace(one)
		digit, class := strings.CutSuffix(strings.ToLower(one), "xx")
		n, err := strconv.Atoi(digit)
		switch {
		case class && err == nil && n >= 1 && n <= 5:
			all = append(all, statusRange{100 * n, 100*n + 99})
		case !class && err == nil && n >= 100 && n <= 599:
			all = append(all, statusRange{n, n})
		default:
			return nil, fmt.Errorf("%q is no status such as 200 or 2xx", one)
		}
	}
	return all, nil
}

func (c Clause) hasStatus(status int) bool {
	return slices.ContainsFunc(c.statuses, func(r statusRange) bool { return r.from <= status && status <= r.to })
}

// weights reads weights with a slash between them, and the tolerance behind ± or +-.
func weights(text string) (shares []float64, tolerance float64, err error) {
	list, points, tolerant := strings.Cut(strings.ReplaceAll(text, "+-", "±"), "±")
	if tolerant {
		if tolerance, err = strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(points), "%"), 64); err != nil || !(tolerance >= 0 && tolerance < 100) {
			return nil, 0, fmt.Errorf("%q is no tolerance in points of a hundred", points)
		}
	}
	sum := 0.0
	for _, one := range strings.Split(list, "/") {
		weight, err := strconv.ParseUint(strings.TrimSpace(one), 10, 31)
		if err != nil {
			return nil, 0, fmt.Errorf("%q is no weight", one)
		}
		shares, sum = append(shares, float64(weight)), sum+float64(weight)
	}
	if len(shares) < 2 || sum == 0 {
		return nil, 0, fmt.Errorf("%q are not the weights of several backends, such as 90/10", text)
	}
	for i := range shares {
		shares[i] /= sum
	}
	return shares, tolerance, nil
}

func list[T ~string](all []T) string {
	var texts []string
	for _, one := range all {
		texts = append(texts, string(one))
	}
	return strings.Join(texts, ", ")
}
