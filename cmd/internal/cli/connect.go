package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	gateway "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned"
)

// configError says that the kubeconfig is of no use.
type configError struct {
	cause error
	hint  string
}

func (e *configError) Error() string { return "reading the kubeconfig: " + e.cause.Error() }

func (e *configError) Unwrap() error { return e.cause }

// connect makes the client and finds out the namespace. It sends nothing.
func (o *options) connect() error {
	const hint = "kubectl config get-contexts lists what there is to choose from; --kubeconfig and KUBECONFIG name other files"
	var err error
	if o.namespace, _, err = o.config.ToRawKubeConfigLoader().Namespace(); err != nil {
		return &configError{err, hint}
	}
	config, err := o.config.ToRESTConfig()
	if err != nil {
		return &configError{err, hint}
	}
	if err := o.configured(config); err != nil {
		return &configError{err, "set KUBECONFIG, or name a file with --kubeconfig"}
	}
	// A run makes a few dozen requests at once; the API server has its own limits.
	config.QPS, config.Burst = -1, 0
	config.UserAgent = "kubectl-nettrace/" + o.release
	if err := o.logRequests(); err != nil {
		return err
	}
	o.requests.count(config)
	if o.client, err = kubernetes.NewForConfig(config); err != nil {
		return &configError{err, hint}
	}
	if o.gateways, err = gateway.NewForConfig(config); err != nil {
		return &configError{err, hint}
	}
	return nil
}

// configured returns an error when nothing names an API server. The client
// would then ask this machine, as long ago clusters of one machine wanted it,
// and report that nothing listens there.
func (o *options) configured(config *rest.Config) error {
	const fallback = "http://localhost:8080"
	loader := o.config.ToRawKubeConfigLoader()
	raw, err := loader.RawConfig()
	if err != nil || len(raw.Clusters) > 0 || config.Host != fallback {
		return err
	}
	if *o.config.APIServer != "" || os.Getenv("KUBERNETES_MASTER") != "" {
		return nil
	}
	files := cmp.Or(loader.ConfigAccess().GetExplicitFile(), strings.Join(loader.ConfigAccess().GetLoadingPrecedence(), ", "))
	if files == "" {
		return errors.New("there is none")
	}
	return fmt.Errorf("no cluster is named in %s", files)
}
