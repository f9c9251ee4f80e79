package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/keys"
)

// TestUnsignedLinesAreTold: lines that somebody without the key has put at the end of
// a log that nobody writes are in the report, and it says that they may be anybody's.
func TestUnsignedLinesAreTold(t *testing.T) {
	home := keys.Folder{Path: filepath.Join(t.TempDir(), "keys")}
	if err := keys.Init(t.Context(), home); err != nil {
		t.Fatal(err)
	}
	set, err := keys.Open(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	path, public := filepath.Join(t.TempDir(), "audit.jsonl"), filepath.Join(home.Path, keys.PublicFile)
	told := func(command string) string {
		t.Helper()
		code, out := commanded(t, "audit", command, "--key", public, path)
		if code != 0 {
			t.Errorf("%s: exit code %d: %s", command, code, out)
		}
		return out
	}
	write := func(signer audit.Signer, reason string) {
		t.Helper()
		log, err := audit.Config{Path: path, Signer: signer}.Open()
		if err != nil {
			t.Fatal(err)
		}
		if err := log.RecordDurable(audit.Event{Actor: "cli:ann", Action: audit.ActionErase, Account: "shop", Reason: reason, Result: audit.Done}); err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
	const warning = "no signature covers yet"
	write(set, "ticket 1")
	for _, command := range []string{"verify", "report"} {
		if out := told(command); strings.Contains(out, warning) {
			t.Errorf("%s of a signed log: %s", command, out)
		}
	}
	write(nil, "ticket 2")
	for _, command := range []string{"verify", "report"} {
		if out := told(command); !strings.Contains(out, "1 line at the end "+warning) {
			t.Errorf("%s of a log with a line of nobody: %s", command, out)
		}
	}
}
