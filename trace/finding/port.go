package finding

import (
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// targetPortNameMissing: the target port is a name that some or all of the
// selected pods give to none of their ports.
func targetPortNameMissing(f Facts) []Finding {
	var all []Finding
	for i, port := range f.Target.Ports {
		if port.TargetPort.StrVal == "" || port.TargetPort.IntValue() != 0 {
			continue
		}
		selected := f.Target.Selected()
		var lacking []string
		for _, pod := range selected {
			if target.PodPort(&pod, port.ServicePort) == 0 {
				lacking = append(lacking, pod.Name)
			}
		}
		if len(lacking) == 0 {
			continue
		}
		found := Finding{
			Name: "target-port-name-missing", Severity: Warning, Status: Unverified,
			Summary: fmt.Sprintf("%d of %d pods have no port named %q, to which port %s of %s leads, and get no traffic from it",
				len(lacking), len(selected), port.TargetPort.StrVal, portText(port), f.service()),
			Evidence: []Evidence{object("without it: " + some(lacking))},
			Fix:      f.renamePort(i, selected),
		}
		if len(lacking) == len(selected) {
			found.Severity = Error
		}
		all = append(all, f.judgeMissingName(found, i, lacking, len(selected))...)
	}
	return all
}

// judgeMissingName confirms the finding when no pod without the name answered,
// and refutes it when one did.
func (f Facts) judgeMissingName(found Finding, port int, lacking []string, selected int) []Finding {
	tested, failed := f.proxied(port)
	if len(lacking) == selected {
		if tested && !failed {
			return nil
		}
		if failed {
			found.Status = Confirmed
			found.Evidence = append(found.Evidence, f.outcome(f.cells(route.ClusterIP, port))...)
		}
		return []Finding{found}
	}
	answered, known := map[string]int{}, true
	for _, c := range f.cells(route.ClusterIP, port) {
		known = known && c.Unknown == 0
		for _, a := range c.Answers {
			answered[f.Target.Endpoints[a.Endpoint].Name] += a.Count
		}
	}
	for _, name := range lacking {
		if answered[name] > 0 {
			return nil
		}
	}
	if known && len(answered) > 0 {
		found.Status = Confirmed
		found.Evidence = append(found.Evidence, traffic("none of them gave an answer through the ClusterIP, others did"))
	}
	return []Finding{found}
}

// renamePort proposes the port that all selected pods do declare, when there is
// exactly one, and else to look.
func (f Facts) renamePort(port int, selected []corev1.Pod) []Step {
	common := declared(&selected[0])
	for i := range selected {
		other := declared(&selected[i])
		common = slices.DeleteFunc(common, func(c corev1.ContainerPort) bool {
			return !slices.ContainsFunc(other, func(o corev1.ContainerPort) bool {
				return o.ContainerPort == c.ContainerPort && o.Name == c.Name
			})
		})
	}
	if len(common) != 1 {
		return []Step{{Text: "give the port this name in the pods, or use a name or number that they have", Command: f.namespaced(
			"get pods -o custom-columns=NAME:.metadata.name,PORTS:.spec.containers[*].ports[*]")}}
	}
	var becomes any = common[0].ContainerPort
	if common[0].Name != "" {
		becomes = common[0].Name
	}
	return []Step{f.setTargetPort(port, becomes)}
}

// setTargetPort returns the step that changes where a Service port leads.
func (f Facts) setTargetPort(port int, becomes any) Step {
	was := f.Target.Ports[port].TargetPort
	index := slices.IndexFunc(f.Target.Service.Spec.Ports, func(p corev1.ServicePort) bool {
		return p.Port == f.Target.Ports[port].Port && p.Protocol == f.Target.Ports[port].Protocol
	})
	return Step{
		Text:    fmt.Sprintf("lead port %s to %v (for all pods of the Service)", portText(f.Target.Ports[port]), becomes),
		Command: f.patch("/spec/ports/"+strconv.Itoa(index)+"/targetPort", was, becomes),
	}
}

// declared returns the TCP ports that the pod's containers declare.
func declared(pod *corev1.Pod) []corev1.ContainerPort {
	var ports []corev1.ContainerPort
	for _, container := range pod.Spec.Containers {
		for _, p := range container.Ports {
			if p.Protocol == "" || p.Protocol == corev1.ProtocolTCP {
				ports = append(ports, p)
			}
		}
	}
	return ports
}

// targetPortRefused: every ready pod refuses the port that the Service leads to,
// and another port that the pods declare answers.
func targetPortRefused(f Facts) []Finding {
	var all []Finding
	for i := range f.Target.Ports {
		all = append(all, targetPortRefusedAt(f, i)...)
	}
	return all
}

func targetPortRefusedAt(f Facts, i int) []Finding {
	port, refusing := f.Target.Ports[i], f.cells(route.Pod, i)
	if !allFailed(refusing, string(wire.ErrorRefused)) {
		return nil
	}
	listening := f.where(func(r route.Route) bool {
		return r.Kind == route.Pod && r.Port == i && r.Contrast && f.Target.Endpoints[r.Endpoint].Ready
	})
	listening = slices.DeleteFunc(listening, func(c verdict.Cell) bool { return c.Verdict != verdict.Healthy })
	if len(listening) == 0 {
		return nil
	}
	open := f.Routes[listening[0].Route]
	return []Finding{{
		Name: "target-port-refused", Severity: Error, Status: Confirmed,
		Summary: fmt.Sprintf("no pod listens on port %s, to which port %s of %s leads; port %d of pod %s accepts connections",
			port.TargetPort.String(), portText(port), f.service(), open.Number, f.Target.Endpoints[open.Endpoint].Name),
		Evidence: append(f.outcomeShort(refusing), f.outcomeShort(listening)...),
		Fix:      []Step{f.setTargetPort(i, open.Number)},
	}}
}
