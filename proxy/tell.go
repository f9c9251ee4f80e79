package proxy

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/redact"
)

// Residues keeps what the platform holds of what people typed.
type Residues interface {
	Note(ctx context.Context, c *conversation.Conversation, r conversation.Residue) error
}

// Telling is what piiproxy says to people on its own. The zero value says
// nothing.
type Telling struct {
	NoticeNew   bool     // a privacy notice in a new conversation
	NoticeRisky bool     // the same before a form
	Warn        []string // kinds that are warned of when somebody types one unasked
	// Words are the texts, by language and key: notice, warning, button.
	Words func(language, key string) string
}

// What a person is told, each at most once in a while.
const (
	tellNotice  = "notice"
	tellWarning = "warning"
	onceIn      = 24 * time.Hour // the platforms' window, and a day
)

// maxVoices bounds how many notices and warnings are being sent at once.
const maxVoices = 64

// retention is how long the platforms keep messages, by their own word.
var retention = map[channel.Name]string{
	channel.Messenger: "until the person and the page delete it",
	channel.Instagram: "until the person and the account delete it",
	channel.WhatsApp:  "up to 30 days in the Cloud API, and on the person's devices until deleted",
}

// leftBehind writes down that the platform holds what a person typed of kinds
// that belong into a form. Nothing is lost when it fails: it is tried again with
// the next delivery of the message, and counted.
func (p *Proxy) leftBehind(ctx context.Context, b *bundle, c *chat) {
	if len(c.risky) == 0 || p.config.Chats.Residues == nil {
		return
	}
	name := b.channel.Name()
	for _, id := range slices.Concat(b.parts[c.part].IDs, c.words.earlier) {
		err := p.config.Chats.Residues.Note(context.WithoutCancel(ctx), c.conversation, conversation.Residue{
			Message: id, Kinds: c.risky, At: p.config.Now().UTC(), Platform: string(name), Retention: retention[name],
		})
		if err != nil {
			p.forgot(b.owners[c.part])
		}
	}
}

// talk says to a person what the state of the chat calls for: a notice when the
// conversation is new, a warning when something risky was typed unasked.
func (p *Proxy) talk(a *Account, c *chat, isNew bool) {
	unasked := slices.DeleteFunc(slices.Clone(c.risky), func(kind string) bool {
		return slices.Contains(c.asked, kind) || !slices.Contains(a.Telling.Warn, kind)
	})
	if a.Telling.Words == nil || !(isNew && a.Telling.NoticeNew) && len(unasked)+len(c.media.kinds) == 0 {
		return
	}
	p.aloud(func(ctx context.Context) {
		if isNew && a.Telling.NoticeNew {
			p.notice(ctx, a, c.conversation)
		}
		if len(unasked) > 0 {
			p.warn(ctx, a, c.conversation, unasked)
		}
		if len(c.media.kinds) > 0 {
			p.unseen(ctx, a, c)
		}
	})
}

// aloud says something beside what goes on, if not too much is being said.
func (p *Proxy) aloud(say func(ctx context.Context)) {
	select {
	case p.voices <- struct{}{}:
	default:
		p.config.Metrics.Link("unsent") // the platform is slow: rather say nothing than pile up
		return
	}
	p.speaking.Go(func() {
		defer func() { <-p.voices }()
		defer func() {
			if recover() != nil {
				p.notePanic()
			}
		}()
		ctx, cancel := context.WithTimeout(context.Background(), 2*sayTime)
		defer cancel()
		say(ctx)
	})
}

// saying is something of ours to say: its words' key, more words behind them, and
// how long it is not said again.
type saying struct {
	what, more string
	in         time.Duration
}

// notice sends the privacy notice, once in a window.
func (p *Proxy) notice(ctx context.Context, a *Account, c *conversation.Conversation) {
	p.tell(ctx, a, c, saying{what: tellNotice, in: onceIn})
}

// warn tells a person not to type such things, with a button to a form for them.
func (p *Proxy) warn(ctx context.Context, a *Account, c *conversation.Conversation, kinds []string) {
	p.offer(ctx, a, c, saying{what: tellWarning, in: onceIn}, kinds, capture.Warning)
}

// offer says something with a button to a form for kinds; without one where no
// link can be had.
func (p *Proxy) offer(ctx context.Context, a *Account, c *conversation.Conversation, s saying, kinds []string, source string) {
	var made *ask
	sent := p.tellWith(ctx, a, c, s, func() *capture.Button {
		if p.links == nil {
			return nil
		}
		o := capture.Order{Account: a.Name, Conversation: c, Language: a.Language, Source: source}
		for _, kind := range kinds {
			o.Fields = append(o.Fields, capture.Field{Kind: kind, Need: a.Need[kind]})
		}
		issued, err := p.links.Issue(ctx, o)
		if err != nil {
			return nil
		}
		made = &ask{issued, o.Fields}
		return &capture.Button{Text: a.Telling.Words(a.Language, "button"), URL: issued.URL}
	})
	if made != nil && !sent {
		p.unsent(ctx, a, c, *made)
	}
}

// tell is tellWith without a button.
func (p *Proxy) tell(ctx context.Context, a *Account, c *conversation.Conversation, s saying) bool {
	return p.tellWith(ctx, a, c, s, func() *capture.Button { return nil })
}

// tellWith says something that is said once in a while. That it was said is written
// down before: rather not at all than twice. It reports whether it was said.
func (p *Proxy) tellWith(ctx context.Context, a *Account, c *conversation.Conversation, s saying, button func() *capture.Button) bool {
	said := false
	_, err := p.config.Chats.Memory.Update(ctx, c, func(state *conversation.State) bool {
		said = state.Open(p.config.Now()) && state.Tell(p.config.Now(), s.what, s.in)
		return said
	})
	if err == nil && said {
		label := button()
		words := a.Telling.Words(a.Language, s.what)
		if label != nil && s.more != "" {
			words += " " + s.more
		}
		err = p.Say(ctx, a.Name, c, words, label)
	}
	if err != nil && !errors.Is(err, capture.ErrWindow) {
		p.config.Metrics.Link("unsent")
		p.config.Log.Warn("", zap.String("event", "unsent"), zap.String("account", a.Name), zap.String("reason", s.what))
	}
	return said && err == nil
}

// belongsInForm reports whether policy would ask for a kind in a form.
func belongsInForm(policy *redact.Policy, kind string) bool {
	return policy.Prompts.For(kind) == redact.Capture
}
