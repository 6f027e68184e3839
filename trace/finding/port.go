package finding

import (
	"cmp"
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
		listed := f.listed(port)
		for _, pod := range selected {
			if target.PodPort(&pod, port.ServicePort) == 0 && !listed[pod.Name] {
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

// listed returns the names of the endpoints that the slices list for the port.
func (f Facts) listed(port target.Port) map[string]bool {
	names := map[string]bool{}
	for _, e := range f.Target.Endpoints {
		names[e.Name] = names[e.Name] || len(e.Socketed(port)) > 0
	}
	return names
}

// judgeMissingName confirms the finding when no pod without the name answered,
// and refutes it when one did.
func (f Facts) judgeMissingName(found Finding, port int, lacking []string, selected int) []Finding {
	tested, failed := f.proxied(port)
	names := map[string]bool{}
	for _, name := range lacking {
		names[name] = true
	}
	if f.answered(port, names) {
		return nil
	}
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
	if f.silent(port, names, selected) {
		found.Status = Confirmed
		found.Evidence = append(found.Evidence, traffic("none of them gave an answer through the Service, others did"))
	}
	return []Finding{found}
}

// renamePort proposes the port that all selected pods do declare, when there is
// exactly one, and else to look.
func (f Facts) renamePort(port int, selected []corev1.Pod) []Step {
	protocol := cmp.Or(f.Target.Ports[port].Protocol, corev1.ProtocolTCP)
	common := declared(&selected[0], protocol)
	for i := range selected {
		other := declared(&selected[i], protocol)
		common = slices.DeleteFunc(common, func(c corev1.ContainerPort) bool {
			return !slices.ContainsFunc(other, func(o corev1.ContainerPort) bool {
				return o.ContainerPort == c.ContainerPort && o.Name == c.Name
			})
		})
	}
	if len(common) != 1 {
		return []Step{{Text: "give the port this name in the pods, or use a name or number that they have", Command: f.namespaced(
			"get pods -l '%s' -o 'custom-columns=NAME:.metadata.name,PORTS:.spec.containers[*].ports[*]'", labelText(f.Target.Service.Spec.Selector))}}
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

// declared returns the ports of one protocol that the pod's containers declare.
func declared(pod *corev1.Pod, protocol corev1.Protocol) []corev1.ContainerPort {
	var ports []corev1.ContainerPort
	for _, container := range target.Containers(pod) {
		for _, p := range container.Ports {
			if cmp.Or(p.Protocol, corev1.ProtocolTCP) == protocol {
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
	if !allFailed(refusing, string(wire.ErrorRefused)) || len(f.heldAt(i)) > 0 {
		return nil // some network plugins refuse in the pods' place
	}
	listening := f.where(func(r route.Route) bool {
		return r.Kind == route.Pod && r.Port == i && r.Contrast && !r.Reference && r.Padding == 0 && f.Target.Endpoint(r.Endpoint).Ready
	})
	listening = slices.DeleteFunc(listening, func(c verdict.Cell) bool { return c.Verdict != verdict.Healthy })
	if len(listening) == 0 {
		return nil
	}
	open := f.Routes[listening[0].Route]
	return []Finding{{
		Name: "target-port-refused", Severity: Error, Status: Confirmed,
		Summary: fmt.Sprintf("every ready endpoint refuses connections to port %d, to which port %s of %s leads; port %d of pod %s accepts them",
			f.Routes[refusing[0].Route].Number, portText(port), f.service(), open.Number, f.Target.Endpoint(open.Endpoint).Name),
		Evidence: append(f.outcomeShort(refusing), f.outcomeShort(listening)...),
		Fix:      f.leadTo(i, listening),
	}}
}

// leadTo proposes each port that was found open, because which of them is meant
// is for the reader to know.
func (f Facts) leadTo(port int, listening []verdict.Cell) []Step {
	var numbers []int32
	for _, c := range listening {
		if n := f.Routes[c.Route].Number; !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	var steps []Step
	for _, n := range numbers {
		step := f.setTargetPort(port, n)
		if len(numbers) > 1 {
			step.Text = fmt.Sprintf("if %d is the one that is meant: %s", n, step.Text)
		}
		steps = append(steps, step)
	}
	return steps
}
