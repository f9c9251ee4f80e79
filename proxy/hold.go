package proxy

import (
	"context"
	"slices"
	"sync"

	"github.com/piiproxy/piiproxy/fragment"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

// A held message waits in the outbox, first in the lane of its conversation, and
// is due when its time is over. It is stored as it then goes out: masked. So what
// is left of it after a crash shows no more than six digits, nothing overtakes it,
// and joining is taking it out again.

// pieces is what the messages of a bundle have to do with values that come in
// several.
type pieces struct {
	kept      bool // nothing is to be sent now
	concerned bool // held messages are told to go, or may be
	withdrawn []withdrawal
}

// The reasons of messages that are part of a value.
const (
	reasonHeld    = "held"
	reasonJoined  = "joined"
	reasonTooLate = "too_late"
)

// ruleParts stands in tallies for a value that was found in several messages.
const ruleParts = "parts"

// piece lets the messages of a bundle be held, masked and joined, and rewords
// result. A bundle with one message can be held; others go on at once.
func (p *Proxy) piece(ctx context.Context, in inbound, b *bundle, chats []chat, result *redact.Result, r *record) (pieces, *Refusal) {
	var all pieces
	alone := b.alone(chats)
	for i := range chats {
		c, scope := &chats[i], b.stretches[chats[i].part+1].Scope
		if !p.concerned(c, scope) {
			continue
		}
		all.concerned = true
		refused := p.turns.in(c.conversation.Path(), func() *Refusal {
			m := c.message(b.parts[c.part].IDs[0])
			d, refused := p.decide(ctx, c, scope, m, alone, in.lastTry)
			if refused != nil {
				return refused
			}
			return p.carryOut(ctx, in, b, c, d, result, &all, r)
		})
		if refused != nil {
			p.delivery.outbox.restore(ctx, all.withdrawn)
			return pieces{}, refused
		}
	}
	if !all.kept {
		r.bytesOut = len(result.Bytes)
	}
	return all, nil
}

// concerned says that a message may be part of a value, or that one is held that
// it follows.
func (p *Proxy) concerned(c *chat, scope *redact.Scope) bool {
	if p.config.Chats.Hold == (fragment.Limits{}) || scope.Mode != rules.Enforce && len(scope.Enforced) == 0 {
		return false
	}
	if holding(&c.state) {
		return true
	}
	return c.words.node >= 0 && (scope.Hides("credit_card") || slices.ContainsFunc(c.asked, scope.Hides))
}

// alone says that a bundle is one message of one person, and nothing of others.
func (b *bundle) alone(chats []chat) bool {
	if len(chats) != 1 {
		return false
	}
	of := chats[0].part
	for i, part := range b.parts {
		if i != of && (len(part.IDs) > 0 || part.Person.Known() && !slices.Equal(part.Person.Aliases, b.parts[of].Person.Aliases)) {
			return false
		}
	}
	return true
}

// carryOut does what a trail has decided.
func (p *Proxy) carryOut(ctx context.Context, in inbound, b *bundle, c *chat, d fragment.Decision, result *redact.Result, all *pieces, r *record) *Refusal {
	for _, released := range d.Release {
		p.delivery.outbox.hasten(ctx, p.lanesOfChat(b, c), released.ID)
	}
	if d.Verdict == fragment.Absorbed && !b.alone([]chat{*c}) {
		d.Verdict, d.Show = fragment.Pass, 0 // it came again beside others
	}
	if d.Verdict == fragment.Join {
		return p.join(ctx, b, c, d, result, all, r)
	}
	if c.words.parted = d.Verdict == fragment.Hold; c.words.parted {
		c.told, c.risky = nil, nil // half of a number tells nothing
	}
	if c.words.node >= 0 && d.Verdict != fragment.Absorbed && d.Show != fragment.All {
		raw, err := p.reworded(result.Bytes, b, c, func(text string) string { return fragment.Mask(text, d.Show) })
		if err != nil {
			return &refuseInternal
		}
		result.Bytes, result.Edited = raw, true
	}
	switch d.Verdict {
	case fragment.Absorbed:
		all.kept, r.reason, r.bytesOut = true, reasonJoined, 0
	case fragment.Hold:
		all.kept, r.reason, r.bytesOut = true, reasonHeld, 0
		id := b.parts[c.part].IDs[0]
		if d.Repeated && p.delivery.outbox.keeps(ctx, p.lanesOfChat(b, c), id) {
			return nil
		}
		_, refused := p.delivery.outbox.add(ctx, parcel{
			account: b.account, body: result.Bytes, lanes: p.lanesIn(*b), header: in.header, trace: in.trace, held: id, due: d.Due,
		})
		return refused
	}
	return nil
}

// join puts the token of a value in the place of its last part, and takes the
// held ones out of the outbox. Those that had left already are named.
func (p *Proxy) join(ctx context.Context, b *bundle, c *chat, d fragment.Decision, result *redact.Result, all *pieces, r *record) *Refusal {
	scope := b.stretches[c.part+1].Scope
	by, err := p.config.Engine.Joined(ctx, scope, c.conversation, vault.Value{Kind: d.Kind, Canonical: d.Canonical, Text: d.Canonical})
	if err != nil {
		return unsettled(err)
	}
	raw, err := p.reworded(result.Bytes, b, c, func(string) string { return by })
	if err != nil {
		return &refuseInternal
	}
	result.Bytes, result.Edited = raw, true
	taken, gone := p.delivery.outbox.withdraw(ctx, p.lanesOfChat(b, c), b.parts[c.part].IDs[0], d.Absorb)
	all.withdrawn = append(all.withdrawn, taken...)
	r.reason = reasonJoined
	for _, id := range slices.Concat(d.TooLate, gone) {
		r.reason = reasonTooLate
		r.tooLate = append(r.tooLate, logHash(p.config.Records.Keys.PRF("message", b.account.Name, id)))
	}
	r.tallies = append(slices.Clone(r.tallies), redact.Tally{Rule: ruleParts, Kind: d.Kind, Action: scope.Policy.Inbound.For(d.Kind), Mode: rules.Enforce, Count: 1})
	c.told, c.risky, c.words.earlier = nil, nil, slices.Concat(d.Absorb, d.TooLate)
	c.hears(b.owners[c.part].Policy, redact.Sighting{Kind: d.Kind, Action: scope.Policy.Inbound.For(d.Kind), Mode: rules.Enforce})
	return nil
}

// settlePieces ends what a bundle had to do with held messages: those that are joined go
// when the bot has the value, and wait on when it has not.
func (p *Proxy) settlePieces(ctx context.Context, all pieces, status int) {
	if status < 200 || status > 299 {
		p.delivery.outbox.restore(ctx, all.withdrawn)
		return
	}
	p.delivery.outbox.remove(ctx, all.withdrawn)
}

// lanesOfChat are the lanes of the person of a chat, where what is held of theirs is.
func (p *Proxy) lanesOfChat(b *bundle, c *chat) []string {
	return p.lanesFor(b.parts[c.part:c.part+1], func(int) *Account { return b.owners[c.part] })
}

// turns lets the messages of one conversation be decided on one after another.
type turns struct {
	mu    sync.Mutex
	taken map[string]*turn
}

type turn struct {
	mu      sync.Mutex
	waiting int
}

// in runs do when no other runs for the same conversation.
func (t *turns) in(path string, do func() *Refusal) *Refusal {
	t.mu.Lock()
	mine := t.taken[path]
	if mine == nil {
		mine = &turn{}
		t.taken[path] = mine
	}
	mine.waiting++
	t.mu.Unlock()
	mine.mu.Lock()
	defer func() {
		mine.mu.Unlock()
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine.waiting--; mine.waiting == 0 {
			delete(t.taken, path)
		}
	}()
	return do()
}
