package target_test

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

func TestSpeaks(t *testing.T) {
	app := func(name string) func(*corev1.Service) {
		return func(s *corev1.Service) { s.Spec.Ports[0].AppProtocol = &name }
	}
	https := Probed("/up", intstr.FromInt32(9000), corev1.URISchemeHTTPS)
	plain := Probed("/up", intstr.FromInt32(9000), corev1.URISchemeHTTP)
	grpc := ProbedOverGRPC("", 9000)
	port := func(name string, number, to int32) *Service {
		return NewService("web").Selecting("app", "web").Port(name, number, to)
	}
	for name, test := range map[string]struct {
		service *Service
		want    wire.Protocol
		why     string
	}{
		"appProtocol http":              {port("x", 9000, 9000).With(app("HTTP")), wire.HTTP, "appProtocol HTTP"},
		"appProtocol https":             {port("x", 9000, 9000).With(app("https")), wire.HTTPS, "appProtocol https"},
		"appProtocol websocket":         {port("x", 9000, 9000).With(app("kubernetes.io/ws")), wire.WS, "appProtocol kubernetes.io/ws"},
		"appProtocol secure websocket":  {port("x", 9000, 9000).With(app("kubernetes.io/wss")), wire.WSS, "appProtocol kubernetes.io/wss"},
		"appProtocol h2c":               {port("http", 80, 80).With(app("kubernetes.io/h2c")), wire.H2C, "appProtocol kubernetes.io/h2c"},
		"appProtocol h2c, even on 8443": {port("x", 443, 8443).With(app("kubernetes.io/h2c")), wire.H2C, "appProtocol kubernetes.io/h2c"},
		"appProtocol HTTP2 over TLS":    {port("x", 443, 8443).With(app("HTTP2")), wire.H2, "appProtocol HTTP2"},
		"appProtocol grpc":              {port("x", 9000, 9000).With(app("grpc")), wire.GRPC, "appProtocol grpc"},
		"appProtocol grpc-web":          {port("x", 9000, 9000).With(app("grpc-web")), wire.HTTP, "appProtocol grpc-web"},
		"appProtocol of a vendor":       {port("http", 80, 80).With(app("example.com/http")), wire.TCP, "appProtocol example.com/http"},
		"appProtocol is no prefix":      {port("http", 80, 80).With(app("http-alt")), wire.TCP, "appProtocol http-alt"},
		"appProtocol before the name":   {port("http", 80, 80).With(app("mysql")), wire.TCP, "appProtocol mysql"},
		"name":                          {port("http", 9000, 9000), wire.HTTP, "port name http"},
		"name with a suffix":            {port("https-admin", 9000, 9000), wire.HTTPS, "port name https-admin"},
		"only a prefix up to the dash":  {port("httpx", 9000, 9000), wire.TCP, "nothing says that the port speaks HTTP"},
		"grpc":                          {port("grpc-api", 80, 8080), wire.GRPC, "port name grpc-api"},
		"grpc over TLS":                 {port("grpcs", 80, 8080), wire.GRPCS, "port name grpcs"},
		"grpc to a port for TLS":        {port("grpc", 80, 8443), wire.GRPCS, "port name grpc"},
		"grpc from a port for TLS":      {port("grpc", 443, 9000), wire.GRPC, "port name grpc"},
		"grpc from 443 to a name":       {NewService("web").NamedPort("grpc", 443, "api"), wire.GRPCS, "port name grpc"},
		"grpc-web":                      {port("grpc-web", 9000, 9000), wire.HTTP, "port name grpc-web"},
		"grpc-web with a suffix":        {port("grpc-web-a", 9000, 9000), wire.HTTP, "port name grpc-web-a"},
		"grpc-website":                  {port("grpc-website", 9000, 9000), wire.GRPC, "port name grpc-website"},
		"http2":                         {port("http2", 80, 8080), wire.H2C, "port name http2"},
		"http2 to a port for TLS":       {port("http2", 80, 443), wire.H2, "port name http2"},
		"http2, probed over TLS":        {port("http2", 80, 9000).Pod("a", https), wire.H2, "port name http2"},
		"h2":                            {port("h2", 80, 8080), wire.H2, "port name h2"},
		"h2c":                           {port("h2c", 80, 8080), wire.H2C, "port name h2c"},
		"websocket":                     {port("ws-chat", 80, 8080), wire.WS, "port name ws-chat"},
		"secure websocket":              {port("wss", 80, 8080), wire.WSS, "port name wss"},
		"DNS over TCP":                  {port("dns-tcp", 80, 8080), wire.TCP, "port name dns-tcp"},
		"gRPC readiness probe":          {port("api", 80, 9000).Pod("a", grpc), wire.GRPC, "the pods' gRPC readiness probe"},
		"gRPC probe of another port":    {port("api", 81, 9001).Pod("a", grpc), wire.TCP, "nothing says that the port speaks HTTP"},
		"name before the number":        {port("mysql", 80, 8080), wire.TCP, "port name mysql"},
		"readiness probe":               {port("api", 81, 9000).Pod("a", plain), wire.HTTP, "the pods' readiness probe"},
		"readiness probe over TLS":      {port("api", 80, 9000).Pod("a", https), wire.HTTPS, "the pods' readiness probe"},
		"name before the probe":         {port("http", 80, 9000).Pod("a", https), wire.HTTP, "port name http"},
		"probe of another port":         {port("api", 81, 9001).Pod("a", plain), wire.TCP, "nothing says that the port speaks HTTP"},
		"number":                        {port("", 80, 9000), wire.HTTP, "port number 80"},
		"target number":                 {port("", 81, 8443), wire.HTTPS, "port number 8443"},
		"target port's name":            {NewService("web").NamedPort("", 5432, "http-api"), wire.HTTP, "target port name http-api"},
		"name before the target's":      {NewService("web").NamedPort("tcp", 5432, "http"), wire.TCP, "port name tcp"},
		"nothing at all":                {port("", 5432, 5432), wire.TCP, "nothing says that the port speaks HTTP"},
		"named target without a number": {NewService("web").NamedPort("", 5432, "pg"), wire.TCP, "nothing says that the port speaks HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			p := test.service.Target(t).Ports[0]
			if p.Speaks != test.want || p.Why != test.why {
				t.Errorf("speaks %q because of %q, want %q, %q", p.Speaks, p.Why, test.want, test.why)
			}
			if (p.Path == "") != (p.Speaks == wire.TCP) || p.Payload != nil {
				t.Errorf("%q has the path %q", p.Speaks, p.Path)
			}
		})
	}
}

func TestPath(t *testing.T) {
	web := func(probe PodOption) *Service {
		return NewService("web").Selecting("app", "web").NamedPort("http", 80, "app").Port("http-admin", 90, 9000).
			Pod("a").Pod("b", Declaring("app", 8080), probe)
	}
	for name, test := range map[string]struct {
		probe        PodOption
		path         string
		want, chosen string
	}{
		"by name":          {Probed("/up", intstr.FromString("app"), ""), "", "/up", "the pods' readiness probe"},
		"by number":        {Probed("/up?x=1", intstr.FromInt32(8080), ""), "", "/up?x=1", "the pods' readiness probe"},
		"without a slash":  {Probed("up", intstr.FromInt32(8080), ""), "", "/up", "the pods' readiness probe"},
		"without a path":   {Probed("", intstr.FromInt32(8080), ""), "", "/", "default"},
		"of another port":  {Probed("/up", intstr.FromInt32(9000), ""), "", "/", "default"},
		"unknown name":     {Probed("/up", intstr.FromString("nope"), ""), "", "/", "default"},
		"of a command":     {As(func(p *corev1.Pod) { p.Spec.Containers[0].ReadinessProbe = &corev1.Probe{} }), "", "/", "default"},
		"flag comes first": {Probed("/up", intstr.FromInt32(8080), ""), "asked", "/asked", "--path"},
		"of a sidecar": {As(func(p *corev1.Pod) {
			always := corev1.ContainerRestartPolicyAlways
			p.Spec.InitContainers = []corev1.Container{{Name: "proxy", RestartPolicy: &always,
				ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/side", Port: intstr.FromInt32(8080)}}}}}
		}), "", "/side", "the pods' readiness probe"},
	} {
		t.Run(name, func(t *testing.T) {
			read, err := target.NewReader(web(test.probe).Client(), nil).Resolve(t.Context(), Namespace, "web", target.Choice{Path: test.path})
			if err != nil {
				t.Fatal(err)
			}
			if p := read.Ports[0]; p.Path != test.want || p.PathWhy != test.chosen {
				t.Errorf("path %q by %q, want %q by %q", p.Path, p.PathWhy, test.want, test.chosen)
			}
		})
	}
}

func TestPathOfProtocols(t *testing.T) {
	probe := Probed("/up", intstr.FromInt32(9000), "")
	for name, test := range map[string]struct {
		port   string
		probe  PodOption
		choice target.Choice
		speaks wire.Protocol
		path   string
		chosen string
	}{
		"gRPC":                         {"grpc", probe, target.Choice{Path: "/asked"}, wire.GRPC, "/grpc.health.v1.Health/Check", "gRPC health check of the whole server"},
		"gRPC, probed":                 {"", ProbedOverGRPC("", 9000), target.Choice{}, wire.GRPC, "/grpc.health.v1.Health/Check", "gRPC health check of the whole server"},
		"gRPC, one service probed":     {"", ProbedOverGRPC("shop.Cart", 9000), target.Choice{}, wire.GRPC, "/grpc.health.v1.Health/Check", "gRPC health check of the whole server; the pods' readiness probe asks about its service shop.Cart"},
		"HTTP/2":                       {"h2c", probe, target.Choice{}, wire.H2C, "/up", "the pods' readiness probe"},
		"WebSocket":                    {"ws", probe, target.Choice{}, wire.WS, "/", "default"},
		"WebSocket by the flag":        {"http", probe, target.Choice{WebSocket: true}, wire.WS, "/", "default"},
		"WebSocket with a path":        {"https", probe, target.Choice{WebSocket: true, Path: "chat"}, wire.WSS, "/chat", "--path"},
		"the flag leaves HTTP/2 alone": {"h2", probe, target.Choice{WebSocket: true}, wire.H2, "/up", "the pods' readiness probe"},
		"the flag leaves TCP alone":    {"mysql", probe, target.Choice{WebSocket: true, Path: "/asked"}, wire.TCP, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewService("web").Selecting("app", "web").Port(test.port, 81, 9000).Pod("a", test.probe)
			read, err := target.NewReader(s.Client(), nil).Resolve(t.Context(), Namespace, "web", test.choice)
			if err != nil {
				t.Fatal(err)
			}
			p := read.Ports[0]
			if p.Speaks != test.speaks || p.Path != test.path || p.PathWhy != test.chosen {
				t.Errorf("%s for %q by %q, want %s for %q by %q", p.Speaks, p.Path, p.PathWhy, test.speaks, test.path, test.chosen)
			}
			if test.choice.WebSocket != strings.HasSuffix(p.Why, "; --websocket") && test.speaks != wire.H2 && test.speaks != wire.TCP {
				t.Errorf("why: %s", p.Why)
			}
		})
	}
}

func TestDatagrams(t *testing.T) {
	udp := func(name string, number, to int32) *Service { return NewService("web").UDPPort(name, number, to) }
	const nothing = "UDP: nothing is known that it would answer; --udp-payload gives a datagram to send"
	query := "nt\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x0akubernetes\x07default\x03svc\x07cluster\x05local\x00\x00\x01\x00\x01"
	for name, test := range map[string]struct {
		service *Service
		given   string
		speaks  wire.Protocol
		payload string
		why     string
	}{
		"port 53":             {udp("", 53, 5353), "", wire.UDP, query, "port number 53: a DNS query"},
		"target port 53":      {udp("", 5300, 53), "", wire.UDP, query, "port number 53: a DNS query"},
		"name":                {udp("dns-udp", 5300, 5301), "", wire.UDP, query, "port name dns-udp: a DNS query"},
		"unknown":             {udp("syslog", 514, 514), "", "", "", nothing},
		"HTTP/3":              {udp("http3", 443, 8443), "", "", "", nothing},
		"a datagram is given": {udp("syslog", 514, 514), "ping", wire.UDP, "ping", "--udp-payload"},
		"given, and port 53":  {udp("dns", 53, 53), "ping", wire.UDP, "ping", "--udp-payload"},
		"SCTP":                {udp("x", 53, 53).With(func(s *corev1.Service) { s.Spec.Ports[0].Protocol = corev1.ProtocolSCTP }), "ping", "", "", "SCTP is not traced"},
	} {
		t.Run(name, func(t *testing.T) {
			choice := target.Choice{UDPPayload: []byte(test.given), Path: "/asked"}
			read, err := target.NewReader(test.service.Client(), nil).Resolve(t.Context(), Namespace, "web", choice)
			if err != nil {
				t.Fatal(err)
			}
			if p := read.Ports[0]; p.Speaks != test.speaks || string(p.Payload) != test.payload || p.Why != test.why || p.Path != "" {
				t.Errorf("%q with %q because of %q, want %q with %q, %q", p.Speaks, p.Payload, p.Why, test.speaks, test.payload, test.why)
			}
		})
	}
}

// TestOneNumberTwoPorts: the number of a UDP port says nothing about the TCP
// port beside it, and neither does the probe of a pod.
func TestOneNumberTwoPorts(t *testing.T) {
	s := NewService("web").Selecting("app", "web").Port("tcp-x", 53, 53).UDPPort("udp-x", 53, 53).Port("a", 90, 90).UDPPort("b", 90, 90).
		Pod("a", Probed("/up", intstr.FromInt32(90), ""))
	var got []string
	for _, p := range s.Target(t).Ports {
		got = append(got, string(p.Protocol)+" "+string(p.Speaks)+p.Path)
	}
	if want := []string{"TCP tcp", "UDP udp", "TCP http/up", "UDP "}; !slices.Equal(got, want) {
		t.Errorf("ports %q, want %q", got, want)
	}
}

func TestChosenPorts(t *testing.T) {
	service := NewService("web").Port("http", 80, 8080).Port("https", 443, 8443).UDPPort("http3", 443, 8443)
	for name, test := range map[string]struct {
		wanted []string
		want   []string
		fails  string
	}{
		"all":                {nil, []string{"http", "https", "http3"}, ""},
		"by name":            {[]string{"https"}, []string{"https"}, ""},
		"by number":          {[]string{"443"}, []string{"https", "http3"}, ""},
		"name and number":    {[]string{"80", "http3"}, []string{"http", "http3"}, ""},
		"no such port":       {[]string{"http", "81"}, nil, `service shop/web has no port "81"; it has 80 (http), 443 (https), 443 (http3)`},
		"the empty name":     {[]string{""}, nil, `service shop/web has no port ""; it has 80 (http), 443 (https), 443 (http3)`},
		"a target port":      {[]string{"8080"}, nil, `service shop/web has no port "8080"; it has 80 (http), 443 (https), 443 (http3)`},
		"the same one twice": {[]string{"80", "http"}, []string{"http"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			read, err := target.NewReader(service.Client(), nil).Resolve(t.Context(), Namespace, "web", target.Choice{Ports: test.wanted})
			if test.fails != "" {
				if err == nil || err.Error() != test.fails {
					t.Errorf("error %v, want %s", err, test.fails)
				}
				return
			}
			var got []string
			for _, p := range read.Ports {
				got = append(got, p.Name)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("ports %v, want %v", got, test.want)
			}
		})
	}
}

func TestServiceWithoutPorts(t *testing.T) {
	read := NewService("web").With(func(s *corev1.Service) { s.Spec.ClusterIP = corev1.ClusterIPNone }).Target(t)
	if len(read.Ports) != 0 {
		t.Errorf("ports %v", read.Ports)
	}
	_, err := target.NewReader(NewService("web").Client(), nil).Resolve(t.Context(), Namespace, "web", target.Choice{Ports: []string{"80"}})
	if err == nil || err.Error() != `service shop/web has no port "80"; it has none` {
		t.Errorf("error %v", err)
	}
}

func TestPodPort(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	container := func(name string, number int32, protocol corev1.Protocol) corev1.Container {
		return corev1.Container{Ports: []corev1.ContainerPort{{Name: name, ContainerPort: number, Protocol: protocol}}}
	}
	sidecar := container("http", 8080, corev1.ProtocolTCP)
	sidecar.RestartPolicy = &always
	named := intstr.FromString("http")
	for name, test := range map[string]struct {
		spec corev1.PodSpec
		to   intstr.IntOrString
		want int32
	}{
		"number":                     {corev1.PodSpec{}, intstr.FromInt32(8080), 8080},
		"left out means the port":    {corev1.PodSpec{}, intstr.IntOrString{}, 80},
		"name":                       {corev1.PodSpec{Containers: []corev1.Container{{}, container("http", 8080, corev1.ProtocolTCP)}}, named, 8080},
		"name without a protocol":    {corev1.PodSpec{Containers: []corev1.Container{container("http", 8080, "")}}, named, 8080},
		"name of another protocol":   {corev1.PodSpec{Containers: []corev1.Container{container("http", 8080, corev1.ProtocolUDP)}}, named, 0},
		"missing name":               {corev1.PodSpec{Containers: []corev1.Container{container("web", 8080, corev1.ProtocolTCP)}}, named, 0},
		"sidecar":                    {corev1.PodSpec{InitContainers: []corev1.Container{sidecar}}, named, 8080},
		"init container that ended":  {corev1.PodSpec{InitContainers: []corev1.Container{container("http", 8080, corev1.ProtocolTCP)}}, named, 0},
		"container before a sidecar": {corev1.PodSpec{InitContainers: []corev1.Container{sidecar}, Containers: []corev1.Container{container("http", 9090, "")}}, named, 9090},
	} {
		t.Run(name, func(t *testing.T) {
			got := target.PodPort(&corev1.Pod{Spec: test.spec}, corev1.ServicePort{Port: 80, TargetPort: test.to, Protocol: corev1.ProtocolTCP})
			if got != test.want {
				t.Errorf("port %d, want %d", got, test.want)
			}
		})
	}
}
