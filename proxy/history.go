package proxy

import (
	"context"
	"errors"
	"slices"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
)

// recounted gives the messages of an answer that a question informed when they
// came a scope of their own, so that a bare answer reads in a history as it did in
// the webhook. All others share the answer's.
func (p *Proxy) recounted(ctx context.Context, x *exchange, d *payload.Document, whole *redact.Scope) ([]redact.Stretch, *Refusal) {
	stretches := []redact.Stretch{{Scope: whole}}
	states := map[string]conversation.State{} // by person: a history has many messages of few
	for _, remark := range x.account.Channel.Remarks(d, x.account.ID) {
		who := remark.Person.Aliases[0]
		state, known := states[who]
		if !known {
			var err error
			if state, err = p.stateOf(ctx, x.account, remark.Person.Aliases); err != nil {
				return nil, unsettled(err)
			}
			states[who] = state
		}
		asked := state.AskedBy(remark.ID)
		if len(asked) == 0 {
			continue
		}
		scope := p.scope(x.rules, x.account, whole.Context.Direction, remark.Person)
		scope.Context.Asked = slices.Clone(asked)
		stretches = append(stretches, redact.Stretch{Root: remark.Root, Scope: &scope})
	}
	return stretches, nil
}

// stateOf is what is remembered of a person's chat; the zero State when that is
// nothing.
func (p *Proxy) stateOf(ctx context.Context, a *Account, aliases []string) (conversation.State, error) {
	c, err := p.config.Records.Conversations.Find(ctx, a.Name, aliases)
	if errors.Is(err, conversation.ErrUnknown) {
		return conversation.State{}, nil
	}
	if err != nil {
		return conversation.State{}, err
	}
	return p.config.Chats.Memory.Recall(ctx, c)
}
