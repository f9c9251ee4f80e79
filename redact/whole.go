package redact

import (
	"context"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

// Hides says that the bot does not see values of a kind in this scope.
func (s *Scope) Hides(kind string) bool {
	action := s.action(kind)
	return s.mode(kind) == rules.Enforce && action != Allow && action != Report
}

// checked are the kinds that have a check digit in every country.
var checked = map[string]bool{"credit_card": true, "iban": true}

// Whole finds a value that is all of a text, that checks out, and that the bot
// does not see. The error is that of the rules: nothing is known about the text.
func (s *Scope) Whole(text string) (kind, canonical string, ok bool, err error) {
	result, err := s.Rules.Scan(text, s.Context)
	if err != nil || len(result.Findings) != 1 {
		return "", "", false, err
	}
	f := result.Findings[0]
	if f.Start > 0 || f.End < len(text) || f.Mode != rules.Enforce || checked[f.Kind] && !f.Valid || !s.Hides(f.Kind) {
		return "", "", false, nil
	}
	return f.Kind, f.Canonical(), true, nil
}

// Joined gives what the bot sees in the place of a value that a person sent in
// several messages: what policy says for its kind, and its name in brackets where
// that is to block. A token is durable when it returns. Errors are those of the
// vault.
func (e *Engine) Joined(ctx context.Context, scope *Scope, c *conversation.Conversation, value vault.Value) (string, error) {
	value.Origin, value.Message, value.Terms = vault.Chat, scope.Message, scope.Policy.Keep.Terms(value.Kind)
	switch action := scope.action(value.Kind); {
	case action == Mask:
		return MaskOf(value.Kind, value.Text), nil
	case action == Generalize:
		return GeneralOf(value.Kind, value.Text), nil
	case action != Tokenize || e.vault == nil:
		return Placeholder(value.Kind), nil
	}
	trade := e.vault.Tokens
	if scope.Policy.Formats.Like(value.Kind) {
		trade = e.vault.Likes
	}
	tokens, err := trade(ctx, c, []vault.Value{value})
	if err != nil {
		return "", err
	}
	return tokens[0], nil
}
