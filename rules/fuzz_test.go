package rules

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRuleYAML wants an error or a library that can be used, never a panic.
func FuzzRuleYAML(f *testing.F) {
	for _, pack := range Packs() {
		body, err := packs.ReadFile("packs/" + strings.TrimPrefix(pack, "builtin/") + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	for _, text := range []string{
		"", "rules:", "---\n---\n", "rules: [{}]", "rules: [{id: a, kind: k, words: [w]}]", "prompts: [{id: p, asks: [email], patterns: [x]}]",
		"rules: [{id: a, kind: k, patterns: [{regex: '(?<x>a)(?<-x>b)', span: x}], tests: {match: [ab]}}]",
		"a: &a [*a]", "rules: &r [{id: a, kind: k, words: [w], context: {near: &n [b], far: *n}}]", "rules: [{id: !!binary aGk=, kind: k}]",
		"rules: [{id: a, kind: k, patterns: [{regex: '(a|a)*$', score: 1e308}], threshold: .nan}]",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if body == nil {
			body = []byte{}
		}
		library, err := Load([]Source{{Name: "fuzz.yaml", Body: body}})
		if err != nil {
			if complaints := (Errors{}); !errors.As(err, &complaints) || len(complaints) == 0 {
				t.Fatalf("error %v is no list of complaints", err)
			}
			return
		}
		set, err := library.Set(View{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set.Scan("call +1 202 555 0143 or mail a@b.example", Context{}); err != nil && !errors.Is(err, ErrBudget) {
			t.Fatal(err)
		}
	})
}

// seeds are texts that lie near the built-in rules.
var seeds = []string{
	"", "hello", "4111 1111 1111 1111", "my cc is 9999999999999999 exp 01/20", "card 4111111111111111 12/29 737", "a@b.example, x%40y.example",
	"+1 (202) 555-0143 ext. 7", "０１ ٠١٢٣٤٥٦٧٨٩", "1️⃣2️⃣3️⃣", "ssn 078-05-1120", "GB82 WEST 1234 5698 7654 32", "http://[::1]/ www.x.example 1.2.3.4",
	"Please type your card number", "e\u0301 \u200d\u200b\ufeff\u202e", "\x00\x7f\v", "ſſn Kelvin \u212a", "социальный 1234567890 тел", "İstanbul ıI ß ẞ ﬁ",
	"tarjeta de cre\u0301dito 1234567890123456", "cvv:123", "exp 0127", "https://x.example/?access_token=abc def",
}

// seedRules is a rule file of patterns that try the derivation of needs.
const seedRules = `(?:card|cc)\s+number
\d{3}-\d{2}-\d{4}
(?<=card )\d{4}
(?<=K-\d{4}-)\d{2}
(?=\d{3})\d
\d(?=\d.{0,3}@)
(?<=cvv.{0,9})\d{3}
[a-z]{1,9}@[a-z]{1,9}
[?&](?:access_)?token=\w{1,30}
(?:é|is) \d{2,4}
k[é-ü]?s{2,3}
(?i:ab|\d)+?c
(?=.*\d)\p{L}+
(a|b)\1
[^\d\s]{3}
(?>x+)y
(?s).{3}$
(?r)ab\d
\bssn\b
`

// FuzzPrefilter scans with the prefilter and without: the same findings and
// asks must come out, for built-in rules and for a pattern of the fuzzer's.
func FuzzPrefilter(f *testing.F) {
	for _, text := range seeds {
		for _, pattern := range strings.Split(strings.TrimSpace(seedRules), "\n") {
			f.Add(text, pattern, false)
		}
		f.Add(text, "x", true)
	}
	builtinLibrary, err := Load(Sources(builtin))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text, pattern string, outbound bool) {
		if !utf8.ValidString(text) || len(text) > 4096 || len(pattern) > 200 {
			return
		}
		context := Context{}
		if outbound {
			context.Direction = Outbound
		}
		compare(t, builtinLibrary, text, context)
		if library := patternLibrary(pattern); library != nil {
			compare(t, library, text, context)
		}
	})
}

// patternLibrary is a library of one rule and one prompt rule; nil when the
// pattern does not compile.
func patternLibrary(regex string) *Library {
	p, err := newPattern(regex, "")
	if err != nil {
		return nil
	}
	p.score, p.ceiling = 0.3, 0.3
	words := newLexicon()
	near := words.add([]string{"card", "número de cuenta"})
	l := &Library{
		lexicon: words,
		rules: []*rule{
			{id: "fuzz", kind: "k", patterns: []pattern{p}, near: near, window: 5, boost: 0.3, direction: -1, threshold: 0.5},
			{id: "plain", kind: "k", order: 1, patterns: []pattern{p}, direction: -1, threshold: 0.3},
		},
		prompts: []*prompt{{id: "ask", asks: []string{"k"}, patterns: []pattern{p}}},
	}
	l.index()
	return l
}

func compare(t *testing.T, l *Library, text string, c Context) {
	t.Helper()
	set := &Set{library: l}
	for _, r := range l.rules {
		if a, runs := set.activate(r, Override{}); runs {
			set.rules = append(set.rules, a)
		}
	}
	for _, p := range l.prompts {
		set.prompts = append(set.prompts, activePrompt{p, Enforce})
	}
	set.place()
	open := *set
	open.unfiltered = true
	got, err := set.Scan(text, c)
	want, wantErr := open.Scan(text, c)
	if wantErr != nil { // out of budget without the prefilter: nothing to compare
		return
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("with the prefilter %v %v %v\nwithout %v %v\nwhy %v\nand %v", got.Findings, got.Asks, err, want.Findings, want.Asks, reasons(got), reasons(want))
	}
}

// FuzzScan wants spans that are in order, disjoint, not empty and on character
// borders, and never a panic, for any text and context.
func FuzzScan(f *testing.F) {
	for _, text := range seeds {
		f.Add(text, "cardNumber", "", true)
		f.Add(text, "", "what is your phone number", false)
	}
	f.Add(strings.Repeat("4111 1111 1111 1111, ", 1000), "", "", false)
	library, err := Load(Sources(builtin))
	if err != nil {
		f.Fatal(err)
	}
	set, err := library.Set(View{Own: Own{Values: []string{"+1 800 555 0100"}, Patterns: []string{"*@bank.example"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text, field, before string, outbound bool) {
		c := Context{Field: field, Before: []Turn{{Text: before}}, Asked: []string{"phone", "credit_card"}}
		if outbound {
			c.Direction = Outbound
		}
		result, err := set.Scan(text, c)
		if err != nil {
			if errors.Is(err, ErrText) == utf8.ValidString(text) {
				t.Fatalf("error %v", err)
			}
			return
		}
		end := 0
		for _, finding := range result.Findings {
			if finding.Start < end || finding.End <= finding.Start || finding.End > len(text) {
				t.Fatalf("spans %v", result.Findings)
			}
			end = finding.End
			if !utf8.RuneStart(text[finding.Start]) || end < len(text) && !utf8.RuneStart(text[end]) {
				t.Fatalf("%v cuts a character", finding)
			}
			if finding.Score < 0 || finding.Score > 1 || len(finding.Why) == 0 || finding.Canonical() == "" {
				t.Fatalf("%v: %v, form of %d bytes", finding, finding.Why, len(finding.Canonical()))
			}
		}
		for _, ask := range result.Asks {
			if ask.Start < 0 || ask.End <= ask.Start || ask.End > len(text) || !outbound {
				t.Fatalf("asks %v", result.Asks)
			}
		}
	})
}

// reasons lists why each finding of a result is one.
func reasons(r Result) (all [][]Reason) {
	for _, f := range r.Findings {
		all = append(all, f.Why)
	}
	return all
}
