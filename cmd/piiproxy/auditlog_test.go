package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/vault"
)

// again starts a service anew on the same folder, with other settings.
func (r *ruleService) again(change func(*config.Config)) {
	r.t.Helper()
	settings := r.settings
	if err := r.close(); err != nil {
		r.t.Fatal(err)
	}
	change(settings)
	var err error
	r.service, err = assemble(r.t.Context(), settings, r.keys, newLog(r.log, settings.Log), func(v *vault.Vault) redact.Vault { return v })
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *ruleService) audited() string {
	r.t.Helper()
	content, err := os.ReadFile(r.settings.AuditPath())
	if err != nil {
		r.t.Fatal(err)
	}
	return string(content)
}

// verify checks the service's log against its own keys.
func (r *ruleService) verify(heads ...audit.Head) audit.Report {
	r.t.Helper()
	report, err := audit.Verifier{Keys: r.keys.VerifyingKeys(), Heads: heads}.Log(r.settings.AuditPath())
	if err != nil {
		r.t.Fatal(err)
	}
	return report
}

const threeRules = `rules:
  - {id: one, kind: code, patterns: [{regex: 'AX\d{4}', score: 0.6}], threshold: 0.5, tests: {match: ["AX1234"]}}
  - {id: two, kind: code, patterns: [{regex: 'BX\d{4}', score: 0.6}], threshold: 0.5, tests: {match: ["BX1234"]}}
  - {id: three, kind: code, patterns: [{regex: 'CX\d{4}', score: 0.9}], threshold: 0.5, tests: {match: ["CX1234"]}}
`

// TestReloadWeakens: each point in which rules find less than before is a line of
// its own, before the change holds, and a warning. What finds more is none.
func TestReloadWeakens(t *testing.T) {
	r := newRuleService(t, threeRules)
	weaker := strings.Replace(threeRules, "id: one, kind: code", "id: new, kind: code", 1)
	weaker = strings.Replace(weaker, "id: two,", "id: two, mode: shadow,", 1)
	weaker = strings.Replace(weaker, "score: 0.9}], threshold: 0.5", "score: 0.9}], threshold: 0.8", 1)
	r.write(weaker)
	if _, _, err := r.rules.reload("cli:tester", "192.0.2.7"); err != nil {
		t.Fatal(err)
	}
	points := regexp.MustCompile(`"action":"weakened","reason":"([^"]*)"`).FindAllStringSubmatch(r.audited(), -1)
	var said []string
	for _, point := range points {
		said = append(said, point[1])
	}
	want := []string{"rule one: removed", "rule three: threshold 0.8, was 0.5", "rule two: shadow, was enforce"}
	if fmt.Sprint(said) != fmt.Sprint(want) {
		t.Errorf("weakened is %q, want %q", said, want)
	}
	version := r.rules.tenants.Rules().Version
	last := r.audited()[strings.LastIndex(r.audited(), "{"):]
	for _, want := range []string{`"action":"rules reload"`, `"count":3`, `"source":"192.0.2.7"`, `"result":"done"`, `"rules":"` + version + `"`, `"signature":"`} {
		if !strings.Contains(last, want) {
			t.Errorf("the last line has no %s: %s", want, last)
		}
	}
	if n := strings.Count(r.log.String(), `"level":"warn"`); n < 3 || !strings.Contains(r.log.String(), `"event":"weakened","what":"rule one: removed"`) {
		t.Errorf("%d warnings: %s", n, r.log)
	}
	r.write(threeRules)
	if _, _, err := r.rules.reload("cli:tester", ""); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(r.audited(), `"action":"weakened"`); n != 4 { // new is gone again
		t.Errorf("%d points after going back: %s", n, r.audited())
	}
}

// TestStartIsCompared: a start says under which configuration, and in which points
// it hides less than what was in force last.
func TestStartIsCompared(t *testing.T) {
	r := newRuleService(t, threeRules)
	if log := r.audited(); strings.Count(log, `"action":"start"`) != 1 || strings.Contains(log, "weakened") || strings.Contains(log, "in the place of") {
		t.Errorf("the first start: %s", log)
	}
	r.again(func(*config.Config) {})
	if log := r.audited(); strings.Count(log, `"action":"start"`) != 2 || strings.Contains(log, "in the place of") {
		t.Errorf("the same again: %s", log)
	}
	r.again(func(c *config.Config) {
		c.Policies["default"] = config.Policy{Inbound: map[string]string{"code": "allow", "default": "redact"}, Outbound: map[string]string{"default": "report"}}
		c.Accounts[0].Mode = "shadow"
		c.Overrides = []config.Override{{ID: "two", Mode: "off"}}
	})
	log := r.audited()
	for _, want := range []string{
		"account shop: mode shadow, was enforce", "policy default: inbound.code allow, was tokenize", "policy default: outbound.default report, was mask", "rule two: off, was enforce",
	} {
		if !strings.Contains(log, `"action":"weakened","reason":"`+want+`"`) {
			t.Errorf("no line says %q", want)
		}
	}
	if n := strings.Count(log, `"action":"weakened"`); n != 4 || !strings.Contains(log, "in the place of") {
		t.Errorf("%d points: %s", n, log)
	}
	if strings.Contains(log, `"reason":"policy default: inbound.default`) {
		t.Error("redact in the place of tokenize is no weakening")
	}
	if report := r.verify(r.core.audit.Head()); report.Count != 0 {
		t.Errorf("%+v", report)
	}
}

// TestAuditCut: the store remembers where the log ended: a start that does not
// find it says so, in both logs, and goes on.
func TestAuditCut(t *testing.T) {
	for name, cut := range map[string]func(path string, content []byte) error{
		"the last line": func(path string, content []byte) error {
			return os.WriteFile(path, content[:bytes.LastIndexByte(content[:len(content)-1], '\n')+1], 0o600)
		},
		"all of it": func(path string, _ []byte) error { return os.Remove(path) },
	} {
		r := newRuleService(t, threeRules)
		r.again(func(*config.Config) {})
		if strings.Contains(r.log.String(), "audit_cut") {
			t.Fatalf("%s: nothing was cut yet", name)
		}
		head := r.core.audit.Head()
		r.again(func(c *config.Config) {
			content, err := os.ReadFile(c.AuditPath())
			if err = errors.Join(err, cut(c.AuditPath(), content)); err != nil {
				t.Fatal(err)
			}
		})
		if !strings.Contains(r.log.String(), `"event":"audit_cut","head":"`+head.String()) || !strings.Contains(r.audited(), `"reason":"lines_gone"`) {
			t.Errorf("%s: %s", name, r.log)
		}
		if report := r.verify(head); report.Count == 0 || report.Problems[0].Reason != audit.ReasonHead {
			t.Errorf("%s, against the head: %+v", name, report)
		}
	}
}

// TestHeadIsSaid: the log says where the chain ends, at the latest when it ends.
func TestHeadIsSaid(t *testing.T) {
	r := newRuleService(t, threeRules)
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`"event":"audit_head","head":"([^"]+)"`).FindAllStringSubmatch(r.log.String(), -1)
	if len(found) == 0 {
		t.Fatalf("the log is %s", r.log)
	}
	head, err := audit.ParseHead(found[len(found)-1][1])
	if err != nil {
		t.Fatal(err)
	}
	if report := r.verify(head); report.Count != 0 || report.Head.Seq != head.Seq {
		t.Errorf("%+v, the log said %v", report, head)
	}
}

// commanded runs a command.
func commanded(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String() + stderr.String()
}

// TestAuditCommands: verify and report on the files of an installation, without its
// key-encrypting key.
func TestAuditCommands(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "piiproxy.yaml")
	if err := os.WriteFile(file, []byte("keys: {path: ./keys}\naudit: {path: ./log/audit.jsonl, max_bytes: 1MiB}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := readFor(file, "keys", "audit")
	if err != nil {
		t.Fatal(err)
	}
	home := keys.Folder{Path: settings.Keys.Path}
	if err := keys.Init(t.Context(), home); err != nil {
		t.Fatal(err)
	}
	set, err := keys.Open(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	log, err := openAudit(settings, set)
	if err != nil {
		t.Fatal(err)
	}
	for i, event := range []audit.Event{
		{Actor: "caller:desk", Action: audit.ActionReveal, Account: "shop", Conversation: "abcdefgh234567xy", Kinds: []string{"email"}, Count: 2, Purpose: "support", Result: audit.Done},
		{Actor: "caller:desk", Action: audit.ActionReveal, Account: "shop", Conversation: "zzcdefgh234567xy", Kinds: []string{"phone"}, Count: 3, Purpose: "support", Result: audit.Done},
		{Actor: "caller:far", Action: audit.ActionReveal, Account: "shop", Purpose: "support", Result: audit.Refused, Reason: "account"},
		{Actor: "cli:ann", Action: audit.ActionErase, Account: "shop", Conversation: "abcdefgh234567xy", Reason: "ticket \x1b[31m4711", Result: audit.Done},
		{Actor: "piiproxy", Action: audit.ActionWeakened, Reason: "rule one: removed"},
		{Actor: "piiproxy", Action: audit.ActionInbound, Account: "shop", Reason: "ok", Count: 4},
	} {
		if err := log.RecordDurable(event); err != nil {
			t.Fatal(i, err)
		}
	}
	head := log.Head().String()
	if err := os.Remove(filepath.Join(settings.Keys.Path, "kek")); err != nil {
		t.Fatal(err)
	}
	wants := func(code int, args []string, words ...string) string {
		t.Helper()
		got, out := commanded(t, args...)
		if got != code {
			t.Errorf("%v: exit code %d, want %d: %s", args, got, code, out)
		}
		for _, word := range words {
			if !strings.Contains(out, word) {
				t.Errorf("%v does not say %q: %s", args, word, out)
			}
		}
		return out
	}
	wants(0, []string{"audit", "verify", "-c", file}, "1 file, 6 lines, 6 of them signed", "head "+head, "all lines hold; ")
	wants(0, []string{"audit", "verify", "--head", head, "--key", filepath.Join(settings.Keys.Path, "sign.pub"), settings.AuditPath()}, "and so do the heads")
	out := wants(0, []string{"audit", "report", "-c", file}, "Access to values", "Erasures", "Weakened", "rule one: removed", "ticket ?[31m4711")
	if !regexp.MustCompile(`shop +caller:desk +reveal +support +done +2 +5 +email phone +abcdefgh234567xy zzcdefgh234567xy`).MatchString(out) {
		t.Errorf("the report is %s", out)
	}
	var parsed digest
	if err := json.Unmarshal([]byte(wants(0, []string{"audit", "report", "--json", "--from", "2020-01-01", "-c", file})), &parsed); err != nil || len(parsed.Access) != 2 || parsed.Access[0].Values != 5 || len(parsed.Erasures) != 1 || parsed.Messages[0].Values != 4 {
		t.Errorf("%v: %+v", err, parsed)
	}
	wants(0, []string{"audit", "report", "--to", "2020-01-01", "-c", file}, "0 lines from the beginning to 2020-01-01")
	wants(2, []string{"audit", "report", "--to", "yesterday", "-c", file}, "write a day such as")
	wants(2, []string{"audit", "verify"}, "name the configuration with -c")
	wants(2, []string{"audit", "verify", settings.AuditPath()}, "--key")
	wants(2, []string{"audit", "verify", "--head", "12", "-c", file}, "a head is")
	wants(2, []string{"audit", "verify", "--key", file, "-c", file}, "sign.pub")
	content, err := os.ReadFile(settings.AuditPath())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(settings.AuditPath(), bytes.Replace(content, []byte(`"count":3`), []byte(`"count":1`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	wants(1, []string{"audit", "verify", "-c", file}, "audit.jsonl:2: altered", "1 line before the first problem hold")
	wants(1, []string{"audit", "report", "-c", file}, "the log does not hold: ")
	if err := os.WriteFile(settings.AuditPath(), content[:bytes.LastIndexByte(content[:len(content)-1], 10)+1], 0o600); err != nil {
		t.Fatal(err)
	}
	wants(0, []string{"audit", "verify", "-c", file})
	wants(1, []string{"audit", "verify", "--head", head, "-c", file}, "audit.jsonl:5: head", "the log had line 6 once and ends at line 5")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}
