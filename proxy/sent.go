package proxy

import (
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
)

// sentGeneration bounds the memory of sent ids: two generations of this many
// 8-byte hashes.
const sentGeneration = 100_000

// redelivery is how long Meta redelivers (WhatsApp: up to 7 days): events from
// the time before this process began are no sign of a foreign send.
const redelivery = 7 * 24 * time.Hour

// maxForeign bounds the notices of one delivery: a receipt can name thousands.
const maxForeign = 10

// foreignDelay lets the answer to a send arrive after its own echo, and the other
// instances tell of what they sent.
const foreignDelay = 5 * time.Second

// sentIDs knows the message ids that passed through this instance, and those that
// others told of (see peers). It keeps keyed hashes, the same in every instance.
type sentIDs struct {
	keys     Keys
	began    time.Time
	share    bool
	mu       sync.Mutex
	new, old map[uint64]struct{}
	untold   []byte // hashes that the others do not know yet
}

func newSentIDs(keys Keys, began time.Time) *sentIDs {
	return &sentIDs{keys: keys, began: began, new: map[uint64]struct{}{}, old: map[uint64]struct{}{}}
}

func (s *sentIDs) hash(id string) uint64 {
	return binary.BigEndian.Uint64(s.keys.PRF("sent message", id))
}

func (s *sentIDs) add(ids []string) {
	for _, id := range ids {
		hash := s.hash(id)
		s.mu.Lock()
		s.keep(hash)
		if s.share {
			s.untold = binary.BigEndian.AppendUint64(s.untold, hash)
		}
		s.mu.Unlock()
	}
}

// keep remembers a hash; the lock is held.
func (s *sentIDs) keep(hash uint64) {
	if len(s.new) >= sentGeneration {
		s.old, s.new = s.new, make(map[uint64]struct{}, sentGeneration)
	}
	s.new[hash] = struct{}{}
}

// news are the hashes that the others do not know yet; again takes them back.
func (s *sentIDs) news() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.untold
	s.untold = nil
	return news
}

func (s *sentIDs) again(news []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.untold = slices.Concat(news, s.untold)
	s.untold = s.untold[max(0, len(s.untold)-8*sentGeneration):]
}

// learn takes in what another instance told.
func (s *sentIDs) learn(news []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, hash := range hashesIn(news) {
		s.keep(hash)
	}
}

func (s *sentIDs) has(id string) bool {
	hash := s.hash(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, isNew := s.new[hash]
	_, isOld := s.old[hash]
	return isNew || isOld
}

// noticeForeign raises foreign_send for echoes and statuses of messages that
// passed through no instance: somebody sends around the proxy.
func (p *Proxy) noticeForeign(b bundle) {
	noticed := 0
	for i, part := range b.parts {
		if !part.Sent {
			continue
		}
		if at, ok := eventTime(b.document, part); ok && at.Before(p.sent.began) && at.After(p.sent.began.Add(-redelivery)) {
			continue
		}
		for _, id := range part.IDs {
			if noticed < maxForeign && !p.sent.has(id) {
				noticed++
				p.recheck(b.owners[i], part, id)
			}
		}
	}
}

// recheck looks again when the answer to the send has had time to arrive.
func (p *Proxy) recheck(account *Account, part channel.Part, id string) {
	conversation := ""
	if part.Person.Known() {
		conversation = p.config.Records.Conversations.Hash(account.Name, part.Person.Aliases[0])
	}
	time.AfterFunc(foreignDelay, func() {
		if p.sent.has(id) {
			return
		}
		p.config.Metrics.refuse("foreign_send")
		p.config.Log.Warn("", zap.String("event", "foreign_send"), zap.String("account", account.Name),
			zap.String("channel", string(account.Channel.Name())), zap.String("conversation", conversation))
		event := audit.Event{Actor: "platform", Action: audit.ActionForeign, Account: account.Name, Conversation: conversation, Count: 1}
		if err := p.config.Records.Audit.Record(event); err != nil && !errors.Is(err, audit.ErrClosed) { // it fires late
			p.config.Metrics.auditFailed()
		}
	})
}

// eventTime reads the timestamp of an event: milliseconds on Messenger and
// Instagram, seconds in a string on WhatsApp.
func eventTime(d *payload.Document, part channel.Part) (time.Time, bool) {
	node := d.Child(part.Root, "timestamp")
	if node < 0 {
		return time.Time{}, false
	}
	stamp, err := strconv.ParseInt(d.Text(node), 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	if d.Nodes[node].Kind == payload.String {
		return time.Unix(stamp, 0), true
	}
	return time.UnixMilli(stamp), true
}
