package redact

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/rules"
)

// Restored is a value as a call spelled it, and the token that it stood in the
// place of. It prints as <value>.
type Restored struct{ Text, Token string }

// Format hides the value from every verb.
func (Restored) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte("<value>")) }

// Spans lists where a text holds the value as a word of its own, in upper or lower
// case: "42" is not in "1426".
func (r Restored) Spans(text string) (spans [][2]int) {
	if r.Text == "" {
		return nil
	}
	folded, value := lowerASCII(text), lowerASCII(r.Text)
	for from := 0; ; {
		i := strings.Index(folded[from:], value)
		if i < 0 {
			return spans
		}
		start := from + i
		end := start + len(value)
		if from = end; apart(text[:start], text[start:end], text[end:]) {
			spans = append(spans, [2]int{start, end})
		} else {
			from = start + 1
		}
	}
}

// apart says that no letter or digit goes on from a value into what stands around
// it.
func apart(before, value, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(value)
	if inWord(last) && inWord(first) {
		return false
	}
	last, _ = utf8.DecodeLastRuneInString(value)
	first, _ = utf8.DecodeRuneInString(after)
	return !inWord(last) || !inWord(first)
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// lowerASCII keeps the length of a text, which strings.ToLower may not.
func lowerASCII(text string) string {
	folded := []byte(text)
	for i, b := range folded {
		if 'A' <= b && b <= 'Z' {
			folded[i] = b + 'a' - 'A'
		}
	}
	return string(folded)
}

// returned marks what the call put back and the answer says again, as the tokens
// that it was. It adds the spans to those that are settled. The mode does not
// matter: the bot did not have the value, and does not get it by asking somebody.
func (w *walk) returned(at place, scope *Scope, text string, spans [][2]int) [][2]int {
	if len(scope.Restored) == 0 || at.class == channel.Report {
		return spans
	}
	for _, r := range scope.Restored {
		for _, span := range r.Spans(text) {
			if within(spans, span[0], span[1]) {
				continue
			}
			spans = append(spans, span)
			w.tally(ruleEcho, ruleToken, Tokenize, rules.Enforce)
			w.mark(at, mark{start: span[0], end: span[1], action: Tokenize, rule: ruleEcho, kind: ruleToken, canonical: r.Token})
		}
	}
	return spans
}
