package proxy_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
)

// keysOfLines are the contract's keys (docs/logs.md): of lines about messages,
// and of those about events.
var keysOfLines = strings.Fields(`ts level event account channel direction conversation delivery request_id item reason findings
	prompts unresolved bytes_in bytes_out scan_us total_us status peer_status policy mode rules_version
	app all until listener stack`)

// hashed is a keyed hash as logs show it.
var hashed = regexp.MustCompile(`^[a-z2-7]{16}$`)

// logLines reads the log as a machine would.
func (r *rig) logLines() (lines []map[string]any) {
	r.t.Helper()
	for text := range strings.Lines(r.logged.String()) {
		var fields map[string]any
		r.must(json.Unmarshal([]byte(text), &fields))
		lines = append(lines, fields)
	}
	return lines
}

// One line a message, with the contract's keys and nothing else.
func TestLogLine(t *testing.T) {
	r := newRig(t)
	body := page(entry(shopID, text(shopID, anna, card+" "+email+" "+email)))
	r.hook(body)
	line := r.logLines()[0]
	for key, want := range map[string]any{
		"level": "info", "event": "webhook", "account": "shop", "channel": "messenger", "direction": "inbound", "reason": "ok",
		"status": 200.0, "peer_status": 200.0, "policy": "default", "mode": "enforce", "bytes_in": float64(len(body)),
		"bytes_out": float64(len(r.bots["bot"].bodies()[0])), "rules_version": r.tenants.Rules().Version, "conversation": r.book.Hash("shop", "psid:"+anna),
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %v", key, line[key], want)
		}
	}
	want := []any{
		map[string]any{"rule": "credit_card", "kind": "credit_card", "action": "tokenize", "mode": "enforce", "n": 1.0},
		map[string]any{"rule": "email", "kind": "email", "action": "tokenize", "mode": "enforce", "n": 2.0},
	}
	if got, _ := json.Marshal(line["findings"]); string(got) != string(must(json.Marshal(want))) {
		t.Errorf("findings are %s", got)
	}
	for _, key := range []string{"conversation", "delivery"} {
		if hash, _ := line[key].(string); !hashed.MatchString(hash) {
			t.Errorf("%s is %v", key, line[key])
		}
	}
	if trace := line["request_id"]; trace != r.bots["bot"].requests()[0].header.Get("X-Request-Id") {
		t.Errorf("the bot got another request id than %v", trace)
	}
	if _, err := time.Parse(time.RFC3339Nano, line["ts"].(string)); err != nil {
		t.Error(err)
	}
	r.hook(body)
	if again := r.logLines()[1]; again["delivery"] != line["delivery"] || again["request_id"] == line["request_id"] {
		t.Error("a repeat of the same bytes needs the same delivery and another request id")
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// A delivery of several messages gives a line for each; findings stand on the
// first.
func TestLogLinePerMessage(t *testing.T) {
	r := newRig(t)
	r.hook(page(entry(shopID, text(shopID, anna, card), text(shopID, bert, email))))
	lines := r.logLines()
	if len(lines) != 2 || lines[0]["conversation"] == lines[1]["conversation"] {
		t.Fatalf("got %v", lines)
	}
	if len(lines[0]["findings"].([]any)) != 2 || len(lines[1]["findings"].([]any)) != 0 {
		t.Errorf("findings are %v and %v", lines[0]["findings"], lines[1]["findings"])
	}
	if got := r.counter(`piiproxy_messages_total{account="shop",direction="inbound",reason="ok"}`); got != 2 {
		t.Errorf("counted %v", got)
	}
}

// Prompts of the bot are named by their rules.
func TestLogPrompts(t *testing.T) {
	r := newRig(t)
	r.send(anna, "Please type your card number")
	r.until("logged", func() bool { return len(r.logLines()) == 1 })
	if prompts, _ := r.logLines()[0]["prompts"].([]any); len(prompts) == 0 {
		t.Errorf("got %v", r.logLines()[0])
	}
}

// Every key of every line is of the contract, whatever happens; docs/logs.md
// names them all.
func TestLogKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t, brittle)
	everything(r)
	docs, err := os.ReadFile("../docs/logs.md")
	r.must(err)
	seen := map[string]bool{}
	for _, line := range r.logLines() {
		for key := range line {
			if !slices.Contains(keysOfLines, key) {
				t.Errorf("%s is no key of the contract: %v", key, line)
			}
			seen[key] = true
		}
		for _, key := range []string{"ts", "level", "event"} {
			if line[key] == nil || line[key] == "" {
				t.Errorf("no %s: %v", key, line)
			}
		}
		if hash, ok := line["conversation"].(string); ok && hash != "" && !hashed.MatchString(hash) {
			t.Errorf("conversation is %v", hash)
		}
	}
	for _, key := range keysOfLines {
		if !seen[key] && key != "listener" { // see TestConnectionErrors
			t.Errorf("no line had %s", key)
		}
		if !strings.Contains(string(docs), "`"+key+"`") {
			t.Errorf("docs/logs.md does not explain %s", key)
		}
	}
}

// The audit log holds decisions, keeps its chain, and says nothing of a person.
func TestAudit(t *testing.T) {
	r := newRig(t)
	r.hook(page(entry(shopID, text(shopID, anna, "hello"))))
	r.hook(page(entry(shopID, text(shopID, anna, card))))
	r.hook(page(entry("9999", text("9999", anna, "x"))))
	r.call("/shop/me/messages", sent(anna, card))
	r.call("/shop/me/messages", strings.Replace(hello, `"hello"`, digits, 1))
	r.mustBreak("shop", "shadow")
	_, err := r.proxy.ConversationHash("shop", anna, "tester", "")
	r.must(err)
	r.stop()
	if n, err := audit.Verify(r.folder + "/audit.jsonl"); err != nil || n != 6 {
		t.Errorf("%d lines hold: %v", n, err)
	}
	lines, err := os.ReadFile(r.folder + "/audit.jsonl")
	r.must(err)
	for _, want := range []string{
		`"action":"inbound"`, `"reason":"account_unknown"`, `"action":"outbound"`, `"reason":"value_in_number"`, `"action":"mode"`, `"reason":"shadow all for 30m0s: `,
		`"action":"conversation"`, `"actor":"tester"`, `"kinds":["credit_card"]`,
	} {
		if !strings.Contains(string(lines), want) {
			t.Errorf("no line has %s:\n%s", want, lines)
		}
	}
}
