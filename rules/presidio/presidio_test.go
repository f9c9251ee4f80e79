package presidio_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/rules/presidio"
)

func load(t *testing.T, imported presidio.Imported) *rules.Set {
	t.Helper()
	library, err := rules.Load([]rules.Source{{Name: "imported.yaml", Body: imported.YAML}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := library.Set(rules.View{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func read(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// A registry in Presidio's format, with everything that can and cannot be
// brought.
func TestRegistry(t *testing.T) {
	imported, err := presidio.Import([]byte(read(t, "registry.yaml")), 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := read(t, "registry.want.yaml"); string(imported.YAML) != want {
		t.Errorf("got\n%s\nwant\n%s", imported.YAML, want)
	}
	var notes strings.Builder
	for _, note := range imported.Notes {
		notes.WriteString(note.String() + "\n")
	}
	if want := read(t, "registry.notes"); notes.String() != want {
		t.Errorf("got\n%s\nwant\n%s", notes.String(), want)
	}
	if imported.Rules != 3 {
		t.Errorf("%d rules", imported.Rules)
	}
	if _, err := rules.Load([]rules.Source{{Name: "builtin"}, {Name: "imported.yaml", Body: imported.YAML}}); err != nil {
		t.Errorf("beside the built-in rules: %v", err)
	}
}

// What is brought finds what Presidio finds with the same threshold: a weak pattern
// with a context word, a strong one and a listed word alone.
func TestFinds(t *testing.T) {
	imported, err := presidio.Import([]byte(read(t, "registry.yaml")), 0)
	if err != nil {
		t.Fatal(err)
	}
	set := load(t, imported)
	for text, want := range map[string]string{
		"the depot is 04711":       "depot_code 04711",
		"it weighs 04711":          "",
		"send it to dp-DP12":       "depot_code dp-DP12",
		"good morning Mrs. Miller": "titles Mrs.",
		"Mrsa is something else":   "",
		"say Yes":                  "titles Yes",
		"Abc":                      "", // its rule is off
	} {
		result, err := set.Scan(text, rules.Context{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range result.Findings {
			if f.Rule == "depot_code" || f.Rule == "titles" || f.Rule == "us_ssn_2" {
				got = f.Rule + " " + text[f.Start:f.End]
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// The shapes that Presidio's files have: a registry, one inside an analyzer's
// configuration, a bare list, ad-hoc recognizers in JSON.
func TestPlaces(t *testing.T) {
	const one = `{name: x, supported_entity: MINE, patterns: [{name: n, regex: 'AX\d{3}', score: 0.5}]}`
	for name, body := range map[string]string{
		"registry":     "recognizers:\n  - " + one,
		"analyzer":     "nlp_configuration: {nlp_engine_name: spacy}\nrecognizer_registry:\n  global_regex_flags: 0\n  recognizers:\n    - " + one,
		"list":         "- " + one,
		"request":      `{"text":"t","ad_hoc_recognizers":[{"name":"x","supported_entity":"MINE","patterns":[{"name":"n","regex":"AX\\d{3}","score":0.5}]}]}`,
		"threshold":    "default_score_threshold: 0.45\nrecognizers:\n  - " + one,
		"many entries": "recognizers:\n  - " + one + "\n  - " + one,
	} {
		imported, err := presidio.Import([]byte(body), 0)
		if err != nil || imported.Rules == 0 {
			t.Errorf("%s: %v, %+v", name, err, imported)
			continue
		}
		if strings.Contains(string(imported.YAML), "(?-i)") != (name == "analyzer") || strings.Contains(string(imported.YAML), "threshold: 0.45") != (name == "threshold") {
			t.Errorf("%s: %s", name, imported.YAML)
		}
		load(t, imported)
	}
	for _, body := range []string{"", "a: b", "recognizers: x", "\x00", "[", "- [x]", "recognizers: []"} {
		if imported, err := presidio.Import([]byte(body), 0); err == nil && imported.Rules != 0 {
			t.Errorf("%q: %+v", body, imported)
		}
	}
}

// The threshold that a team uses decides what counts alone; a pattern that can
// never count is named.
func TestThreshold(t *testing.T) {
	const body = "recognizers:\n  - {name: x, supported_entity: MINE, patterns: [{name: n, regex: 'AX\\d{3}', score: 0.5}]}\n"
	for threshold, notes := range map[float64]int{0: 0, 0.5: 0, 0.6: 1} {
		imported, err := presidio.Import([]byte(body), threshold)
		if err != nil || len(imported.Notes) != notes {
			t.Errorf("%g: %v, %v", threshold, err, imported.Notes)
		}
	}
}

// No file makes the importer panic, and what comes out always loads.
func FuzzImport(f *testing.F) {
	registry, err := os.ReadFile(filepath.Join("testdata", "registry.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(registry)
	f.Add([]byte("recognizers: [{name: '', supported_entity: '', deny_list: ['a: b', '#', '\u00e9']}]"))
	f.Add([]byte("recognizers: [{name: 9, supported_entity: '-', patterns: [{regex: '(?P<a>[]x^-]{,3})(?x) # c', score: 9}]}]"))
	f.Fuzz(func(t *testing.T, body []byte) {
		imported, err := presidio.Import(body, 0)
		if err != nil && strings.Contains(err.Error(), "does not load") {
			t.Error(err)
		}
		if err == nil && imported.Rules > 0 && len(imported.YAML) == 0 {
			t.Error("rules without a file")
		}
	})
}
