package proxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/payload"
)

// sayTime bounds a message of our own: somebody waits at a form.
const sayTime = 10 * time.Second

// errSay says that the platform did not take a message of ours. The cause is not
// shown: it holds the URL, or quotes the message.
var errSay = errors.New("sending a message into the chat: the platform did not take it; check access_token and graph_url")

// Say sends a message of piiproxy's own into a chat, under the account's access
// token: a confirmation, a code, a notice. It is capture.ErrWindow when there is
// no token, the person is not known, or has not written for a day.
func (p *Proxy) Say(ctx context.Context, account string, c *conversation.Conversation, text string, button *capture.Button) error {
	a, ok := p.config.Tenants.Account(account)
	if !ok {
		return ErrNoAccount
	}
	state, err := p.config.Chats.Memory.Recall(ctx, c)
	if err != nil {
		return err
	}
	token := a.AccessToken()
	if token == "" || len(state.Envelope) == 0 || !state.Open(p.config.Now()) {
		return capture.ErrWindow
	}
	return p.speak(ctx, a, state.Envelope, text, button)
}

// speak sends a message of our own to the person of an envelope.
func (p *Proxy) speak(ctx context.Context, a *Account, envelope []byte, text string, button *capture.Button) error {
	var label *channel.Button
	if button != nil {
		label = &channel.Button{Label: button.Text, URL: button.URL}
	}
	out, err := a.Channel.Say(envelope, text, label, p.mark(a))
	if err != nil {
		return err
	}
	if err := p.saying(ctx, a, envelope, text); err != nil {
		return errSay
	}
	return p.post(ctx, a, out, a.AccessToken())
}

// mark is what messages of our own carry, so that any instance knows them again.
func (p *Proxy) mark(a *Account) string {
	return "piiproxy " + logHash(p.config.Records.Keys.PRF("said by us", a.Name))
}

// saidByUs reports whether a part of a delivery is about a message that piiproxy
// sent on its own: the bot does not know it, and it may hold a code for a form. A
// receipt that names a message of the bot's, too, is none.
func (p *Proxy) saidByUs(ctx context.Context, b *bundle, i int) (bool, error) {
	part, owner := b.parts[i], b.owners[i]
	if !part.Sent || owner == nil {
		return false, nil
	}
	if mark := b.channel.Said(b.document, part); mark != "" && mark == p.mark(owner) {
		return true, nil
	}
	if !slices.ContainsFunc(part.IDs, func(id string) bool { return !p.said.has(id) }) {
		return true, nil
	}
	if part.Echo && b.channel.Name() == channel.Instagram && part.Person.Known() {
		return p.saidThis(ctx, b.document, part, owner)
	}
	return false, nil
}

// saidThis knows a message of our own by its words and its reader: Instagram gives
// no mark back, and an echo may be faster than the answer that names its id, or
// come to another instance.
func (p *Proxy) saidThis(ctx context.Context, d *payload.Document, part channel.Part, owner *Account) (bool, error) {
	text := d.At(part.Root, "message", "text")
	if text < 0 {
		return false, nil
	}
	words := p.config.Records.Conversations.Hash(owner.Name, part.Person.Aliases[0]) + " " + d.Text(text)
	if p.said.has(words) {
		return true, nil
	}
	return p.saidElsewhere(ctx, words)
}

// saying notes the words of a message of our own before it is sent.
func (p *Proxy) saying(ctx context.Context, a *Account, envelope []byte, text string) error {
	if a.Channel.Name() != channel.Instagram {
		return nil
	}
	body, err := a.Channel.Resume(envelope, "x", "x", p.config.Now())
	if err != nil {
		return nil
	}
	for _, lane := range p.lanesOf(a, body) {
		words := conversationOf(lane) + " " + text
		p.said.add([]string{words})
		if err := p.noteSaid(ctx, words); err != nil {
			return err
		}
	}
	return nil
}

// withoutOurs takes what is about messages of our own out of a bundle; nil when
// nothing is left for the bot.
func (p *Proxy) withoutOurs(ctx context.Context, in inbound, b bundle) (*bundle, *Refusal) {
	ours := map[int]bool{}
	for i := range b.parts {
		said, err := p.saidByUs(ctx, &b, i)
		if err != nil {
			return nil, &refuseStore
		}
		if said {
			ours[i] = true
		}
	}
	if len(ours) == 0 {
		return &b, nil
	}
	rest, err := p.apart(in.rules, b.account.App, b.channel, b.document, b.parts, func(i int) bool { return ours[i] })
	if err != nil {
		return nil, &refuseInternal
	}
	return rest, nil
}

// post sends a call of our own to the platform.
func (p *Proxy) post(ctx context.Context, a *Account, out channel.Outgoing, token string) error {
	ctx, cancel := context.WithTimeout(ctx, sayTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target(a.Graph, out.Path, "").String(), bytes.NewReader(out.Body))
	if err != nil {
		return errSay
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(token))
	request.Header.Set("User-Agent", "piiproxy")
	try, ok := p.circuits.platforms[a].begin(p.config.Now())
	if !ok {
		return errSay
	}
	response, err := p.forward.transport.RoundTrip(request) // no client: it would follow redirects
	if err != nil {
		try.failed(err, p.config.Now(), false)
		return errSay
	}
	try.answered()
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxBotAnswer))
	if err != nil || response.StatusCode < 200 || response.StatusCode > 299 {
		return errSay
	}
	if document, err := payload.Parse(raw, p.config.Limits.Payload); err == nil {
		ids := a.Channel.Answer(document).IDs
		p.sent.add(ids) // its echo is no foreign send
		p.said.add(ids) // and no business of the bot's
		document.Free()
	}
	return nil
}
