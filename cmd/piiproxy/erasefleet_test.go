package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
)

// TestEraseOnThree: three instances on one PostgreSQL, each of which has the person
// in memory: five seconds after one of them erased, none resolves a token, none has
// a record; the same value typed at another one gets a new token; yesterday's values
// that come back resolve nowhere, before and after a restart; the audit logs verify.
func TestEraseOnThree(t *testing.T) {
	database := fmt.Sprintf("store: {driver: postgres, url: %q}\n", pgtest.Start(t).Database(t))
	shared, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	var all []*chat
	for range 3 {
		all = append(all, newChatUnder(t, shared, "", database))
	}
	all[0].says("my mail is " + annaMail)
	token := mailToken.FindString(all[0].bot.last())
	const shown = `anna.canary\u0040corp.example`
	for n, c := range all {
		if c.sends("is " + token + " right?"); !strings.Contains(c.platform.last(), shown) {
			t.Fatalf("instance %d does not resolve the token before: %s", n, c.platform.last())
		}
	}
	yesterday := all[0].dump(all[0].stores.values, "value/", "owner/", "chat/")

	if got := all[1].command("/v1/conversations/shop/erase", eraseAnna); got.status != http.StatusOK {
		t.Fatalf("erasing: %d %s", got.status, got.body)
	}
	time.Sleep(5 * time.Second) // what the contract gives
	for n, c := range all {
		if c.sends("is " + token + " right?"); strings.Contains(c.platform.last(), shown) || strings.Contains(c.platform.last(), token) {
			t.Errorf("instance %d after five seconds: %s", n, c.platform.last())
		}
		if p := c.byPrefix(); p["value"]+p["owner"]+p["chat"]+p["conversation"]+p["alias"] != 0 {
			t.Errorf("instance %d sees %v", n, p)
		}
	}
	for _, record := range yesterday {
		record.Version = 0
		if err := all[0].stores.values.Put(t.Context(), record); err != nil {
			t.Fatal(err)
		}
	}
	all = append(all, newChatUnder(t, shared, "", database)) // begins after it
	for n, c := range all {
		if c.sends("is " + token + " right?"); strings.Contains(c.platform.last(), shown) {
			t.Errorf("instance %d resolves what came back: %s", n, c.platform.last())
		}
	}
	all[2].says("my mail is " + annaMail)
	if again := mailToken.FindString(all[2].bot.last()); again == "" || again == token {
		t.Errorf("the same value has the token %q", again)
	}
	for _, c := range all {
		if _, err := audit.Verify(c.settings.AuditPath()); err != nil {
			t.Errorf("the audit log: %v", err)
		}
	}
}

// dump is a copy of records, as a backup has them.
func (c *chat) dump(s store.Store, prefixes ...string) (records []store.Record) {
	c.t.Helper()
	for _, prefix := range prefixes {
		page, err := s.List(c.t.Context(), prefix, "", store.MaxPage)
		if err != nil || len(page) == 0 {
			c.t.Fatalf("there is nothing of %s to copy (%v)", prefix, err)
		}
		records = append(records, page...)
	}
	return records
}
