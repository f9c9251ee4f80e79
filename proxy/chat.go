package proxy

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/fragment"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

// Memory keeps what is remembered of a chat from one message to the next.
type Memory interface {
	// Recall gives the zero State for a chat that nothing is known of.
	Recall(ctx context.Context, c *conversation.Conversation) (conversation.State, error)
	// Update changes the state by compare-and-put; change says whether it has.
	Update(ctx context.Context, c *conversation.Conversation, change func(*conversation.State) bool) (conversation.State, error)
}

// Chats are what the proxy remembers of chats, and for how long a question of
// the bot stays open.
type Chats struct {
	Memory Memory
	Arming conversation.Arming
	// Links makes what gives out links to forms; the proxy is its outbox and its
	// voice. Nil: prompts are not swapped.
	Links func(*Proxy) (Links, error)
	// Residues is the ledger of what the platform holds; nil keeps none.
	Residues Residues
	// Hold is how long part of a value is held.
	Hold fragment.Limits
	// Asked counts the kinds that a message of the bot asks for, and those of them
	// that a form took the place of; nil counts nothing. It must not wait.
	Asked func(account string, kinds []string, swapped bool)
	// Erasing makes what erases people, before anything is sent. Nil: nobody is
	// erased, and what is taken back stays.
	Erasing func(*Proxy) (Erasing, error)
}

// chat is the conversation that a part of a delivery is a message in.
type chat struct {
	part         int
	conversation *conversation.Conversation
	state        conversation.State
	asked        []string // what the bot had asked for
	told         []string // what of it the message tells
	risky        []string // kinds it tells that belong into a form
	words        words
	media        keptMedia // files of the message that the bot does not get
}

// recall finds the chats of the messages in a bundle and lets what the bot asked
// for inform how they are read.
func (p *Proxy) recall(ctx context.Context, b *bundle) ([]chat, *Refusal) {
	var chats []chat
	for i, part := range b.parts {
		owner := b.owners[i]
		if owner == nil || part.Echo || part.Sent || !part.Person.Known() || len(part.IDs) == 0 || b.stretches[i+1].Scope.Off() {
			continue
		}
		c, err := p.config.Records.Conversations.Ensure(ctx, owner.Name, part.Person.Aliases)
		if err != nil {
			return nil, unsettled(err)
		}
		state, err := p.config.Chats.Memory.Recall(ctx, c)
		if err != nil {
			return nil, unsettled(err)
		}
		ch := chat{part: i, conversation: c, state: state, asked: state.Asked(p.config.Now(), part.IDs), words: wordsOf(b.document, part.Root), media: b.media.kept[part.IDs[0]]}
		b.stretches[i+1].Scope.Context.Asked = ch.asked
		chats = append(chats, ch)
	}
	return chats, nil
}

// hearing adds to what observes a bundle what each message tells.
func (b *bundle) hearing(chats []chat, observe func(redact.Sighting)) func(redact.Sighting) {
	if len(chats) == 0 {
		return observe
	}
	return func(s redact.Sighting) {
		for i := range chats {
			if c := &chats[i]; c.part+1 == s.Stretch && s.Mode == rules.Enforce {
				c.hears(b.owners[c.part].Policy, s)
				c.words.sees(s)
			}
		}
		if observe != nil {
			observe(s)
		}
	}
}

// hears notes a finding in the chat's message.
func (c *chat) hears(policy *redact.Policy, s redact.Sighting) {
	if slices.Contains(c.asked, s.Kind) {
		c.told = append(c.told, s.Kind)
	}
	if s.Action > redact.Report && belongsInForm(policy, s.Kind) && !slices.Contains(c.risky, s.Kind) {
		c.risky = append(c.risky, s.Kind)
	}
}

// remember writes down what the messages of a bundle change in their chats. The
// bot has them by then: a delivery that fails comes again and must be read the
// same way. Clean messages write once an hour.
func (p *Proxy) remember(ctx context.Context, b *bundle, chats []chat, result redact.Result) {
	now := p.config.Now()
	var taught []channel.Part // of the delivery as the bot got it
	var document *payload.Document
	for i := range chats {
		c := &chats[i]
		p.leftBehind(ctx, b, c)
		if len(c.told) > 0 && p.links != nil && p.links.Progress(context.WithoutCancel(ctx), c.conversation, c.told) != nil {
			p.forgot(b.owners[c.part])
		}
		state, isNew := c.state, c.state.Seen.IsZero()
		due := state.Wrote(now) || len(state.Envelope) == 0 && b.teaches(c.part)
		if !due && (len(c.asked) == 0 || c.words.parted) {
			p.talk(b.owners[c.part], c, false)
			continue
		}
		if due && document == nil {
			document, taught = p.asDelivered(b, result)
		}
		change := func(s *conversation.State) bool {
			wrote := s.Wrote(now)
			if c.part < len(taught) && due {
				wrote = teach(s, b.channel, document, taught[c.part]) || wrote
			}
			if c.words.parted {
				return wrote // it is an answer when it is whole
			}
			return s.Answered(now, b.parts[c.part].IDs, conversation.Reading{State: c.state, Asked: c.asked, Told: c.told}) || wrote
		}
		if _, err := p.config.Chats.Memory.Update(context.WithoutCancel(ctx), c.conversation, change); err != nil {
			p.forgot(b.owners[c.part])
		}
		p.talk(b.owners[c.part], c, isNew)
	}
}

// asDelivered is a bundle's document and parts as the bot got them.
func (p *Proxy) asDelivered(b *bundle, result redact.Result) (*payload.Document, []channel.Part) {
	if !result.Edited {
		return b.document, b.parts
	}
	document, err := payload.Parse(result.Bytes, p.config.Limits.Payload)
	if err != nil {
		return nil, nil
	}
	parts, err := b.channel.Delivery(document)
	if err != nil || len(parts) != len(b.parts) {
		return nil, nil
	}
	return document, parts
}

// teaches reports whether a message has what a later one in its name needs: those
// of groups never have, and cost no write.
func (b *bundle) teaches(part int) bool {
	_, ok := b.channel.LearnEnvelope(b.document, b.parts[part])
	return ok
}

// teach keeps what a later message in the chat's name needs. True: it is new.
func teach(s *conversation.State, ch *channel.Channel, d *payload.Document, part channel.Part) bool {
	envelope, ok := ch.LearnEnvelope(d, part)
	if !ok || bytes.Equal(envelope, s.Envelope) {
		return false
	}
	s.Envelope = envelope
	return true
}

// meet finds the chat that a message of the bot goes to, and what is remembered
// of it. There may be none yet.
func (p *Proxy) meet(ctx context.Context, x *exchange) *Refusal {
	if !x.send.Message || !x.send.Person.Known() {
		return nil
	}
	c, err := p.conversation(ctx, x, false)
	if err != nil || c == nil {
		return unsettledOrNil(err)
	}
	x.conversation = c
	x.state, err = p.config.Chats.Memory.Recall(ctx, c)
	return unsettledOrNil(err)
}

// heard notes what a call asks a person for (see expected), before the person can
// answer. What may end an earlier question is noted when the platform has it.
func (p *Proxy) heard(ctx context.Context, x *exchange, asks []rules.Ask) *Refusal {
	if !x.send.Message || !x.send.Person.Known() {
		return nil
	}
	x.ends = len(asks) == 0 && x.state.Dialogue.Left > 0
	if len(asks) == 0 && !x.ends {
		return nil
	}
	x.words = spoken(x.account, x.document)
	if len(asks) == 0 {
		return nil
	}
	if x.conversation == nil {
		c, err := p.conversation(ctx, x, true)
		if err != nil {
			return unsettled(err)
		}
		x.conversation, x.made, x.asks = c, true, asks
	}
	return p.hear(ctx, x, asks)
}

// hear writes down what a call of the bot says. One that asks for nothing ends no
// question that was asked after it.
func (p *Proxy) hear(ctx context.Context, x *exchange, asks []rules.Ask) *Refusal {
	now := p.config.Now()
	_, err := p.config.Chats.Memory.Update(ctx, x.conversation, func(s *conversation.State) bool {
		if len(asks) == 0 && !s.Armed.Equal(x.state.Armed) {
			return false
		}
		return s.Heard(now, x.words, asks, p.config.Chats.Arming)
	})
	return unsettledOrNil(err)
}

// sentOrNot draws the consequences of what the platform said: a message that it
// took may end the question before it, one that it did not take asked nothing.
func (p *Proxy) sentOrNot(ctx context.Context, x *exchange) {
	taken := x.record.peer >= 200 && x.record.peer <= 299
	switch {
	case taken && x.ends:
		if p.hear(context.WithoutCancel(ctx), x, nil) != nil {
			p.forgot(x.account)
		}
	case !taken && x.swapped != nil:
		asked := *x.swapped
		asked.link.Reused = asked.link.Reused || !x.notTaken() // it may be in the chat: it goes on to work
		p.unsent(ctx, x.account, x.conversation, asked)
	}
}

// notTaken says that the platform certainly has not got the message: it said no,
// or was never reached.
func (x *exchange) notTaken() bool {
	if x.record.peer != 0 {
		return x.record.peer >= 400 && x.record.peer <= 499
	}
	return x.refused != nil && (x.refused.unsent() || x.aborted() != nil)
}

// forgot says that a chat's state could not be written, which costs no message:
// a question stays open longer than it should.
func (p *Proxy) forgot(a *Account) {
	p.config.Metrics.refuse("chat_state")
	p.config.Log.Warn("", zap.String("event", "chat_state"), zap.String("account", a.Name))
}

// conversation is the one that a call goes to; nil when there is none and none
// is to be made.
func (p *Proxy) conversation(ctx context.Context, x *exchange, create bool) (*conversation.Conversation, error) {
	find := p.config.Records.Conversations.Find
	if create {
		find = p.config.Records.Conversations.Ensure
	}
	c, err := find(ctx, x.account.Name, x.send.Person.Aliases)
	if errors.Is(err, conversation.ErrUnknown) {
		return nil, nil
	}
	return c, err
}

// expected are the asks whose answer is to be expected, each with the kinds that
// policy arms or captures.
func expected(policy *redact.Policy, asks []rules.Ask) []rules.Ask {
	var kept []rules.Ask
	for _, ask := range asks {
		if ask.Mode != rules.Enforce {
			continue
		}
		ask.Asks = slices.DeleteFunc(slices.Clone(ask.Asks), func(kind string) bool { return policy.Prompts.For(kind) < redact.Arm })
		if len(ask.Asks) > 0 {
			kept = append(kept, ask)
		}
	}
	return kept
}

// spoken is what a person reads of a message. Tokens are none of its words, and
// would count as more or fewer of them by chance.
func spoken(a *Account, d *payload.Document) string {
	var words []string
	for _, node := range a.Channel.Prompts(d) {
		words = append(words, node.Text)
	}
	text := strings.Join(words, "\n")
	return dropSpans(text, vault.FindTokens(text))
}

func unsettledOrNil(err error) *Refusal {
	if err == nil {
		return nil
	}
	return unsettled(err)
}
