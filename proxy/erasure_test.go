package proxy_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/erasure"
)

// gone erases what the proxy keeps of a person of the account shop, as erasures do,
// and says how much it was by Count and by Erase.
func (r *rig) gone(account string, aliases ...string) (counted, erased int) {
	r.t.Helper()
	s := erasure.Subject{Account: account, Until: r.clock.now()}
	for _, alias := range aliases {
		s.Hashes = append(s.Hashes, r.book.Hash(account, alias))
	}
	for _, part := range []erasure.Part{r.proxy.Queued(), r.proxy.Quarantined()} {
		n, err := part.Count(r.t.Context(), []erasure.Subject{s})
		r.must(err)
		m, err := part.Erase(r.t.Context(), []erasure.Subject{s})
		r.must(err)
		counted, erased = counted+n[0], erased+m[0]
	}
	return counted, erased
}

// TestEraseQueued: what waits for the bot goes with the person; other people's
// messages arrive, in the same delivery too, and what is written later.
func TestEraseQueued(t *testing.T) {
	t.Parallel()
	r := newRig(t, spooling)
	r.bots["bot"].says(http.StatusInternalServerError, "", "")
	for _, body := range []string{
		numbered(anna, 1), numbered(bert, 2),
		page(entry(shopID, text(shopID, anna, "number 3"), text(shopID, bert, "number 4"))),
	} {
		if got := r.hook(body); got.status != http.StatusOK {
			t.Fatalf("answered %d", got.status)
		}
	}
	counted, erased := r.gone("shop", "psid:"+anna)
	if counted != 2 || erased != 2 {
		t.Errorf("%d were counted and %d erased, want 2", counted, erased)
	}
	r.clock.advance(time.Second)
	r.hook(numbered(anna, 5))
	bot := newFickle(func(string, int) bool { return false })
	r.bots["bot"].answers(bot.ServeHTTP)
	r.clock.advance(time.Hour / 2)
	r.hook(numbered(bert, 6))
	r.until("an empty outbox", func() bool { return r.records("outbox/") == 0 })
	all := strings.Join(bot.bodies(), "\n")
	for n, want := range map[string]bool{"number 1": false, "number 2": true, "number 3": false, "number 4": true, "number 5": true, "number 6": true} {
		if strings.Contains(all, n) != want {
			t.Errorf("%s arrived: %v, want %v", n, !want, want)
		}
	}
	if !slices.Equal(slices.Compact(inOrder(bot.bodies(), bert)), []int{2, 4, 6}) {
		t.Errorf("bert's messages came as %v", inOrder(bot.bodies(), bert))
	}
}

// TestEraseLeavesLanes: who was taken out of a delivery that still waits for others
// does not wait for it with what they write later.
func TestEraseLeavesLanes(t *testing.T) {
	t.Parallel()
	r := newRig(t, spooling)
	bot := newFickle(func(body string, _ int) bool { return strings.Contains(body, "number 3") })
	r.bots["bot"].answers(bot.ServeHTTP)
	r.hook(page(entry(shopID, text(shopID, anna, "number 3"), text(shopID, bert, "number 4"))))
	r.until("tried", func() bool { return len(r.bots["bot"].requests()) > 0 })
	if _, erased := r.gone("shop", "psid:"+bert); erased != 1 {
		t.Errorf("%d were erased", erased)
	}
	r.clock.advance(time.Second)
	r.hook(numbered(bert, 6))
	r.until("what was written later", func() bool { return slices.Equal(inOrder(bot.bodies(), bert), []int{6}) })
}

// TestEraseSharedChange: on WhatsApp messages of several people stand in one change.
func TestEraseSharedChange(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(p *plan) { p.accounts[2].spool = true })
	r.bots["bot"].says(http.StatusInternalServerError, "", "")
	const bertPhone = "15551230002"
	both := change(lineID, `"contacts":[{"profile":{"name":"Anna"},"wa_id":"`+annaPhone+`"},{"profile":{"name":"Bert"},"wa_id":"`+bertPhone+`"}],"messages":[`+
		`{"from":"`+annaPhone+`","id":"wamid.a","timestamp":"1","type":"text","text":{"body":"from anna"}},`+
		`{"from":"`+bertPhone+`","id":"wamid.b","timestamp":"1","type":"text","text":{"body":"from bert"}}]`)
	if got := r.hook(waba(both)); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	if _, erased := r.gone("line", "wa:"+annaPhone); erased != 1 {
		t.Errorf("%d were erased", erased)
	}
	r.restart() // what was on its way to the bot meanwhile was turned away
	bot := newFickle(func(string, int) bool { return false })
	r.bots["bot"].answers(bot.ServeHTTP)
	r.clock.advance(time.Hour / 2)
	r.until("an empty outbox", func() bool { return r.records("outbox/") == 0 })
	all := strings.Join(bot.bodies(), "\n")
	if strings.Contains(all, "anna") || strings.Contains(all, annaPhone) || !strings.Contains(all, "from bert") {
		t.Error("the bot got what was erased, or lost what was not")
	}
}

// TestEraseHeld: part of a value that is held goes with the person.
func TestEraseHeld(t *testing.T) {
	t.Parallel()
	r := newRig(t, long)
	r.askCard()
	r.writes("m_1", "4111 1111")
	r.until("a held message", func() bool { return r.records("outbox/") == 1 })
	if _, erased := r.gone("shop", "psid:"+anna); erased != 1 || r.records("outbox/") != 0 {
		t.Errorf("%d were erased, %d are left", erased, r.records("outbox/"))
	}
}

// TestEraseQuarantined: items that name the person go, read or not, and no others.
func TestEraseQuarantined(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.hook(page(entry("999", text("999", anna, "to nobody"))))
	r.hook(page(entry("999", text("999", bert, "to nobody"))))
	for range 3 { // no strict JSON: refused twice, then set aside
		r.hook(`{"object":"page","object":"page","entry":[{"messaging":[{"sender":{"id":"` + anna + `"}}]}]}`)
	}
	if n := len(r.quarantined()); n != 3 {
		t.Fatalf("%d items are in quarantine, want 3", n)
	}
	if counted, erased := r.gone("shop", "psid:"+anna); counted != 2 || erased != 2 {
		t.Errorf("%d were counted and %d erased, want 2", counted, erased)
	}
	if left := strings.Join(r.quarantined(), ""); !strings.Contains(left, bert) || strings.Contains(left, anna) {
		t.Error("the wrong items are left")
	}
}
