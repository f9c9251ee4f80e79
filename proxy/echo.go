package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/store"
)

const (
	// backPrefix is what the keys of what was put into chats start with.
	backPrefix = "echo/"
	// backFor is how long an echo of it may take, as within one instance.
	backFor = time.Hour
	// maxBack bounds what is kept of one chat.
	maxBack = 32
)

// BackPrefix is what the store key of what was put into a chat starts with, from
// the conversation's path.
func BackPrefix(path string) string { return backPrefix + path }

// back is what was put into a chat, sealed under its own data key.
type back struct {
	Text  string    `json:"text"`
	Token string    `json:"token,omitempty"` // "": a mask
	At    time.Time `json:"at"`
}

// noteBack lets other instances know what a call puts into a chat, before the
// platform has it: its echo may come to any of them, and what no rule finds would
// reach the bot. On a store of one process redact remembers it alone.
func (p *Proxy) noteBack(ctx context.Context, a *Account, aliases []string, put []redact.Restored) *Refusal {
	if p.peers == nil || len(put) == 0 || len(aliases) == 0 {
		return nil
	}
	c, err := p.config.Records.Conversations.Find(ctx, a.Name, aliases)
	if errors.Is(err, conversation.ErrUnknown) {
		return nil // masks for somebody who has never written: rules hide what is left
	}
	if err != nil {
		return unsettled(err)
	}
	for range addAttempts {
		list, version, err := p.readBack(ctx, c)
		if err == nil {
			err = p.writeBack(ctx, c, p.joinedBack(list, put), version)
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			break
		}
	}
	return &refuseStore
}

// joinedBack adds to a list what is put into the chat now.
func (p *Proxy) joinedBack(list []back, put []redact.Restored) []back {
	now := p.config.Now()
	var kept []back
	for _, b := range list {
		again := false
		for _, r := range put {
			again = again || r.Text == b.Text
		}
		if !again && now.Sub(b.At) < backFor {
			kept = append(kept, b)
		}
	}
	for _, r := range put {
		kept = append(kept, back{r.Text, r.Token, now})
	}
	return kept[max(0, len(kept)-maxBack):]
}

func backBinding(c *conversation.Conversation) []byte {
	return []byte("piiproxy put back\x00" + c.Account + "\x00" + c.ID)
}

func (p *Proxy) readBack(ctx context.Context, c *conversation.Conversation) ([]back, uint64, error) {
	record, err := p.config.Records.Store.Get(ctx, BackPrefix(c.Path()))
	if errors.Is(err, store.ErrNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	var list []back
	plain, err := c.Open(record.Value, backBinding(c))
	if err != nil || json.Unmarshal(plain, &list) != nil {
		return nil, 0, conversation.ErrTampered
	}
	return list, record.Version, nil
}

func (p *Proxy) writeBack(ctx context.Context, c *conversation.Conversation, list []back, version uint64) error {
	plain, err := json.Marshal(list)
	if err != nil {
		return errors.New("encoding what was put into a chat")
	}
	sealed, err := c.Seal(plain, backBinding(c))
	if err != nil {
		return err
	}
	return p.config.Records.Store.Put(ctx, store.Record{Key: BackPrefix(c.Path()), Value: sealed, Version: version, Expires: p.config.Now().Add(backFor)})
}

// heardBack lets the echoes in a bundle be read with what any instance has put
// into their chats.
func (p *Proxy) heardBack(ctx context.Context, b *bundle) *Refusal {
	if p.peers == nil {
		return nil
	}
	for i, part := range b.parts {
		owner, scope := b.owners[i], b.stretches[i+1].Scope
		if owner == nil || !part.Echo || !part.Person.Known() || scope.Off() {
			continue
		}
		c, err := p.config.Records.Conversations.Find(ctx, owner.Name, part.Person.Aliases)
		if errors.Is(err, conversation.ErrUnknown) {
			continue
		}
		if err != nil {
			return unsettled(err)
		}
		list, _, err := p.readBack(ctx, c)
		if err != nil {
			return unsettled(err)
		}
		for _, r := range list {
			if p.config.Now().Sub(r.At) < backFor {
				scope.Back = append(scope.Back, redact.Restored{Text: r.Text, Token: r.Token})
			}
		}
	}
	return nil
}
