// Package api asks the API server the few things the lab itself wants to know.
package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// Client asks one API server.
type Client struct {
	http *http.Client
	base string
}

// Node is one node and whether it is Ready.
type Node struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
}

// New returns a client that shows a certificate from the given files.
func New(base, authority, certificate, key string) (*Client, error) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("loading the client certificate: %w", err)
	}
	pem, err := os.ReadFile(authority)
	if err != nil {
		return nil, fmt.Errorf("loading the authority: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("loading the authority: no certificate in it")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}}
	return &Client{base: base, http: &http.Client{Transport: transport, Timeout: 5 * time.Second}}, nil
}

// Ready returns nil when the API server says that it is.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.get(ctx, "/readyz")
	return err
}

// Nodes returns all nodes.
func (c *Client) Nodes(ctx context.Context) ([]Node, error) {
	body, err := c.get(ctx, "/api/v1/nodes")
	if err != nil {
		return nil, err
	}
	return parseNodes(body)
}

func parseNodes(body []byte) ([]Node, error) {
	var list struct {
		Items []struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
			Status struct {
				Conditions []struct {
					Type   string `json:"type"`
					Status string `json:"status"`
				} `json:"conditions"`
			} `json:"status"`
		} `json:"items"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("reading the list of nodes: %w", err)
	}
	var nodes []Node
	for _, item := range list.Items {
		node := Node{Name: item.Metadata.Name}
		for _, condition := range item.Status.Conditions {
			node.Ready = node.Ready || condition.Type == "Ready" && condition.Status == "True"
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}

// DeploymentReady returns nil when all replicas of a Deployment are Ready.
func (c *Client) DeploymentReady(ctx context.Context, namespace, name string) error {
	body, err := c.get(ctx, "/apis/apps/v1/namespaces/"+namespace+"/deployments/"+name)
	if err != nil {
		return err
	}
	return checkDeployment(body)
}

func checkDeployment(body []byte) error {
	var deployment struct {
		Spec struct {
			Replicas int `json:"replicas"`
		} `json:"spec"`
		Status struct {
			ReadyReplicas int `json:"readyReplicas"`
		} `json:"status"`
	}
	if err := json.Unmarshal(body, &deployment); err != nil {
		return fmt.Errorf("reading the Deployment: %w", err)
	}
	if ready, wanted := deployment.Status.ReadyReplicas, deployment.Spec.Replicas; ready < wanted {
		return fmt.Errorf("%d of %d replicas are Ready", ready, wanted)
	}
	return nil
}

func (c *Client) get(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", path, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", path, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		return nil, fmt.Errorf("reading the answer to %s: %w", path, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking for %s: %s", path, response.Status)
	}
	return body, nil
}
