// Package image makes container images of one layer around one static
// executable, without a container runtime, and gives them to containerd.
//
// They are named under a domain that resolves nowhere (.test is reserved for
// that), so that a missing image fails at once instead of being looked for in
// somebody's registry.
package image

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"

	"github.com/google/go-containerregistry/pkg/compression"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// fastest is the level of compression that costs least time.
const fastest = 1

// Spec says what the image is.
type Spec struct {
	Reference  string   // NAME:TAG
	Binary     string   // path of the executable on this machine
	Target     string   // its path in the image
	Entrypoint []string // default: the executable
	Command    []string // default arguments
	User       string   // numeric UID[:GID]; default: root
}

// Write makes the image and writes it as a tarball to file.
func Write(spec Spec, file string) error {
	tag, err := name.NewTag(spec.Reference, name.StrictValidation)
	if err != nil {
		return fmt.Errorf("parsing image name %q: %w", spec.Reference, err)
	}
	image, err := build(spec)
	if err != nil {
		return fmt.Errorf("building image %s: %w", spec.Reference, err)
	}
	if err := tarball.WriteToFile(file, tag, image); err != nil {
		return fmt.Errorf("writing image %s: %w", spec.Reference, err)
	}
	return nil
}

func build(spec Spec) (v1.Image, error) {
	content, err := layer(spec)
	if err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
	// Unpacked once per node and boot: speed counts, size does not. With gzip a
	// large one takes three times as long.
	packed, err := tarball.LayerFromOpener(open, tarball.WithCompression(compression.ZStd), tarball.WithCompressionLevel(fastest))
	if err != nil {
		return nil, fmt.Errorf("packing the layer: %w", err)
	}
	image, err := mutate.AppendLayers(empty.Image, packed)
	if err != nil {
		return nil, fmt.Errorf("adding the layer: %w", err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", runtime.GOARCH
	file.Config = v1.Config{
		Entrypoint: spec.Entrypoint,
		Cmd:        spec.Command,
		User:       spec.User,
		Env:        []string{"PATH=/usr/local/bin:/usr/bin:/bin:/"},
		WorkingDir: "/",
	}
	if len(file.Config.Entrypoint) == 0 {
		file.Config.Entrypoint = []string{spec.Target}
	}
	return mutate.ConfigFile(image, file)
}

// layer is a tar of the executable and the little that programs expect around
// it. It carries no times and owners, so equal input makes an equal image.
func layer(spec Spec) ([]byte, error) {
	binary, err := os.ReadFile(spec.Binary)
	if err != nil {
		return nil, fmt.Errorf("reading the executable: %w", err)
	}
	var content bytes.Buffer
	writer := tar.NewWriter(&content)
	users := []byte("root:x:0:0::/:/sbin/nologin\nnonroot:x:65532:65532::/:/sbin/nologin\n")
	for _, entry := range []struct {
		header tar.Header
		body   []byte
	}{
		{tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}, nil},
		{tar.Header{Name: "etc/", Typeflag: tar.TypeDir, Mode: 0o755}, nil},
		{tar.Header{Name: "etc/passwd", Mode: 0o644}, users},
		{tar.Header{Name: path.Clean(spec.Target)[1:], Mode: 0o755}, binary},
	} {
		entry.header.Size = int64(len(entry.body))
		if err := writer.WriteHeader(&entry.header); err != nil {
			return nil, fmt.Errorf("packing %s: %w", entry.header.Name, err)
		}
		if _, err := writer.Write(entry.body); err != nil {
			return nil, fmt.Errorf("packing %s: %w", entry.header.Name, err)
		}
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("packing the layer: %w", err)
	}
	return content.Bytes(), nil
}
