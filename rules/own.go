package rules

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// own is what an account may send: its own addresses and numbers.
type own struct {
	values map[string]map[string]bool // kind to canonical forms
	globs  []string                   // lower case
}

// foldWhole folds a value as a scan folds the text around it.
func foldWhole(value string) string {
	if value == "" || !utf8.ValidString(value) {
		return value
	}
	var b body
	b.fold(value)
	return b.slice(0, b.length())
}

// maxOwnBytes bounds an own file.
const maxOwnBytes = 1 << 20

// newOwn reads and checks an account's own values; nil when it has none.
func newOwn(l *Library, o Own, regions []string) (*own, Errors) {
	var complaints Errors
	complain := func(file, text string) {
		complaints = append(complaints, Complaint{File: file, Text: text})
	}
	values, patterns := slices.Clone(o.Values), slices.Clone(o.Patterns)
	if o.File != "" {
		lines, problem := ownLines(o.File)
		if problem != "" {
			complain(o.File, problem)
		}
		for _, line := range lines {
			if strings.ContainsAny(line, "*?") {
				patterns = append(patterns, line)
			} else {
				values = append(values, line)
			}
		}
	}
	if len(values)+len(patterns) == 0 {
		return nil, complaints
	}
	result := &own{values: map[string]map[string]bool{}}
	for _, kind := range l.Kinds() {
		result.values[kind] = map[string]bool{}
		for _, value := range values {
			result.values[kind][canonical(kind, foldWhole(value), regions)] = true
		}
	}
	for _, pattern := range patterns {
		result.globs = append(result.globs, strings.ToLower(foldText(pattern)))
	}
	examples, err := l.examples()
	if err != nil {
		complain("own", "checking against the built-in examples: "+err.Error()+"; try again")
	}
	for _, text := range hidden(examples, values, patterns, regions) {
		complain("own", text)
	}
	return result, complaints
}

// ownLines reads values and patterns, one a line.
func ownLines(name string) (lines []string, problem string) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, reasonOf(err)
	}
	if len(content) > maxOwnBytes {
		return nil, "the own file is over 1 MiB; use patterns"
	}
	for _, line := range strings.Split(string(content), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, ""
}

// has tells whether a value, in folded and canonical form, is the account's own.
func (o *own) has(kind, text, form string) bool {
	if o.values[kind][form] {
		return true
	}
	text, form = strings.ToLower(strings.TrimSpace(text)), strings.ToLower(form)
	return slices.ContainsFunc(o.globs, func(glob string) bool { return matchGlob(glob, text) || matchGlob(glob, form) })
}

// matchGlob matches the whole of text: * any run, ? one character.
func matchGlob(glob, text string) bool {
	pattern, runes := []rune(glob), []rune(text)
	p, t, star, mark := 0, 0, -1, 0
	for t < len(runes) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == runes[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// protected is a value of a built-in example that no own pattern may hide.
type protected struct{ rule, kind, text, form string }

// protectedKinds are the kinds whose examples own patterns are tried on.
var protectedKinds = []string{"credit_card", "ssn", "iban"}

// builtinExamples returns the protected values of every built-in pack, found
// by the packs' own rules in their own examples. It does not depend on what is
// loaded; a library calls it once, when the first own value is checked.
func builtinExamples() ([]protected, error) {
	l, err := Load(Sources(builtin))
	if err != nil {
		return nil, err
	}
	var list []protected
	sets := exampleSets{library: l, byRegion: map[string]*Set{}}
	for _, r := range l.rules {
		set := sets.of(r)
		for _, text := range r.tests.Match {
			result, err := set.Scan(text, Context{})
			for again := 0; errors.Is(err, ErrBudget) && again < exampleTries; again++ {
				result, err = set.Scan(text, Context{})
			}
			if err != nil {
				return nil, err
			}
			for _, f := range result.Findings {
				if slices.Contains(protectedKinds, f.Kind) {
					list = append(list, protected{f.Rule, f.Kind, text[f.Start:f.End], f.Canonical()})
				}
			}
		}
	}
	return list, nil
}

// unseparated takes out what groups the digits of a value.
var unseparated = strings.NewReplacer(" ", "", "-", "", ".", "", "/", "")

// hidden describes each own value or pattern that would hide an example.
func hidden(examples []protected, values, patterns []string, regions []string) (texts []string) {
	check := func(what, written string, hides func(e protected) bool) {
		for _, e := range examples {
			if hides(e) {
				texts = append(texts, fmt.Sprintf("%s %s would hide %s, a %s example of built-in rule %s; narrow or remove it",
					what, quote(written), quote(e.text), e.kind, e.rule))
				return
			}
		}
	}
	for _, value := range values {
		check("value", value, func(e protected) bool { return canonical(e.kind, foldWhole(value), regions) == e.form })
	}
	for _, pattern := range patterns {
		glob := strings.ToLower(foldText(pattern))
		solid := unseparated.Replace(glob) // however a value is grouped, it is the same one
		check("pattern", pattern, func(e protected) bool {
			form := strings.ToLower(e.form)
			return matchGlob(glob, strings.ToLower(e.text)) || matchGlob(glob, form) || matchGlob(solid, form)
		})
	}
	return texts
}
