package redact

import (
	"context"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/vault"
)

// Show gives what the bot sees of values that a person has entered into a form,
// in order, as the policy's inbound table says: a token, a mask, the kind in
// brackets. Tokens are durable when it returns, and look like a value where the
// kind has such a look, unless the policy's format says word for it.
//
// A kind that the policy lets through in a chat gets a token all the same: what
// the bot knew it could write, and what came by a form never goes into a chat. A
// value that the bot does not get to see is kept all the same: whoever may reveal
// it finds it, and what a bot sends is compared with it. Errors are those of the
// vault.
func (e *Engine) Show(ctx context.Context, policy *Policy, c *conversation.Conversation, values []vault.Value) ([]string, error) {
	shown := make([]string, len(values))
	words, likes, unseen := showing{shown: shown}, showing{shown: shown}, showing{shown: make([]string, len(values))}
	for i, value := range values {
		value.Origin, value.Message, value.Terms = vault.Form, "", policy.Keep.Terms(value.Kind)
		switch action := policy.Inbound.For(value.Kind); {
		case action == Mask:
			shown[i] = MaskOf(value.Kind, value.Text)
			unseen.add(i, value)
		case action == Hide:
			shown[i] = Placeholder(value.Kind)
			unseen.add(i, value)
		case action == Generalize:
			shown[i] = GeneralOf(value.Kind, value.Text)
			unseen.add(i, value)
		case policy.Formats.LikeCaptured(value.Kind):
			likes.add(i, value)
		default:
			words.add(i, value)
		}
	}
	for _, s := range []*showing{&words, &unseen} {
		if err := s.trade(ctx, c, e.vault.Tokens); err != nil {
			return nil, err
		}
	}
	return shown, likes.trade(ctx, c, e.vault.Likes)
}

// showing collects the values that are traded in one step, and where they go.
type showing struct {
	shown  []string
	values []vault.Value
	at     []int
}

func (s *showing) add(i int, value vault.Value) {
	s.values, s.at = append(s.values, value), append(s.at, i)
}

func (s *showing) trade(ctx context.Context, c *conversation.Conversation, with func(context.Context, *conversation.Conversation, []vault.Value) ([]string, error)) error {
	if len(s.values) == 0 {
		return nil
	}
	tokens, err := with(ctx, c, s.values)
	if err != nil {
		return err
	}
	for i, token := range tokens {
		s.shown[s.at[i]] = token
	}
	return nil
}
