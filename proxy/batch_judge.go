package proxy

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// judgeBatch judges what stands beside the items, and each item like a call that
// comes alone. An item that is refused or absorbed is answered here, and the
// others go on. What is no fault of the item's refuses the whole.
func (p *Proxy) judgeBatch(ctx context.Context, x *exchange) *Refusal {
	if refused := p.judgeBeside(ctx, x); refused != nil {
		return refused
	}
	for n, i := range x.batch.items {
		refused := x.batch.waits(n)
		if refused == nil {
			refused = p.judgeItem(ctx, i)
		}
		switch {
		case refused == nil:
		case refused.Status >= http.StatusInternalServerError, i.of.Files != "": // its files would go without it
			p.withdraw(ctx, x, *refused)
			return refused
		default:
			i.answer(p.logged(i.record, *refused))
		}
	}
	return x.batch.rewrite(x)
}

// besideTable is what stands beside the items' addresses and parameters: nothing
// in it goes to a person, so nothing that policy would change belongs there.
var besideTable = sync.OnceValue(func() *channel.Table {
	kept := [][]string{{"batch", "*", "method"}, {"batch", "*", "relative_url"}, {"batch", "*", "body"}, {"batch", "*", "access_token"}}
	for _, name := range credentials {
		kept = append(kept, []string{name})
	}
	return channel.Words(kept)
})

// judgeBeside refuses a batch beside which another call's parameters stand, or
// anything that policy would change.
func (p *Proxy) judgeBeside(ctx context.Context, x *exchange) *Refusal {
	for member := range x.document.Children(0) {
		name := x.document.Name(member)
		post := name == "method" && strings.EqualFold(x.document.Text(member), http.MethodPost)
		if name != "batch" && !post && (name == "method" || slices.Contains(carriers, name)) {
			return refusedBatch(reasonBatchBeside)
		}
	}
	if !x.plainQuery() {
		return &refuseQuery
	}
	scope := p.scope(x.rules, x.account, rules.Outbound, channel.Person{})
	if scope.Off() {
		return nil
	}
	if refused := p.judgeQuery(ctx, x, &scope); refused != nil {
		return refused
	}
	result, err := p.config.Engine.Rewrite(ctx, redact.Body{
		Document: x.document, Channel: x.account.Channel, Table: besideTable(), Stretches: []redact.Stretch{{Scope: &scope}},
	})
	if err != nil {
		return unsettled(err)
	}
	x.record.found(result)
	x.record.prompts = nil
	f := refusePolicy.because(string(redact.UnlistedValue))
	if reason, ok := result.Refusals[0]; ok {
		f = refusePolicy.because(string(reason))
	}
	switch {
	case result.Overrun:
		return &refuseOverrun
	case result.Edited || len(result.Refusals) > 0:
		x.record.bytesOut = 0
		return &f
	}
	return nil
}

// waits refuses an item that refers to another one which does not go on. Waiting
// for one that was carried out here is over.
func (b *batch) waits(n int) *Refusal {
	i := b.items[n]
	if i.of.DependsOn == "" && len(i.uses) == 0 {
		return nil
	}
	before := map[string]*batchItem{}
	for _, other := range b.items[:n] {
		before[other.of.Name] = other
	}
	if name := i.of.DependsOn; name != "" {
		if other := before[name]; other == nil || other.ours != nil && other.ours.code != http.StatusOK {
			return refusedBatch(reasonBatchDepends)
		}
	}
	for _, name := range i.uses {
		if other := before[name]; other == nil || other.ours != nil {
			return refusedBatch(reasonBatchDepends)
		}
	}
	return nil
}

// answer takes an item out of the batch: the bot gets our refusal in its place.
func (i *batchItem) answer(f *Refusal) {
	i.refused, i.ours = f, &itemAnswer{f.Status, f.body(i.record.trace)}
}

// judgeItem judges an item and notes what becomes of its parameters.
func (p *Proxy) judgeItem(ctx context.Context, i *batchItem) *Refusal {
	body, refused := p.absorb(&i.exchange)
	switch {
	case refused != nil:
		return refused
	case body != nil:
		i.ours = &itemAnswer{http.StatusOK, body}
		p.log(i.record)
		return nil
	}
	if refused := p.judge(ctx, &i.exchange); refused != nil {
		return refused
	}
	if i.parameters == nil {
		return nil
	}
	i.record.bytesOut = len(i.document.Raw)
	edits, err := i.parameters.Edits(i.document.Raw)
	if err != nil {
		return &refuseInternal
	}
	for source, piece := range []channel.Piece{i.of.Query, i.of.Body} {
		for _, edit := range edits[source] {
			edit.Codecs = append(edit.Codecs[:len(edit.Codecs):len(edit.Codecs)], piece.Codecs...)
			i.edits = append(i.edits, edit)
		}
	}
	return nil
}

// rewrite writes what became of the items into the batch's document.
func (b *batch) rewrite(x *exchange) *Refusal {
	gone, done := map[int]bool{}, map[int]bool{}
	var edits []payload.Edit
	for n, i := range b.items {
		if i.ours == nil {
			edits = append(edits, i.edits...)
			continue
		}
		gone[n], done[n] = true, i.ours.code == http.StatusOK
	}
	if len(gone) > 0 {
		edits = append(edits, b.calls.Remove(gone, done)...)
	}
	if len(edits) == 0 {
		return nil
	}
	raw, err := payload.Splice(x.document.Raw, edits)
	if err != nil {
		return &refuseInternal
	}
	x.document = &payload.Document{Raw: raw}
	return nil
}

// withdraw takes back what the items of a batch have done that is not sent.
func (p *Proxy) withdraw(ctx context.Context, x *exchange, f Refusal) {
	for _, i := range x.batch.items {
		if i.ours != nil {
			continue
		}
		if i.swapped != nil {
			p.unsent(ctx, i.account, i.conversation, *i.swapped)
		}
		if len(i.record.tallies) > 0 { // what was found is written down, whatever becomes of it
			i.record.reason, i.record.status, i.record.bytesOut = f.Reason, f.Status, 0
			p.log(i.record)
		}
	}
}
