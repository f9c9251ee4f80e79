package redact

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

// ruleAlike marks a number in which no rule found anything, and which may be a
// look-alike.
const ruleAlike = "like"

const (
	// numberKind is a kind of the numbers that look like any other number: without
	// the word that the person wrote beside it, no rule knows one again.
	numberKind = "national_id"
	// leastNumber and mostNumber are how many digits such a look-alike has.
	leastNumber, mostNumber = 9, 15
	// mostNumbers bounds how many numbers of a text are looked up.
	mostNumbers = 32
)

// alike says that a finding in what a bot sends may be a look-alike.
func (w *walk) alike(at place, scope *Scope, f rules.Finding, text string) bool {
	return scope.outbound() && at.class != channel.Report &&
		(scope.alike(f.Kind) || scope.captured(f.Kind) || scope.alike(numberKind) && numberOf(text[f.Start:f.End]) != "")
}

// numberOf is the digits of a text that is a number as a national number may be
// written, "" when it is none.
func numberOf(text string) string {
	digits := make([]byte, 0, mostNumber)
	for i := range len(text) {
		switch b := text[i]; {
		case b >= '0' && b <= '9':
			digits = append(digits, b)
		case !strings.ContainsRune(" .-/", rune(b)):
			return ""
		}
	}
	if len(digits) < leastNumber || len(digits) > mostNumber {
		return ""
	}
	return string(digits)
}

// numbers marks the numbers that no rule found, so that a look-alike is known
// again that stands alone. Those that are none stay.
func (w *walk) numbers(at place, scope *Scope, text string, findings []rules.Finding) {
	if !scope.outbound() || scope.Echo || at.class == channel.Report || !scope.alike(numberKind) || scope.mode(numberKind) != rules.Enforce {
		return
	}
	found := 0
	for _, span := range numbersIn(text) {
		number := numberOf(text[span[0]:span[1]])
		overlaps := slices.ContainsFunc(findings, func(f rules.Finding) bool { return f.Start < span[1] && span[0] < f.End })
		if number == "" || overlaps {
			continue
		}
		if found++; found > mostNumbers {
			return
		}
		w.mark(at, mark{
			start: span[0], end: span[1], action: Allow, rule: ruleAlike, kind: numberKind, canonical: number,
			text: text[span[0]:span[1]], alike: true, unlisted: at.class == channel.Unlisted,
		})
	}
}

// numbersIn lists the groups of digits of a text that single separators join;
// a longer one than a national number gives its groups.
func numbersIn(text string) (spans [][2]int) {
	var group [][2]int
	flush := func() {
		if len(group) > 0 {
			if whole := [2]int{group[0][0], group[len(group)-1][1]}; numberOf(text[whole[0]:whole[1]]) != "" {
				spans = append(spans, whole)
			} else {
				spans = append(spans, group...)
			}
		}
		group = group[:0]
	}
	for i := 0; i < len(text); {
		start := i
		for i < len(text) && text[i] >= '0' && text[i] <= '9' {
			i++
		}
		if i == start {
			i++
			continue
		}
		if len(group) > 0 && (start-group[len(group)-1][1] != 1 || !strings.ContainsRune(" .-/", rune(text[start-1]))) {
			flush()
		}
		group = append(group, [2]int{start, i})
	}
	flush()
	return spans
}

// unlike settles what a bot sends that may be a look-alike of a value: then it is
// treated as the token that it is, else as policy says.
func (w *walk) unlike(ctx context.Context, scope *Scope, m *mark) error {
	value, err := w.likeness(ctx, scope, m)
	switch {
	case errors.Is(err, vault.ErrNoToken) || errors.Is(err, conversation.ErrUnknown):
		return w.unformed(ctx, scope, m)
	case err != nil:
		return err
	}
	if !vault.LikeRestorable(value.Kind) || m.unlisted {
		return w.reveal(scope, m, value, Mask) // too few forms: it could be a real value
	}
	return w.reveal(scope, m, value, Restore)
}

// unformed settles a finding that is no look-alike: a value that came by a form is
// masked, however the bot got to know it; any other is treated as policy says.
func (w *walk) unformed(ctx context.Context, scope *Scope, m *mark) error {
	if scope.captured(m.kind) {
		value, err := w.formed(ctx, scope, m)
		switch {
		case err == nil:
			return w.reveal(scope, m, value, Mask)
		case !errors.Is(err, vault.ErrNoToken) && !errors.Is(err, conversation.ErrUnknown):
			return err
		}
	}
	w.put(scope, m, m.action)
	return nil
}

// formed is the value of a form that a finding is, under its own kind or one that
// the rules could take for it; vault.ErrNoToken when there is none.
func (w *walk) formed(ctx context.Context, scope *Scope, m *mark) (vault.Value, error) {
	c, err := w.own(ctx, scope)
	if err != nil {
		return vault.Value{}, err
	}
	for _, kind := range vault.LikeKinds(m.kind) {
		value, err := w.engine.vault.Lookup(ctx, c, kind, m.canonical)
		switch {
		case err == nil && value.Origin == vault.Form:
			return value, nil
		case err != nil && !errors.Is(err, vault.ErrNoToken):
			return vault.Value{}, err
		}
	}
	return vault.Value{}, vault.ErrNoToken
}

func (w *walk) likeness(ctx context.Context, scope *Scope, m *mark) (vault.Value, error) {
	c, err := w.own(ctx, scope)
	if err != nil {
		return vault.Value{}, err
	}
	value, err := w.engine.vault.Likeness(ctx, c, m.kind, m.canonical)
	if number := numberOf(m.text); errors.Is(err, vault.ErrNoToken) && number != "" && scope.alike(numberKind) {
		return w.engine.vault.Likeness(ctx, c, numberKind, number) // "85111871282" is a phone number, say the rules
	}
	return value, err
}
