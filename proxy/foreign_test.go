package proxy_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// Echoes and statuses of messages that did not pass here raise foreign_send;
// those of messages that did, old ones and other events do not.
func TestForeignSend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if got := r.send(anna, "hello"); got.status != 200 { // learns m_out1
		t.Fatalf("answered %d", got.status)
	}
	r.call("/"+lineID+"/messages", `{"to":"`+annaPhone+`","text":{"body":"hi"}}`) // learns wamid.out1
	status := func(id string, at time.Time) string {
		return waba(change(lineID, fmt.Sprintf(`"statuses":[{"id":"%s","status":"sent","timestamp":"%d","recipient_id":"%s"}]`, id, at.Unix(), annaPhone)))
	}
	for _, own := range []string{
		page(entry(shopID, echo(shopID, anna, "m_out1", "hello"))),
		page(entry(shopID, event(shopID, anna, `"delivery":{"mids":["m_out1"],"watermark":1}`))),
		page(entry(shopID, event(shopID, anna, `"read":{"watermark":1}`))),
		page(entry(shopID, text(shopID, anna, "I wrote this"))),
		status("wamid.out1", stamp), status("wamid.old", time.Now().Add(-time.Hour)),
	} {
		if got := r.hook(own); got.status != 200 {
			t.Fatalf("answered %d", got.status)
		}
	}
	r.hook(page(entry(shopID, echo(shopID, anna, "m_foreign", "hello "+card))))
	r.hook(status("wamid.foreign", stamp))
	r.until("two alarms", func() bool { return len(r.lines("foreign_send")) >= 2 })
	time.Sleep(200 * time.Millisecond) // others would come at the same time
	got := r.lines("foreign_send")
	if len(got) != 2 || r.counter(`piiproxy_refused_total{reason="foreign_send"}`) != 2 {
		t.Fatalf("%d alarms: %v", len(got), got)
	}
	written, err := os.ReadFile(r.folder + "/audit.jsonl")
	r.must(err)
	if n := strings.Count(string(written), `"actor":"platform","action":"foreign_send","account":"`); n != 2 || strings.Contains(string(written), anna) {
		t.Errorf("the audit log has %d: %s", n, written)
	}
	for _, fields := range got {
		if fields["account"] == "" || fields["channel"] == "" || fields["conversation"] == "" || strings.Contains(fmt.Sprint(fields), anna) {
			t.Errorf("the alarm says %v", fields)
		}
	}
}
