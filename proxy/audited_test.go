package proxy_test

import (
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

func (r *rig) audited() string {
	r.t.Helper()
	content, err := os.ReadFile(r.folder + "/audit.jsonl")
	r.must(err)
	return string(content)
}

// A signed delivery that is refused is in the audit log; what anybody can send
// without a signature is not, and fills no disk.
func TestRefusedDeliveryIsAudited(t *testing.T) {
	r := newRig(t)
	if got := r.hook(`{"object":"page","object":"page"}`); got.status == 200 {
		t.Fatalf("a body with two members of a name: %d", got.status)
	}
	if log := r.audited(); strings.Count(log, "\n") != 1 || !strings.Contains(log, `"action":"inbound","reason":"parse_duplicate_key","request":"`) {
		t.Errorf("the audit log says %s", log)
	}
	if got := r.deliver("main", `{"object":"page"}`, "X-Hub-Signature-256: "+sign256("another secret", `{"object":"page"}`)); got.status != 401 {
		t.Fatalf("a forged delivery: %d", got.status)
	}
	if log := r.audited(); strings.Count(log, "\n") != 1 {
		t.Errorf("the audit log has grown: %s", log)
	}
}

// Messages do not wait for the audit log's disk: what was decided is hidden as
// ever, and that it is not written down is counted.
func TestMessagesGoOnUnaudited(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	r := newRig(t)
	r.send(anna, "your card is "+card)
	lines := strings.Count(r.audited(), "\n")
	var old syscall.Rlimit
	r.must(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	r.must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(len(r.audited())) + 1, Max: old.Max}))
	got := r.send(anna, "your card is "+card)
	r.must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old))
	if got.status != 200 || r.counter("piiproxy_audit_failures_total") != 1 {
		t.Errorf("on a full disk: %d, %v events lost", got.status, r.counter("piiproxy_audit_failures_total"))
	}
	if heard := r.platform.bodies(); len(heard) != 2 || strings.Contains(heard[1], card) || !strings.Contains(heard[1], "***1111") {
		t.Errorf("the platform got %s", heard)
	}
	r.send(anna, "your card is "+card)
	if n := strings.Count(r.audited(), "\n"); lines != 1 || n != 2 {
		t.Errorf("%d lines, then %d", lines, n)
	}
}
