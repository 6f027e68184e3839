package image

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func TestWrite(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "probe")
	if err := os.WriteFile(binary, []byte("ELF"), 0o700); err != nil {
		t.Fatal(err)
	}
	spec := Spec{Reference: "registry.nettrace.test/probe:1", Binary: binary, Target: "/bin/probe", User: "65532:65532"}
	first, second := write(t, spec), write(t, spec)

	config, err := first.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(config.Config.Entrypoint, []string{"/bin/probe"}) || config.Config.User != "65532:65532" {
		t.Errorf("got %+v", config.Config)
	}
	if a, b := digest(t, first), digest(t, second); a != b {
		t.Errorf("equal input gives %s and %s", a, b)
	}
	modes := contents(t, first)
	if modes["bin/probe"] != 0o755 || modes["tmp/"] != 0o1777 {
		t.Errorf("got %v", modes)
	}
}

func TestWriteRefusesWhatIsNoName(t *testing.T) {
	if err := Write(Spec{Reference: "Not A Name"}, filepath.Join(t.TempDir(), "x.tar")); err == nil {
		t.Error("taken")
	}
}

func write(t *testing.T, spec Spec) v1.Image {
	t.Helper()
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := Write(spec, file); err != nil {
		t.Fatal(err)
	}
	image, err := tarball.ImageFromPath(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func digest(t *testing.T, image v1.Image) string {
	t.Helper()
	hash, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return hash.String()
}

// contents returns the modes of all files in the image's one layer.
func contents(t *testing.T, image v1.Image) map[string]int64 {
	t.Helper()
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Close() }()
	modes := map[string]int64{}
	for reader := tar.NewReader(content); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return modes
		}
		if err != nil {
			t.Fatal(err)
		}
		modes[header.Name] = header.Mode
	}
}
