package proxy_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
)

// A receipt can name thousands of messages: it raises ten notices at most.
func TestForeignSendIsBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = fmt.Sprintf(`"m_foreign%d"`, i)
	}
	receipt := func(person string) string {
		return event(shopID, person, `"delivery":{"mids":[`+strings.Join(ids, ",")+`],"watermark":1799999999999}`)
	}
	if got := r.hook(page(entry(shopID, receipt(anna), receipt(bert)))); got.status != 200 {
		t.Fatalf("answered %d", got.status)
	}
	r.until("ten notices", func() bool { return len(r.lines("foreign_send")) >= 10 })
	time.Sleep(300 * time.Millisecond) // others would come at the same time
	if got := len(r.lines("foreign_send")); got != 10 {
		t.Errorf("%d notices", got)
	}
	if got := r.counter(`piiproxy_refused_total{reason="foreign_send"}`); got != 10 {
		t.Errorf("counted %v", got)
	}
}

// Every refusal has its counter from the start, at 0, so that the first one shows
// as an increase.
func TestRefusalsBeginAtZero(t *testing.T) {
	r := newRig(t)
	text := r.ask("ops", "GET", "/metrics", "").body
	wanted := []string{`piiproxy_refused_total{reason="foreign_send"}`, `piiproxy_refused_total{reason="outbox_retry"}`}
	for _, f := range proxy.Refusals() {
		wanted = append(wanted, `piiproxy_refused_total{reason="`+f.Reason+`"}`)
	}
	for _, reason := range []string{
		"account_unknown", "object_unknown", "shape_unknown", "outbox_expired", "outbox_account_gone", "rule_budget", "value_unkeepable",
		"policy_block", "value_in_number", "value_in_name", "value_in_array",
	} {
		wanted = append(wanted, `piiproxy_quarantine{reason="`+reason+`"}`)
	}
	for _, series := range wanted {
		if !strings.Contains(text, "\n"+series+" 0\n") {
			t.Errorf("no series %s at 0", series)
		}
	}
}

// What stands in a look-alike token is somebody's words: log, metrics and audit
// call its kind unknown.
func TestInventedKinds(t *testing.T) {
	r := newRig(t)
	invented := "pii_zebraquartz_" + strings.Repeat("a", 26)
	if got := r.sentText(anna, "you wrote "+invented); got != sent(anna, "you wrote [UNKNOWN]") {
		t.Errorf("the platform got %s", got)
	}
	r.hook(page(entry(shopID, text(shopID, anna, "I write "+invented+" "+strings.ToUpper(invented)))))
	if got := r.only(r.bots["bot"]).body; strings.Contains(strings.ToLower(got), "zebraquartz") {
		t.Errorf("the bot got %s", got)
	}
	if lines := r.lines("call"); len(lines) != 1 || !strings.Contains(fmt.Sprint(lines[0]["findings"]), "kind:unknown") {
		t.Errorf("the log says %v", lines)
	}
	text := r.ask("ops", "GET", "/metrics", "").body
	if !strings.Contains(text, `direction="outbound",kind="unknown"`) {
		t.Error("metrics have no kind unknown")
	}
	r.stop()
	log, err := os.ReadFile(r.folder + "/audit.jsonl")
	r.must(err)
	if !strings.Contains(string(log), `"unknown"`) {
		t.Errorf("the audit log has no kind unknown: %s", log)
	}
	for where, said := range map[string]string{"the log": r.logged.String(), "metrics": text, "the audit log": string(log)} {
		if strings.Contains(strings.ToLower(said), "zebraquartz") {
			t.Errorf("%s: zebraquartz", where)
		}
	}
}
