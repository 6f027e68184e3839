package policy_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/policy"
)

// parse reads the spec of a policy of namespace shop.
func parse(t *testing.T, text string) networkingv1.NetworkPolicy {
	t.Helper()
	var p networkingv1.NetworkPolicy
	if err := yaml.UnmarshalStrict([]byte(text), &p.Spec); err != nil {
		t.Fatal(err)
	}
	p.Namespace, p.Name = "shop", "p"
	return p
}

// TestRefused asks whether a pod with role=probe of namespace shop, or of tools,
// may come to port 8080 of a pod with app=web of namespace shop.
func TestRefused(t *testing.T) {
	const in, out = policy.Ingress, policy.Egress
	for name, c := range map[string]struct {
		policies []string
		// from is the namespace of the client.
		from string
		want policy.Direction
	}{
		"none":                          {nil, "shop", ""},
		"of other pods":                 {[]string{"podSelector: {matchLabels: {app: db}}"}, "shop", ""},
		"nobody":                        {[]string{"podSelector: {matchLabels: {app: web}}"}, "shop", in},
		"of all pods":                   {[]string{"podSelector: {}"}, "shop", in},
		"everybody":                     {[]string{"podSelector: {}\ningress: [{}]"}, "shop", ""},
		"an empty rule is not no rule":  {[]string{"podSelector: {}\ningress: []"}, "shop", in},
		"one lets in":                   {[]string{"podSelector: {}", "podSelector: {}\ningress: [{from: [{podSelector: {}}]}]"}, "shop", ""},
		"other pods":                    {[]string{"podSelector: {}\ningress: [{from: [{podSelector: {matchLabels: {role: front}}}]}]"}, "shop", in},
		"such pods":                     {[]string{"podSelector: {}\ningress: [{from: [{podSelector: {matchLabels: {role: probe}}}]}]"}, "shop", ""},
		"pods mean its own namespace":   {[]string{"podSelector: {}\ningress: [{from: [{podSelector: {}}]}]"}, "tools", in},
		"the other namespace":           {[]string{"podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {team: ops}}}]}]"}, "tools", ""},
		"another namespace":             {[]string{"podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {team: dev}}}]}]"}, "tools", in},
		"both must fit":                 {[]string{"podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {team: ops}}, podSelector: {matchLabels: {role: front}}}]}]"}, "tools", in},
		"one of two peers":              {[]string{"podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {team: ops}}}, {podSelector: {matchLabels: {role: front}}}]}]"}, "tools", ""},
		"a namespace that is not known": {[]string{"podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {team: dev}}}]}]"}, "dark", ""},
		"an address may be anybody's":   {[]string{"podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]"}, "shop", ""},
		"the port":                      {[]string{"podSelector: {}\ningress: [{ports: [{port: 8080}]}]"}, "shop", ""},
		"another port":                  {[]string{"podSelector: {}\ningress: [{ports: [{port: 80}]}]"}, "shop", in},
		"a range":                       {[]string{"podSelector: {}\ningress: [{ports: [{port: 8000, endPort: 8080}]}]"}, "shop", ""},
		"beside the range":              {[]string{"podSelector: {}\ningress: [{ports: [{port: 8081, endPort: 9000}]}]"}, "shop", in},
		"another protocol":              {[]string{"podSelector: {}\ningress: [{ports: [{port: 8080, protocol: UDP}]}]"}, "shop", in},
		"the port by its name":          {[]string{"podSelector: {}\ningress: [{ports: [{port: http}]}]"}, "shop", ""},
		"another name":                  {[]string{"podSelector: {}\ningress: [{ports: [{port: metrics}]}]"}, "shop", in},
		"nothing goes out":              {[]string{"podSelector: {matchLabels: {role: probe}}\npolicyTypes: [Egress]"}, "shop", out},
		"what goes out is not said":     {[]string{"podSelector: {matchLabels: {role: probe}}\negress: [{ports: [{port: 53}]}]"}, "shop", out},
		"only what comes in":            {[]string{"podSelector: {matchLabels: {role: probe}}\npolicyTypes: [Ingress]"}, "shop", ""},
		"only what goes out":            {[]string{"podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]"}, "shop", ""},
		"out to them":                   {[]string{"podSelector: {matchLabels: {role: probe}}\npolicyTypes: [Egress]\negress: [{to: [{podSelector: {matchLabels: {app: web}}}]}]"}, "shop", ""},
		"the name means their port":     {[]string{"podSelector: {matchLabels: {role: probe}}\npolicyTypes: [Egress]\negress: [{ports: [{port: http}]}]"}, "shop", ""},
		"another namespace's policies":  {[]string{"podSelector: {matchLabels: {role: probe}}\npolicyTypes: [Egress]"}, "tools", ""},
		"expressions":                   {[]string{"podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [db]}]}"}, "shop", in},
	} {
		t.Run(name, func(t *testing.T) {
			var policies []networkingv1.NetworkPolicy
			for _, text := range c.policies {
				policies = append(policies, parse(t, text))
			}
			namespaces := map[string]map[string]string{"shop": {"team": "dev"}, "tools": {"team": "ops"}}
			from := policy.Pod{Namespace: c.from, Labels: map[string]string{"role": "probe"}, NamespaceLabels: namespaces[c.from]}
			to := policy.Pod{Namespace: "shop", Labels: map[string]string{"app": "web"}, Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}}}
			var got policy.Direction
			if refused := policy.Refused(policies, from, to, policy.Port{Number: 8080, Protocol: corev1.ProtocolTCP}); refused != nil {
				got = refused.Direction
			}
			if got != c.want {
				t.Errorf("refused at %q, want %q", got, c.want)
			}
		})
	}
}

func TestAdmits(t *testing.T) {
	for text, want := range map[string]string{
		"podSelector: {}":                  "lets in nobody",
		"podSelector: {}\ningress: [{}]":   "lets in everybody",
		"ingress: [{ports: [{port: 80}]}]": "lets in everybody on TCP 80",
		"ingress: [{from: [{podSelector: {matchLabels: {app: a}}}], ports: [{port: 8000, endPort: 8010}, {protocol: UDP}]}]":                     "lets in pods with app=a of its namespace on TCP 8000-8010, UDP",
		"ingress: [{from: [{namespaceSelector: {}}, {namespaceSelector: {matchLabels: {team: ops}}}]}, {from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]": "lets in all pods of all namespaces, all pods of namespaces with team=ops; 10.0.0.0/8",
		"ingress: [{ports: [{port: 1}]}, {ports: [{port: 2}]}, {ports: [{port: 3}]}, {ports: [{port: 4}]}, {ports: [{port: 5}]}]":                "lets in everybody on TCP 1; everybody on TCP 2; everybody on TCP 3; 2 more",
	} {
		if got := policy.Admits(parse(t, text), policy.Ingress); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
