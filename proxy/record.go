package proxy

import (
	"encoding/base32"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// record is what the log says of one message. It has room for names, numbers
// and keyed hashes only: no text, value, token, id, query or header can get in.
type record struct {
	event, direction, reason string
	account                  *Account
	conversations            []string // keyed hashes of the persons whose messages these are
	delivery, trace          string
	item                     int // of a batch, counted from one; 0: it is none
	mode                     rules.Mode
	tallies                  []redact.Tally
	prompts                  []rules.Ask
	unresolved               int
	bytesIn, bytesOut        int
	started                  time.Time
	scan                     time.Duration
	status, peer             int
	waited                   time.Duration // for the peer; zero: it was never asked
	rules                    string        // version of the rules that judged it
	tooLate                  []string      // keyed hashes of messages of which the bot saw digits before the rest came
}

// newRecord begins the record of a bundle.
func (p *Proxy) newRecord(in inbound, b bundle) *record {
	mode, _, _ := b.account.mode(p.config.Now)
	r := &record{
		event: "webhook", direction: "inbound", reason: reasonFine, account: b.account, delivery: in.hash, trace: in.trace,
		mode: mode, bytesIn: len(b.document.Raw), started: in.started, status: 200, rules: in.rules.Version,
	}
	r.conversations = p.conversationsOf(b)
	return r
}

// conversationsOf gives one keyed hash for each message of a bundle ("" for one
// of nobody), or else for the first person that it is about.
func (p *Proxy) conversationsOf(b bundle) []string {
	var messages, people []string
	for i, part := range b.parts {
		hash := ""
		if part.Person.Known() {
			hash = p.config.Records.Conversations.Hash(b.owners[i].Name, part.Person.Aliases[0])
			people = append(people, hash)
		}
		if len(part.IDs) > 0 {
			messages = append(messages, hash)
		}
	}
	if len(messages) == 0 && len(people) > 0 {
		return people[:1]
	}
	return messages
}

// found adds what redact found.
func (r *record) found(result redact.Result) {
	r.tallies, r.prompts, r.unresolved = result.Tallies, result.Prompts, result.Unresolved
	r.bytesOut, r.scan = len(result.Bytes), result.Took
	if result.Unresolved > 0 {
		r.reason = "token_unresolved" // passed on, with words in the place of the token
	}
}

// held says that nothing was passed on.
func (r *record) held(result redact.Result, reason string) {
	r.found(result)
	r.bytesOut, r.reason = 0, reason
}

// answered notes what was answered and what the peer said.
func (r *record) answered(d delivered) { r.status, r.peer = d.status, d.peer }

// reasonFine is the reason of a message that was passed on.
const reasonFine = "ok"

// line is one line of a record: a delivery of several messages gives one for
// each; the findings stand on the first.
type line struct {
	*record
	conversation string
	first        bool
	took         time.Duration
}

// MarshalLogObject writes the contract's keys, in its order.
func (l line) MarshalLogObject(to zapcore.ObjectEncoder) error {
	to.AddString("event", l.event)
	if l.account != nil {
		to.AddString("account", l.account.Name)
		to.AddString("channel", string(l.account.Channel.Name()))
	}
	to.AddString("direction", l.direction)
	to.AddString("conversation", l.conversation)
	to.AddString("delivery", l.delivery)
	to.AddString("request_id", l.trace)
	if l.item > 0 {
		to.AddInt("item", l.item)
	}
	to.AddString("reason", l.reason)
	if err := l.judged(to); err != nil {
		return err
	}
	to.AddInt("bytes_in", l.bytesIn)
	to.AddInt("bytes_out", l.bytesOut)
	to.AddInt64("scan_us", l.scan.Microseconds())
	to.AddInt64("total_us", l.took.Microseconds())
	to.AddInt("status", l.status)
	to.AddInt("peer_status", l.peer)
	if l.account != nil {
		to.AddString("policy", l.account.Policy.Name)
		to.AddString("mode", l.mode.String())
		to.AddString("rules_version", l.rules)
	}
	return nil
}

// judged writes what was found and asked.
func (l line) judged(to zapcore.ObjectEncoder) error {
	tallies, prompts := l.tallies, l.prompts
	if !l.first {
		tallies, prompts = nil, nil
	}
	if err := to.AddArray("findings", findings(tallies)); err != nil {
		return err
	}
	if len(l.tooLate) > 0 && l.first {
		if err := to.AddArray("too_late", hashes(l.tooLate)); err != nil {
			return err
		}
	}
	if l.unresolved > 0 && l.first {
		to.AddInt("unresolved", l.unresolved)
	}
	if len(prompts) == 0 {
		return nil
	}
	return to.AddArray("prompts", asks(prompts))
}

// noConversation is a message of no one person.
var noConversation = []string{""}

// log writes the record: one line a message.
func (p *Proxy) log(r *record) {
	conversations, took := r.conversations, p.config.Now().Sub(r.started)
	if len(conversations) == 0 {
		conversations = noConversation
	}
	write := p.config.Log.Info
	if r.reason != reasonFine && r.reason != reasonHeld && r.reason != reasonJoined {
		write = p.config.Log.Warn
	}
	for i, conversation := range conversations {
		write("", zap.Inline(line{r, conversation, i == 0, took}))
	}
	messages := len(conversations)
	if r.event == eventBatch { // its items are
		messages = 0
	}
	p.config.Metrics.message(r, messages, took)
	p.audit(r)
}

// logged writes a record that ends in a refusal, and gives the refusal back.
func (p *Proxy) logged(r *record, f Refusal) *Refusal {
	r.reason, r.status = f.Reason, f.Status
	p.config.Metrics.refuse(f.Reason)
	p.log(r)
	return &f
}

// audit notes decisions; clean messages make none.
func (p *Proxy) audit(r *record) {
	if len(r.tallies) == 0 && r.reason == reasonFine {
		return
	}
	e := audit.Event{Actor: "piiproxy", Action: r.direction, Reason: r.reason, Request: r.trace, Rules: r.rules}
	if r.account != nil {
		e.Account = r.account.Name
	}
	if len(r.conversations) > 0 {
		e.Conversation = r.conversations[0]
	}
	for _, t := range r.tallies {
		e.Kinds = append(e.Kinds, t.Kind)
		e.Count += t.Count
	}
	p.decided(e)
}

// decided writes down what was decided on a message. The message does not wait for
// a disk that is full: it is the operator's orders that do not happen without.
func (p *Proxy) decided(e audit.Event) {
	if err := p.config.Records.Audit.Record(e); err != nil {
		p.config.Metrics.auditFailed()
	}
}

// refuseInbound answers the platform; the log and the counters know why.
func (p *Proxy) refuseInbound(w http.ResponseWriter, in inbound, f Refusal) {
	p.config.Metrics.refuse(f.Reason)
	fields := append(doorFields(f, in.trace), zap.String("direction", "inbound"), zap.String("delivery", in.hash))
	p.config.Log.Warn("", fields...)
	if in.hash != "" { // it is signed: what anybody may send must not fill the log
		p.decided(audit.Event{Actor: "piiproxy", Action: audit.ActionInbound, Reason: f.Reason, Request: in.trace, Rules: in.rules.Version})
	}
	plainRefusal(w, f, in.trace)
}

// findings writes tallies as the contract's list.
type findings []redact.Tally

// MarshalLogArray implements zapcore.ArrayMarshaler.
func (f findings) MarshalLogArray(to zapcore.ArrayEncoder) error {
	for _, t := range f {
		if err := to.AppendObject(finding(t)); err != nil {
			return err
		}
	}
	return nil
}

type finding redact.Tally

// MarshalLogObject implements zapcore.ObjectMarshaler.
func (f finding) MarshalLogObject(to zapcore.ObjectEncoder) error {
	to.AddString("rule", f.Rule)
	to.AddString("kind", f.Kind)
	to.AddString("action", f.Action.String())
	to.AddString("mode", f.Mode.String())
	to.AddInt("n", f.Count)
	return nil
}

type asks []rules.Ask

// MarshalLogArray implements zapcore.ArrayMarshaler.
func (a asks) MarshalLogArray(to zapcore.ArrayEncoder) error {
	for _, ask := range a {
		to.AppendString(ask.Rule)
	}
	return nil
}

// hashes is a list of keyed hashes.
type hashes []string

// MarshalLogArray implements zapcore.ArrayMarshaler.
func (h hashes) MarshalLogArray(to zapcore.ArrayEncoder) error {
	for _, hash := range h {
		to.AppendString(hash)
	}
	return nil
}

// doorFields describe a refusal at the door: nothing of the request is shown.
func doorFields(f Refusal, trace string) []zap.Field {
	return []zap.Field{
		zap.String("event", "refused"), zap.String("reason", f.Reason), zap.String("request_id", trace), zap.Int("status", f.Status),
	}
}

// panicFields describe a panic: its value may hold anything, so it is not shown.
func panicFields(trace string) []zap.Field {
	return []zap.Field{
		zap.String("event", "panic"), zap.String("reason", refuseInternal.Reason), zap.String("request_id", trace), zap.StackSkip("stack", 3),
	}
}

// eventFields name an event without a message.
func eventFields(event string) []zap.Field { return []zap.Field{zap.String("event", event)} }

// logHash shortens a keyed hash to the form that logs show.
func logHash(mac []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac[:10]))
}
