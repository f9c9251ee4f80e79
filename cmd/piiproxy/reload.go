package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/rules"
)

// recheckRules is how often rule files are looked at. A change counts when two
// looks find the same, so that a file that is just being written is not read.
const recheckRules = 2 * time.Second

// reloader puts rules in force that have changed on disk. All that can fail
// happens before anything changes: reading, compiling, the rules' own examples,
// the kinds that policies name, the audit log. What fails leaves the rules that
// were in force, and says so.
type reloader struct {
	settings *config.Config
	tenants  *proxy.Tenants
	metrics  *proxy.Metrics
	audit    proxy.Auditor
	log      *zap.Logger
	keep     func(posture) // for the next run to compare with

	mu      sync.Mutex // one reload at a time
	current *judges    // whose rules are in force
	read    string     // state of the files when they were last read
}

// reload reads the rules and puts them in force. The error is for the operator.
func (r *reloader) reload(actor, source string) (before, after string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before = r.tenants.Rules().Version
	r.read = stateOf(r.settings.Rules) // before reading: a change in between shows at the next look
	fresh, err := loadRules(r.settings)
	if err != nil {
		return before, before, r.failed(err)
	}
	book, err := fresh.rulebook(r.settings)
	if err != nil {
		return before, before, r.failed(err)
	}
	if book.Version == before {
		r.metrics.Reloaded(true)
		return before, before, nil
	}
	event, now, err := r.writeDown(actor, source, fresh, book.Version, before)
	if err != nil {
		r.metrics.AuditFailed()
		return before, before, r.failed(proxy.ErrUnaudited)
	}
	if err := r.tenants.SetRules(book); err != nil {
		event.Result = audit.Failed
		if r.audit.RecordDurable(event) != nil {
			r.metrics.AuditFailed()
		}
		return before, before, r.failed(err)
	}
	r.current = fresh
	r.keep(now)
	r.sayDrift()
	r.metrics.Reloaded(true)
	r.log.Info("", zap.String("event", "rules_reloaded"), zap.String("rules_version", book.Version),
		zap.String("previous", before), zap.Int("rules", len(fresh.library.Rules())))
	return before, book.Version, nil
}

// writeDown puts a change of rules into the audit log before it holds: first in
// which points less will be found than now, then the change itself.
func (r *reloader) writeDown(actor, source string, fresh *judges, version, before string) (audit.Event, posture, error) {
	event := audit.Event{
		Actor: actor, Source: source, Action: audit.ActionReload, Result: audit.Done, Rules: version,
		Reason: fmt.Sprintf("%s in the place of %s", version, before),
	}
	was, err := postureOf(r.settings, r.current, before)
	if err != nil {
		return event, was, err
	}
	now, err := postureOf(r.settings, fresh, version)
	if err != nil {
		return event, now, err
	}
	points := now.weakened(was)
	event.Count = len(points)
	if err := writeWeakened(r.audit, r.log, actor, points); err != nil {
		return event, now, err
	}
	return event, now, r.audit.RecordDurable(event)
}

// sayDrift logs which pinned packs and files are no longer what was last read
// through.
func (r *reloader) sayDrift() {
	for _, drifted := range r.current.library.Drift() {
		r.log.Warn("", zap.String("event", "rules_differ"), zap.String("file", drifted.File))
	}
}

// failed says loudly that the rules on disk are not those in force. The log names
// the first place; it does not quote the file, whose examples may be anybody's.
func (r *reloader) failed(err error) error {
	r.metrics.Reloaded(false)
	fields := []zap.Field{zap.String("event", "rules_reload_failed"), zap.String("rules_version", r.tenants.Rules().Version)}
	var complaints rules.Errors
	var examples failedExamples
	switch {
	case errors.As(err, &complaints):
		fields = append(fields, placeOf(complaints[0])...)
	case errors.As(err, &examples):
		fields = append(fields, placeOf(examples[0].Complaint)...)
	}
	r.log.Error("", fields...)
	return err
}

// placeOf names where a complaint is about.
func placeOf(c rules.Complaint) []zap.Field {
	return []zap.Field{zap.String("file", c.File), zap.Int("line", c.Line), zap.String("rule", c.Rule)}
}

// watch reloads when a rule file changes or hup fires, until the context ends.
func (r *reloader) watch(ctx context.Context, hup <-chan os.Signal, every time.Duration) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			_, _, _ = r.reload("signal", "") // it has said what is wrong
		case <-ticks.C:
			now := stateOf(r.settings.Rules)
			if now == last && now != r.readState() {
				_, _, _ = r.reload("file change", "")
			}
			last = now
		}
	}
}

// kinds are those that the rules in force find.
func (r *reloader) kinds() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return kindsOf(r.current.library)
}

// readState is the state of the files that were read last, whether or not their
// rules came into force: a bad file is not read again and again.
func (r *reloader) readState() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read
}

// stateOf tells the state of rule files: names, sizes, times, identity. Built-in
// packs do not change.
func stateOf(sources []string) string {
	var state strings.Builder
	for _, source := range sources {
		if source == "builtin" || strings.HasPrefix(source, "builtin/") {
			continue
		}
		name, _ := rules.Unpinned(source)
		names, err := filepath.Glob(name)
		if err != nil || len(names) == 0 {
			names = []string{name}
		}
		for _, name := range names {
			fmt.Fprintf(&state, "%s %s\n", name, fileState(name))
		}
	}
	return state.String()
}

// fileState is what changes when a file is written, replaced, or linked elsewhere.
func fileState(name string) string {
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return "missing"
	}
	info, err := os.Stat(target)
	if err != nil {
		return "missing"
	}
	return fmt.Sprintf("%s %d %d", target, info.Size(), info.ModTime().UnixNano())
}
