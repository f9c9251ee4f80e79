package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var saidHead = regexp.MustCompile(`"event":"audit_head","head":"([0-9]+-[0-9a-f]+)"`)

// TestAuditHolds: the real program, killed again and again in the middle of
// messages and orders: its audit log verifies beside the running serve, with the
// head that it said, and a line that somebody changes is named.
func TestAuditHolds(t *testing.T) {
	d := newDesk(t, nil)
	for range 5 {
		for range 10 {
			d.hears(anna, "mine is "+email)
		}
		d.order(d.proxy.File, "", "mode", "shop", "enforce", "--for", "1m", "--reason", "a drill")
		d.proxy.Kill()
		d.proxy.Run(t)
	}
	d.proxy.Signal(15)
	if code := d.proxy.Exit(t); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	logs := d.proxy.Logs()
	heads := saidHead.FindAllSubmatch(logs, -1)
	if len(heads) == 0 {
		t.Fatal("the log has no head")
	}
	if bytes.Contains(logs, []byte("audit_cut")) {
		t.Error("a log that nobody cut was said to be")
	}
	d.proxy.Run(t)
	head := string(heads[len(heads)-1][1])
	if output := d.order(d.proxy.File, "", "audit", "verify", "--head", head); !strings.Contains(output, "and so do the heads") {
		t.Errorf("verifying printed %s", output)
	}
	output := d.order(d.proxy.File, "", "audit", "report", "--from", time.Now().UTC().Format(time.DateOnly))
	for _, want := range []string{"Modes", "enforce for 1m0s: a drill", "start", "inbound"} {
		if !strings.Contains(output, want) {
			t.Errorf("the report has no %q: %s", want, output)
		}
	}
	path := filepath.Join(d.proxy.Dir, "data", "audit.jsonl")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if modes := bytes.Count(content, []byte(`"action":"mode"`)); modes != 5 || bytes.Contains(content, []byte(email)) || bytes.Contains(content, []byte(anna)) {
		t.Errorf("%d of 5 orders are there, or a value, or an id", modes)
	}
	if err := os.WriteFile(path, bytes.Replace(content, []byte("a drill"), []byte("a brill"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, output := d.refused("", "audit", "verify"); code != 1 || !strings.Contains(output, ": altered") {
		t.Errorf("a changed line: exit code %d\n%s", code, output)
	}
}
