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
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// Links makes links to secure forms and serves them. *capture.Book is one.
type Links interface {
	Issue(ctx context.Context, o capture.Order) (capture.Issued, error)
	// Progress says that a person told some of these kinds: swaps count anew.
	Progress(ctx context.Context, c *conversation.Conversation, kinds []string) error
	// Unsent says that the person never got a message with this link for these
	// fields.
	Unsent(ctx context.Context, c *conversation.Conversation, issued capture.Issued, fields []capture.Field) error
	// Handler serves the forms, below /c/.
	Handler() http.Handler
}

// Conduct is how an account's prompts are handled, beside its policy.
type Conduct struct {
	// Need is how much of a kind a form asks for; kinds that are absent: all.
	Need map[string]string
	// RefuseTemplates refuses approved templates that ask for what is captured.
	RefuseTemplates bool
	// Wording is what stands in the place of a question for these fields; nil: no
	// prompt is swapped.
	Wording func(language string, fields []capture.Field) channel.Wording
	// Telling is what piiproxy says to people on its own.
	Telling Telling
	// Prefixes are the beginnings of links to the account's forms, up to the id.
	Prefixes []string
	// Forget are the messages with which people ask to be erased.
	Forget Forget
}

// Reasons of prompts that are not passed on as they are.
const (
	reasonSwapped   = "prompt_swapped"
	reasonTemplate  = "prompt_in_template"
	reasonNoLinks   = "prompt_no_form"     // no public_url, or no words for a form
	reasonNoIDs     = "prompt_ids_unknown" // the person has never written
	reasonCapped    = "links_capped"
	reasonStalled   = "prompt_stalled"
	reasonElsewhere = "prompt_elsewhere" // in words that are not the message's text
)

// swapReasons lists those that refuse a call.
func swapReasons() []string {
	return append([]string{reasonTemplate, reasonNoLinks, reasonNoIDs, reasonCapped, reasonStalled, reasonElsewhere}, channel.SwapReasons()...)
}

// ruleWordless stands for the rule of a request that is made without words.
const ruleWordless = "wordless"

// prompted handles what a call asks a person for: it is remembered, and where
// policy says so the question becomes a button to a secure form in the same call.
// raw is the call as redact left it, and so is the result without a swap.
func (p *Proxy) prompted(ctx context.Context, x *exchange, scope *redact.Scope, result redact.Result) ([]byte, *Refusal) {
	wordless := x.account.Channel.Wordless(x.document)
	asks := slices.Clone(result.Prompts)
	for _, w := range wordless {
		asks = append(asks, rules.Ask{Rule: ruleWordless, Asks: []string{w.Kind}})
	}
	x.record.prompts = asks
	p.countAsked(x.account, kindsAsked(asks), false)
	asks = expected(x.account.Policy, asks)
	if refused := p.heard(ctx, x, asks); refused != nil {
		return nil, refused
	}
	if !x.send.Message || scope.Mode != rules.Enforce || !captured(x.account.Policy, asks) {
		return result.Bytes, nil
	}
	if !x.send.Person.Known() {
		return nil, refusedPrompt(string(redact.PromptNoOne))
	}
	if x.account.Channel.IsTemplate(x.document) {
		if x.account.RefuseTemplates {
			return nil, refusedPrompt(reasonTemplate)
		}
		x.record.reason = reasonTemplate
		return result.Bytes, nil
	}
	return p.swap(ctx, x, scope, result.Bytes)
}

func refusedPrompt(reason string) *Refusal {
	f := refusePrompt.because(reason)
	return &f
}

// captured reports whether policy captures one of the kinds that are asked for.
func captured(policy *redact.Policy, asks []rules.Ask) bool {
	return slices.ContainsFunc(asks, func(ask rules.Ask) bool {
		return slices.ContainsFunc(ask.Asks, func(kind string) bool { return belongsInForm(policy, kind) })
	})
}

// swap puts a button to a secure form in the place of the questions in a call.
func (p *Proxy) swap(ctx context.Context, x *exchange, scope *redact.Scope, raw []byte) ([]byte, *Refusal) {
	if p.links == nil || x.account.Wording == nil {
		return nil, refusedPrompt(reasonNoLinks)
	}
	document, err := p.edited(raw)
	if err != nil {
		return nil, &refuseInternal
	}
	defer document.Free()
	q := questions{policy: x.account.Policy, need: x.account.Need, scope: scope}
	if refused := q.read(x.account.Channel, document); refused != nil {
		return nil, refused
	}
	issued, refused := p.issue(ctx, x, q.fields)
	if refused != nil {
		return nil, refused
	}
	swapped, err := x.account.Channel.Swap(document, q.asks, x.account.Wording(x.account.Language, q.fields), issued.URL)
	if err != nil {
		p.unsent(ctx, x.account, x.conversation, ask{issued, q.fields})
		return nil, refusedPrompt(swapReason(err))
	}
	if x.account.Telling.NoticeRisky && x.account.Telling.Words != nil {
		p.notice(ctx, x.account, x.conversation)
	}
	x.record.reason, x.swapped = reasonSwapped, &ask{issued, q.fields}
	p.countAsked(x.account, kindsOfFields(q.fields), true)
	p.config.Metrics.dropped(swapped.Dropped)
	return swapped.Raw, nil
}

// ask is a link that takes the place of a question.
type ask struct {
	link   capture.Issued
	fields []capture.Field
}

// unsent takes a link back that the person never got.
func (p *Proxy) unsent(ctx context.Context, a *Account, c *conversation.Conversation, asked ask) {
	if p.links.Unsent(context.WithoutCancel(ctx), c, asked.link, asked.fields) != nil {
		p.forgot(a)
	}
}

func swapReason(err error) string {
	var cannot *channel.CannotSwap
	if errors.As(err, &cannot) {
		return cannot.Reason
	}
	return channel.ReasonShape
}

// known sees that the bot can be told in the person's name that the form was
// filled in: by what their own messages taught, or by the ids that the
// configuration has.
func (p *Proxy) known(ctx context.Context, x *exchange) *Refusal {
	_, err := p.envelope(ctx, x.account, x.conversation)
	if !errors.Is(err, capture.ErrUnknownIDs) {
		return unsettledOrNil(err)
	}
	envelope, ok := x.account.Channel.ConfiguredEnvelope(channel.Configured{Account: x.account.ID, Business: x.account.Business}, x.send.Person)
	if !ok {
		return refusedPrompt(reasonNoIDs)
	}
	_, err = p.config.Chats.Memory.Update(ctx, x.conversation, func(s *conversation.State) bool {
		unknown := len(s.Envelope) == 0
		if unknown {
			s.Envelope = envelope
		}
		return unknown
	})
	return unsettledOrNil(err)
}

// issue gets a link for the fields.
func (p *Proxy) issue(ctx context.Context, x *exchange, fields []capture.Field) (capture.Issued, *Refusal) {
	if refused := p.known(ctx, x); refused != nil {
		return capture.Issued{}, refused
	}
	issued, err := p.links.Issue(ctx, capture.Order{
		Account: x.account.Name, Conversation: x.conversation, Fields: fields, Language: x.account.Language, Source: capture.Prompt,
	})
	switch {
	case errors.Is(err, capture.ErrCapped):
		return issued, refusedPrompt(reasonCapped)
	case errors.Is(err, capture.ErrStalled):
		p.config.Log.Error("", zap.String("event", reasonStalled), zap.String("account", x.account.Name), zap.String("request_id", x.record.trace))
		return issued, refusedPrompt(reasonStalled)
	case errors.Is(err, capture.ErrOrder):
		return issued, refusedPrompt(reasonNoLinks)
	case err != nil:
		return issued, unsettled(err)
	}
	return issued, nil
}
