package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/rules"
)

// answerBatch answers a batch of which no item goes on.
func (p *Proxy) answerBatch(w http.ResponseWriter, x *exchange) {
	x.record.reason, x.record.status, x.record.bytesOut = reasonAbsorbed, http.StatusOK, 0
	var body bytes.Buffer
	for n, i := range x.batch.items {
		body.WriteByte("[,"[min(n, 1)])
		body.Write(i.ours.entry(x.batch.headers))
	}
	body.WriteByte(']')
	answerOurs(w, body.Bytes())
}

// entry is an answer of ours as an entry of a batch's answer.
func (a *itemAnswer) entry(headers bool) []byte {
	type header struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	entry := struct {
		Code    int      `json:"code"`
		Headers []header `json:"headers,omitempty"`
		Body    string   `json:"body"`
	}{Code: a.code, Body: string(a.body)}
	if headers {
		entry.Headers = []header{{"Content-Type", "application/json; charset=UTF-8"}}
	}
	raw, err := json.Marshal(entry)
	if err != nil {
		return []byte("null") // strings and numbers always marshal
	}
	return raw
}

// judgeBatchAnswer judges the answer of each item as that of its own call, and
// puts ours among them. What is no list is an error of the whole.
func (p *Proxy) judgeBatchAnswer(ctx context.Context, raw []byte, x *exchange) ([]byte, *Refusal) {
	document, err := payload.Parse(raw, p.answerLimits())
	if err != nil {
		return nil, &refuseAnswer
	}
	defer document.Free()
	if document.Nodes[0].Kind != payload.Array {
		return p.judgeWhole(ctx, raw, x)
	}
	var entries []int
	for node := range document.Children(0) {
		entries = append(entries, node)
	}
	var edits []payload.Edit
	next := 0
	for n, i := range x.batch.items {
		if i.ours != nil {
			edits = append(edits, inserted(document, entries, next, i.ours.entry(x.batch.headers), n == 0))
			continue
		}
		if next == len(entries) {
			return nil, &refuseAnswer
		}
		edit, refused := p.judgeEntry(ctx, document, entries[next], i)
		if refused != nil {
			i.refused, i.unreadable = refused, true
			edit = []payload.Edit{replaced(document, entries[next], (&itemAnswer{refused.Status, refused.body(i.record.trace)}).entry(x.batch.headers))}
		}
		edits = append(edits, edit...)
		next++
	}
	if next != len(entries) {
		return nil, &refuseAnswer
	}
	out, err := payload.Splice(raw, edits)
	if err != nil {
		return nil, &refuseInternal
	}
	return out, nil
}

// judgeWhole judges what the platform says of a batch as a whole, which is an
// error. If it were not, the bot would miss what we say of single items.
func (p *Proxy) judgeWhole(ctx context.Context, raw []byte, x *exchange) ([]byte, *Refusal) {
	if x.record.peer >= http.StatusBadRequest {
		x.batch.failed(x.record.peer)
	} else if x.batch.holed() {
		return nil, &refuseAnswer
	}
	return p.judgedAnswer(ctx, raw, x)
}

// inserted puts an entry before the next one of the platform's, or behind the last.
func inserted(d *payload.Document, entries []int, next int, entry []byte, first bool) payload.Edit {
	if next < len(entries) {
		at := d.Nodes[entries[next]].Start
		return payload.Edit{Start: at, End: at, Text: string(entry) + ","}
	}
	at := d.Nodes[0].End - 1
	if next > 0 {
		at = d.Nodes[entries[next-1]].End
	}
	comma := ","
	if first {
		comma = ""
	}
	return payload.Edit{Start: at, End: at, Text: comma + string(entry)}
}

// replaced puts an entry in the place of the platform's.
func replaced(d *payload.Document, node int, entry []byte) payload.Edit {
	return payload.Edit{Start: d.Nodes[node].Start, End: d.Nodes[node].End, Text: string(entry)}
}

// judgeEntry judges one entry. null is an item that the platform did not answer,
// or was asked not to.
func (p *Proxy) judgeEntry(ctx context.Context, d *payload.Document, node int, i *batchItem) ([]payload.Edit, *Refusal) {
	if d.Nodes[node].Kind == payload.Null {
		return nil, nil
	}
	code, body, ok := entryOf(d, node)
	if !ok {
		return nil, i.unread(refuseAnswer)
	}
	i.record.answered(delivered{code, code})
	if code >= 300 && code < 400 && code != http.StatusNotModified {
		return nil, i.unread(refuseRedirect)
	}
	edits, refused := p.judgeEntryHeaders(ctx, d, node, &i.exchange)
	if refused != nil {
		return nil, i.unread(*refused)
	}
	if body < 0 || d.Nodes[body].Kind == payload.Null || d.Text(body) == "" {
		return edits, nil
	}
	text := d.Text(body)
	judged, refused := p.judgedAnswer(ctx, []byte(text), &i.exchange)
	if refused != nil {
		return nil, i.unread(*refused)
	}
	if string(judged) != text {
		edits = append(edits, payload.Edit{Codecs: []payload.Codec{d.Scope(body)}, End: len(text), Text: string(judged)})
	}
	return edits, nil
}

// entryOf reads an entry: its code, and the node of its body, -1 when there is
// none. Nothing else may stand in it but headers.
func entryOf(d *payload.Document, node int) (code, body int, ok bool) {
	body = -1
	for member := range d.Children(node) {
		kind := d.Nodes[member].Kind
		switch d.Name(member) {
		case "code":
			var err error
			code, err = strconv.Atoi(d.Text(member))
			ok = kind == payload.Number && err == nil && code >= 100 && code <= 599
		case "body":
			if body = member; kind != payload.String && kind != payload.Null {
				return 0, 0, false
			}
		case "headers":
		default:
			return 0, 0, false
		}
	}
	return code, body, ok && d.Nodes[node].Kind == payload.Object
}

// unread says what the bot gets in the place of an answer that is not passed on.
// A call that changes something and may have been carried out is never called
// transient.
func (i *batchItem) unread(f Refusal) *Refusal {
	if i.of.Method != http.MethodGet && i.record.peer < http.StatusBadRequest {
		f = f.perhapsDone()
	}
	return &f
}

// judgeEntryHeaders redacts the headers of an entry like those of an answer: a
// list of {name, value}.
func (p *Proxy) judgeEntryHeaders(ctx context.Context, d *payload.Document, node int, x *exchange) ([]payload.Edit, *Refusal) {
	list := d.Child(node, "headers")
	if list < 0 || d.Nodes[list].Kind == payload.Null {
		return nil, nil
	}
	if d.Nodes[list].Kind != payload.Array {
		return nil, &refuseAnswer
	}
	scope := p.scope(x.rules, x.account, rules.Inbound, channel.Person{})
	gone := map[int]bool{}
	var edits []payload.Edit
	for header := range d.Children(list) {
		name, value := d.Child(header, "name"), d.Child(header, "value")
		if name < 0 || value < 0 || d.Nodes[name].Kind != payload.String || d.Nodes[value].Kind != payload.String || d.Nodes[header].Next != header+3 {
			return nil, &refuseAnswer
		}
		switch key := http.CanonicalHeaderKey(d.Text(name)); {
		case unfit[key]:
			gone[d.Nodes[header].Index] = true
		case structured[key], scope.Off():
		default:
			result, err := p.config.Engine.Text(ctx, d.Text(value), &scope)
			if err != nil {
				return nil, unsettled(err)
			}
			if len(result.Refusals) > 0 || !plainName(key) {
				return nil, &refuseAnswer
			}
			if result.Edited {
				edits = append(edits, payload.Edit{Codecs: []payload.Codec{d.Scope(value)}, End: len(d.Text(value)), Text: result.Text})
			}
		}
	}
	if len(gone) > 0 {
		edits = append(edits, d.Keep(list, func(i int) bool { return !gone[i] })...)
	}
	return edits, nil
}

// holed says that some items were answered here.
func (b *batch) holed() bool {
	return slices.ContainsFunc(b.items, func(i *batchItem) bool { return i.ours != nil })
}

// failed notes that the platform took the batch as a whole for wrong: what it said
// of it holds for each item.
func (b *batch) failed(status int) {
	for _, i := range b.items {
		if i.ours == nil {
			i.record.answered(delivered{status, status})
		}
	}
}

// settleBatch logs the items that went to the platform, and draws the consequences
// of what it said of each.
func (p *Proxy) settleBatch(ctx context.Context, x *exchange) {
	for _, i := range x.batch.items {
		if i.ours != nil {
			continue
		}
		if i.refused == nil {
			i.refused = x.refused
		}
		switch {
		case x.refused != nil:
			i.record.reason, i.record.status = x.refused.Reason, x.refused.Status
			p.log(i.record)
		case i.unreadable:
			p.logged(i.record, *i.refused)
		default:
			p.log(i.record)
		}
		p.sentOrNot(ctx, &i.exchange)
	}
}
