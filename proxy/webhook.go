package proxy

import (
	"context"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// maxChallenge bounds what a handshake reflects (threats.md W6).
const maxChallenge = 256

// handshake answers the platform's GET verification.
func (p *Proxy) handshake(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	app := p.config.Tenants.apps[r.PathValue("app")]
	challenge, token := query.Get("hub.challenge"), query.Get("hub.verify_token")
	right := false
	if app != nil {
		right = subtle.ConstantTimeCompare([]byte(token), []byte(app.VerifyToken())) == 1 && app.VerifyToken() != ""
	}
	if !right || query.Get("hub.mode") != "subscribe" || !printable(challenge) {
		f := refuseHandshake
		if !p.handshakes.allowed(p.Client(r)) {
			f = refuseGuesses
		}
		p.refuseDoor(w, f, plainRefusal)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write([]byte(challenge))
}

// printable says that a challenge is 1 to 256 printable ASCII characters.
func printable(challenge string) bool {
	for _, c := range []byte(challenge) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return challenge != "" && len(challenge) <= maxChallenge
}

// refuseDoor logs, counts and answers a refusal that belongs to no account.
func (p *Proxy) refuseDoor(w http.ResponseWriter, f Refusal, refuse answer) {
	trace := newTrace()
	p.config.Metrics.refuse(f.Reason)
	p.config.Log.Warn("", doorFields(f, trace)...)
	refuse(w, f, trace)
}

// inbound is one webhook on its way to the bots.
type inbound struct {
	app     *App
	rules   *Rulebook // that the whole delivery is judged by
	body    []byte
	trace   string
	started time.Time
	hash    string // keyed hash of the delivery, for logs
	header  http.Header
	// again is set where an operator puts something back on its way: it keeps the
	// reason for which that would be set aside once more.
	again   *atomic.Pointer[string]
	lastTry bool // what the rules cannot judge in time is hidden now
}

// webhook takes a signed delivery.
func (p *Proxy) webhook(w http.ResponseWriter, r *http.Request) {
	in := inbound{app: p.config.Tenants.apps[r.PathValue("app")], trace: newTrace(), started: p.config.Now(), header: r.Header}
	in.rules = p.config.Tenants.Rules()
	if in.app == nil || !signatureShaped(r.Header) {
		p.refuseInbound(w, in, refuseSignature) // nothing that could come is read
		return
	}
	holding := held{gate: &p.public}
	defer holding.leave()
	body, refused := p.readBody(w, r, &holding)
	if refused == nil {
		refused = p.signed(in.app, body, r.Header)
	}
	if refused != nil {
		p.refuseInbound(w, in, *refused)
		return
	}
	in.body = body
	in.hash = logHash(p.config.Records.Keys.PRF("delivery", in.app.Name, signatureOf(r.Header)))
	ctx := p.delivery.deadlines.at(in.started) // not the caller's: see call
	bundles, refused := p.receive(ctx, in)
	if refused != nil {
		p.refuseInbound(w, in, *refused)
		return
	}
	if refused := p.admit(&holding, bundles, in.started); refused != nil {
		p.refuseInbound(w, in, *refused)
		return
	}
	status, refused := p.each(ctx, in, bundles)
	if refused != nil {
		plainRefusal(w, *refused, in.trace) // the bundle's record has been logged
		return
	}
	w.WriteHeader(status)
}

// signatureOf is the header that was checked: it stands for the body, is shorter,
// and the same when the platform sends the same again.
func signatureOf(h http.Header) string {
	if strong := h.Get("X-Hub-Signature-256"); strong != "" {
		return strong
	}
	return h.Get("X-Hub-Signature")
}

// signatureFor is the signature that came, where it is the very one that would be
// made: nothing was changed, and the bot shares the app's only secret.
func (in inbound) signatureFor(a *Account, body []byte) string {
	secrets := in.app.Secrets()
	strong := in.header.Get("X-Hub-Signature-256")
	if len(secrets) != 1 || secrets[0] != a.Bot.Secret() || strong != strings.ToLower(strong) || !same(body, in.body) {
		return ""
	}
	return strong
}

// same says that two slices are one, not that they are equal.
func same(a, b []byte) bool { return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0] }

// signatureShaped says that a request has a signature at all, which needs no
// reading of its body.
func signatureShaped(h http.Header) bool {
	return len(h["X-Hub-Signature-256"]) == 1 || len(h["X-Hub-Signature"]) == 1
}

// signed checks the signature over the raw bytes, before anything reads them.
// An unknown app takes the same way as a wrong signature.
func (p *Proxy) signed(app *App, body []byte, header http.Header) *Refusal {
	secrets, sha1 := []string{"no such app"}, false
	if app != nil {
		secrets = app.Secrets()
		sha1 = len(app.SHA1) > 0
	}
	if err := channel.Verify(secrets, body, header, sha1); err != nil || app == nil {
		return &refuseSignature
	}
	if sha1 && len(header["X-Hub-Signature-256"]) == 0 && !sha1Allowed(app, body) {
		return &refuseSignature
	}
	if ok, charset := isJSON(header["Content-Type"]); charset != nil {
		return charset
	} else if !ok {
		return &refuseMediaType
	}
	return nil
}

// receive reads a delivery whose signature is good. What can never be passed on
// has been set aside; then there may be no bundles at all.
func (p *Proxy) receive(ctx context.Context, in inbound) ([]bundle, *Refusal) {
	document, err := payload.Parse(in.body, p.config.Limits.Payload)
	if err != nil {
		return nil, p.repeatedly(ctx, in, refuseSyntax.because(parseReason(err)))
	}
	ch, ok := channel.ByObject(document.Text(max(0, document.Child(0, "object"))))
	if !ok {
		return nil, p.setAside(ctx, in, aside{reason: "object_unknown", body: in.body})
	}
	parts, err := ch.Delivery(document)
	if err != nil {
		return nil, p.setAside(ctx, in, aside{reason: "shape_unknown", body: in.body})
	}
	return p.bundles(ctx, in, ch, document, parts)
}

// admit says whether a delivery may be worked on now: all of it or none, because
// the platform sends all of it again. What is refused for one account takes nothing
// from the others.
func (p *Proxy) admit(holding *held, bundles []bundle, now time.Time) *Refusal {
	for i := range bundles {
		if refused := holding.of(&bundles[i].account.webhooks, p.config.Limits.Admission.PerAccount); refused != nil {
			return refused
		}
	}
	rate := p.config.Limits.Rates.Webhooks
	for i := range bundles {
		if bundles[i].account.webhooks.rate.take(rate, now) {
			continue
		}
		for _, had := range bundles[:i] {
			had.account.webhooks.rate.put(rate)
		}
		return &refuseWebhooks
	}
	return nil
}

// each sends every bundle on, side by side: a bot that fails or is slow keeps no
// other from its part. One that fails makes the platform send all again: bots
// drop repeats, which Meta itself makes.
func (p *Proxy) each(ctx context.Context, in inbound, bundles []bundle) (int, *Refusal) {
	if len(bundles) == 1 {
		return p.bundle(ctx, in, bundles[0])
	}
	statuses, refusals := make([]int, len(bundles)), make([]*Refusal, len(bundles))
	var all sync.WaitGroup
	for i, b := range bundles {
		all.Go(func() {
			defer p.caught(&refusals[i])
			statuses[i], refusals[i] = p.bundle(ctx, in, b)
		})
	}
	all.Wait()
	status := http.StatusOK
	for i, got := range statuses {
		if refusals[i] != nil {
			return 0, refusals[i]
		}
		if got < 200 || got > 299 {
			status = got
		}
	}
	return status, nil
}

// bundle rewrites and delivers what is for one bot.
func (p *Proxy) bundle(ctx context.Context, in inbound, b bundle) (int, *Refusal) {
	record := p.newRecord(in, b)
	rest, refusal := p.withoutOurs(ctx, in, b)
	if rest == nil {
		if refusal != nil {
			return 0, p.logged(record, *refusal)
		}
		record.reason = reasonAbsorbed
		p.log(record)
		return http.StatusOK, nil
	}
	b, refusal = p.withoutMedia(in, *rest)
	if refusal != nil {
		return 0, p.logged(record, *refusal)
	}
	glance := p.glance(ctx, b)
	chats, refusal := p.recall(ctx, &b)
	if refusal != nil {
		return p.again(ctx, in, b, record, *refusal)
	}
	if refusal := p.heardBack(ctx, &b); refusal != nil {
		return p.again(ctx, in, b, record, *refusal)
	}
	result, err := p.rewrite(ctx, in, b, chats)
	if err != nil || result.Overrun {
		return p.again(ctx, in, b, record, overrun(result, err))
	}
	if len(result.Refusals) > 0 {
		rest, refusal := p.withhold(ctx, in, b, result)
		if refusal != nil {
			return 0, p.logged(record, *refusal)
		}
		if rest == nil {
			record.held(result, "quarantined")
			p.log(record)
			return http.StatusOK, nil
		}
		return p.bundle(ctx, in, *rest)
	}
	result.Tallies = append(result.Tallies, b.media.tallies...)
	record.found(result)
	if refusal := p.unsend(ctx, in, &b, chats); refusal != nil {
		return 0, p.logged(record, *refusal)
	}
	pieces, refusal := p.piece(ctx, in, &b, chats, &result, record)
	if refusal != nil {
		return p.again(ctx, in, b, record, *refusal)
	}
	if pieces.kept {
		p.log(record)
		p.remember(ctx, &b, chats, result)
		return http.StatusOK, nil
	}
	if pieces.concerned { // what it told to go goes before it
		glance = nil
	}
	sent := p.config.Now()
	p.acquaint(ctx, &b, chats, result)
	done, refusal := p.delivery.deliver(ctx, parcel{
		account: b.account, body: result.Bytes, lanes: p.lanes(b), header: in.header, trace: in.trace, glance: glance,
		strong: in.signatureFor(b.account, result.Bytes), past: keysOf(pieces.withdrawn),
	})
	record.waited = p.config.Now().Sub(sent)
	p.settlePieces(ctx, pieces, done.status)
	if refusal != nil {
		return 0, p.logged(record, *refusal)
	}
	record.answered(done)
	p.log(record)
	p.noticeForeign(b)
	if done.status >= 200 && done.status <= 299 {
		p.remember(ctx, &b, chats, result)
		if refusal := p.wishes(ctx, in, &b, chats); refusal != nil {
			return 0, refusal
		}
	}
	return done.status, nil
}

// overrun is why a bundle could not be rewritten.
func overrun(result redact.Result, err error) Refusal {
	if err == nil && result.Overrun {
		return refuseOverrun
	}
	return *unsettled(err)
}

// again lets the platform send a bundle again that could not be rewritten. What
// fails the same way three times is settled: texts that no rule could judge in
// time are hidden and the original sealed; what can never be kept is set aside.
func (p *Proxy) again(ctx context.Context, in inbound, b bundle, r *record, f Refusal) (int, *Refusal) {
	if f.Reason != refuseOverrun.Reason && f.Reason != refuseUnkeepable.Reason {
		return 0, p.logged(r, f)
	}
	if in.again != nil || !p.third(ctx, in.hash+f.Reason) {
		return 0, p.logged(r, f)
	}
	if refusal := p.setAside(ctx, in, aside{account: b.account.Name, reason: f.Reason, body: b.document.Raw}); refusal != nil {
		return 0, p.logged(r, *refusal)
	}
	if f.Reason == refuseUnkeepable.Reason {
		r.reason = "quarantined"
		p.log(r)
		return http.StatusOK, nil
	}
	in.lastTry = true
	return p.bundle(ctx, in, b)
}

// rewrite runs redact over a bundle, unless all of its accounts are switched
// off: they may share a bot and a delivery with one that is not.
func (p *Proxy) rewrite(ctx context.Context, in inbound, b bundle, chats []chat) (redact.Result, error) {
	if !slices.ContainsFunc(b.stretches, func(s redact.Stretch) bool { return !s.Scope.Off() }) {
		return redact.Result{Bytes: b.document.Raw}, nil
	}
	var seen sightings
	result, err := p.config.Engine.Rewrite(ctx, redact.Body{
		Document: b.document, Channel: b.channel, Table: b.channel.Webhook(), Stretches: b.stretches, LastTry: in.lastTry,
		Observe: b.hearing(chats, p.observe(&seen)), Links: b.prefixes(), Relink: p.ticketsIn(b),
	})
	p.config.Metrics.scanned(result.Took)
	p.review(rules.Inbound, seen, b.ownerOf)
	return result, err
}

// sha1Allowed says whether the app takes sha1 signatures on the channel that a
// body names. The signature has been checked by then.
func sha1Allowed(app *App, body []byte) bool {
	document, err := payload.Parse(body, payload.DefaultLimits())
	if err != nil {
		return false
	}
	ch, ok := channel.ByObject(document.Text(max(0, document.Child(0, "object"))))
	return ok && app.SHA1[ch.Name()]
}
