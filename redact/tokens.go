package redact

import (
	"slices"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

// unknownKind stands for a kind that no rule and no contract knows: what stands
// in a look-alike is somebody's words, and no log or metric may show those.
const unknownKind = "unknown"

// tokens handles what looks like a token: a person's are made harmless, a
// bot's are resolved when the marks are settled. Those in the spans that are
// settled already are left to them. It returns all spans.
func (w *walk) tokens(at place, scope *Scope, text string, settled [][2]int) [][2]int {
	tokens := vault.FindTokens(text)
	spans := slices.Concat(settled, tokens)
	if len(tokens) == 0 || at.class == channel.Report {
		return spans
	}
	for _, span := range tokens {
		if within(settled, span[0], span[1]) {
			continue
		}
		found := text[span[0]:span[1]]
		kind := tokenKind(scope, found)
		m := mark{start: span[0], end: span[1], action: Hide, rule: ruleToken, kind: kind, text: found}
		if scope.outbound() {
			m.action = Restore
			if at.class == channel.Unlisted {
				m.action = Mask // a field nobody judged gets no value
			}
		} else {
			m.kind = ruleToken
		}
		if mode := scope.Mode; mode != rules.Enforce && !(scope.Interim && scope.outbound()) {
			w.tally(ruleToken, m.kind, m.action, mode)
			continue
		}
		w.mark(at, m)
	}
	return spans
}

// tokenKind is the kind of what looks like a token, under its real name.
func tokenKind(scope *Scope, text string) string {
	spelled, _ := vault.ParseToken(text)
	for _, kind := range rules.BuiltinKinds() {
		if squashed(kind) == spelled {
			return kind
		}
	}
	for _, info := range scope.Rules.Rules() {
		if info.Kind != "" && squashed(info.Kind) == spelled {
			return info.Kind
		}
	}
	return unknownKind
}

// blanked is a text with spaces in the place of what is settled already, so that
// what stands beside it is found as if it stood alone. Positions stay.
func blanked(text string, spans [][2]int) string {
	if len(spans) == 0 {
		return text
	}
	bytes := []byte(text)
	for _, span := range spans {
		for i := span[0]; i < span[1]; i++ {
			bytes[i] = ' '
		}
	}
	return string(bytes)
}
