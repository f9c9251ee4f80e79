package proxy

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/payload"
)

// platformAgent is how the platform's deliveries name themselves.
const platformAgent = "facebookexternalua"

// errOutbox says that the outbox takes nothing more now.
var errOutbox = errors.New("queueing a message for the bot: the outbox is full or cannot be sealed")

// Resume makes the turn that the bot gets when a form was filled in: one message
// of that person, as the platform would deliver it. The same link gives the same
// message id, so that a bot can drop repeats.
func (p *Proxy) Resume(ctx context.Context, t capture.Turn) (capture.Reservation, error) {
	account, ok := p.config.Tenants.Account(t.Account)
	if !ok {
		return nil, ErrNoAccount
	}
	envelope, err := p.envelope(ctx, account, t.Conversation)
	if err != nil {
		return nil, err
	}
	// Before the bot can see what stands for them, and so send it back.
	state, err := p.entered(ctx, t)
	if err != nil {
		return nil, err
	}
	body, err := account.Channel.Resume(envelope, t.Text, p.messageID(account, t), p.config.Now())
	if err != nil {
		return nil, capture.ErrUnknownIDs
	}
	reserved, refused := p.delivery.outbox.prepare(ctx, parcel{
		account: account, body: body, lanes: p.lanesOf(account, body), header: http.Header{"User-Agent": {platformAgent}}, trace: newTrace(),
	})
	if refused != nil {
		return nil, errOutbox
	}
	return resumed{
		reservation: reserved, proxy: p, account: account, conversation: t.Conversation,
		read: conversation.Reading{State: state, Asked: t.Kinds, Told: t.Kinds},
	}, nil
}

// entered remembers which kinds came by a form, and gives the state of the chat.
func (p *Proxy) entered(ctx context.Context, t capture.Turn) (conversation.State, error) {
	return p.config.Chats.Memory.Update(ctx, t.Conversation, func(s *conversation.State) bool { return s.Entered(t.Kinds) })
}

// resumed is a reservation that is logged when it holds.
type resumed struct {
	*reservation
	proxy        *Proxy
	account      *Account
	conversation *conversation.Conversation
	read         conversation.Reading
}

// Settle implements capture.Reservation.
func (r resumed) Settle(written bool) {
	if written {
		r.proxy.config.Log.Info("", zap.String("event", "resumed"), zap.String("account", r.account.Name),
			zap.String("channel", string(r.account.Channel.Name())), zap.String("conversation", r.hash()))
	}
	r.reservation.Settle(written)
	if written && len(r.read.Told) > 0 {
		r.proxy.answered(r)
	}
}

// answered ends the questions that the form has answered.
func (p *Proxy) answered(r resumed) {
	ctx, cancel := context.WithTimeout(context.Background(), sayTime)
	defer cancel()
	_, err := p.config.Chats.Memory.Update(ctx, r.conversation, func(s *conversation.State) bool {
		return s.Answered(p.config.Now(), nil, r.read)
	})
	if err != nil {
		p.forgot(r.account)
	}
}

// hash is the conversation as logs show it: by the lane of its first alias.
func (r resumed) hash() string {
	return conversationOf(r.lanes[0])
}

// ErrNoPerson says that nobody of this id can be asked: the id is none of the
// channel's, or the person has never written to the account.
var ErrNoPerson = errors.New("the person is not known: they must have written to the account")

// Person finds the conversation of a platform's user id, such that the bot can
// get messages in that person's name. Errors: ErrNoAccount, ErrNoPerson, and
// faults of the store.
func (p *Proxy) Person(ctx context.Context, account, user string) (*conversation.Conversation, error) {
	a, ok := p.config.Tenants.Account(account)
	if !ok {
		return nil, ErrNoAccount
	}
	person := a.Channel.PersonOf(user)
	if !person.Known() {
		return nil, ErrNoPerson
	}
	c, err := p.config.Records.Conversations.Find(ctx, a.Name, person.Aliases)
	if errors.Is(err, conversation.ErrUnknown) {
		return nil, ErrNoPerson
	}
	if err != nil {
		return nil, err
	}
	if _, err := p.envelope(ctx, a, c); errors.Is(err, capture.ErrUnknownIDs) {
		return nil, ErrNoPerson
	} else if err != nil {
		return nil, err
	}
	return c, nil
}

// envelope is what a delivery in a chat's name needs: what an earlier one taught,
// or else what the configuration says of the account.
func (p *Proxy) envelope(ctx context.Context, a *Account, c *conversation.Conversation) ([]byte, error) {
	state, err := p.config.Chats.Memory.Recall(ctx, c)
	if err != nil {
		return nil, err
	}
	if len(state.Envelope) == 0 {
		return nil, capture.ErrUnknownIDs
	}
	return state.Envelope, nil
}

// messageID is the id of a message of ours. It derives from what it is for and
// carries a tag of the installation's, so that any instance knows it again.
func (p *Proxy) messageID(a *Account, t capture.Turn) string {
	derived := [16]byte(t.Conversation.Derive("piiproxy message id", t.Serial)[:16])
	return a.Channel.MessageID(derived, p.messageTag(a, derived))
}

func (p *Proxy) messageTag(a *Account, derived [16]byte) [8]byte {
	return [8]byte(p.config.Records.Keys.PRF("message of ours", a.Name, string(derived[:]))[:8])
}

// ours reports whether a message id is one that piiproxy made for the account's
// bot: the platform knows nothing of it.
func (p *Proxy) ours(a *Account, id string) bool {
	derived, tag, ok := a.Channel.ParseMessageID(id)
	return ok && tag == p.messageTag(a, derived)
}

// lanesOf are the lanes of the people in a delivery of our own.
func (p *Proxy) lanesOf(a *Account, body []byte) []string {
	document, err := payload.Parse(body, p.config.Limits.Payload)
	if err != nil {
		return nil
	}
	defer document.Free()
	parts, err := a.Channel.Delivery(document)
	if err != nil {
		return nil
	}
	return p.lanesFor(parts, func(int) *Account { return a })
}

// lanesFor are the lanes of the people in some parts.
func (p *Proxy) lanesFor(parts []channel.Part, owner func(i int) *Account) (lanes []string) {
	for i, part := range parts {
		if !part.Person.Known() || owner(i) == nil {
			continue
		}
		for _, alias := range part.Person.Aliases { // an event may name any of them
			lane := p.delivery.outbox.lane(owner(i).Name, p.config.Records.Conversations.Hash(owner(i).Name, alias))
			if !slices.Contains(lanes, lane) {
				lanes = append(lanes, lane)
			}
		}
	}
	return lanes
}
