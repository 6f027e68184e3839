package kernel

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSaveKeepsTheFirst(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(file, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Save(file); err != nil {
		t.Fatal(err)
	}
	if content, _ := os.ReadFile(file); string(content) != "{}" {
		t.Errorf("what was saved first is gone: %s", content)
	}
	if err := Restore(file); err != nil {
		t.Fatal(err)
	}
	if err := Restore(file); err != nil {
		t.Errorf("restoring where nothing was saved: %v", err)
	}
}
