package target_test

import (
	"slices"
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
	port := func(name string, number, to int32) *Service {
		return NewService("web").Selecting("app", "web").Port(name, number, to)
	}
	for name, test := range map[string]struct {
		service *Service
		want    wire.Protocol
		why     string
	}{
		"UDP":                           {NewService("web").UDPPort("dns", 53, 53), "", "UDP is not traced yet"},
		"appProtocol http":              {port("x", 9000, 9000).With(app("HTTP")), wire.HTTP, "appProtocol HTTP"},
		"appProtocol https":             {port("x", 9000, 9000).With(app("https")), wire.HTTPS, "appProtocol https"},
		"appProtocol websocket":         {port("x", 9000, 9000).With(app("kubernetes.io/ws")), wire.HTTP, "appProtocol kubernetes.io/ws"},
		"appProtocol h2c":               {port("http", 80, 80).With(app("kubernetes.io/h2c")), wire.TCP, "appProtocol kubernetes.io/h2c"},
		"appProtocol before the name":   {port("http", 80, 80).With(app("mysql")), wire.TCP, "appProtocol mysql"},
		"name":                          {port("http", 9000, 9000), wire.HTTP, "port name http"},
		"name with a suffix":            {port("https-admin", 9000, 9000), wire.HTTPS, "port name https-admin"},
		"only a prefix up to the dash":  {port("httpx", 9000, 9000), wire.TCP, "nothing says that the port speaks HTTP"},
		"grpc is not plain HTTP":        {port("grpc", 80, 8080), wire.TCP, "port name grpc"},
		"http2 is not plain HTTP":       {port("http2", 80, 8080), wire.TCP, "port name http2"},
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
			if (p.Path == "") != (p.Speaks == "" || p.Speaks == wire.TCP) {
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
