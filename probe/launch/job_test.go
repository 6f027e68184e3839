package launch

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

func TestJob(t *testing.T) {
	for file, change := range map[string]func(*Options, *wire.Plan, *Place){
		"inline.yaml": func(*Options, *wire.Plan, *Place) {},
		"large.yaml":  func(_ *Options, p *wire.Plan, _ *Place) { *p = largePlan() },
		"host.yaml":   func(_ *Options, _ *wire.Plan, p *Place) { p.HostNetwork = true },
		"like.yaml":   func(o *Options, _ *wire.Plan, _ *Place) { o.Labels = map[string]string{"app": "web"} },
		"options.yaml": func(o *Options, _ *wire.Plan, _ *Place) {
			o.Keep = true
			o.PullSecrets = []string{"registry"}
			o.Limits = corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse("200m"),
				corev1.ResourceMemory: resource.MustParse("16Mi"),
			}
		},
	} {
		t.Run(file, func(t *testing.T) {
			c, plan, place := newCluster(t), testPlan(), Place{Node: testNode}
			change(&c.launcher.options, &plan, &place)
			job, err := c.launcher.JobAt(place, plan)
			if err != nil {
				t.Fatal(err)
			}
			// How the text is compressed is none of this test's business.
			env := job.Spec.Template.Spec.Containers[0].Env
			if env[0].Name == wire.EnvPlan {
				if decoded, err := wire.Decode(env[0].Value); err != nil || decoded.Run != plan.Run {
					t.Errorf("the plan inside is %v, %v", decoded, err)
				}
				env[0].Value = "PLAN"
			}
			golden(t, file, job)
		})
	}
}

func TestSecret(t *testing.T) {
	c := newCluster(t)
	if secret, err := c.launcher.Secret(testPlan()); secret != nil || err != nil {
		t.Errorf("a small plan got a Secret: %v, %v", secret, err)
	}
	secret, err := c.launcher.Secret(largePlan())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := wire.Decode(string(secret.Data[planKey]))
	if err != nil || len(plan.Routes) != len(largePlan().Routes) {
		t.Errorf("the Secret's plan has %d routes, %v", len(plan.Routes), err)
	}
}

func TestJobRefuses(t *testing.T) {
	for says, change := range map[string]func(*Options, *wire.Plan){
		"no image":       func(o *Options, _ *wire.Plan) { o.Image = "" },
		"not for one of": func(_ *Options, p *wire.Plan) { p.Run = "other" },
		"vantage 0":      func(_ *Options, p *wire.Plan) { p.Vantage = 0 },
		"rate 0":         func(_ *Options, p *wire.Plan) { p.Rate = 0 },
	} {
		c, plan := newCluster(t), testPlan()
		change(&c.launcher.options, &plan)
		if _, err := c.launcher.Job(testNode, plan); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want … %s …", err, says)
		}
	}
}

// largePlan does not fit into the environment, however well it is compressed.
func largePlan() wire.Plan {
	plan := testPlan()
	plan.Routes = nil
	for id := 1; id <= 40000; id++ {
		plan.Routes = append(plan.Routes, wire.Route{ID: id, Protocol: wire.TCP, Address: "10.0.0.1:80", Requests: id})
	}
	return plan
}

func golden(t *testing.T, file string, object runtime.Object) {
	t.Helper()
	var got bytes.Buffer
	if err := json.NewSerializerWithOptions(json.DefaultMetaFactory, nil, nil, json.SerializerOptions{Yaml: true}).Encode(object, &got); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("differs from %s (see go test -update):\n%s", path, got.Bytes())
	}
}
