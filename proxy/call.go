package proxy

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
)

// call takes a Graph call of a bot.
func (p *Proxy) call(w http.ResponseWriter, r *http.Request) {
	x := &exchange{started: p.config.Now(), method: r.Method, header: w.Header(), holding: held{gate: &p.calls}, record: &record{event: "call", direction: "outbound", reason: reasonFine, trace: newTrace()}}
	x.record.started = x.started
	x.from = origin{host: r.Host, secure: r.TLS != nil}
	x.rules = p.config.Tenants.Rules()
	x.record.rules = x.rules.Version
	defer x.free()
	// Bounded, and not cancelled when the bot stops listening, or has only said
	// that it sends no more: half a step is worse than all of it.
	r = r.WithContext(callContext{p.forward.deadlines.at(x.started), x})
	target, refused := p.prepare(w, r, x)
	if refused != nil {
		if x.swapped != nil { // the person never gets the link
			p.unsent(r.Context(), x.account, x.conversation, *x.swapped)
		}
		p.refuseCall(w, x, *refused)
		return
	}
	if x.record.reason == reasonAbsorbed {
		p.log(x.record)
		return
	}
	x.sent = p.config.Now()
	var open bool
	if x.try, open = p.begin(x); !open {
		x.refused = &refuseGraphOpen
		p.refuseCall(w, x, refuseGraphOpen)
		p.settle(r.Context(), x)
		return
	}
	x.passed = true
	p.forward.serve(w, r, target)
	x.streamed()
	if x.refused != nil {
		p.logged(x.record, *x.refused)
	} else {
		p.log(x.record)
	}
	p.settle(r.Context(), x)
}

// settle draws the consequences of what became of a call, or of each in a batch.
func (p *Proxy) settle(ctx context.Context, x *exchange) {
	if x.batch != nil {
		p.settleBatch(ctx, x)
		return
	}
	p.sentOrNot(ctx, x)
}

// begin asks the circuit to the platform's API. Files come from elsewhere.
func (p *Proxy) begin(x *exchange) (attempt, bool) {
	if x.file {
		return attempt{}, true
	}
	return p.circuits.platforms[x.account].begin(x.sent)
}

// free says whether a call of the account can be worked on now.
func (p *Proxy) free(x *exchange) *Refusal {
	if p.circuits.platforms[x.account].open(p.config.Now()) {
		return &refuseGraphOpen // before a form is made for it
	}
	return x.holding.of(&x.account.calls, p.config.Limits.Admission.PerAccount)
}

// exchangeKey finds the exchange in a request's context.
type exchangeKey struct{}

// refuseCall answers the bot in Graph's shape.
func (p *Proxy) refuseCall(w http.ResponseWriter, x *exchange, f Refusal) {
	p.logged(x.record, f)
	graphRefusal(w, f, x.record.trace)
}

// prepare finds the account, reads and rewrites the body and leaves the
// request ready to be forwarded to the address it returns.
func (p *Proxy) prepare(w http.ResponseWriter, r *http.Request, x *exchange) (*url.URL, *Refusal) {
	if p.fetches(r) {
		return p.fetch(r, x)
	}
	account, path := p.config.Tenants.call(r, r.URL.EscapedPath())
	x.from.prefix = strings.TrimSuffix(r.URL.EscapedPath(), path)
	call, err := channel.ParseCall(r.Method, path)
	if err != nil {
		return nil, &refuseTarget
	}
	x.call, x.path = call, path
	if x.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return nil, &refuseQuery
	}
	if account != nil {
		x.own(account, p)
	}
	streamed, refused := p.parameters(w, r, x)
	if refused != nil {
		return nil, refused
	}
	if refused := x.holding.enter(); refused != nil {
		return nil, refused
	}
	if account == nil {
		var certain bool
		account, certain = p.config.Tenants.token(p.config.Records.Keys, tokensOf(r, x.query, x.document))
		if account != nil {
			x.own(account, p)
		} else if !certain || !x.isBatch() {
			return nil, &refuseAccount
		}
	}
	if x.isBatch() {
		return p.prepareBatch(w, r, x, path)
	}
	if refused := p.free(x); refused != nil {
		return nil, refused
	}
	answer, refused := p.absorb(x)
	if answer != nil {
		answerOurs(w, answer)
	}
	if answer != nil || refused != nil {
		return nil, refused
	}
	if refused := p.judge(r.Context(), x); refused != nil {
		return nil, refused
	}
	if refused := p.judgeFiles(r.Context(), x); refused != nil {
		return nil, refused
	}
	if refused := x.put(r); refused != nil {
		return nil, refused
	}
	if streamed {
		return target(account.Graph, path, r.URL.RawQuery), p.upload(w, r, account)
	}
	withoutOffsets(r.Header)
	return target(account.Graph, path, r.URL.RawQuery), nil
}

// tokensOf gives the access tokens that a call carries.
func tokensOf(r *http.Request, query url.Values, document *payload.Document) []string {
	tokens := slices.Clone(query["access_token"])
	for _, header := range r.Header["Authorization"] {
		if scheme, token, ok := strings.Cut(header, " "); ok && (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "OAuth")) {
			tokens = append(tokens, strings.TrimSpace(token))
		}
	}
	if document != nil {
		if node := document.Child(0, "access_token"); node >= 0 && document.Nodes[node].Kind == payload.String {
			tokens = append(tokens, document.Text(node))
		}
	}
	return tokens
}

// target is where a call goes: scheme, host and base path come from the
// configuration only, the rest is the path that ParseCall has accepted.
func target(graph *url.URL, path, query string) *url.URL {
	u := *graph
	decoded, err := url.PathUnescape(path)
	if err != nil {
		decoded = path
	}
	base := strings.TrimSuffix(graph.Path, "/")
	u.Path, u.RawPath, u.RawQuery, u.User, u.Fragment = base+decoded, strings.TrimSuffix(graph.EscapedPath(), "/")+path, query, nil, ""
	return &u
}

// parseReason is the closed reason of a body that is not strict JSON.
func parseReason(err error) string {
	var problem *payload.Error
	if errors.As(err, &problem) {
		return parsePrefix + problem.Reason
	}
	return refuseSyntax.Reason
}
