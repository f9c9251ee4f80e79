package proxy_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/redact"
)

// Every reason is explained in docs/reasons.md, refusals with the status, the
// code and the transience that they have.
func TestReasonsAreDocumented(t *testing.T) {
	raw, err := os.ReadFile("../docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := string(raw)
	for _, f := range proxy.Refusals() {
		row := regexp.MustCompile("(?m)^\\| `" + f.Reason + "` \\| (\\d+) \\| (\\d+) \\| (yes|no) \\|").FindStringSubmatch(docs)
		passes := map[bool]string{true: "yes", false: "no"}[f.Transient]
		if want := []string{fmt.Sprint(f.Status), fmt.Sprint(f.Code), passes}; row == nil {
			if !regexp.MustCompile("(?m)^\\| `" + f.Reason + "` \\|").MatchString(docs) {
				t.Errorf("docs/reasons.md has no row for %s", f.Reason)
			}
		} else if fmt.Sprint(row[1:]) != fmt.Sprint(want) {
			t.Errorf("docs/reasons.md says %v of %s, want %v", row[1:], f.Reason, want)
		}
	}
	for _, reason := range []redact.Reason{
		redact.PolicyBlock, redact.UnlistedValue, redact.ValueInNumber, redact.ValueInName, redact.ValueInArray, redact.RuleBudget, redact.PromptNoOne,
	} {
		mentioned(t, docs, string(reason))
	}
	for _, reason := range []string{
		payload.ReasonSyntax, payload.ReasonDuplicateKey, payload.ReasonInvalidUTF8, payload.ReasonTrailingData, payload.ReasonTooDeep,
		payload.ReasonTooManyStrings, payload.ReasonTooManyValues, payload.ReasonStringTooLong, payload.ReasonNumberTooLong,
		payload.ReasonTooLarge, payload.ReasonEmpty,
	} {
		mentioned(t, docs, "parse_"+reason)
	}
	for _, reason := range []string{
		"ok", "quarantined", "object_unknown", "shape_unknown", "outbox_expired", "value_in_query", "upstream_timeout",
		"foreign_send", "outbox_retry", "break_glass", "panic", "connection_error", "outbox_unreadable",
	} {
		mentioned(t, docs, reason)
	}
}

func mentioned(t *testing.T, docs, reason string) {
	t.Helper()
	if !strings.Contains(docs, "`"+reason+"`") {
		t.Errorf("docs/reasons.md does not explain %s", reason)
	}
}

// Reasons that a run of everything logs are all documented, and so are the
// events; refusals have texts that say what to do.
func TestReasonsOfEverything(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, brittle)
	everything(r)
	for _, line := range r.logLines() {
		mentioned(t, string(docs), line["event"].(string))
		if reason, ok := line["reason"].(string); ok {
			mentioned(t, string(docs), reason)
		}
	}
	seen := map[string]bool{}
	for _, f := range proxy.Refusals() {
		if seen[f.Reason] || f.Message == "" || f.Status < 400 || http.StatusText(f.Status) == "" || f.Code == 0 {
			t.Errorf("%+v", f)
		}
		seen[f.Reason] = true
	}
}
