package route_test

import (
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// What the audit says is there before the vendor has the value, and names no value.
func TestAudit(t *testing.T) {
	r := newRig(t)
	mail := r.email()
	r.vendor.answers(func(w http.ResponseWriter, request *http.Request) {
		if lines := r.audited(); !strings.Contains(lines, `"route:orders"`) || !strings.Contains(lines, `"email"`) {
			t.Errorf("the vendor had the value before the audit: %s", lines)
		}
		panic(http.ErrAbortHandler)
	})
	if got := r.order(`{"customer":{"email":"` + mail + `"}}`); got.reason() != "upstream_unavailable" {
		t.Errorf("answered %s", got.body)
	}
	lines := strings.Split(strings.TrimSpace(r.audited()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[1], "upstream_unavailable") {
		t.Errorf("the audit is %v", lines)
	}
	for _, want := range []string{`"purpose":"order-lookup"`, `"source":"127.0.0.1"`, `"result":"done"`, `"count":1`, `"account":"shop"`, `"kinds":["email"]`} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("the audit does not say %s: %s", want, lines[0])
		}
	}
	if !strings.Contains(lines[1], `"result":"failed"`) {
		t.Errorf("the audit does not say that it failed: %s", lines[1])
	}
	for _, secret := range []string{email, mail, anna, "jane"} {
		if strings.Contains(r.audited()+r.logs.String(), secret) {
			t.Errorf("the audit or the log has %s", secret)
		}
	}
	r.vendor.heard()
	before := r.audited()
	r.vendor.answers(nil)
	r.passed("nothing to restore", r.order(`{"customer":{"email":"x"}}`))
	if r.audited() != before {
		t.Error("a request without a token is in the audit")
	}
}

// No audit, no action: on a full disk the route answers 503, and nothing leaves.
func TestAuditUnwritable(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	r := newRig(t)
	body := `{"customer":{"email":"` + r.email() + `"}}`
	r.passed("before", r.order(body))
	found, err := os.Stat(r.file)
	r.must(err)
	var old syscall.Rlimit
	r.must(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	r.must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(found.Size()) + 1, Max: old.Max}))
	got := r.order(body)
	r.must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old))
	r.refused("on a full disk", got, "audit_unavailable")
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("answered %d %v", got.status, got.header)
	}
	r.passed("with room again", r.order(body))
	r.must(r.audit.Close())
	r.refused("without an audit", r.order(body), "audit_unavailable")
}

// A store that fails reveals nothing either.
func TestStoreDown(t *testing.T) {
	r := newRig(t)
	body := `{"customer":{"email":"` + r.email() + `"}}`
	r.must(r.store.Close())
	got := r.order(body)
	r.refused("without a store", got, "store_unavailable")
	if got.status != http.StatusServiceUnavailable {
		t.Errorf("answered %d", got.status)
	}
}
