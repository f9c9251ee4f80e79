package proxy

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"go.uber.org/zap"
	"golang.org/x/text/unicode/norm"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/payload"
)

// Forget are the messages with which people ask to be erased. The zero value has
// none.
type Forget struct {
	phrases []string // plain
	again   bool
}

// NewForget takes an account's phrases. With again a person must send one twice.
func NewForget(phrases []string, again bool) Forget {
	f := Forget{again: again}
	for _, phrase := range phrases {
		if plain := plainPhrase(phrase); plain != "" { // else every smiley would be one
			f.phrases = append(f.phrases, plain)
		}
	}
	return f
}

// asks reports whether a message, as a whole, is one of the phrases.
func (f Forget) asks(text string) bool {
	return len(f.phrases) > 0 && len(text) <= maxPhrase && slices.Contains(f.phrases, plainPhrase(text))
}

// maxPhrase bounds what is compared, in bytes.
const maxPhrase = 1024

// plainPhrase is a text without what does not count: upper case, how it is
// composed, white space around and between, punctuation and symbols at the ends.
func plainPhrase(text string) string {
	text = strings.ToLower(norm.NFKC.String(text))
	text = strings.TrimFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	return strings.Join(strings.Fields(text), " ")
}

// wishOf is the message of a part when it asks to be erased.
func (b *bundle) wishOf(part int) bool {
	forget := b.owners[part].Forget
	if len(forget.phrases) == 0 {
		return false
	}
	for _, place := range [][]string{{"message", "text"}, {"text", "body"}, {"value", "message", "text"}} {
		node := b.document.At(b.parts[part].Root, place...)
		if node >= 0 && b.document.Nodes[node].Kind == payload.String && forget.asks(b.document.Text(node)) {
			return true
		}
	}
	return false
}

// wishes erases people who ask for it, when the bot has their message, so that it
// can answer. What fails makes the platform send the message again.
func (p *Proxy) wishes(ctx context.Context, in inbound, b *bundle, chats []chat) *Refusal {
	if p.erasing == nil {
		return nil
	}
	for i := range chats {
		if !b.wishOf(chats[i].part) {
			continue
		}
		if err := p.wish(context.WithoutCancel(ctx), in, b, &chats[i]); err != nil {
			p.config.Metrics.refuse("forget_failed")
			p.config.Log.Warn("", zap.String("event", "forget_failed"), zap.String("account", b.owners[chats[i].part].Name), zap.String("request_id", in.trace))
			return &refuseStore
		}
	}
	return nil
}

// wishFor is how long the second message may take.
const wishFor = 10 * time.Minute

func (p *Proxy) wish(ctx context.Context, in inbound, b *bundle, c *chat) error {
	part, owner := b.parts[c.part], b.owners[c.part]
	now, confirmed := p.config.Now(), !owner.Forget.again
	state, err := p.config.Chats.Memory.Update(ctx, c.conversation, func(s *conversation.State) bool {
		if owner.Forget.again {
			confirmed = s.Wished(now, part.IDs[0], wishFor)
		}
		return owner.Forget.again
	})
	if err != nil {
		return err
	}
	if !confirmed {
		p.answerWish(owner, part.Person.Aliases[0], state.Envelope, "forget")
		return nil
	}
	err = p.erasing.Begin(ctx, owner.Name, part.Person.Aliases, erasure.Order{
		Actor: "person", Way: "phrase", Reason: "the person asked for it in the chat", Request: in.trace, Spare: in.trace,
	})
	if errors.Is(err, erasure.ErrNobody) {
		return nil // it came twice
	}
	if err != nil {
		return err
	}
	p.answerWish(owner, part.Person.Aliases[0], state.Envelope, "forgotten")
	return nil
}

// answerWish tells a person what became of their wish, each once in ten minutes.
// There may be no conversation any more: what is needed to write to them was kept.
func (p *Proxy) answerWish(a *Account, alias string, envelope []byte, key string) {
	token := a.AccessToken()
	if a.Telling.Words == nil || token == "" || len(envelope) == 0 || !p.wished.first(p.config.Now(), a.Name+" "+alias+" "+key) {
		return
	}
	p.aloud(func(ctx context.Context) {
		if p.speak(ctx, a, envelope, a.Telling.Words(a.Language, key), nil) != nil {
			p.config.Metrics.Link("unsent")
			p.config.Log.Warn("", zap.String("event", "unsent"), zap.String("account", a.Name), zap.String("reason", key))
		}
	})
}

// wished knows who was told what in the last ten minutes, in this process.
type wished struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// maxWished bounds it; then all are forgotten, and somebody is told twice.
const maxWished = 4096

func (w *wished) first(now time.Time, what string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last, told := w.last[what]; told && now.Sub(last) < wishFor {
		return false
	}
	if w.last == nil || len(w.last) >= maxWished {
		w.last = map[string]time.Time{}
	}
	w.last[what] = now
	return true
}
