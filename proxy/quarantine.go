package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/store"
)

const (
	quarantinePrefix = "quarantine/"
	// quarantineAge is how long operators have to look at an item: as long as
	// tokens live.
	quarantineAge = 30 * 24 * time.Hour
)

// quarantineReasons are why something is set aside, beside bodies that are no
// strict JSON (parse_…).
var quarantineReasons = []string{
	"account_unknown", "object_unknown", "shape_unknown", "outbox_expired", "outbox_account_gone", refuseOverrun.Reason, refuseUnkeepable.Reason, string(redact.PolicyBlock), string(redact.ValueInNumber),
	string(redact.ValueInName), string(redact.ValueInArray), string(redact.RuleBudget),
}

// quarantine seals what can never be passed on, so that it blocks nothing and
// is not lost.
type quarantine struct {
	records Records
	metrics *Metrics
	log     *zap.Logger
	now     func() time.Time
}

// quarantined is what is kept of a delivery or a part of one. The commands
// that work the quarantine read it.
type quarantined struct {
	App      string    `json:"app"`
	Account  string    `json:"account,omitempty"` // where it is one account's
	Reason   string    `json:"reason"`
	Trace    string    `json:"trace"`
	Accepted time.Time `json:"accepted"`
	Body     []byte    `json:"body"`
	Delivery []byte    `json:"delivery,omitempty"` // with the part in it and nothing else, where Body is a part
}

// aside is what is set aside, and why.
type aside struct {
	account, reason string
	body, delivery  []byte
}

// seal stores bytes; they are durable when it returns nil.
func (q *quarantine) seal(ctx context.Context, in inbound, a aside) error {
	now, reason := q.now(), a.reason
	name := ""
	if in.app != nil {
		name = in.app.Name
	}
	accepted := now
	if !in.started.IsZero() {
		accepted = in.started // an erasure takes away what came in before it
	}
	plain, err := json.Marshal(quarantined{name, a.account, reason, in.trace, accepted, a.body, a.delivery})
	if err != nil {
		return err
	}
	// The same again, as the platform sends it, is one item.
	key := quarantinePrefix + logHash(q.records.Keys.PRF("quarantine", name, reason, string(a.body)))
	sealed, err := q.records.Keys.Seal(plain, []byte(key))
	if err != nil {
		return err
	}
	err = q.records.Store.Put(ctx, store.Record{Key: key, Value: sealed, Expires: now.Add(quarantineAge)})
	if errors.Is(err, store.ErrConflict) {
		return nil
	}
	if err != nil {
		return err
	}
	q.metrics.quarantined(reason)
	q.log.Error("", zap.String("event", "quarantined"), zap.String("app", name), zap.String("reason", reason), zap.String("request_id", in.trace), zap.String("delivery", in.hash))
	if err := q.records.Audit.Record(audit.Event{Actor: "piiproxy", Action: audit.ActionQuarantine, Reason: reason, Request: in.trace}); err != nil {
		q.metrics.auditFailed() // it is sealed: sending it again would seal it twice
	}
	return nil
}
