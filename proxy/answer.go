package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// answer turns the platform's answer into what the bot gets. Whatever cannot
// be read whole is answered by us instead.
func (p *Proxy) answer(response *http.Response, err error, r *http.Request, x *exchange) *http.Response {
	if refused := x.aborted(); response == nil && refused != nil {
		x.refused = refused // the platform has no whole body, and has done nothing
		return canned(r, *refused, x.record.trace)
	}
	if response == nil {
		if r.GetBody != nil || r.Body == nil || r.Body == http.NoBody { // else it may be the bot that broke off
			x.try.failed(err, p.config.Now(), r.Context().Err() != nil)
		}
		return x.refuse(r, p.unreached(r.Context(), err))
	}
	x.try.answered()
	x.record.answered(delivered{response.StatusCode, response.StatusCode})
	stripHopHeaders(response.Header)
	response.Trailer = nil
	if f := p.rewriteAnswer(r.Context(), response, r, x); f != nil {
		return x.refuse(r, *f)
	}
	if f := p.judgeHeaders(r.Context(), response.Header, x); f != nil {
		return x.refuse(r, *f)
	}
	if x.location != "" {
		response.Header.Set("Location", x.location)
	}
	x.lengthen(response)
	return response
}

// counted is up to how many bytes net/http finds a body's length by itself.
const counted = 2 << 10

// lengthen says how long a body is that would be sent in chunks otherwise.
func (x *exchange) lengthen(response *http.Response) {
	switch response.Body.(type) {
	case *plainBody, *whole:
	default:
		return
	}
	if response.ContentLength > counted {
		x.header.Set("Content-Length", strconv.FormatInt(response.ContentLength, 10))
	}
}

// refuse answers the bot ourselves. A call that changes something and may have
// been carried out is never called transient: SDKs send those again.
func (x *exchange) refuse(r *http.Request, f Refusal) *http.Response {
	if !x.reads() && x.record.peer < http.StatusBadRequest && !f.unsent() {
		f = f.perhapsDone()
	}
	x.refused = &f
	return canned(r, f, x.record.trace)
}

// rewriteAnswer reads, judges and edits an answer in place.
func (p *Proxy) rewriteAnswer(ctx context.Context, response *http.Response, r *http.Request, x *exchange) *Refusal {
	switch {
	case response.StatusCode < 200: // 101: a connection that is no answer any more
		return &refuseAnswer
	case response.StatusCode >= 300 && response.StatusCode < 400 && response.StatusCode != http.StatusNotModified:
		return p.relocate(response, r, x)
	case r.Method == http.MethodHead, response.StatusCode == http.StatusNoContent, response.StatusCode == http.StatusNotModified:
		return nil
	}
	if coding := response.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return &refuseAnswer
	}
	ok, charset := isJSON(response.Header["Content-Type"])
	if charset != nil {
		return &refuseAnswer
	}
	declared := fileType(response.Header["Content-Type"])
	if x.file && ok {
		declared = jsonType // a person's, not the platform's
	}
	if declared != "" && response.StatusCode == http.StatusOK && x.batch == nil {
		return p.download(ctx, response, x, declared)
	}
	raw, f := p.readAnswer(response)
	if f != nil || len(raw) == 0 {
		replaceBody(response, raw)
		if f == nil && x.batch != nil {
			return &refuseAnswer
		}
		return f
	}
	if !ok {
		return unread(response.StatusCode, x)
	}
	judge := p.judgedAnswer
	if x.batch != nil {
		judge = p.judgeBatchAnswer
	}
	if raw, f = judge(ctx, raw, x); f == nil {
		replaceBody(response, raw)
	}
	return f
}

// unread refuses an answer that is no JSON. Hosts of files say in words or HTML
// that a URL has expired: the bot then asks for another one.
func unread(status int, x *exchange) *Refusal {
	if x.file && status >= 400 && status < 500 {
		return &refuseFile
	}
	return &refuseAnswer
}

// readAnswer reads an answer whole; one that ends early is no answer.
func (p *Proxy) readAnswer(response *http.Response) ([]byte, *Refusal) {
	limit := p.config.Limits.Bodies.Unpacked
	size := response.ContentLength
	if size > limit {
		return nil, &refuseAnswerSize
	}
	raw, err := readAll(io.LimitReader(response.Body, limit+1), size)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, &refuseLate
	case err != nil:
		return nil, &refuseTruncated
	case int64(len(raw)) > limit:
		return nil, &refuseAnswerSize
	}
	return raw, nil
}

// answerLimits bound an answer that is read.
func (p *Proxy) answerLimits() payload.Limits {
	limits := p.config.Limits.Payload
	limits.Bytes = int(p.config.Limits.Bodies.Unpacked)
	return limits
}

// judgedAnswer runs redact over a JSON answer and learns from it.
func (p *Proxy) judgedAnswer(ctx context.Context, raw []byte, x *exchange) ([]byte, *Refusal) {
	document, err := payload.Parse(raw, p.answerLimits())
	if err != nil {
		return nil, &refuseAnswer
	}
	defer document.Free()
	p.learn(ctx, x, document)
	scope := p.scope(x.rules, x.account, rules.Inbound, p.subject(x, document))
	if scope.Off() {
		return raw, nil
	}
	stretches, refused := p.recounted(ctx, x, document, &scope)
	if refused != nil {
		return nil, refused
	}
	result, err := p.config.Engine.Rewrite(ctx, redact.Body{
		Document: document, Channel: x.account.Channel, Table: x.account.Channel.Response(), Stretches: stretches,
		Links: x.account.Prefixes, Relink: p.tickets(p.base(x), func(int) *Account { return x.account }),
	})
	if err != nil {
		return nil, unsettled(err)
	}
	if result.Overrun {
		return nil, &refuseOverrun
	}
	if len(result.Refusals) > 0 {
		return nil, &refuseAnswer
	}
	x.record.tallies = append(x.record.tallies, result.Tallies...)
	return result.Bytes, nil
}

// subject is the person that an answer tells about: the recipient of the call,
// or the one whose profile was asked for. An answer with more than a profile's
// plain members tells about others, too, and so about nobody.
func (p *Proxy) subject(x *exchange, answer *payload.Document) channel.Person {
	if x.send.Person.Known() || x.call.Kind != channel.CallRead || len(x.call.Segments) != 1 {
		return x.send.Person
	}
	id := x.call.Account
	if id == x.account.ID || id == x.account.Business {
		return channel.Person{}
	}
	for member := range answer.Children(0) {
		if kind := answer.Nodes[member].Kind; kind == payload.Object || kind == payload.Array {
			return channel.Person{}
		}
	}
	return x.account.Channel.PersonOf(id)
}

// learn keeps the ids of messages that went through here, and the names under
// which the platform knows a person.
func (p *Proxy) learn(ctx context.Context, x *exchange, document *payload.Document) {
	if !x.send.Message {
		return
	}
	answer := x.account.Channel.Answer(document)
	p.sent.add(answer.IDs)
	if x.made {
		p.remade(ctx, x, answer.Aliases)
	}
	for _, pair := range answer.Aliases {
		// A failure to learn loses nothing: the next webhook teaches it again.
		_ = p.config.Records.Conversations.Learn(ctx, x.account.Name, pair[0], pair[1])
	}
}

// remade gives up a chat that is as new as its call, because the person turns out
// to have one under another name: that one keeps its tokens, and has the question.
func (p *Proxy) remade(ctx context.Context, x *exchange, aliases [][2]string) {
	for _, pair := range aliases {
		if p.config.Records.Conversations.Learn(ctx, x.account.Name, pair[1], pair[0]) == nil {
			break
		}
	}
	c, err := p.conversation(ctx, x, false)
	if err != nil || c == nil || c.Path() == x.conversation.Path() {
		return
	}
	x.conversation = c
	if p.hear(ctx, x, x.asks) != nil {
		p.forgot(x.account)
	}
}
