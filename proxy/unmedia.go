package proxy

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// ruleMedia stands for the rule of a file that policy keeps from the bot.
const ruleMedia = "media"

// capturesMedia is the action of a media table that offers a form in the place of
// a file.
const capturesMedia = "capture"

// kept is what policy keeps from the bot of the files in a message.
type keptMedia struct {
	kinds    []string // image, audio, …
	captures bool     // a form is offered for what the bot asked
}

// action is what a media table says of a kind.
func mediaAction(table map[string]string, kind string) string {
	if action, ok := table[kind]; ok {
		return action
	}
	return table["default"]
}

// withoutMedia takes the files that policy keeps from the bot out of the messages
// of a bundle: words in brackets stand in their place. Where no account of the
// bundle keeps any, nothing is looked at.
func (p *Proxy) withoutMedia(in inbound, b bundle) (bundle, *Refusal) {
	var edits []payload.Edit
	var tallies []redact.Tally
	kept := map[string]keptMedia{}
	for i, part := range b.parts {
		owner := b.owners[i]
		if owner == nil || passesAll(owner.Media.Inbound) || b.stretches[i+1].Scope.Off() {
			continue
		}
		mode := b.stretches[i+1].Scope.Mode
		gone, found := keepMedia(owner, b.channel.Media(b.document, part))
		for _, kind := range found.kinds {
			tallies = append(tallies, redact.Tally{Rule: ruleMedia, Kind: kind, Action: redact.Block, Mode: mode, Count: 1})
		}
		if len(gone) == 0 || mode != rules.Enforce {
			continue
		}
		edits = append(edits, b.channel.WithoutMedia(b.document, part, gone, wordsFor(found.kinds))...)
		if len(part.IDs) > 0 {
			kept[part.IDs[0]] = found
		}
	}
	if len(edits) == 0 {
		b.media.tallies = tallies
		return b, nil
	}
	raw, err := payload.Splice(b.document.Raw, edits)
	if err != nil {
		return b, &refuseInternal
	}
	rest, err := p.read(in.rules, b.account.App, b.channel, raw)
	if err != nil {
		return b, &refuseInternal
	}
	rest.account, rest.media = b.account, bundleMedia{tallies, kept}
	return *rest, nil
}

// bundleMedia is what was taken out of a bundle, by the message's id.
type bundleMedia struct {
	tallies []redact.Tally
	kept    map[string]keptMedia
}

// keepMedia tells which of the files in a message an account's policy keeps back.
func keepMedia(a *Account, media []channel.Medium) (gone []channel.Medium, found keptMedia) {
	for _, m := range media {
		action := mediaAction(a.Media.Inbound, m.Kind)
		if action == pass {
			continue
		}
		gone = append(gone, m)
		found.captures = found.captures || action == capturesMedia
		if !slices.Contains(found.kinds, m.Kind) {
			found.kinds = append(found.kinds, m.Kind)
		}
	}
	return gone, found
}

// wordsFor stand in the place of files, as names in brackets do for values.
func wordsFor(kinds []string) string {
	var words []string
	for _, kind := range kinds {
		words = append(words, redact.Placeholder(kind))
	}
	return strings.Join(words, " ")
}

// tellMedia is what a person is told whose file did not reach the bot, at most once
// in mediaIn: several pictures come one by one.
const (
	tellMedia = "media"
	mediaIn   = 10 * time.Minute
)

// unseen tells a person that a file was not passed on, with a button to a form for
// what the bot had asked where policy says so.
func (p *Proxy) unseen(ctx context.Context, a *Account, c *chat) {
	kinds := c.asked
	if !c.media.captures {
		kinds = nil
	}
	kinds = slices.DeleteFunc(slices.Clone(kinds), func(kind string) bool { return !belongsInForm(a.Policy, kind) })
	if len(kinds) == 0 || a.Wording == nil || p.links == nil {
		p.tell(ctx, a, c.conversation, saying{what: tellMedia, in: mediaIn})
		return
	}
	var fields []capture.Field
	for _, kind := range kinds {
		fields = append(fields, capture.Field{Kind: kind, Need: a.Need[kind]})
	}
	lead := a.Wording(a.Language, fields).Lead
	p.offer(ctx, a, c.conversation, saying{what: tellMedia, more: lead, in: mediaIn}, kinds, capture.Warning)
}
