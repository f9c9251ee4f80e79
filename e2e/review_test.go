package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

var reviewID = regexp.MustCompile(`(?m)^[a-z2-7]{16}`)

// TestNoLeakInShadow puts canaries into every place of webhooks and sends of
// accounts in shadow mode, whose findings go onto the review list. A person can
// see them there; the log, the metrics, the files and the dump of the process
// show none.
func TestNoLeakInShadow(t *testing.T) {
	a := newAviary(t, "shadow")
	a.webhooks("shadow")
	a.calls("shadow")
	a.deliver(messenger(rig.Object{"text": "is order 2044 sent to " + a.flock.hatch("shadow, review", anEmail, false) + " already?"}))
	shown := a.flock.all[len(a.flock.all)-1].Value
	list, same := "", 0
	rig.Eventually(a, func() bool { // until all that waits is written
		before := list
		list = a.order(a.proxy.File, "", "review", "list", "shop")
		if same++; list != before {
			same = 0
		}
		return same > 5 && len(reviewID.FindAllString(list, -1)) > 5
	}, func() string { return "the review list stays short:\n" + list })
	for _, leak := range rig.Find("the review list", []byte(list), a.flock.closed()) {
		t.Error(leak)
	}
	seen := ""
	for _, id := range reviewID.FindAllString(list, -1) {
		seen += a.order(a.proxy.File, "", "review", "show", "shop", id)
	}
	if !strings.Contains(seen, "»") || !strings.Contains(seen, "@nest") {
		t.Errorf("nobody can see what was found:\n%s", seen)
	}
	if strings.Contains(seen, shown) && !strings.Contains(seen, "is order 9999 sent to »") {
		t.Errorf("the words around a finding are not as they should be:\n%s", seen)
	}
	first := reviewID.FindString(list)
	a.order(a.proxy.File, "", "review", "mark", "shop", first, "false", "--note", "an order number")
	if again := a.order(a.proxy.File, "", "review", "list", "shop"); !strings.Contains(again, "1 false") {
		t.Errorf("the mark is not there:\n%s", again)
	}
	log, err := os.ReadFile(filepath.Join(a.proxy.Dir, "data", "audit.jsonl"))
	if err != nil || strings.Count(string(log), `"action":"review show"`) < 5 || !strings.Contains(string(log), `"action":"review mark"`) {
		t.Errorf("the audit log does not tell who looked: %v", err)
	}
	a.pages()
	a.proxy.Signal(syscall.SIGQUIT)
	a.proxy.Exit(t)
	leaks := rig.Find("the log", a.proxy.Logs(), a.flock.everyone())
	leaks = append(leaks, rig.Find("a page for machines", a.answers.Bytes(), a.flock.everyone())...)
	inFiles, err := rig.FindInFolder(a.proxy.Dir, a.flock.everyone())
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range append(leaks, inFiles...) {
		t.Error(leak)
	}
	t.Logf("%d canaries, %d findings on the list", a.flock.n, len(reviewID.FindAllString(list, -1)))
}

// Rules that change on disk come into force without a restart, by themselves and
// by order; a bad file leaves those in force and says so.
func TestReload(t *testing.T) {
	var file string
	rule := func(id, word string) string {
		return fmt.Sprintf("rules:\n  - {id: %s, kind: codeword, words: [%s], tests: {match: [%s]}}\n", id, word, word)
	}
	d := newDesk(t, nil)
	file = filepath.Join(d.proxy.Dir, "own.yaml")
	write := func(body string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(rule("first", "quillfeather"))
	config, err := os.ReadFile(d.proxy.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.proxy.File, append(config, []byte("\nrules: [builtin, own.yaml]\n")...), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := d.proxy.Stop(t); code != 0 {
		t.Fatalf("stopping: exit code %d", code)
	}
	d.proxy.Run(t)
	hidden := func(word string) bool { return !strings.Contains(d.hears(anna, "it is "+word), word) }
	if !hidden("quillfeather") || hidden("nightjar") {
		t.Fatal("the rule file is not in force")
	}
	write(rule("second", "nightjar"))
	rig.Eventually(d, func() bool { return hidden("nightjar") }, func() string { return "the changed file does not come into force" })
	write("rules: [")
	rig.Eventually(d, func() bool {
		return strings.Contains(string(d.proxy.Ops(d.Context(), "/metrics").Body), "piiproxy_rules_last_reload_success 0")
	}, func() string { return "nobody says that the file is bad" })
	if !hidden("nightjar") || !strings.Contains(string(d.proxy.Logs()), `"event":"rules_reload_failed"`) {
		t.Error("after a bad file the rules are not those before it")
	}
	write(rule("third", "kingfisher"))
	if got := d.order(d.proxy.File, "", "rules", "reload"); !strings.Contains(got, "in force") || !hidden("kingfisher") {
		t.Errorf("after an order: %s", got)
	}
	write(rule("fourth", "sandpiper"))
	d.proxy.Signal(syscall.SIGHUP)
	rig.Eventually(d, func() bool { return hidden("sandpiper") }, func() string { return "a signal does not reload" })
	if reply := d.proxy.Ops(d.Context(), "/metrics"); reply.Status != http.StatusOK || !strings.Contains(string(reply.Body), "piiproxy_rules_last_reload_success 1") {
		t.Error("the metric does not recover")
	}
}
