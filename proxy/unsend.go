package proxy

import (
	"context"
	"slices"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/fragment"
)

// Erasing ends what is kept of people who ask for it, and of messages that were
// taken back.
type Erasing interface {
	// Begin ends a person's secrets at once; the rest goes within seconds. It is
	// erasure.ErrNobody when nothing is kept of them.
	Begin(ctx context.Context, account string, aliases []string, o erasure.Order) error
	// Unsend erases what came by this message of the platform and by no other, and
	// says how many values it was.
	Unsend(ctx context.Context, c *conversation.Conversation, message string) (int, error)
}

// unsend erases what came by messages that their people have taken back, before
// the bot hears of it: a delivery that fails comes again. The bot gets the delivery
// in any case.
func (p *Proxy) unsend(ctx context.Context, in inbound, b *bundle, chats []chat) *Refusal {
	if p.erasing == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	for i := range chats {
		c := &chats[i]
		message := b.channel.Unsent(b.document, b.parts[c.part])
		if message == "" {
			continue
		}
		owner := b.owners[c.part]
		hash := p.hashOf(whose{owner, firstAlias(b.parts[c.part].Person)})
		event := audit.Event{Actor: "person", Action: "unsend", Account: owner.Name, Conversation: hash, Request: in.trace, Result: audit.Done}
		if err := p.config.Records.Audit.RecordDurable(event); err != nil {
			p.config.Metrics.auditFailed()
			return &refuseStore
		}
		n, err := p.erasing.Unsend(ctx, c.conversation, message)
		if err == nil {
			err = p.unheard(ctx, b, c, message)
		}
		if err != nil {
			event.Result = audit.Failed
			if p.config.Records.Audit.RecordDurable(event) != nil {
				p.config.Metrics.auditFailed()
			}
			return unsettled(err)
		}
		p.config.Log.Info("", zap.String("event", "unsent_by_person"), zap.String("account", owner.Name),
			zap.String("conversation", hash), zap.Int("values", n), zap.String("request_id", in.trace))
	}
	return nil
}

// unheard drops a message from what is remembered of values in several messages,
// and the message itself where it is held.
func (p *Proxy) unheard(ctx context.Context, b *bundle, c *chat, message string) error {
	if len(c.state.Trail) == 0 {
		return nil
	}
	state, err := p.config.Chats.Memory.Update(ctx, c.conversation, func(s *conversation.State) bool {
		t := trailOf(s)
		t.Parts = slices.DeleteFunc(t.Parts, func(part fragment.Part) bool { return part.ID == message })
		return setTrail(s, t)
	})
	if err != nil {
		return err
	}
	c.state = state
	p.withdrawHeld(ctx, p.lanesIn(*b), message)
	return nil
}
