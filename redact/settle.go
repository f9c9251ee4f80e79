package redact

import (
	"context"
	"errors"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

// settle decides what stands in the place of each mark and splices it in.
// Refused stretches are not edited: outbound nothing is sent, inbound the
// caller takes them out, and no token is made that nobody will see.
func (w *walk) settle(ctx context.Context) (Result, error) {
	raw := w.body.Document.Raw
	if w.outbound() && len(w.refusals) > 0 {
		return w.result(raw, false), nil
	}
	return w.splice(ctx, raw)
}

// settleText is settle for a plain text.
func (w *walk) settleText(ctx context.Context, text string) (Result, error) {
	return w.splice(ctx, []byte(text))
}

func (w *walk) outbound() bool {
	return len(w.body.Stretches) > 0 && w.body.Stretches[0].Scope.outbound()
}

func (w *walk) splice(ctx context.Context, raw []byte) (Result, error) {
	if len(w.marks) == 0 {
		return w.result(raw, false), nil
	}
	if err := w.replacements(ctx); err != nil {
		return Result{}, err
	}
	if w.outbound() && len(w.refusals) > 0 {
		return w.result(raw, false), nil
	}
	edits := make([]payload.Edit, 0, len(w.marks))
	for _, m := range w.marks {
		if _, refused := w.refusals[m.owner]; !refused {
			text := m.by
			if m.quoted {
				text = `"` + string(payload.AppendMeta(nil, text)) + `"`
			}
			edits = append(edits, payload.Edit{Codecs: m.codecs, Start: m.start, End: m.end, Text: text})
		}
	}
	spliced, err := payload.Splice(raw, edits)
	if err != nil {
		return Result{}, err
	}
	return w.result(spliced, len(edits) > 0), nil
}

func (w *walk) result(raw []byte, edited bool) Result {
	return Result{
		Bytes: raw, Edited: edited, Tallies: w.tallies, Prompts: w.prompts,
		Unresolved: w.unresolved, Refusals: w.refusals,
	}
}

// replacements fills in what stands in the place of each mark, one stretch at
// a time, because a stretch is one conversation.
func (w *walk) replacements(ctx context.Context) error {
	for from := 0; from < len(w.marks); {
		to := from + 1
		for to < len(w.marks) && w.marks[to].owner == w.marks[from].owner {
			to++
		}
		owner := w.marks[from].owner
		if _, refused := w.refusals[owner]; !refused {
			if err := w.conversation(ctx, w.body.Stretches[owner].Scope, w.marks[from:to]); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// conversation settles the marks of one conversation.
func (w *walk) conversation(ctx context.Context, scope *Scope, marks []mark) error {
	var values []vault.Value
	var at []int
	for i := range marks {
		m := &marks[i]
		switch {
		case m.rule == ruleBudget:
			m.by = Unreadable
		case m.rule == ruleToken && scope.outbound():
			if err := w.resolve(ctx, scope, m); err != nil {
				return err
			}
		case m.rule == ruleToken:
			m.by = typedToken
			w.tally(ruleToken, ruleToken, Hide, rules.Enforce)
		case m.action == Tokenize && w.canTokenize(scope):
			values = append(values, vault.Value{Kind: m.kind, Canonical: m.canonical, Text: m.text, Origin: vault.Chat})
			at = append(at, i)
		case m.action == Mask:
			m.by = MaskOf(m.kind, m.text)
		default:
			m.by = Placeholder(m.kind)
		}
	}
	return w.tokenize(ctx, scope, marks, values, at)
}

func (w *walk) canTokenize(scope *Scope) bool {
	return w.engine.vault != nil && len(scope.Aliases) > 0
}

// tokenize gets the tokens of all values of a conversation in one step.
func (w *walk) tokenize(ctx context.Context, scope *Scope, marks []mark, values []vault.Value, at []int) error {
	if len(values) == 0 {
		return nil
	}
	c, err := w.engine.conversations.Ensure(ctx, scope.Context.Account, scope.Aliases)
	if err != nil {
		return err
	}
	tokens, err := w.engine.vault.Tokens(ctx, c, values)
	if err != nil {
		return err
	}
	for i, token := range tokens {
		marks[at[i]].by = token
	}
	return nil
}

// resolve decides what the person sees in the place of a token: what policy
// says for its kind, or, where it stands for nothing any more, words that say
// what it stood for. Never the token.
func (w *walk) resolve(ctx context.Context, scope *Scope, m *mark) error {
	value, err := w.value(ctx, scope, m.text)
	switch {
	case errors.Is(err, vault.ErrNoToken) || errors.Is(err, conversation.ErrUnknown):
		w.unresolved++
		w.tally(ruleToken, m.kind, Hide, rules.Enforce)
		m.by = w.engine.wordings.of(scope.Context.Language, m.kind)
		return nil
	case err != nil:
		return err
	}
	action := scope.Policy.Tokens.For(value.Kind)
	if action == Restore && (m.action == Mask || value.Origin == vault.Form) {
		action = Mask // what came through a form never goes back into a chat
	}
	w.tally(ruleToken, value.Kind, action, rules.Enforce)
	switch action {
	case Restore:
		m.by = value.Text
	case Mask:
		m.by = MaskOf(value.Kind, value.Text)
	case Block:
		w.refuse(m.owner, PolicyBlock)
	default:
		m.by = Placeholder(value.Kind)
	}
	return nil
}

// value resolves a token in the scope's conversation.
func (w *walk) value(ctx context.Context, scope *Scope, token string) (vault.Value, error) {
	if !w.canTokenize(scope) {
		return vault.Value{}, vault.ErrNoToken
	}
	c, err := w.engine.conversations.Find(ctx, scope.Context.Account, scope.Aliases)
	if err != nil {
		return vault.Value{}, err
	}
	return w.engine.vault.Resolve(ctx, c, token)
}
