package target

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// proxy is a program that serves Ingresses or Gateways, and how its pods are
// recognised: by labels that its charts and manifests have, and by arguments
// that say what it serves. Labels alone are a guess, and arguments can refute it.
type proxy struct {
	// controllers are what it calls itself in the spec of classes; with "/" and
	// more behind, it is one of several of its kind.
	controllers []string
	// labels are the values of the labels by which programs are named.
	labels []string
	// says reads an argument; nil means that arguments tell nothing.
	says func(wanted wanted, flag, value string) saying
}

// wanted is a controller that is looked for, and the class for which, if any.
type wanted struct{ controller, class string }

// saying is what an argument says about what a proxy serves.
type saying int

const (
	nothing saying = iota
	// others means that it serves something else, and perhaps this as well.
	others
	serves
	// denies means that it does not, whatever else is said.
	denies
)

// proxies are those that are known. One that is missing here is still found by
// the addresses that it publishes.
func proxies() []proxy {
	return []proxy{
		{[]string{"k8s.io/ingress-nginx"}, []string{"ingress-nginx", "rke2-ingress-nginx"}, byControllerClass("")},
		{[]string{"traefik.io/ingress-controller", "traefik.io/gateway-controller"}, []string{"traefik"}, byProvider},
		{[]string{"haproxy-ingress.github.io/controller"}, []string{"haproxy-ingress"}, byControllerClass("haproxy-ingress.github.io/controller/")},
		{[]string{"haproxy.org/ingress-controller"}, []string{"kubernetes-ingress", "haproxy-kubernetes-ingress"}, byIngressClass},
		{[]string{"nginx.org/ingress-controller"}, []string{"nginx-ingress"}, byIngressClass},
		{[]string{"ingress-controllers.konghq.com/kong", "konghq.com/kic-gateway-controller"}, []string{"kong", "ingress-kong"}, byIngressClass},
		{[]string{"projectcontour.io/ingress-controller", "projectcontour.io/gateway-controller"}, []string{"contour"}, nil},
	}
}

// is reports whether the proxy calls itself so.
func (p proxy) is(controller string) bool {
	return slices.ContainsFunc(p.controllers, func(c string) bool {
		return controller == c || strings.HasPrefix(controller, c+"/")
	})
}

// byControllerClass reads --controller-class, which takes the name of the
// controller, without what all of the proxy's have in common.
func byControllerClass(common string) func(wanted, string, string) saying {
	return func(w wanted, flag, value string) saying {
		switch {
		case flag != "controller-class":
			return nothing
		case value == w.controller || common+value == w.controller:
			return serves
		}
		return denies
	}
}

// byIngressClass reads --ingress-class, which takes the name of a class.
func byIngressClass(w wanted, flag, value string) saying {
	switch {
	case flag != "ingress-class" || w.class == "":
		return nothing
	case value == w.class || strings.HasSuffix(w.controller, "/"+value):
		return serves
	}
	return denies
}

// byProvider reads Traefik's providers. That of ingress-nginx's Ingresses makes
// it take the place of that controller. Traefik is configured in one way only (a
// file, arguments or the environment), so that where arguments name providers,
// those that they do not name are off.
func byProvider(w wanted, flag, value string) saying {
	name, isProvider := strings.CutPrefix(flag, "providers.")
	if !isProvider {
		return nothing
	}
	name, option, _ := strings.Cut(name, ".")
	served := map[string]string{
		"kubernetesingress":      "traefik.io/ingress-controller",
		"kubernetesgateway":      "traefik.io/gateway-controller",
		"kubernetesingressnginx": "k8s.io/ingress-nginx",
	}[name]
	switch {
	case name == "kubernetesingressnginx" && option == "controllerclass" && value == w.controller:
		return serves
	case served != w.controller:
		return others
	case name == "kubernetesingressnginx" && option == "controllerclass", option == "" && value == "false":
		return denies
	}
	return serves
}

// judge returns what the pod's arguments say together, and the one by which they
// say that it serves what is wanted.
func (p proxy) judge(pod *corev1.Pod, w wanted) (said saying, by string) {
	if p.says == nil {
		return nothing, ""
	}
	for _, container := range Containers(pod) {
		arguments := slices.Concat(container.Command, container.Args)
		for i, argument := range arguments {
			flag, value, joined := strings.Cut(strings.TrimLeft(argument, "-"), "=")
			if !strings.HasPrefix(argument, "-") {
				continue
			}
			if !joined && i+1 < len(arguments) && !strings.HasPrefix(arguments[i+1], "-") {
				value = arguments[i+1]
			}
			if one := p.says(w, strings.ToLower(flag), value); one > said {
				said, by = one, argument
			}
		}
	}
	return said, by
}

// labelled returns the label of the Service, or of the pods that it selects, that
// names one of the proxies' programs, and which one that is.
func labelled(service *corev1.Service) (string, proxy, bool) {
	for _, all := range []map[string]string{service.Spec.Selector, service.Labels} {
		for _, key := range []string{"app.kubernetes.io/name", "app", "k8s-app", "name", "run"} {
			for _, p := range proxies() {
				if value := all[key]; value != "" && slices.Contains(p.labels, value) {
					return fmt.Sprintf("%s=%s", key, value), p, true
				}
			}
		}
	}
	return "", proxy{}, false
}
