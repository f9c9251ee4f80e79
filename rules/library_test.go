package rules_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

func load(t testing.TB, sources ...string) *rules.Library {
	t.Helper()
	library, err := rules.Load(rules.Sources(sources...))
	if err != nil {
		t.Fatal(err)
	}
	return library
}

func loadText(t testing.TB, text string) (*rules.Library, error) {
	t.Helper()
	return rules.Load([]rules.Source{{Name: "mine.yaml", Body: []byte(text)}})
}

func view(t testing.TB, library *rules.Library, v rules.View) *rules.Set {
	t.Helper()
	set, err := library.Set(v)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestPackExamples runs the examples that the built-in rules carry.
func TestPackExamples(t *testing.T) {
	library := load(t, "builtin")
	for _, failure := range library.Test() {
		t.Error(failure.Complaint)
	}
	for _, info := range library.Rules() {
		if info.Examples == 0 {
			t.Errorf("%s:%d: rule %s carries no examples", info.File, info.Line, info.ID)
		}
	}
}

// TestPackExamplesAlone runs each pack without the others.
func TestPackExamplesAlone(t *testing.T) {
	for _, pack := range rules.Packs() {
		for _, failure := range load(t, pack).Test() {
			t.Error(failure.Complaint)
		}
	}
}

// TestKinds wants a rule for every kind that piiproxy names itself, and no
// other kind in the built-in packs.
func TestKinds(t *testing.T) {
	want := rules.BuiltinKinds()
	slices.Sort(want)
	if got := load(t, "builtin").Kinds(); !slices.Equal(got, want) {
		t.Errorf("kinds %v, want %v", got, want)
	}
}

func TestVersion(t *testing.T) {
	all, again, cards := load(t, "builtin"), load(t, "builtin"), load(t, "builtin/cards")
	if all.Version() != again.Version() || all.Version() == cards.Version() || len(all.Version()) != 12 {
		t.Errorf("versions %q %q %q", all.Version(), again.Version(), cards.Version())
	}
}

func TestFilesAndGlobs(t *testing.T) {
	folder := t.TempDir()
	for name, id := range map[string]string{"a.yaml": "one", "b.yaml": "two"} {
		text := "rules:\n  - {id: " + id + ", kind: codename, words: [bluebird]}\n"
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	library := load(t, filepath.Join(folder, "*.yaml"), filepath.Join(folder, "a.yaml"))
	if got := library.Rules(); len(got) != 2 || got[0].ID != "one" || got[1].ID != "two" || got[0].Line != 2 {
		t.Errorf("rules %+v", got)
	}
	_, err := rules.Load(rules.Sources(filepath.Join(folder, "*.yml"), "builtin/card", filepath.Join(folder, "c.yaml"), ""))
	want := []string{
		folder + "/*.yml: no file matches; correct the path or remove the source",
		`builtin/card: there is no such pack; did you mean "builtin/cards"?; built-in packs: ` + strings.Join(rules.Packs(), ", "),
		folder + "/c.yaml: reading it: no such file or directory",
		": a rule source is empty; write builtin or a file name",
	}
	compareLines(t, err, want)
}

func compareLines(t *testing.T, err error, want []string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", want)
	}
	got := strings.Split(err.Error(), "\n")
	slices.Sort(got)
	want = slices.Clone(want)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("complaints\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// TestBadFiles holds every complaint about rule files, word for word.
func TestBadFiles(t *testing.T) {
	rule := "rules:\n  - id: a\n    kind: k\n    words: [w]\n"
	tests := []struct{ name, text, want string }{
		{"empty", "", "mine.yaml: the file is empty; it needs a list under rules: or prompts:"},
		{"no rules", "rules: []\n", "mine.yaml: the file has no rules; it needs a list under rules: or prompts:"},
		{"two documents", rule + "---\nrules: []\n", "mine.yaml: the file holds more than one YAML document; remove the --- or make two files"},
		{"syntax", "rules:\n  - id: [\n", "mine.yaml:2: did not find expected node content"},
		{"unknown key", rule + "    treshold: 0.5\n", `mine.yaml:5: unknown key "treshold"; did you mean "threshold"?; known here: id, kind, regions, patterns, shapes, said, words, validate, context, where, threshold, mode, tests`},
		{"unknown inner key", rule + "    context: {nearby: [x]}\n", `mine.yaml:5: unknown key "nearby"; did you mean "near"?; known here: near, far, kinds, window, boost`},
		{"list for value", rule + "    mode: [off]\n", "mine.yaml:5: a list stands where a single value belongs"},
		{"value for list", rule + "    regions: US\n", "mine.yaml:5: a single value stands where a list belongs"},
		{"not a number", rule + "    threshold: high\n", "mine.yaml:5: must be a number such as 0.4"},
		{"fail word", rule + "    validate: {name: card, fail: forget}\n", "mine.yaml:5: fail must be a number such as -0.4, or drop"},
		{"no id", "rules:\n  - kind: k\n    words: [w]\n", "mine.yaml:2: the rule has no id; add one of a-z, 0-9 and _"},
		{"bad id", "rules:\n  - id: \"A\\r\\nb\"\n    kind: k\n    words: [w]\n", `mine.yaml:2: id "A\r\nb" must be at most 64 of a-z, 0-9 and _, a letter first`},
		{"two ids", rule + "  - id: a\n    kind: k\n    words: [w]\n", "mine.yaml:5: id a is already defined at mine.yaml:2; rename one"},
		{"no kind", "rules:\n  - id: a\n    words: [w]\n", "mine.yaml:2: rule a: the rule has no kind; add one such as phone, or a name of your own"},
		{"bad kind", "rules:\n  - id: a\n    kind: K-1\n    words: [w]\n", `mine.yaml:3: rule a: kind "K-1" must be of a-z, 0-9 and _`},
		{"no patterns", "rules:\n  - id: a\n    kind: k\n", "mine.yaml:2: rule a: the rule matches nothing; add patterns, shapes, said or words"},
		{"empty pattern", "rules:\n  - id: a\n    kind: k\n    patterns:\n      - {score: 0.2}\n", "mine.yaml:5: rule a: the pattern is empty; write a regular expression or remove it"},
		{"pattern does not compile", "rules:\n  - id: a\n    kind: k\n    patterns:\n      - {regex: '(\\d'}\n", "mine.yaml:5: rule a: pattern \"(\\\\d\" does not compile: error parsing regexp: missing closing ) in `(\\d`"},
		{"pattern too long", "rules:\n  - id: a\n    kind: k\n    patterns: [{regex: '" + strings.Repeat("a", 4097) + "'}]\n", "mine.yaml:4: rule a: the pattern is over 4 KiB; split it"},
		{"pattern with a folded character", "rules:\n  - id: a\n    kind: k\n    patterns: [{regex: '\\d–\\d'}]\n", "mine.yaml:4: rule a: the pattern holds U+2013, which scanned text shows as '-'; write that"},
		{"pattern with an invisible character", "rules:\n  - id: a\n    kind: k\n    patterns: [{regex: \"a\\u200Bb\"}]\n", "mine.yaml:4: rule a: the pattern holds the invisible character U+200B, which scanned text never has; remove it"},
		{"unknown group", "rules:\n  - id: a\n    kind: k\n    patterns: [{regex: '(\\d)', span: 2}]\n", `mine.yaml:4: rule a: pattern "(\\d)" does not compile: span "2" names no group of the pattern; its groups are [0 1]`},
		{"score", "rules:\n  - id: a\n    kind: k\n    patterns: [{regex: '\\d', score: 5}]\n", "mine.yaml:4: rule a: score must be from -1 to 1"},
		{"empty word", "rules:\n  - id: a\n    kind: k\n    words: ['--']\n", `mine.yaml:4: rule a: word "--" needs a letter or digit and at most 4 KiB`},
		{"region", rule + "    regions: [US, USA]\n", `mine.yaml:5: rule a: region "USA" is not a two-letter ISO 3166 code such as US`},
		{"threshold", rule + "    threshold: 1.5\n", "mine.yaml:5: rule a: threshold must be above 0 and at most 1"},
		{"threshold zero", rule + "    threshold: 0\n", "mine.yaml:5: rule a: threshold must be above 0 and at most 1"},
		{"mode", rule + "    mode: shadows\n", `mine.yaml:5: rule a: mode must be enforce, shadow or off; did you mean "shadow"?`},
		{"validator", rule + "    validate: {name: crad}\n", `mine.yaml:5: rule a: unknown validator "crad"; did you mean "card"?; piiproxy rules validators lists all`},
		{"validator without name", rule + "    validate: {pass: 0.2}\n", "mine.yaml:5: rule a: validate has no name; add one of those that piiproxy rules validators lists"},
		{"window", rule + "    context: {near: [x], window: 51}\n", "mine.yaml:5: rule a: window must be from 1 to 50 words"},
		{"boost", rule + "    context: {near: [x], boost: -0.4}\n", "mine.yaml:5: rule a: boost must be from 0 to 1"},
		{"near", rule + "    context: {near: ['…']}\n", `mine.yaml:5: rule a: near "…" needs a letter or digit and at most 200 bytes`},
		{"context kind", rule + "    context: {kinds: [credit_crad]}\n", `mine.yaml:5: rule a: no loaded rule finds kind "credit_crad"; did you mean "credit_card"?`},
		{"direction", rule + "    where: {direction: inbond}\n", `mine.yaml:5: rule a: direction must be inbound or outbound; leave it out for both; did you mean "inbound"?`},
		{"channel", rule + "    where: {channels: [wahtsapp]}\n", `mine.yaml:5: rule a: unknown channel "wahtsapp"; did you mean "whatsapp"?; known: messenger, instagram, whatsapp`},
		{"prompt without asks", "prompts:\n  - id: p\n    patterns: [x]\n", "mine.yaml:2: rule p: the prompt rule has no asks; list the kinds it asks for"},
		{"prompt without patterns", "prompts:\n  - id: p\n    asks: [email]\n", "mine.yaml:2: rule p: the prompt rule matches nothing; add words or patterns"},
		{"prompt kind", "prompts:\n  - id: p\n    asks: [emali]\n    patterns: [x]\n", `mine.yaml:3: rule p: no loaded rule finds kind "emali"; did you mean "email"?`},
		{"prompt pattern", "prompts:\n  - id: p\n    asks: [email]\n    patterns: [x]\n    ignore: ['[']\n", "mine.yaml:5: rule p: pattern \"[\" does not compile: error parsing regexp: unterminated [] set in `[`"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := loadText(t, test.text)
			compareLines(t, err, []string{test.want})
		})
	}
}

// TestEveryComplaintAtOnce wants all of them, not the first.
func TestEveryComplaintAtOnce(t *testing.T) {
	_, err := loadText(t, "rules:\n  - id: a\n    kind: k\n    patterns: [{regex: '('}]\n  - id: b\n    mode: maybe\n    words: [w]\nprompts:\n  - id: a\n    asks: [zzzzzzzz]\n")
	if got := len(strings.Split(err.Error(), "\n")); got != 6 {
		t.Errorf("%d complaints, want 6:\n%v", got, err)
	}
}

func TestTooManyRules(t *testing.T) {
	var text strings.Builder
	text.WriteString("rules:\n")
	for i := range 1001 {
		text.WriteString("  - {id: r" + strings.Repeat("x", i%50) + "_" + string(rune('a'+i/50)) + ", kind: k, words: [w]}\n")
	}
	_, err := loadText(t, text.String())
	compareLines(t, err, []string{"mine.yaml:1002: more than 1000 rules; remove some or load fewer packs"})
}

func TestFailingExamples(t *testing.T) {
	library, err := loadText(t, "rules:\n  - id: a\n    kind: k\n    words: [bluebird]\n    tests: {match: [a bluebird, a redbird], ignore: [two bluebirds, BLUEBIRD]}\n"+
		"prompts:\n  - id: p\n    asks: [email]\n    patterns: [your mail]\n    tests: {match: [our mail]}\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`mine.yaml:2: rule a: tests.match example 2 "a redbird" is not found; change the rule or the example`,
		`mine.yaml:2: rule a: tests.ignore example 2 "BLUEBIRD" is found; change the rule or the example`,
		`mine.yaml:7: rule p: tests.match example 1 "our mail" is not found; change the rule or the example`,
	}
	var got []string
	for _, failure := range library.Test() {
		got = append(got, failure.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("failures\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
