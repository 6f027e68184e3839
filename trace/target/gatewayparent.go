package target

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// maxSecrets bounds how many certificates of one Gateway are read.
const maxSecrets = 10

// gatewayFacts is what was read about one Gateway, and what could not be.
type gatewayFacts struct {
	GatewayParent
	unread []Unread
}

// gatewayParent returns what is known of one of the route's parents.
func (r *Reader) gatewayParent(ctx context.Context, t *Target, g GatewayRoute, ref gatewayv1.ParentReference) GatewayParent {
	kind, namespace, name := g.Names(ref)
	if kind != "Gateway" {
		return GatewayParent{Reference: ref, Why: fmt.Sprintf("its parent %s %s/%s is no Gateway, and is not followed", strings.ToLower(kind), namespace, name)}
	}
	facts, err := r.gatewayAPI.gateways.get(ctx, namespace+"/"+name, r.readGateway)
	if err != nil {
		return GatewayParent{Reference: ref, Why: err.Error()}
	}
	t.lack(facts.unread...)
	facts.Reference = ref
	return facts.GatewayParent
}

// readGateway reads a Gateway and what stands around it. What is not there is
// no error but said in Why.
func (r *Reader) readGateway(ctx context.Context, key string) (gatewayFacts, error) {
	var facts gatewayFacts
	namespace, name, _ := strings.Cut(key, "/")
	gateway, err := r.gateways.GatewayV1().Gateways(namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case ctx.Err() != nil:
		return facts, ctx.Err()
	case apierrors.IsNotFound(err):
		facts.Why, facts.Missing = fmt.Sprintf("gateway %s does not exist", key), true
		return facts, nil
	case err != nil:
		facts.Why = fmt.Sprintf("gateway %s cannot be read", key)
		facts.unread = []Unread{{Resource: "gateway " + key, Reason: err.Error(), Loses: "the ways in through it"}}
		return facts, nil
	}
	facts.Gateway = gateway
	r.readClass(ctx, &facts)
	r.readEntries(ctx, &facts)
	r.readCertificates(ctx, &facts)
	return facts, ctx.Err()
}

// readClass finds the Gateway's controller. A class that does not exist is not
// reported as unread: nobody minds the Gateway then, and its conditions say so.
func (r *Reader) readClass(ctx context.Context, facts *gatewayFacts) {
	name := string(facts.Gateway.Spec.GatewayClassName)
	class, err := r.gatewayAPI.classes.get(ctx, name, func(ctx context.Context, name string) (*gatewayv1.GatewayClass, error) {
		return r.gateways.GatewayV1().GatewayClasses().Get(ctx, name, metav1.GetOptions{})
	})
	switch {
	case err == nil:
		facts.Controller = string(class.Spec.ControllerName)
	case !apierrors.IsNotFound(err):
		facts.lack("gatewayclass "+name, err, "which controller its Gateways have")
	}
}

func (f *gatewayFacts) lack(resource string, err error, loses string) {
	f.unread = append(f.unread, Unread{Resource: resource, Reason: err.Error(), Loses: loses})
}

// readCertificates reads what the listeners are to show to their clients.
func (r *Reader) readCertificates(ctx context.Context, facts *gatewayFacts) {
	facts.Secrets = map[string]string{}
	for _, l := range facts.Gateway.Spec.Listeners {
		if l.TLS == nil {
			continue
		}
		for _, ref := range l.TLS.CertificateRefs {
			key, ok := SecretOf(facts.Gateway, ref)
			if _, known := facts.Secrets[key]; !ok || known || len(facts.Secrets) == maxSecrets {
				continue
			}
			namespace, name, _ := strings.Cut(key, "/")
			secret, err := r.client.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
			switch {
			case err == nil:
				facts.Secrets[key] = certificateOf(secret)
			case apierrors.IsNotFound(err):
				facts.Secrets[key] = ""
			default:
				facts.lack("secret "+key, err, "whether the certificate served is the one that is configured")
				return // one refusal is enough to ask for
			}
		}
	}
}

// SecretOf returns the NAMESPACE/NAME of the Secret that a listener of the
// Gateway refers to, and false when it refers to something else.
func SecretOf(gateway *gatewayv1.Gateway, ref gatewayv1.SecretObjectReference) (string, bool) {
	if ref.Group != nil && *ref.Group != "" || ref.Kind != nil && *ref.Kind != "Secret" {
		return "", false
	}
	namespace := gateway.Namespace
	if ref.Namespace != nil {
		namespace = string(*ref.Namespace)
	}
	return namespace + "/" + string(ref.Name), true
}

// certificateOf returns the fingerprint of the first certificate in the Secret,
// and nothing when there is none.
func certificateOf(secret *corev1.Secret) string {
	for rest := secret.Data[corev1.TLSCertKey]; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return ""
		}
		if block.Type == "CERTIFICATE" {
			sum := sha256.Sum256(block.Bytes)
			return hex.EncodeToString(sum[:])
		}
	}
}
