package proxy

import (
	"context"
	"errors"
	"slices"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
)

// recounted gives what an answer tells of the chat with one person a scope of that
// chat, so that it reads as it did in the webhook: a value becomes the same token,
// and a bare answer is read with the question that it answers. Only people who have
// a chat are meant: reading a history makes nobody known. All else shares the
// answer's scope.
func (p *Proxy) recounted(ctx context.Context, x *exchange, d *payload.Document, whole *redact.Scope) ([]redact.Stretch, *Refusal) {
	stretches := []redact.Stretch{{Scope: whole}}
	states := map[string]*conversation.State{} // by person: a history has many messages of few
	for _, remark := range x.account.Channel.Remarks(d, x.account.ID) {
		who := remark.Person.Aliases[0]
		state, asked := states[who]
		if !asked {
			var err error
			if state, err = p.stateOf(ctx, x.account, remark.Person.Aliases); err != nil {
				return nil, unsettled(err)
			}
			states[who] = state
		}
		if state != nil {
			stretches = append(stretches, p.stretch(x, remark, state, whole))
		}
	}
	return stretches, nil
}

// stretch is a remark with the scope of its person's chat.
func (p *Proxy) stretch(x *exchange, remark channel.Remark, state *conversation.State, whole *redact.Scope) redact.Stretch {
	scope := p.scope(x.rules, x.account, whole.Context.Direction, remark.Person)
	scope.Message, scope.Echo = remark.ID, remark.Echo
	if !remark.Echo && remark.ID != "" {
		scope.Context.Asked = slices.Clone(state.AskedBy(remark.ID))
	}
	return redact.Stretch{Root: remark.Root, Scope: &scope}
}

// stateOf is what is remembered of a person's chat; nil when there is none.
func (p *Proxy) stateOf(ctx context.Context, a *Account, aliases []string) (*conversation.State, error) {
	c, err := p.config.Records.Conversations.Find(ctx, a.Name, aliases)
	if errors.Is(err, conversation.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	state, err := p.config.Chats.Memory.Recall(ctx, c)
	return &state, err
}
