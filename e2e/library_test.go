package e2e

import (
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// noComplaints holds for every library at the end of its test: it refused no
// signature and no call of it failed.
func noComplaints(t *testing.T, bot *rig.LibraryBot) {
	t.Helper()
	for _, complaint := range bot.Complaints() {
		t.Errorf("%s complained: %s", bot.Name, complaint)
	}
	for _, h := range bot.Happenings() {
		if h.Event == "raw" && h.Headers["content-length"] == "" {
			t.Errorf("%s got a webhook without Content-Length", bot.Name)
		}
	}
}

// everySendReturnedItsID holds when the library got the platform's message id
// for each message: bots find statuses and replies by it.
func everySendReturnedItsID(t *testing.T, bot *rig.LibraryBot) {
	t.Helper()
	messages := 0
	seen := map[string]bool{}
	for _, h := range bot.Happenings() {
		if h.Event != "sent" || h.What == "read" {
			continue
		}
		messages++
		if h.ID == "" || seen[h.ID] {
			t.Errorf("%s sent a message and got no id of its own: %s", bot.Name, h.Line)
		}
		seen[h.ID] = true
	}
	if messages == 0 {
		t.Errorf("%s sent nothing", bot.Name)
	}
}
