package route

import "slices"

// Strays returns routes for a request that no rule of the object is known to lead to a
// Service, one for each address at which the object is asked for something else: they
// are contrasts, asked to see what answers there all the same.
func Strays(routes []Route, object string, want Request) []Route {
	through := func(r Route) bool {
		return r.Object == object && r.Kind != Pod && r.Untested == "" && r.Protocol.Web() && !calls(r.Protocol)
	}
	i := slices.IndexFunc(routes, through)
	if i < 0 {
		return nil
	}
	like := routes[i]
	var all []Route
	for _, r := range routes {
		if !through(r) || r.Contrast || r.Protocol != like.Protocol || slices.ContainsFunc(all, func(s Route) bool { return s.Address == r.Address }) {
			continue
		}
		if want.Host == "" {
			want.Host = r.Host
		}
		r.Group, r.Contrast, r.Given = r.Port+1, true, true
		r.Host, r.Path, r.Method, r.Headers = want.Host, want.Path, want.Method, want.Headers
		r.Rule, r.Trails, r.Arrives, r.Backends, r.Conditions = "", nil, "", nil, nil
		if r.Protocol.Secure() {
			r.ServerName = hostname(r.Host)
		}
		all = append(all, r)
	}
	return all
}
