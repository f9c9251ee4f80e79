package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
)

// Shelf is the quarantine of this proxy.
func (p *Proxy) Shelf() Shelf {
	return Shelf{Store: p.config.Records.Store, Keys: p.config.Records.Keys}
}

// Retry puts an item of the quarantine back on its way: it is read, judged and
// delivered as if the platform had just brought it. What came out of the outbox was
// judged before, and goes back there. An item that arrives leaves the quarantine;
// one that does not stays as it is, and why says the reason: of docs/reasons.md, or
// what the bot answered. Errors: ErrNotAside, and faults of the store.
//
// A bot may get a message again that it had: the other parts of a delivery that is
// put back as a whole, or an item that could not be removed afterwards.
func (p *Proxy) Retry(ctx context.Context, id string) (why string, err error) {
	p.retrying.Lock() // an item is delivered by one order at a time
	defer p.retrying.Unlock()
	shelf := p.Shelf()
	record, item, err := shelf.get(ctx, id)
	switch {
	case errors.Is(err, errUnreadable):
		return ReasonUnreadable, nil
	case err != nil:
		return "", err
	}
	if strings.HasPrefix(item.Reason, outboxReasons) {
		why = p.spoolAgain(ctx, item)
	} else {
		why = p.passAgain(item)
	}
	if why != "" {
		return why, nil
	}
	if err := p.config.Records.Store.Delete(context.WithoutCancel(ctx), record.Key, record.Version); err != nil {
		return "", errors.New("the bot has it, and it could not be removed: drop it")
	}
	return "", nil
}

// outboxReasons begin the reasons of what was acknowledged, judged and not
// delivered.
const outboxReasons = "outbox_"

// spoolAgain gives a delivery that waited in the outbox for too long another life
// there.
func (p *Proxy) spoolAgain(ctx context.Context, item quarantined) (why string) {
	account, ok := p.config.Tenants.Account(item.Account)
	if !ok {
		if account = p.accountIn(item); account == nil {
			return "outbox_account_gone"
		}
	}
	_, refused := p.delivery.outbox.add(ctx, parcel{
		account: account, body: item.Body, lanes: p.lanesOf(account, item.Body), trace: item.Trace, header: http.Header{},
	})
	if refused != nil {
		return refused.Reason
	}
	return ""
}

// accountIn finds whose a judged delivery is by what stands in it: earlier versions
// did not write it down.
func (p *Proxy) accountIn(item quarantined) *Account {
	document, err := payload.Parse(item.Body, p.config.Limits.Payload)
	if err != nil {
		return nil
	}
	defer document.Free()
	ch, ok := channel.ByObject(document.Text(max(0, document.Child(0, "object"))))
	if !ok {
		return nil
	}
	parts, err := ch.Delivery(document)
	if err != nil {
		return nil
	}
	for _, owner := range p.config.Tenants.owners(p.config.Tenants.apps[item.App], ch, parts) {
		if owner != nil {
			return owner
		}
	}
	return nil
}

// passAgain takes an item the way of a webhook, from behind its signature on.
func (p *Proxy) passAgain(item quarantined) (why string) {
	app := p.config.Tenants.apps[item.App]
	if app == nil {
		return "account_unknown"
	}
	body := item.Body
	if item.Delivery != nil {
		body = item.Delivery
	}
	in := inbound{
		app: app, rules: p.config.Tenants.Rules(), body: body, trace: newTrace(), started: p.config.Now(), header: http.Header{},
		hash: logHash(p.config.Records.Keys.PRF("delivery", app.Name, "again "+item.Trace)), again: &atomic.Pointer[string]{},
	}
	ctx := p.delivery.deadlines.at(in.started)
	bundles, refused := p.receive(ctx, in)
	if refused != nil {
		return refused.Reason
	}
	status, refused := p.each(ctx, in, bundles)
	switch reason := in.again.Load(); {
	case refused != nil:
		return refused.Reason
	case reason != nil:
		return *reason
	case len(bundles) > 0 && (status < 200 || status > 299):
		return fmt.Sprintf("the bot answered %d", status)
	}
	return ""
}
