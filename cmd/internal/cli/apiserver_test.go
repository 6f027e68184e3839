package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// kinds are the resources that the API server of the tests has.
var kinds = map[string]string{
	"services": "Service", "pods": "Pod", "nodes": "Node", "namespaces": "Namespace", "events": "Event",
	"endpointslices": "EndpointSlice", "deployments": "Deployment", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet",
}

// serve starts an API server that lets the Service's cluster be read, and makes
// KUBECONFIG name it. It refuses everything else, and reads of forbidden resources.
func serve(t *testing.T, service *targettest.Service, forbidden ...string) {
	t.Helper()
	tracker := service.Client().Tracker()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		object, err := read(tracker, request, forbidden)
		status := http.StatusOK
		if err != nil {
			var refused apierrors.APIStatus
			if !errors.As(err, &refused) {
				t.Errorf("%s %s: %v", request.Method, request.URL, err)
				return
			}
			said := refused.Status()
			said.APIVersion, said.Kind = "v1", "Status"
			object, status = &said, int(said.Code)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(object); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	config := fmt.Sprintf(`{"clusters": [{"name": "c", "cluster": {"server": %q}}], "current-context": "c",
		"contexts": [{"name": "c", "context": {"cluster": "c", "namespace": "shop"}}]}`, server.URL)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", file)
}

// read answers /api/v1/… and /apis/GROUP/v1/…, with or without a namespace and
// a name.
func read(tracker clienttesting.ObjectTracker, request *http.Request, forbidden []string) (runtime.Object, error) {
	parts := strings.Split(strings.Trim(request.URL.Path, "/"), "/")
	version := schema.GroupVersion{Version: "v1"}
	if parts[0] == "apis" {
		version.Group, parts = parts[1], parts[1:]
	}
	parts = parts[2:]
	namespace := ""
	if parts[0] == "namespaces" && len(parts) > 2 {
		namespace, parts = parts[1], parts[2:]
	}
	resource := version.WithResource(parts[0])
	if slices.Contains(forbidden, parts[0]) {
		return nil, apierrors.NewForbidden(resource.GroupResource(), "", errors.New("not allowed"))
	}
	if kinds[parts[0]] == "" && parts[0] != "jobs" {
		return nil, apierrors.NewNotFound(resource.GroupResource(), "") // as where no such API is installed
	}
	if request.Method != http.MethodGet {
		return nil, apierrors.NewMethodNotSupported(resource.GroupResource(), request.Method)
	}
	if len(parts) == 2 {
		return tracker.Get(resource, namespace, parts[1])
	}
	return tracker.List(resource, version.WithKind(kinds[parts[0]]), namespace)
}

// invoke runs the command line, and returns what it wrote and its exit code.
func invoke(t *testing.T, args ...string) (out, errOut string, code int) {
	t.Helper()
	streams, _, outText, errText := genericiooptions.NewTestIOStreams()
	code = Main(t.Context(), "v1.2.3", streams, args)
	return outText.String(), errText.String(), code
}
