package proxy

import (
	"hash/maphash"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

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

// foreignDelay lets the answer to a send arrive after its own echo.
const foreignDelay = 5 * time.Second

// sentIDs knows the message ids that passed through this process.
type sentIDs struct {
	seed     maphash.Seed
	began    time.Time
	mu       sync.Mutex
	new, old map[uint64]struct{}
}

func newSentIDs(began time.Time) *sentIDs {
	return &sentIDs{seed: maphash.MakeSeed(), began: began, new: map[uint64]struct{}{}, old: map[uint64]struct{}{}}
}

func (s *sentIDs) add(ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if len(s.new) >= sentGeneration {
			s.old, s.new = s.new, make(map[uint64]struct{}, sentGeneration)
		}
		s.new[maphash.String(s.seed, id)] = struct{}{}
	}
}

func (s *sentIDs) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	hash := maphash.String(s.seed, id)
	_, isNew := s.new[hash]
	_, isOld := s.old[hash]
	return isNew || isOld
}

// noticeForeign raises foreign_send for echoes and statuses of messages that
// did not pass through here: somebody sends around the proxy.
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
