package route

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/piiproxy/piiproxy/audit"
)

// reasonFine is the reason of a request that was answered by the vendor.
const reasonFine = "ok"

// events are what the audit says, one line for each person: which route had which
// kinds restored, how many, for whom, what for, and who asked. They have room for
// names, numbers and keyed hashes only.
func (x *exchange) events(result, reason string) []audit.Event {
	about := audit.Event{
		Actor: "route:" + x.route.Name, Action: "route", Reason: reason, Request: x.trace, Purpose: x.route.Purpose, Source: x.source, Result: result,
	}
	if len(x.restored.homes) == 0 {
		return []audit.Event{about}
	}
	var events []audit.Event
	for _, h := range x.restored.homes {
		about.Account, about.Conversation, about.Kinds, about.Count = h.conversation.Account, h.hash, slices.Sorted(maps.Keys(h.kinds)), 0
		for _, n := range h.kinds {
			about.Count += n
		}
		events = append(events, about)
	}
	return events
}

// record writes lines that are durable when it returns, or says that they are not.
func (d *Desk) record(events []audit.Event) bool {
	for _, e := range events {
		if err := d.config.Audit.RecordDurable(e); err != nil {
			d.config.Reports.Metrics.auditFailed()
			return false
		}
	}
	return true
}

// tell logs, counts and audits how a request ended. That values were restored is in
// the audit already; that it failed, or was refused for a token, comes after.
func (d *Desk) tell(x *exchange, refused *Refusal) {
	reports, took := d.config.Reports, d.config.Reports.Now().Sub(x.started)
	l := line{exchange: x, reason: reasonFine, took: took.Microseconds()}
	if x.route != nil {
		l.name = x.route.Name
	}
	if x.sent {
		reports.Metrics.restored(l.name, x.restored.counts)
	}
	write := reports.Log.Info
	if refused == nil {
		l.status = x.answer.status
	} else {
		l.reason, l.status, write = refused.Reason, refused.Status, reports.Log.Warn
	}
	reports.Metrics.request(l.name, l.reason, took-x.waited)
	write("", zap.Inline(l))
	switch {
	case refused == nil:
	case x.licensed:
		d.record(x.events(audit.Failed, l.reason)) // has happened already
	case slices.Contains(aboutTokens, l.reason):
		d.record(x.events(audit.Refused, l.reason))
	}
}

// aboutTokens are the refusals that are in the audit: somebody wanted a value where
// none may be.
var aboutTokens = []string{
	refusePlace.Reason, refuseToken.Reason, refusePeople.Reason, refuseBudget.Reason, refuseTokens.Reason, refuseEncodings.Reason,
}

// line is the log's line of one request, with the contract's keys.
type line struct {
	*exchange
	name, reason string
	status       int
	took         int64 // microseconds
}

// MarshalLogObject writes it.
func (l line) MarshalLogObject(to zapcore.ObjectEncoder) error {
	to.AddString("event", "route")
	to.AddString("route", l.name)
	to.AddString("account", l.restored.account())
	to.AddString("direction", "outbound")
	to.AddString("conversation", l.restored.hash())
	to.AddString("request_id", l.trace)
	to.AddString("reason", l.reason)
	if err := to.AddArray("findings", findings{l.exchange}); err != nil {
		return err
	}
	read := 0
	if l.reading != nil {
		read = len(l.reading.raw)
	}
	to.AddInt("bytes_in", read)
	to.AddInt("bytes_out", l.bytesOut)
	to.AddInt64("total_us", l.took)
	to.AddInt("status", l.status)
	to.AddInt("peer_status", l.peer)
	return nil
}

// findings are what was restored, and what was found in the answer.
type findings struct{ *exchange }

// MarshalLogArray implements zapcore.ArrayMarshaler.
func (f findings) MarshalLogArray(to zapcore.ArrayEncoder) error {
	kinds, _ := f.restored.kinds()
	for _, kind := range kinds {
		if err := to.AppendObject(finding{"token", kind, "restore", "enforce", f.restored.counts.of(kind)}); err != nil {
			return err
		}
	}
	if f.judge == nil {
		return nil
	}
	for _, t := range f.judge.tallies {
		if err := to.AppendObject(finding{t.Rule, t.Kind, t.Action.String(), t.Mode.String(), t.Count}); err != nil {
			return err
		}
	}
	return nil
}

type finding struct {
	rule, kind, action, mode string
	n                        int
}

// MarshalLogObject implements zapcore.ObjectMarshaler.
func (f finding) MarshalLogObject(to zapcore.ObjectEncoder) error {
	to.AddString("rule", f.rule)
	to.AddString("kind", f.kind)
	to.AddString("action", f.action)
	to.AddString("mode", f.mode)
	to.AddInt("n", f.n)
	return nil
}

// sourceOf is an address without its port and zone; "" where it is no IP address.
func sourceOf(address string) string {
	source, err := netip.ParseAddrPort(address)
	if err != nil {
		return ""
	}
	return source.Addr().Unmap().WithZone("").String()
}

func itoa(n int) string { return strconv.Itoa(n) }
