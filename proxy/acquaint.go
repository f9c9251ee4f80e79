package proxy

import (
	"context"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
)

// acquaint learns the ids of people that nothing was known of, before the bot has
// their message: many bots answer while they are being told, and that answer may
// be a question for a form.
func (p *Proxy) acquaint(ctx context.Context, b *bundle, chats []chat, result redact.Result) {
	var taught []channel.Part
	var document *payload.Document
	for i := range chats {
		c := &chats[i]
		if len(c.state.Envelope) > 0 {
			continue
		}
		if document == nil {
			document, taught = p.asDelivered(b, result)
		}
		if c.part >= len(taught) {
			return
		}
		change := func(s *conversation.State) bool { return teach(s, b.channel, document, taught[c.part]) }
		if _, err := p.config.Chats.Memory.Update(context.WithoutCancel(ctx), c.conversation, change); err != nil {
			p.forgot(b.owners[c.part])
		}
	}
}
