package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/store"
)

// What is remembered from one run to the next, in the store, sealed.
const (
	postureKey = "audit/posture" // of all instances: they are set alike
	headPrefix = "audit/head/"
	// remembered is for how long: nobody who comes back after longer is surprised
	// that a comparison is missing.
	remembered = 400 * 24 * time.Hour
)

// headKey names the record of this instance's log. The embedded store has one
// instance, wherever its log is; others share a store, and each has a log of its
// own.
func (s *service) headKey() string {
	if s.settings.Store.Driver == "bolt" {
		return headPrefix + "one"
	}
	host, _ := os.Hostname() // without a name all that have none share a record
	mac := s.keys.PRF("audit, instance", host, s.settings.AuditPath())
	return fmt.Sprintf("%s%x", headPrefix, mac[:10])
}

// remember seals a record over the one before.
func (s *service) remember(ctx context.Context, key string, what any) error {
	plain, err := json.Marshal(what)
	if err != nil {
		return errors.New("encoding what is remembered of a run")
	}
	sealed, err := s.keys.Seal(plain, []byte(key))
	if err != nil {
		return err
	}
	record := store.Record{Key: key, Value: sealed, Expires: time.Now().Add(remembered)}
	if old, err := s.stores.values.Get(ctx, key); err == nil {
		record.Version = old.Version
	}
	if err := s.stores.values.Put(ctx, record); !errors.Is(err, store.ErrConflict) { // another instance was faster
		return err
	}
	return nil
}

// recall reads it back; false where there is none that can be read.
func (s *service) recall(ctx context.Context, key string, to any) (bool, error) {
	record, err := s.stores.values.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	plain, err := s.keys.Open(record.Value, []byte(key))
	return err == nil && json.Unmarshal(plain, to) == nil, nil
}

// keepHead remembers where the audit's chain ends.
func (s *service) keepHead(ctx context.Context, head audit.Head) error {
	return s.remember(ctx, s.headKey(), head)
}

// begin writes down under which configuration and rules this run begins, and what
// differs from the last one. Without it nothing begins.
func (s *service) begin(ctx context.Context, l *trail, judge *judges) error {
	if err := s.checkHead(ctx, l); err != nil {
		return err
	}
	now, err := postureOf(s.settings, judge, s.core.tenants.Rules().Version)
	if err != nil {
		return err
	}
	var before posture
	found, err := s.recall(ctx, postureKey, &before)
	if err != nil {
		return err
	}
	reason := "config " + now.Config
	if found && before.Config != now.Config {
		reason += " in the place of " + before.Config
	}
	if found && before.Version != now.Version {
		reason += "; rules in the place of " + before.Version
	}
	event := audit.Event{Actor: "piiproxy", Action: audit.ActionStart, Reason: reason, Result: audit.Done}
	if err := writeWeakened(l, s.log, event.Actor, now.weakened(before)); err != nil {
		return err
	}
	if err := l.RecordDurable(event); err != nil {
		return errors.New("the audit log cannot be written, so nothing is served")
	}
	return s.remember(ctx, postureKey, now)
}

// keepPosture remembers what is in force now for the next run. That it is not kept
// costs a comparison, and is said; what changed is in the audit log already.
func (s *service) keepPosture(p posture) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := s.remember(ctx, postureKey, p); err != nil {
		s.log.Warn("", zap.String("event", "audit_fault"), zap.String("reason", "posture"))
	}
}

// checkHead sees that the chain still has the line that it had when it was last
// looked at.
func (s *service) checkHead(ctx context.Context, l *trail) error {
	var head audit.Head
	found, err := s.recall(ctx, s.headKey(), &head)
	if err != nil || !found {
		return err
	}
	there, err := l.Has(head)
	if err != nil || there {
		return err
	}
	s.log.Error("", zap.String("event", "audit_cut"), zap.String("head", head.String()))
	return l.RecordDurable(audit.Event{Actor: "piiproxy", Action: audit.ActionRecovered, Reason: audit.RecoveredCut, Count: int(head.Seq)})
}

// maxWeakened bounds the lines about one change.
const maxWeakened = 200

// writeWeakened writes a line for each point in which less is hidden than before.
// The caller's own line comes after them, and is durable.
func writeWeakened(to proxy.Auditor, log *zap.Logger, actor string, points []string) error {
	for i, point := range points {
		if i == maxWeakened {
			point = fmt.Sprintf("and %d more", len(points)-i)
		}
		if len(point) > 500 {
			point = strings.ToValidUTF8(point[:500], "")
		}
		if err := to.Record(audit.Event{Actor: actor, Action: audit.ActionWeakened, Reason: point}); err != nil {
			return errors.New("the audit log cannot be written, so nothing changes")
		}
		log.Warn("", zap.String("event", "weakened"), zap.String("what", point))
		if i == maxWeakened {
			return nil
		}
	}
	return nil
}
