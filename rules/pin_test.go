package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

// A pack that is pinned as it is loads silently; one that changed loads and says so.
func TestPins(t *testing.T) {
	packs := rules.BuiltinPacks()
	if len(packs) != len(rules.Packs()) {
		t.Fatalf("%d packs described, %d there", len(packs), len(rules.Packs()))
	}
	pack := packs[0]
	plain, err := rules.Load(rules.Sources(pack.Name))
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := rules.Load(rules.Sources(pack.Pinned()))
	if err != nil || len(pinned.Drift()) != 0 {
		t.Fatalf("%v, %v", err, pinned.Drift())
	}
	if pinned.Version() != plain.Version() || len(pinned.Rules()) != pack.Rules {
		t.Errorf("pinned: version %s with %d rules", pinned.Version(), len(pinned.Rules()))
	}
	other := pack.Name + "@sha256:" + strings.Repeat("0", 64)
	changed, err := rules.Load(rules.Sources(other))
	if err != nil {
		t.Fatal(err)
	}
	if drift := changed.Drift(); len(drift) != 1 || drift[0].File != pack.Name || !strings.Contains(drift[0].Text, pack.Digest) {
		t.Errorf("got %v", drift)
	}
}

func TestPinnedFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(file, []byte("rules:\n  - {id: a, kind: b, words: [xyzzy]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	library, err := rules.Load(rules.Sources(file + "@sha256:" + strings.Repeat("a", 64)))
	if err != nil || len(library.Drift()) != 1 || library.Drift()[0].File != file {
		t.Errorf("%v", err)
	}
}

// Pins that are none, or that stand for several files, do not load.
func TestMisplacedPins(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("0", 64)
	for source, want := range map[string]string{
		"builtin" + digest:                         "a pin is for one pack or file",
		"builtin/cards@sha256:0000":                "the pin is not sha256:",
		"builtin/cards" + digest + "0":             "the pin is not sha256:",
		"builtin/cards@sha256:" + "G" + digest[9:]: "the pin is not sha256:",
		"builtin/card" + digest:                    "there is no such pack",
	} {
		if _, err := rules.Load(rules.Sources(source)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", source, err)
		}
	}
}
