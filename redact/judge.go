package redact

import (
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

// Names that stand for a rule where none found the text.
const (
	ruleField  = "field"  // personal by the field it stands in
	ruleToken  = "token"  // looks like a token
	ruleBudget = "budget" // no rule could judge it in time
)

// judge scans a text and turns findings into marks.
func (w *walk) judge(at place, text string) {
	scope, before := w.body.Stretches[at.owner].Scope, len(w.marks)
	spans := w.tokens(at, scope, text, w.returned(at, scope, text, w.links(at, scope, text)))
	if scope.Echo {
		spans = w.echoed(at, scope, text, spans)
	}
	where := w.context(at, scope)
	result, err := scope.Rules.Scan(blanked(text, spans), where)
	if err != nil {
		w.forget(before)
		w.unreadable(at, scope, text)
		return
	}
	findings := result.Findings
	if scope.Echo {
		findings = w.unmasked(at, scope, text, findings)
	}
	for _, f := range findings {
		w.finding(at, scope, f, text)
	}
	w.numbers(at, scope, blanked(text, spans), findings)
	w.expiries(at, scope, blanked(text, spans), findings)
	if scope.outbound() && !scope.Echo {
		w.asked(at, scope, result.Asks)
	}
	w.spelled(at, scope, text, before, result.Findings)
}

// finding gives a finding its action where it stands.
func (w *walk) finding(at place, scope *Scope, f rules.Finding, text string) {
	action := scope.action(f.Kind)
	if w.keep {
		w.judged = append(w.judged, Judged{f, action})
	}
	action = w.limited(at, scope, f, action)
	mode := scope.mode(f.Kind)
	if f.Mode != rules.Enforce {
		mode = f.Mode
	}
	w.tally(f.Rule, f.Kind, action, mode)
	w.seeFinding(at, f, action, mode, text)
	m := mark{start: f.Start, end: f.End, action: action, rule: f.Rule, kind: f.Kind, canonical: f.Canonical(), text: text[f.Start:f.End]}
	m.alike, m.unlisted = w.alike(at, scope, f, text), at.class == channel.Unlisted
	if mode != rules.Enforce || ((action == Allow || action == Report) && !m.alike) {
		return
	}
	if action == Block && !m.alike {
		w.refuse(at.owner, PolicyBlock)
		return
	}
	w.mark(at, m)
}

// limited lowers an action to what the place allows (design.md sections 5, 6).
func (w *walk) limited(at place, scope *Scope, f rules.Finding, action Action) Action {
	if action == Allow || action == Report {
		return action
	}
	switch at.class {
	case channel.Report:
		return Report
	case channel.Unlisted:
		if !f.Valid {
			return Report
		}
		if scope.outbound() && f.Mode == rules.Enforce && scope.mode(f.Kind) == rules.Enforce {
			w.refuse(at.owner, UnlistedValue)
		}
		if scope.outbound() {
			return Block
		}
	}
	return action
}

// personal marks a whole string that is personal data by the field it stands
// in. It reports false when the rules have to look instead: policy leaves the
// kind alone, or it is not in force.
func (w *walk) personal(at place) bool {
	scope := w.body.Stretches[at.owner].Scope
	kind, text := at.step.Kind(), at.document.Text(at.node)
	action, mode := scope.action(kind), scope.mode(kind)
	if action == Allow || strings.TrimSpace(text) == "" {
		return false
	}
	if _, token := vault.ParseToken(strings.TrimSpace(text)); token && scope.outbound() {
		return false // stands for a value of its own
	}
	w.tally(ruleField, kind, action, mode)
	w.see(at, Sighting{Rule: ruleField, Kind: kind, Action: action, Mode: mode, End: len(text), Text: text})
	if action == Report || mode != rules.Enforce {
		return false
	}
	if action == Block {
		w.refuse(at.owner, PolicyBlock)
		return true
	}
	w.mark(at, mark{end: len(text), action: action, rule: ruleField, kind: kind, canonical: strings.TrimSpace(text), text: text})
	return true
}

// unreadable handles a text that the rules could not judge in their budget:
// unknown is not clean.
func (w *walk) unreadable(at place, scope *Scope, text string) {
	if !w.lastTry(scope) {
		return
	}
	if scope.outbound() || at.class == channel.Report {
		w.refuse(at.owner, RuleBudget)
		return
	}
	w.mark(at, mark{end: len(text), action: Hide, rule: ruleBudget, kind: "unreadable", text: text})
}

// lastTry notes that the rules ran out of their budget, and says whether that
// is to be settled now. The budget is time, and a busy machine has less of it:
// the whole payload is given up first (Result.Overrun), for another try.
func (w *walk) lastTry(scope *Scope) bool {
	w.tally(ruleBudget, "unreadable", Block, scope.Mode)
	if scope.Mode != rules.Enforce && len(scope.Enforced) == 0 {
		return false
	}
	w.overrun = w.overrun || !w.body.LastTry
	return w.body.LastTry
}

// asked notes that the bot asks for personal data. A prompt that policy would
// capture is refused where there is no one person to capture from.
func (w *walk) asked(at place, scope *Scope, asks []rules.Ask) {
	for _, ask := range asks {
		w.prompts = append(w.prompts, ask)
		if len(scope.Aliases) > 0 || scope.Mode != rules.Enforce || scope.Context.Account == "" {
			continue
		}
		for _, kind := range ask.Asks {
			if scope.Policy.Prompts.For(kind) == Capture {
				w.refuse(at.owner, PromptNoOne)
			}
		}
	}
}

// spelled looks at text that looks like JSON but is none: an escape in it can
// spell a digit that no rule sees, so what the escapes spell is scanned too,
// and a finding there that was not seen as it stands hides the whole text.
func (w *walk) spelled(at place, scope *Scope, text string, before int, seen []rules.Finding) {
	plain, from, escaped := unescape(text)
	if !escaped {
		return
	}
	where := w.context(at, scope)
	result, err := scope.Rules.Scan(plain, where)
	if err != nil {
		w.forget(before)
		w.unreadable(at, scope, text)
		return
	}
	for _, f := range result.Findings {
		known := slices.ContainsFunc(seen, func(s rules.Finding) bool {
			return s.Kind == f.Kind && s.Start <= from[f.Start] && from[f.End] <= s.End
		})
		if known || scope.action(f.Kind) == Allow {
			continue
		}
		action := w.limited(at, scope, f, scope.action(f.Kind))
		mode := scope.mode(f.Kind)
		w.tally(f.Rule, f.Kind, action, mode)
		w.seeFinding(at, f, action, mode, plain)
		if mode == rules.Enforce && action != Report {
			w.forget(before)
			w.mark(at, mark{end: len(text), action: Hide, rule: f.Rule, kind: f.Kind, text: text})
			return
		}
	}
}

// mark adds a mark at a place.
func (w *walk) mark(at place, m mark) {
	m.owner, m.node = at.owner, at.outermost
	if at.document != nil {
		if at.document.Nodes[at.node].Kind == payload.String {
			m.codecs = append([]payload.Codec{at.document.Scope(at.node)}, at.outer...)
		}
	}
	w.marks = append(w.marks, m)
}

// forget drops the marks from an index on, and what they hold.
func (w *walk) forget(from int) {
	clear(w.marks[from:])
	w.marks = w.marks[:from]
}

// refuse keeps the first reason of a stretch.
func (w *walk) refuse(owner int, reason Reason) {
	if w.refusals == nil {
		w.refusals = map[int]Reason{}
	}
	if _, ok := w.refusals[owner]; !ok {
		w.refusals[owner] = reason
	}
}

// tally counts a finding.
func (w *walk) tally(rule, kind string, action Action, mode rules.Mode) {
	for i := range w.tallies {
		t := &w.tallies[i]
		if t.Rule == rule && t.Kind == kind && t.Action == action && t.Mode == mode {
			t.Count++
			return
		}
	}
	w.tallies = append(w.tallies, Tally{rule, kind, action, mode, 1})
}

// context is what the rules are told about a text: what its scope knows, the
// field it stands in, and until when the message it belongs to may be scanned.
func (w *walk) context(at place, scope *Scope) rules.Context {
	if w.judging != at.owner+1 {
		w.judging, w.deadline = at.owner+1, time.Now().Add(rules.ScanBudget)
	}
	context := scope.Context
	context.Field, context.Deadline = fieldName(at), w.deadline
	return context
}

// fieldName is the nearest member name around a string.
func fieldName(at place) string {
	if at.document == nil {
		return ""
	}
	for i := at.node; i >= 0; i = at.document.Nodes[i].Parent {
		if at.document.Nodes[i].KeyEnd > 0 {
			return at.document.Name(i)
		}
	}
	return ""
}
