package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/piiproxy/piiproxy/audit"
)

// TestAuditUnwritable: with the audit's disk full, or its file read-only, nobody
// gets a value and no order is carried out, with 503; when it can be written again
// all of it works, and the chain holds.
func TestAuditUnwritable(t *testing.T) {
	for name, fault := range map[string]func(t *testing.T, path string, do func()){"a full disk": onFullDisk, "a read-only file": onReadOnly} {
		t.Run(name, func(t *testing.T) { unwritable(t, fault) })
	}
}

func unwritable(t *testing.T, fault func(t *testing.T, path string, do func())) {
	c, tokens := withRevealers(t)
	command := func(path, body string) func() reply {
		return func() reply { return c.command(path, body) }
	}
	orders := []struct {
		name string
		give func() reply
	}{
		{"reveal", func() reply {
			return c.asCaller(fullToken, "POST", "/v1/reveal", revealOrder("support", tokens["email"]))
		}},
		{"restore", func() reply {
			return c.asCaller(firstToken, "POST", "/v1/restore", restoreOrder(tokens["email"]), "Piiproxy-Approval: Bearer "+secondToken)
		}},
		{"export", command("/v1/conversations/shop/export", `{"user":"`+chatAnna+`"}`)},
		{"mode", command("/v1/mode", `{"account":"shop","mode":"off","for":60000000000,"reason":"r","actor":"a"}`)},
		{"conversation", command("/v1/conversation", `{"account":"shop","id":"`+chatAnna+`","actor":"a"}`)},
		{"review", command("/v1/review/list", `{"account":"shop","actor":"a"}`)},
		{"transcripts", command("/v1/transcripts", `{"account":"shop","actor":"a"}`)},
		{"keys", command("/v1/keys", `{"action":"keys stage","key":"sealing","actor":"a"}`)},
		{"link", func() reply { return c.asCaller(everyToken, "POST", "/v1/links", orderCard) }},
		{"erase", command("/v1/conversations/shop/erase", `{"user":"`+chatAnna+`"}`)},
	}
	answers := make([]reply, len(orders))
	fault(t, c.settings.AuditPath(), func() {
		for i, order := range orders {
			answers[i] = order.give()
		}
	})
	for i, got := range answers {
		if got.status != 503 || strings.Contains(got.body, "@") || !strings.Contains(got.body, "audit log") {
			t.Errorf("%s: %d %s", orders[i].name, got.status, got.body)
		}
	}
	for _, order := range orders {
		if got := order.give(); got.status != 200 {
			t.Errorf("%s afterwards: %d %s", order.name, got.status, got.body)
		}
	}
	report, err := audit.Verifier{Keys: c.keys.VerifyingKeys(), Heads: []audit.Head{c.core.audit.Head()}}.Log(c.settings.AuditPath())
	if err != nil || report.Count != 0 {
		t.Errorf("%v %+v", err, report)
	}
}

// onFullDisk bounds the size of files to the log's while it runs do: writes past it
// fail as they do on a full disk.
func onFullDisk(t *testing.T, path string, do func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	found, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(found.Size()) + 1, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
	}()
	do()
}

// onReadOnly puts a file that is open for reading in the place of the log's while
// it runs do: root may write a file whose mode says that nobody may.
func onReadOnly(t *testing.T, path string, do func()) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	fd := -1
	for _, entry := range entries {
		if target, err := os.Readlink(filepath.Join("/proc/self/fd", entry.Name())); err == nil && target == path {
			_, _ = fmt.Sscan(entry.Name(), &fd)
		}
	}
	reading, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	kept, err := syscall.Dup(fd)
	if err != nil {
		t.Fatalf("the log is not open: %v", err)
	}
	defer syscall.Close(kept)
	if err := syscall.Dup3(int(reading.Fd()), fd, 0); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Dup3(kept, fd, 0); err != nil {
			t.Error(err)
		}
	}()
	do()
}
