package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/store"
)

const modePrefix = "mode/"

// maxReason leaves room for the order in a field of the audit log.
const maxReason = 400

// maxBreakGlass bounds how long rules may be out of force in one go.
const maxBreakGlass = 24 * time.Hour

// ErrUnaudited says that the audit log could not be written, and that therefore
// nothing was done.
var ErrUnaudited = errors.New("the audit log cannot be written")

// ErrNoAccount says that no account has the name.
var ErrNoAccount = errors.New("no account has this name")

// BreakGlass is an operator's order to change an account's mode for a while.
type BreakGlass struct {
	Account string
	Mode    rules.Mode
	For     time.Duration
	All     bool // card numbers and security codes, too
	Reason  string
	Actor   string
	Source  string // address that the order came from
	Request string
}

// order is what the audit log says was ordered: mode, scope and time.
func (b BreakGlass) order() string {
	scope := ""
	if b.All {
		scope = " all"
	}
	return fmt.Sprintf("%s%s for %s", b.Mode, scope, b.For)
}

// Break changes an account's mode until the time is over. It is audited before
// it holds, kept over a restart, and raises an alarm.
func (p *Proxy) Break(ctx context.Context, b BreakGlass) error {
	a, ok := p.config.Tenants.Account(b.Account)
	switch {
	case !ok:
		return ErrNoAccount
	case b.For <= 0 || b.For > maxBreakGlass:
		return fmt.Errorf("--for takes a time over zero and up to %s", maxBreakGlass)
	case b.Reason == "" || len(b.Reason) > maxReason:
		return fmt.Errorf("--reason is missing, or longer than %d bytes: the audit log keeps it", maxReason)
	case b.Actor == "" || len(b.Actor) > maxReason:
		return errors.New("the order names no actor: the audit log keeps it")
	}
	event := audit.Event{
		Actor: b.Actor, Source: b.Source, Action: audit.ActionMode, Account: a.Name, Reason: b.order() + ": " + b.Reason,
		Request: b.Request, Result: audit.Done,
	}
	if err := p.config.Records.Audit.RecordDurable(event); err != nil {
		p.config.Metrics.auditFailed()
		return fmt.Errorf("%w, so the mode stays as it is", ErrUnaudited)
	}
	p.modes.Lock()
	defer p.modes.Unlock()
	o := Override{Mode: b.Mode, Until: p.config.Now().Add(b.For), All: b.All}
	if err := p.keepOverride(ctx, a, o); err != nil {
		if event.Result = audit.Failed; p.config.Records.Audit.RecordDurable(event) != nil {
			p.config.Metrics.auditFailed()
		}
		return errors.New("the store cannot be written, so the mode stays as it is")
	}
	a.SetOverride(&o)
	p.config.Metrics.brokenGlass(a.Name, o.Until)
	p.config.Log.Error("", zap.String("event", "break_glass"), zap.String("account", a.Name),
		zap.String("mode", o.Mode.String()), zap.Bool("all", o.All), zap.Time("until", o.Until))
	return nil
}

// keepOverride stores an override with its own end as expiry.
func (p *Proxy) keepOverride(ctx context.Context, a *Account, o Override) error {
	plain, err := json.Marshal(o)
	if err != nil {
		return err
	}
	key := modePrefix + logHash(p.config.Records.Keys.PRF("mode", a.Name))
	sealed, err := p.config.Records.Keys.Seal(plain, []byte(key))
	if err != nil {
		return err
	}
	record := store.Record{Key: key, Value: sealed, Expires: o.Until}
	if old, err := p.config.Records.Store.Get(ctx, key); err == nil {
		record.Version = old.Version
	}
	return p.config.Records.Store.Put(ctx, record)
}

// loadOverrides takes up what an earlier process, or another one, was ordered.
func (p *Proxy) loadOverrides(ctx context.Context) error {
	p.modes.Lock() // what was read must not come after a newer order
	defer p.modes.Unlock()
	kept, err := p.keptOverrides(ctx)
	if err != nil {
		return fmt.Errorf("loading modes: %w", err)
	}
	for _, a := range p.config.Tenants.Accounts() {
		key := modePrefix + logHash(p.config.Records.Keys.PRF("mode", a.Name))
		record, ordered := kept[key]
		if !ordered {
			continue // an earlier order ends by itself
		}
		plain, err := p.config.Records.Keys.Open(record.Value, []byte(key))
		if err != nil {
			return fmt.Errorf("loading modes: %w", err)
		}
		var o Override
		if err := json.Unmarshal(plain, &o); err != nil {
			return fmt.Errorf("loading modes: %w", err)
		}
		a.SetOverride(&o)
		p.config.Metrics.brokenGlass(a.Name, o.Until)
	}
	return nil
}

// keptOverrides are the orders in the store, by key.
func (p *Proxy) keptOverrides(ctx context.Context) (map[string]store.Record, error) {
	kept := map[string]store.Record{}
	for after := ""; ; {
		page, err := p.config.Records.Store.List(ctx, modePrefix, after, store.MaxPage)
		if err != nil || len(page) == 0 {
			return kept, err
		}
		for _, record := range page {
			kept[record.Key], after = record, record.Key
		}
	}
}

// ConversationHash gives what logs show for a person; looking it up is audited
// because it links a person to what is said of them.
func (p *Proxy) ConversationHash(account, id, actor, source string) (string, error) {
	a, ok := p.config.Tenants.Account(account)
	if !ok {
		return "", ErrNoAccount
	}
	person := a.Channel.PersonOf(id)
	if !person.Known() {
		return "", errors.New("this is no user id of the channel: give the digits of a PSID, an IGSID or a phone number, or a business-scoped user id")
	}
	hash := p.config.Records.Conversations.Hash(a.Name, person.Aliases[0])
	err := p.config.Records.Audit.RecordDurable(audit.Event{
		Actor: actor, Action: "conversation", Account: a.Name, Conversation: hash, Source: source, Result: audit.Done,
	})
	if err != nil {
		p.config.Metrics.auditFailed()
		return "", fmt.Errorf("%w, so nothing is told", ErrUnaudited)
	}
	return hash, nil
}
