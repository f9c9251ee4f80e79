package route

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
)

// answerLimits are those of answers: unpacked, twice what is inspected of a body.
func answerLimits(limits payload.Limits) payload.Limits {
	limits.Bytes *= 2
	return limits
}

// answer is a vendor's answer as it was read, and on its way to the bot.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// judge is how the parts of one answer are redacted.
type judge struct {
	desk    *Desk
	route   *served
	scope   *redact.Scope
	tallies []redact.Tally
}

// received reads an answer whole and turns it into what the bot gets.
func (d *Desk) received(ctx context.Context, r *served, from *restored, response *http.Response) (*answer, *judge, *Refusal) {
	a := &answer{status: response.StatusCode, header: response.Header}
	j := &judge{desk: d, route: r, scope: d.scope(r, from)}
	switch {
	case a.status < 200, response.Header.Get("Content-Encoding") != "":
		return nil, j, &refuseAnswer
	case a.status >= 300 && a.status < 400 && a.status != http.StatusNotModified:
		return nil, j, &refuseRedirect
	}
	var refused *Refusal
	if a.body, refused = d.body(response); refused != nil {
		return nil, j, refused
	}
	if refused = j.body(ctx, a); refused != nil {
		return nil, j, refused
	}
	return a, j, j.headers(ctx, a.header)
}

// scope is how words toward the bot are judged: as the account's are in the chat.
// New values belong to the person whose tokens the request had; with nobody, or
// several, they are hidden.
func (d *Desk) scope(r *served, from *restored) *redact.Scope {
	account := from.account()
	if account == "" && len(r.Restore.Accounts) > 0 {
		account = r.Restore.Accounts[0]
	}
	scope := d.config.Toward(account)
	if r.Answer.Policy != nil {
		policy := *r.Answer.Policy
		policy.Keep = scope.Policy.Keep // how long a person's values live is the account's
		scope.Policy = &policy
	}
	scope.Aliases, scope.Restored = nil, from.back()
	if len(from.homes) == 1 {
		scope.Aliases = []string{from.homes[0].conversation.ID}
	}
	return &scope
}

func (d *Desk) body(response *http.Response) ([]byte, *Refusal) {
	limit := int64(answerLimits(d.config.Limits.Payload).Bytes)
	if response.ContentLength > limit {
		return nil, &refuseAnswerSize
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil && errors.Is(err, context.DeadlineExceeded):
		return nil, &refuseSlow
	case err != nil:
		return nil, &refuseCut
	case int64(len(raw)) > limit:
		return nil, &refuseAnswerSize
	}
	return raw, nil
}

// body redacts a body by its declared kind. One of a kind that is not read passes
// where it is listed, and only when it does not say a restored value.
func (j *judge) body(ctx context.Context, a *answer) *Refusal {
	if len(a.body) == 0 {
		return nil
	}
	types := a.header["Content-Type"]
	kind, refused := kindOf(types)
	switch {
	case refused != nil:
		return &refuseAnswer
	case kind == kindJSON:
		a.body, refused = j.json(ctx, a.body)
	case kind == kindForm:
		a.body, refused = j.form(ctx, a.body)
	case kind == kindText:
		a.body, refused = j.plain(ctx, a.body)
	default:
		if !j.passes(types) || j.says(string(a.body)) {
			return &refuseAnswer
		}
	}
	return refused
}

func (j *judge) passes(types []string) bool {
	if len(types) != 1 {
		return false
	}
	declared, _, err := mime.ParseMediaType(types[0])
	return err == nil && slices.Contains(j.route.Answer.Pass, declared)
}

func (j *judge) json(ctx context.Context, raw []byte) ([]byte, *Refusal) {
	d, err := payload.Parse(raw, answerLimits(j.route.limits))
	if err != nil {
		return nil, &refuseAnswer
	}
	for i := range d.Nodes {
		// Whoever wrote it there is not to choose what the bot restores next.
		if n := &d.Nodes[i]; n.KeyEnd-n.KeyStart >= shortest && hasToken(d.Name(i)) {
			return nil, &refuseAnswer
		}
	}
	result, err := j.desk.engine.Rewrite(ctx, redact.Body{Document: d, Table: j.route.words, Stretches: []redact.Stretch{{Scope: j.scope}}, LastTry: true})
	switch {
	case err != nil:
		return nil, unresolved(err, "")
	case len(result.Refusals) > 0:
		return nil, refusedBy(result.Refusals)
	}
	j.tallies = append(j.tallies, result.Tallies...)
	return j.silent(result.Bytes)
}

// refusedBy tells an answer that the rules had no time for from one that holds a
// value where nothing can be edited. The vendor has done its work already, so there
// is no other try: words that the rules had no time for become unreadable.
func refusedBy(reasons map[int]redact.Reason) *Refusal {
	if reasons[0] == redact.RuleBudget {
		return &refuseOverrun
	}
	return &refuseAnswer
}

// text redacts one text, and hides it whole when an encoding in it still says a
// restored value.
func (j *judge) text(ctx context.Context, text string) (string, *Refusal) {
	result, err := j.desk.engine.Text(ctx, text, j.scope)
	switch {
	case err != nil:
		return "", unresolved(err, "")
	case len(result.Refusals) > 0:
		return "", refusedBy(result.Refusals)
	}
	j.tallies = append(j.tallies, result.Tallies...)
	if j.says(result.Text) {
		return redact.Unreadable, nil
	}
	return result.Text, nil
}

func (j *judge) plain(ctx context.Context, raw []byte) ([]byte, *Refusal) {
	if !utf8.Valid(raw) {
		return nil, &refuseAnswer
	}
	text, refused := j.text(ctx, string(raw))
	return []byte(text), refused
}

func (j *judge) form(ctx context.Context, raw []byte) ([]byte, *Refusal) {
	form, err := payload.ParseForm(raw, answerLimits(j.route.limits))
	if err != nil {
		return nil, &refuseAnswer
	}
	var edits []payload.Edit
	for i := range form.Fields {
		field := &form.Fields[i]
		name, refused := j.text(ctx, field.Name)
		if refused != nil || name != field.Name {
			return nil, &refuseAnswer
		}
		value, refused := j.text(ctx, field.Value)
		if refused != nil {
			return nil, refused
		}
		if value != field.Value {
			edits = append(edits, payload.Edit{Codecs: []payload.Codec{field.Scope()}, End: len(field.Value), Text: value})
		}
	}
	edited, err := payload.Splice(raw, edits)
	if err != nil {
		return nil, &refuseInternal
	}
	return edited, nil
}

// silent looks once more at a redacted document: whatever still says a restored
// value, in a kept place, a number or an encoding, does not reach the bot.
func (j *judge) silent(raw []byte) ([]byte, *Refusal) {
	if len(j.scope.Restored) == 0 {
		return raw, nil
	}
	d, err := payload.Parse(raw, answerLimits(j.route.limits))
	if err != nil {
		return nil, &refuseAnswer
	}
	var edits []payload.Edit
	for i := range d.Nodes {
		n := &d.Nodes[i]
		if n.KeyEnd > 0 && j.says(d.Name(i)) {
			return nil, &refuseAnswer
		}
		switch {
		case n.Kind == payload.String && j.says(d.Text(i)):
			edits = append(edits, payload.Edit{Codecs: []payload.Codec{d.Scope(i)}, End: len(d.Text(i)), Text: j.token(d.Text(i))})
		case n.Kind == payload.Number && j.says(d.Text(i)):
			edits = append(edits, payload.Edit{Start: n.Start, End: n.End, Text: `"` + j.token(d.Text(i)) + `"`})
		}
	}
	edited, err := payload.Splice(raw, edits)
	if err != nil {
		return nil, &refuseInternal
	}
	return edited, nil
}

// token stands in the place of a text that still says a restored value: its token
// when it is the value, else nothing can be told of it.
func (j *judge) token(text string) string {
	for _, r := range j.scope.Restored {
		if strings.EqualFold(r.Text, text) {
			return r.Token
		}
	}
	return redact.Unreadable
}

// longEnough is from how many bytes on a value is looked for in encodings, too:
// shorter ones stand in everything that is long, by accident.
const longEnough = 8

// says reports whether a text says a restored value, in any encoding of it. What
// cannot be read to the end may.
func (j *judge) says(text string) bool {
	var long []redact.Restored
	least := 0
	for _, r := range j.scope.Restored {
		if len(r.Spans(text)) > 0 {
			return true
		}
		if len(r.Text) >= longEnough {
			long = append(long, r)
			least = len(r.Text) // they come longest first
		}
	}
	if len(long) == 0 || len(text) < least {
		return false
	}
	budget := maxDecoded
	found, whole := layers{least: least, budget: &budget, see: func(layer string) bool {
		folded := strings.ToLower(layer)
		return slices.ContainsFunc(long, func(r redact.Restored) bool { return strings.Contains(folded, strings.ToLower(r.Text)) })
	}}.search(text)
	return found || !whole
}
