package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

// lines is a log in memory.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// ruleService is a service whose rules are one file.
type ruleService struct {
	*service
	t    *testing.T
	file string
	log  *lines
}

func newRuleService(t *testing.T, body string) *ruleService {
	t.Helper()
	folder := t.TempDir()
	r := &ruleService{t: t, file: filepath.Join(folder, "rules.yaml"), log: &lines{}}
	r.write(body)
	settings := config.Default()
	settings.Rules = []string{r.file}
	settings.Store.Path, settings.Keys.Path = filepath.Join(folder, "piiproxy.db"), filepath.Join(folder, "keys")
	settings.Policies = map[string]config.Policy{"default": {Inbound: map[string]string{"default": "tokenize"}, Outbound: map[string]string{"default": "mask"}}}
	settings.Apps = []config.App{{Name: "main", AppSecret: config.Secrets{config.Literal("s")}, VerifyToken: config.Literal("v")}}
	settings.Accounts = []config.Account{{
		Name: "shop", App: "main", Channel: "messenger", ID: "1", BotURL: "http://127.0.0.1:9/", GraphURL: "http://127.0.0.1:9",
		Policy: "default", Mode: "enforce", Delivery: "direct",
	}}
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	r.service, err = assemble(t.Context(), settings, set, newLog(r.log, settings.Log), func(v *vault.Vault) redact.Vault { return v })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *ruleService) write(body string) {
	r.t.Helper()
	if err := os.WriteFile(r.file, []byte(body), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// reloadSuccess is what the metric says.
func (r *ruleService) reloadSuccess() float64 {
	r.t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "piiproxy_rules_last_reload_success" {
			return family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return -1
}

// finds tells which rules of those in force find something.
func (r *ruleService) finds(text string) string {
	r.t.Helper()
	result, err := r.rules.tenants.Rules().Sets["shop"].Scan(text, rules.Context{})
	if err != nil {
		r.t.Fatal(err)
	}
	var ids []string
	for _, f := range result.Findings {
		ids = append(ids, f.Rule)
	}
	return strings.Join(ids, ",")
}

func oneRule(id, regex, example string) string {
	return fmt.Sprintf("rules:\n  - {id: %s, kind: code, patterns: [{regex: '%s', score: 0.9}], tests: {match: ['%s']}}\n", id, regex, example)
}

const sampleCodes = "AX1234 BX1234"

// Rules that load come into force; those that do not leave the others, with a
// metric, a log line that names the place, and an answer that says what to do.
func TestReload(t *testing.T) {
	r := newRuleService(t, oneRule("first", `AX\d{4}`, "AX1234"))
	if r.finds(sampleCodes) != "first" || r.reloadSuccess() != 1 {
		t.Fatalf("at the start: %s, %v", r.finds(sampleCodes), r.reloadSuccess())
	}
	r.write(oneRule("second", `BX\d{4}`, "BX1234"))
	before, after, err := r.rules.reload("cli:tester", "")
	if err != nil || before == after || r.finds(sampleCodes) != "second" || r.rules.tenants.Rules().Version != after {
		t.Errorf("a good file: %s %s %v, finds %s", before, after, err, r.finds(sampleCodes))
	}
	for name, bad := range map[string]struct{ body, want, place string }{
		"yaml":        {"rules: [", "did not find expected node content", `"rule":""`},
		"pattern":     {oneRule("third", `(`, "x"), "does not compile", `"rule":"third"`},
		"example":     {oneRule("third", `CX\d{4}`, "CX12 canary-0042"), "is not found", `"line":2,"rule":"third"`},
		"unknown key": {"rules:\n  - {id: third, kind: code, regex: x}\n", "unknown key", `"line":2`},
		"gone":        {"", "the file is empty", `"line":0`},
	} {
		r.write(bad.body)
		mark := len(r.log.String())
		_, _, err := r.rules.reload("cli:tester", "")
		if err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: got %v", name, err)
		}
		said := r.log.String()[mark:]
		if !strings.Contains(said, `"level":"error"`) || !strings.Contains(said, `"event":"rules_reload_failed"`) || !strings.Contains(said, bad.place) {
			t.Errorf("%s: the log says %s", name, said)
		}
		if strings.Contains(said, "canary") {
			t.Errorf("%s: the log quotes an example: %s", name, said)
		}
		if r.finds(sampleCodes) != "second" || r.reloadSuccess() != 0 || r.rules.tenants.Rules().Version != after {
			t.Errorf("%s: finds %s, metric %v", name, r.finds(sampleCodes), r.reloadSuccess())
		}
	}
	r.write(oneRule("second", `BX\d{4}`, "BX1234"))
	if _, _, err := r.rules.reload("cli:tester", ""); err != nil || r.reloadSuccess() != 1 {
		t.Errorf("the file as it was: %v, metric %v", err, r.reloadSuccess())
	}
	r.write(oneRule("recovered", `CX\d{4}`, "CX1234"))
	if _, _, err := r.rules.reload("cli:tester", ""); err != nil || r.finds("CX1234") != "recovered" || r.reloadSuccess() != 1 {
		t.Errorf("a recovered file: %v", err)
	}
}

// A kind that a policy names must still be found by some rule.
func TestReloadKeepsKinds(t *testing.T) {
	r := newRuleService(t, oneRule("first", `AX\d{4}`, "AX1234"))
	r.settings.Policies["default"].Inbound["code"] = "mask"
	r.write("rules:\n  - {id: other, kind: other, words: [xyzzy]}\n")
	if _, _, err := r.rules.reload("cli:tester", ""); err == nil || r.finds(sampleCodes) != "first" {
		t.Errorf("got %v, finds %s", err, r.finds(sampleCodes))
	}
}

// full is an audit log that cannot be written.
type full struct{ proxy.Auditor }

// RecordDurable implements proxy.Auditor.
func (full) RecordDurable(audit.Event) error { return errors.New("full") }

// What cannot be audited does not come into force; what does is in the audit log.
func TestReloadIsAudited(t *testing.T) {
	r := newRuleService(t, oneRule("first", `AX\d{4}`, "AX1234"))
	r.write(oneRule("second", `BX\d{4}`, "BX1234"))
	working := r.rules.audit
	r.rules.audit = full{working}
	if _, _, err := r.rules.reload("cli:tester", ""); err == nil || r.finds(sampleCodes) != "first" || r.reloadSuccess() != 0 {
		t.Errorf("got %v, finds %s", err, r.finds(sampleCodes))
	}
	var refusal *console.Refusal
	if _, err := (ruleDesk{r.rules}).Reload(t.Context(), console.ReloadOrder{Actor: "cli:tester"}); !errors.As(err, &refusal) || refusal.Status != 503 {
		t.Errorf("the desk answers %v", err)
	}
	r.rules.audit = working
	if _, _, err := r.rules.reload("cli:tester", ""); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(r.settings.AuditPath())
	if err != nil || !strings.Contains(string(log), `"actor":"cli:tester","action":"rules reload"`) {
		t.Errorf("%v: the audit log says %s", err, log)
	}
}

// A change of the file, a link that leads elsewhere and a signal all reload.
func TestWatch(t *testing.T) {
	r := newRuleService(t, oneRule("first", `AX\d{4}`, "AX1234"))
	ctx, cancel := context.WithCancel(t.Context())
	hup := make(chan os.Signal, 1)
	var watching sync.WaitGroup
	watching.Go(func() { r.rules.watch(ctx, hup, 5*time.Millisecond) })
	defer watching.Wait()
	defer cancel()
	eventually := func(what string, holds func() bool) {
		t.Helper()
		for end := time.Now().Add(time.Minute); !holds(); time.Sleep(2 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: finds %s, log %s", what, r.finds(sampleCodes), r.log)
			}
		}
	}
	r.write(oneRule("changed", `BX\d{4}`, "BX1234"))
	eventually("a changed file", func() bool { return r.finds(sampleCodes) == "changed" })
	r.write("rules: [")
	eventually("a bad file", func() bool { return r.reloadSuccess() == 0 })
	if r.finds(sampleCodes) != "changed" {
		t.Errorf("after a bad file: %s", r.finds(sampleCodes))
	}
	other := r.file + ".next"
	if err := os.WriteFile(other, []byte(oneRule("linked", `AX\d{4}`, "AX1234")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(other, r.file+".link"), os.Rename(r.file+".link", r.file)); err != nil {
		t.Fatal(err)
	}
	eventually("a link", func() bool { return r.finds(sampleCodes) == "linked" && r.reloadSuccess() == 1 })
	r.rules.tenants.Rules() // the set in force may be read while it changes
	hup <- syscall.SIGHUP
	r.write(oneRule("signalled", `BX\d{4}`, "BX1234"))
	eventually("a signal", func() bool { return r.finds(sampleCodes) == "signalled" })
}

// The admin API tells of the rules in force and of those on disk.
func TestRuleDesk(t *testing.T) {
	r := newRuleService(t, oneRule("first", `AX\d{4}`, "AX1234"))
	desk := ruleDesk{r.rules}
	r.rules.current.overrides = []rules.Override{{ID: "first", Mode: "shadow", Threshold: 0.7}}
	list := desk.List()
	if len(list.Rules) != 1 || list.Rules[0].ID != "first" || list.Rules[0].Mode != "shadow" || list.Rules[0].Threshold != 0.7 || list.Version != r.rules.tenants.Rules().Version {
		t.Errorf("got %+v", list)
	}
	r.rules.current.overrides = nil
	if test, err := desk.Test(); err != nil || !test.InForce || test.Rules != 1 || len(test.Problems) != 0 {
		t.Errorf("got %+v, %v", test, err)
	}
	r.write(oneRule("second", `BX\d{4}`, "CX1234"))
	if test, err := desk.Test(); err != nil || test.InForce || len(test.Problems) != 1 || !strings.Contains(test.Problems[0], "is not found") {
		t.Errorf("got %+v, %v", test, err)
	}
	r.write(oneRule("second", `BX\d{4}`, "BX1234"))
	diff, err := desk.Diff(console.DiffOrder{Texts: []string{sampleCodes, "nothing"}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(diff)
	if err != nil || strings.Contains(string(text), "AX1234") {
		t.Errorf("%v: %s", err, text)
	}
	for _, want := range []string{`"added":["second"]`, `"removed":["first"]`, `"change":"newly missed","rule":"first"`, `"change":"newly caught","rule":"second"`, `"where":"text:1"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if _, err := desk.Diff(console.DiffOrder{Direction: "up"}); err == nil {
		t.Error("a direction that is none")
	}
	if _, err := desk.Reload(t.Context(), console.ReloadOrder{}); err == nil {
		t.Error("nobody ordered it")
	}
	done, err := desk.Reload(t.Context(), console.ReloadOrder{Actor: "cli:tester"})
	if err != nil || done.Rules != 1 || done.Version != diff.New || done.Previous != diff.Old || r.finds(sampleCodes) != "second" {
		t.Errorf("got %+v, %v", done, err)
	}
}
