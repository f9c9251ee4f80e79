package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// Whoever looks is in the audit log first; when it cannot be written nothing is
// told, and nothing of what was found is ever in it.
func TestReviewDesk(t *testing.T) {
	r := newRuleService(t, oneRule("first", `AX\d{4}`, "AX1234"))
	const text = "the canary is AX1234, is it not"
	r.reviews.Note("shop", "", rules.Inbound, []redact.Sighting{{Rule: "first", Kind: "code", Mode: rules.Shadow, Start: 14, End: 20, Text: text}})
	desk := reviewDesk{r.reviews, r.rules.tenants, r.rules.audit}
	var list console.ReviewList
	for end := time.Now().Add(time.Minute); len(list.Items) == 0 && time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		var err error
		if list, err = desk.List(t.Context(), console.ReviewOrder{Account: "shop", Actor: "cli:tester"}); err != nil {
			t.Fatal(err)
		}
	}
	if len(list.Items) != 1 || list.Items[0].Shape != "AA9999" || list.Items[0].Value != "" || list.Items[0].Before != "" {
		t.Fatalf("got %+v", list)
	}
	id := list.Items[0].ID
	shown, err := desk.Show(t.Context(), console.ReviewOrder{Account: "shop", ID: id, Actor: "cli:tester"})
	if err != nil || shown.Before+shown.Value+shown.After != text {
		t.Errorf("got %+v, %v", shown, err)
	}
	marked, err := desk.Mark(t.Context(), console.ReviewMark{Account: "shop", ID: id, Verdict: "false", Note: "a code", Actor: "cli:tester"})
	if err != nil || marked.Verdict != "false" || marked.Value != "" {
		t.Errorf("got %+v, %v", marked, err)
	}
	for what, err := range map[string]error{
		"an account that is not there": second(desk.List(t.Context(), console.ReviewOrder{Account: "nobody", Actor: "a"})),
		"an id that is none":           second(desk.Show(t.Context(), console.ReviewOrder{Account: "shop", ID: "canary AX1234", Actor: "a"})),
		"a verdict that is none":       second(desk.Mark(t.Context(), console.ReviewMark{Account: "shop", ID: id, Verdict: "maybe", Actor: "a"})),
		"nobody":                       second(desk.List(t.Context(), console.ReviewOrder{Account: "shop"})),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	log, err := os.ReadFile(r.settings.AuditPath())
	if err != nil || strings.Contains(string(log), "canary") || strings.Contains(string(log), "AX1234") ||
		!strings.Contains(string(log), `"action":"review show","account":"shop"`) || !strings.Contains(string(log), id+` false"`) {
		t.Errorf("%v: the audit log says %s", err, log)
	}
	desk.audit = full{desk.audit}
	if shown, err := desk.Show(t.Context(), console.ReviewOrder{Account: "shop", ID: id, Actor: "cli:tester"}); err == nil || shown.Value != "" {
		t.Errorf("told without an audit: %+v", shown)
	}
}

func second[T any](_ T, err error) error { return err }
