package proxy

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
)

// batch is what a batch call holds: calls of their own, each judged like one that
// comes alone (threats.md O11).
type batch struct {
	calls   *channel.Batch
	items   []*batchItem
	headers bool // the bot wants the headers of each answer
}

// batchItem is one call of a batch.
type batchItem struct {
	exchange
	of         channel.BatchItem
	parameters *payload.Parameters // nil: it has none
	uses       []string            // names of items whose answers its expressions take from
	edits      []payload.Edit      // of the batch's document
	ours       *itemAnswer         // in the place of the platform's; nil: the item goes to the platform
	unreadable bool                // the platform's answer is not passed on
}

// itemAnswer is what the bot gets for an item.
type itemAnswer struct {
	code int
	body []byte
}

// eventBatch is the event of a batch's own line; each item has one of its own.
const eventBatch = "batch"

// Reasons of batches beside those of channel.ParseBatch.
const (
	reasonBatchFiles    = "batch_files"    // attached_files without the parts that they name
	reasonBatchAccounts = "batch_accounts" // accounts that have not one app and one graph_url
	reasonBatchDepends  = "batch_depends"  // an item refers to one that is not before it, or does not go on
	reasonBatchBeside   = "batch_beside"   // parameters of another call stand beside the batch
)

// batchReasons lists the exact reasons of batches.
func batchReasons() []string {
	reasons := []string{reasonBatchFiles, reasonBatchAccounts, reasonBatchDepends, reasonBatchBeside}
	for _, reason := range channel.BatchReasons() {
		if reason != refuseBatch.Reason && reason != refuseBatchItems.Reason {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

func refusedBatch(reason string) *Refusal {
	f := refuseBatch.because(reason)
	return &f
}

// batchRefusal is the refusal of a batch that cannot be read.
func batchRefusal(err error) *Refusal {
	f := refuseSyntax.because(parseReason(err))
	var problem *channel.BatchError
	switch {
	case !errors.As(err, &problem):
	case problem.Reason == channel.BatchSize:
		f = refuseBatchItems
	default:
		f = refuseBatch.because(problem.Reason)
	}
	return &f
}

// isBatch says that a call holds others.
func (x *exchange) isBatch() bool {
	return x.document != nil && (x.call.Kind == channel.CallBatch || x.document.Child(0, "batch") >= 0)
}

// prepareBatch reads and rewrites a batch and leaves the request ready to be
// forwarded, unless all of it is answered here.
func (p *Proxy) prepareBatch(w http.ResponseWriter, r *http.Request, x *exchange, path string) (*url.URL, *Refusal) {
	if x.method != http.MethodPost {
		return nil, refusedBatch(channel.BatchShape)
	}
	if refused := p.readBatch(x); refused != nil {
		return nil, refused
	}
	if refused := p.free(x); refused != nil {
		return nil, refused
	}
	if refused := p.judgeBatch(r.Context(), x); refused != nil {
		return nil, refused
	}
	if refused := p.judgeFiles(r.Context(), x); refused != nil {
		p.withdraw(r.Context(), x, *refused)
		return nil, refused
	}
	if x.batch.answered() {
		p.answerBatch(w, x)
		return nil, nil
	}
	if refused := x.put(r); refused != nil {
		p.withdraw(r.Context(), x, *refused)
		return nil, refused
	}
	withoutOffsets(r.Header)
	return target(x.account.Graph, path, r.URL.RawQuery), nil
}

// readBatch reads the calls of a batch; nothing happens before all can be read.
func (p *Proxy) readBatch(x *exchange) *Refusal {
	x.record.event = eventBatch
	limits := p.config.Limits.Payload // of all items together, like those of one body
	limits.Bytes = max(limits.Bytes, len(x.document.Raw))
	calls, err := channel.ParseBatch(x.document, p.config.Limits.Bodies.BatchItems, limits)
	if err != nil {
		return batchRefusal(err)
	}
	x.batch = &batch{calls: calls, headers: true}
	if node := x.document.Child(0, "include_headers"); node >= 0 {
		x.batch.headers = !isFalse(x.document.Text(node))
	}
	for _, call := range calls.Items {
		i := p.newItem(x, call)
		x.batch.items = append(x.batch.items, i)
		if call.Files != "" && !x.parts.holds(call.Files) {
			return refusedBatch(reasonBatchFiles)
		}
		if refused := i.read(&limits); refused != nil {
			return refused
		}
	}
	return p.ownItems(x)
}

// isFalse says that a parameter is switched off, as Graph takes it.
func isFalse(text string) bool {
	return text == "0" || strings.EqualFold(text, "false")
}

func (p *Proxy) newItem(x *exchange, call channel.BatchItem) *batchItem {
	return &batchItem{of: call, exchange: exchange{
		rules: x.rules, path: call.Path, method: call.Method, call: call.Call, from: x.from, started: x.started, header: http.Header{}, holding: held{gate: &p.calls},
		record: &record{
			event: "call", direction: "outbound", reason: reasonFine, trace: x.record.trace, started: x.started, rules: x.rules.Version,
			item: len(x.batch.items) + 1, status: http.StatusOK,
		},
	}}
}

// read reads the parameters of an item: those of its relative_url and those of its
// body. limits are what the items before have left.
func (i *batchItem) read(limits *payload.Limits) *Refusal {
	query, err := payload.ParseForm([]byte(i.of.Query.Text), *limits)
	if err != nil {
		return batchRefusal(err)
	}
	body, err := payload.ParseForm([]byte(i.of.Body.Text), *limits)
	if err != nil {
		return batchRefusal(err)
	}
	if len(query.Fields)+len(body.Fields) == 0 {
		return nil
	}
	if i.parameters, err = payload.Assemble(*limits, query.Fields, body.Fields); err != nil {
		return batchRefusal(err)
	}
	i.document, i.doubtful = i.parameters.Document, i.parameters.Doubtful
	i.record.bytesIn = len(i.document.Raw)
	limits.Values -= len(i.document.Nodes)
	return i.plain()
}

// plain refuses parameters that make the item another call than its method and
// address say.
func (i *batchItem) plain() *Refusal {
	switch {
	case i.document.Child(0, "batch") >= 0:
		return refusedBatch(channel.BatchNested)
	case i.document.Child(0, "method") >= 0:
		return refusedBatch(channel.BatchShape)
	}
	return nil
}

// ownItems finds the account of each item: by an id in its path, by its own access
// token, or the batch's. All of them go to one place with one app's credentials.
func (p *Proxy) ownItems(x *exchange) *Refusal {
	for _, i := range x.batch.items {
		owner := p.config.Tenants.named(i.of.Path)
		if tokens := i.tokens(); owner == nil && len(tokens) > 0 {
			var certain bool
			if owner, certain = p.config.Tenants.token(p.config.Records.Keys, tokens); !certain {
				return &refuseAccount
			}
		}
		if owner == nil {
			owner = x.account
		}
		if owner == nil {
			return &refuseAccount
		}
		if x.account == nil {
			x.own(owner, p)
		}
		files := i.of.Files != "" && owner != x.account // the batch's account says which files pass
		if files || owner.App != x.account.App || owner.Graph.String() != x.account.Graph.String() {
			return refusedBatch(reasonBatchAccounts)
		}
		i.own(owner, p)
		if refused := i.refers(); refused != nil {
			return refused
		}
	}
	return nil
}

// tokens are the access tokens that an item carries itself.
func (i *batchItem) tokens() (tokens []string) {
	if i.of.Token != "" {
		tokens = append(tokens, i.of.Token)
	}
	if i.document != nil {
		if node := i.document.Child(0, "access_token"); node >= 0 && i.document.Nodes[node].Kind == payload.String {
			tokens = append(tokens, i.document.Text(node))
		}
	}
	return tokens
}

// refers refuses parameters that cannot be read, and notes which items the
// expressions of an item take from. They may stand for ids only: what the platform puts there is not seen here.
func (i *batchItem) refers() *Refusal {
	i.uses = i.of.Uses
	if i.document == nil {
		return nil
	}
	if refused := i.doubts(); refused != nil {
		return refused
	}
	names, ok := i.account.Channel.Expressions(i.document)
	if !ok {
		return refusedBatch(channel.BatchExpression)
	}
	i.uses = append(i.uses[:len(i.uses):len(i.uses)], names...)
	return nil
}

// answered says that no item of a batch has to go on.
func (b *batch) answered() bool {
	for _, i := range b.items {
		if i.ours == nil {
			return false
		}
	}
	return true
}
