package cli

import (
	"encoding/json"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
)

// printPlan prints what a run would send and create: for people the routes, as
// JSON or YAML the objects.
func (o *options) printPlan(run *trace.Run, launcher *launch.Launcher) error {
	jobs := &batchv1.JobList{TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "JobList"}}
	for _, plan := range slices.Concat(run.Plans, run.Witnesses) {
		if !plan.Vantage.Launched() || len(plan.Asked) == 0 && plan.Wire.Watch == nil {
			continue
		}
		job, err := launcher.JobAt(place(plan.Vantage), plan.Wire)
		if err != nil {
			return err
		}
		jobs.Items = append(jobs.Items, *job)
	}
	switch print.Format(o.output) {
	case print.JSON:
		return o.marshal(jobs, func(v any) ([]byte, error) { return json.MarshalIndent(v, "", "  ") })
	case print.YAML:
		return o.marshal(jobs, yaml.Marshal)
	}
	return print.Plan(o.Out, run, o.probeNamespace, o.image)
}

func (o *options) marshal(object runtime.Object, marshal func(any) ([]byte, error)) error {
	text, err := marshal(object)
	if err != nil {
		return fmt.Errorf("writing the objects: %w", err)
	}
	_, err = fmt.Fprintln(o.Out, string(text))
	return err
}
