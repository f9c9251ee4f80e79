package proxy

import (
	"context"
	"slices"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// carriers are parameters that carry a message, or register a webhook. A call that
// only reads has no use for them in its query.
var carriers = []string{"batch", "message", "recipient", "to", "text", "callback_url", "override_callback_uri", "body", "attachment", "payload"}

// plainName says that a parameter's name is one that every parser reads the same
// way, and can hold no value: brackets, dots and spaces are folded by some.
func plainName(name string) bool {
	digits := 0
	for _, c := range []byte(name) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c != '_' && c != '-' && (c|0x20 < 'a' || c|0x20 > 'z'):
			return false
		}
	}
	return name != "" && digits < 7
}

// credentials are query parameters that are secret and never scanned.
var credentials = []string{"access_token", "appsecret_proof", "appsecret_time", "input_token", "client_secret", "fb_exchange_token", "code"}

// judge rewrites a call's parameters and judges the rest of its query. It needs no
// request: a call that is one of several in a batch has none of its own.
func (p *Proxy) judge(ctx context.Context, x *exchange) *Refusal {
	if !x.plainQuery() {
		return &refuseQuery
	}
	if refused := x.doubts(); refused != nil {
		return refused
	}
	x.send.Message = false
	if x.document != nil {
		if refused := p.register(x); refused != nil {
			return refused
		}
		x.send = x.account.Channel.Send(x.document)
	}
	if refused := p.rated(x); refused != nil {
		return refused
	}
	scope := p.scope(x.rules, x.account, rules.Outbound, x.send.Person)
	x.converse(p, scope.Aliases)
	if scope.Off() {
		return nil
	}
	if refused := p.judgeQuery(ctx, x, &scope); refused != nil {
		return refused
	}
	if x.document == nil {
		return nil
	}
	return p.judgeParameters(ctx, x, &scope)
}

// rated counts a call against the rates of its account and of the person that it
// sends to. Each call of a batch counts for itself.
func (p *Proxy) rated(x *exchange) *Refusal {
	now, rates := p.config.Now(), p.config.Limits.Rates
	if !x.account.calls.rate.take(rates.Calls, now) {
		return &refuseCalls
	}
	if x.send.Person.Known() && !p.persons.take(x.account.Name, x.send.Person.Aliases[0], now) {
		x.account.calls.rate.put(rates.Calls) // the others' calls need it
		return &refusePerson
	}
	return nil
}

// plainQuery says that what is left of the query carries no message, and names
// that all read alike.
func (x *exchange) plainQuery() bool {
	for name := range x.query {
		if !plainName(name) || slices.Contains(carriers, name) {
			return false
		}
	}
	return true
}

// converse notes whose conversation the call is in.
func (x *exchange) converse(p *Proxy, aliases []string) {
	if len(aliases) > 0 {
		x.record.conversations = []string{p.config.Records.Conversations.Hash(x.account.Name, aliases[0])}
	}
}

// judgeParameters rewrites the parameters.
func (p *Proxy) judgeParameters(ctx context.Context, x *exchange, scope *redact.Scope) *Refusal {
	if refused := p.meet(ctx, x); refused != nil {
		return refused
	}
	scope.Captured = x.state.Captured
	var seen sightings
	result, err := p.config.Engine.Rewrite(ctx, redact.Body{
		Document: x.document, Channel: x.account.Channel, Table: x.account.Channel.Request(), Stretches: []redact.Stretch{{Scope: scope}}, Observe: p.observe(&seen),
		Relink: p.untickets(x.account),
	})
	p.review(rules.Outbound, seen, func(int) whose { return whose{x.account, firstAlias(x.send.Person)} })
	if err != nil {
		return unsettled(err)
	}
	p.config.Metrics.scanned(result.Took)
	x.record.found(result)
	if result.Overrun {
		return &refuseOverrun
	}
	if reason, ok := result.Refusals[0]; ok {
		f := refusePolicy.because(string(reason))
		x.record.bytesOut = 0
		return &f
	}
	raw, refused := p.prompted(ctx, x, scope, result)
	if refused != nil {
		x.record.bytesOut = 0
		return refused
	}
	if refused := p.noteBack(ctx, x.account, scope.Aliases, result.Back); refused != nil {
		x.record.bytesOut = 0
		return refused
	}
	if !same(raw, x.document.Raw) {
		x.document = &payload.Document{Raw: raw}
	}
	return nil
}

// judgeQuery refuses a call whose query holds what policy would change: the
// query of a call is not edited.
func (p *Proxy) judgeQuery(ctx context.Context, x *exchange, scope *redact.Scope) *Refusal {
	for name, values := range x.query {
		if slices.Contains(credentials, name) || untouched(x.account.Channel.Request().Root().Member(name).Class()) {
			continue
		}
		for _, value := range values {
			result, err := p.config.Engine.Text(ctx, value, scope)
			if err != nil {
				return unsettled(err)
			}
			x.record.tallies = append(x.record.tallies, result.Tallies...)
			if result.Edited || len(result.Refusals) > 0 {
				x.record.found(result.Result)
				f := refusePolicy.because("value_in_query")
				return &f
			}
		}
	}
	return nil
}

// untouched says that a place holds an id, structure or a link: never scanned,
// because ids look like cards.
func untouched(class channel.Class) bool {
	switch class {
	case channel.Structural, channel.Routing, channel.URL, channel.Opaque:
		return true
	}
	return false
}
