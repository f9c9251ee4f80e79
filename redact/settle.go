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
	if w.overrun {
		result := w.result(raw, false)
		result.Overrun, result.Refusals = true, nil
		return result, nil
	}
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
		if _, refused := w.refusals[m.owner]; !refused && !m.stays {
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
		Unresolved: w.unresolved, Refusals: w.refusals, Back: w.back,
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
	words, likes := wanted{marks: marks}, wanted{marks: marks}
	for i := range marks {
		m := &marks[i]
		switch {
		case m.by != "": // a number, settled where it stands
		case m.rule == ruleBudget:
			m.by = Unreadable
		case m.rule == ruleLink:
			m.by = linkGone
		case m.rule == ruleRelink: // it brought its URL along
		case m.rule == ruleEcho:
			m.by = m.canonical // the token that was restored
		case m.rule == ruleToken && scope.outbound():
			if err := w.resolve(ctx, scope, m); err != nil {
				return err
			}
		case m.rule == ruleToken:
			m.by = typedToken
			w.tally(ruleToken, ruleToken, Hide, rules.Enforce)
		case m.alike:
			if err := w.unlike(ctx, scope, m); err != nil {
				return err
			}
		case m.action == Tokenize && w.canTokenize(scope) && scope.Policy.Formats.Like(m.kind):
			likes.add(scope, i)
		case m.action == Tokenize && w.canTokenize(scope):
			words.add(scope, i)
		default:
			w.put(scope, m, m.action)
		}
	}
	if len(words.values)+len(likes.values) == 0 {
		return nil
	}
	c, err := w.engine.conversations.Ensure(ctx, scope.Context.Account, scope.Aliases)
	if err != nil {
		return err
	}
	if err := words.get(ctx, c, w.engine.vault.Tokens); err != nil {
		return err
	}
	return likes.get(ctx, c, w.engine.vault.Likes)
}

// wanted collects the values of marks that become tokens, so that they are
// durable in one step.
type wanted struct {
	marks  []mark
	values []vault.Value
	at     []int
}

func (t *wanted) add(scope *Scope, i int) {
	m := &t.marks[i]
	t.values = append(t.values, vault.Value{
		Kind: m.kind, Canonical: m.canonical, Text: m.text, Origin: vault.Chat,
		Message: scope.Message, Terms: scope.Policy.Keep.Terms(m.kind),
	})
	t.at = append(t.at, i)
}

// get has the tokens made and puts them in their places.
func (t *wanted) get(ctx context.Context, c *conversation.Conversation, from func(context.Context, *conversation.Conversation, []vault.Value) ([]string, error)) error {
	if len(t.values) == 0 {
		return nil
	}
	tokens, err := from(ctx, c, t.values)
	if err != nil {
		return err
	}
	for i, token := range tokens {
		t.marks[t.at[i]].by = token
	}
	return nil
}

func (w *walk) canTokenize(scope *Scope) bool {
	return w.engine.vault != nil && len(scope.Aliases) > 0
}

// put writes what an action makes of a mark's own text.
func (w *walk) put(scope *Scope, m *mark, action Action) {
	switch action {
	case Allow, Report:
		m.stays = true
	case Mask:
		if m.by = MaskOf(m.kind, m.text); w.engine.vault == nil {
			m.by = Placeholder(m.kind) // as the commands write it that open no store
		} else if scope.outbound() && m.by != hidden {
			w.putBack(scope, m.kind, m.by, noToken)
		}
	case Generalize:
		m.by = GeneralOf(m.kind, m.text)
	case Block:
		w.refuse(m.owner, PolicyBlock)
	default:
		m.by = Placeholder(m.kind)
	}
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
	return w.reveal(scope, m, value, m.action)
}

// reveal writes what the person sees of a value that the bot refers to: what
// policy says for tokens of its kind, and at most as much as is allowed here.
func (w *walk) reveal(scope *Scope, m *mark, value vault.Value, most Action) error {
	action := scope.Policy.Tokens.For(value.Kind)
	if action == Restore && (most == Mask || value.Origin == vault.Form || w.holdsMore(scope, value)) {
		action = Mask // what came through a form never goes back into a chat
	}
	w.tally(ruleToken, value.Kind, action, rules.Enforce)
	if action == Restore {
		m.by = value.Text
		w.putBack(scope, value.Kind, value.Text, m.text)
		return nil
	}
	m.kind, m.text = value.Kind, value.Text
	w.put(scope, m, action)
	return nil
}

// holdsMore says that a value holds another one that policy does not restore: a
// place's name, say, with a card number in it.
func (w *walk) holdsMore(scope *Scope, value vault.Value) bool {
	result, err := scope.Rules.Scan(value.Text, scope.Context)
	if err != nil || len(vault.FindTokens(value.Text)) > 0 {
		return true // unknown is not clean, and a person may have typed a look-alike
	}
	for _, f := range result.Findings {
		if f.Kind != value.Kind && scope.Policy.Tokens.For(f.Kind) != Restore && scope.action(f.Kind) != Allow {
			return true
		}
	}
	return false
}

// value resolves a token in the scope's conversation.
func (w *walk) value(ctx context.Context, scope *Scope, token string) (vault.Value, error) {
	c, err := w.own(ctx, scope)
	if err != nil {
		return vault.Value{}, err
	}
	return w.engine.vault.Resolve(ctx, c, token)
}

// own finds the scope's conversation.
func (w *walk) own(ctx context.Context, scope *Scope) (*conversation.Conversation, error) {
	if !w.canTokenize(scope) {
		return nil, vault.ErrNoToken
	}
	return w.engine.conversations.Find(ctx, scope.Context.Account, scope.Aliases)
}
