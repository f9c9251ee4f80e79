package capture_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/vault"
)

// one checks that exactly one turn waits, and that it is the token of the card.
func (b *bench) one(alias string) {
	b.t.Helper()
	turns := b.turns()
	if len(turns) != 1 {
		b.t.Fatalf("%d turns wait, want one", len(turns))
	}
	value, err := b.vault.Resolve(b.t.Context(), b.person(alias), turns[0])
	if err != nil || value.Canonical != "4111111111111111" || value.Origin != vault.Form {
		b.t.Errorf("the turn does not lead to the value: %v", err)
	}
}

// TestFill: the form, an error, the value, the turn, the chat; and the page
// after it, at once and again.
func TestFill(t *testing.T) {
	b := newBench(t)
	s := b.site()
	issued := b.issue(s.book, order(b.person("psid:1"), "credit_card"))
	w, path := s.browser(), "/c/"+issued.ID
	opened := w.get(path)
	opened.want(t, "opening", http.StatusOK, "Example Shop")
	wrong := w.post(opened, path, "credit_card", "4111 1111 1111 1112")
	wrong.want(t, "a wrong number", http.StatusUnprocessableEntity, "problem")
	if strings.Contains(wrong.body, "1112") {
		t.Error("the page shows a secret again")
	}
	done := w.post(wrong, path, "credit_card", visa)
	done.want(t, "filling in", http.StatusOK, sayDone)
	if done.path != path+"?done" {
		t.Errorf("sent on to %s", done.path)
	}
	b.one("psid:1")
	w.get(path).want(t, "going back", http.StatusGone, sayUsed)
	w.get(path+"?done").want(t, "reloading", http.StatusOK, sayDone)
	w.post(wrong, path, "credit_card", visa).want(t, "sending again", http.StatusGone, sayUsed)
	w.post(wrong, path, "again", "yes").want(t, "asking for another", http.StatusGone, sayUsed)
	b.one("psid:1")
	s.Close() // waits for what the chat is told
	if len(b.said) != 1 || !strings.HasPrefix(b.said[0].text, "Thank you") || b.said[0].button != nil {
		t.Errorf("said %v", b.said)
	}
	if b.count("filled") != 1 || b.count("failed_try") != 1 || b.count("settled_true") != 1 || b.count("settled_false") != 0 {
		t.Errorf("counted %v", b.events)
	}
	log, err := os.ReadFile(b.log)
	if err != nil || bytes.Count(log, []byte("link_fill")) != 1 || !bytes.Contains(log, []byte("credit_card")) {
		t.Errorf("the audit log is %s (%v)", log, err)
	}
	b.issue(s.book, order(b.person("psid:1"), "credit_card")) // filling in is progress
	b.issue(s.book, order(b.person("psid:1"), "credit_card"))
}

// TestTimes: 60 minutes unopened, 15 from the first try, and looking is no try.
func TestTimes(t *testing.T) {
	b := newBench(t)
	s := b.site()
	w := s.browser()
	fresh := b.issue(s.book, order(b.person("psid:1"), "credit_card"))
	b.move(time.Hour - time.Second)
	w.get("/c/"+fresh.ID).want(t, "in the last second", http.StatusOK, sayForm)
	b.move(time.Second)
	late := w.get("/c/" + fresh.ID)
	late.want(t, "an hour later", http.StatusGone, sayLate)
	w.post(late, "/c/"+fresh.ID, "credit_card", visa).want(t, "filling in late", http.StatusGone, sayLate)

	tried := b.issue(s.book, order(b.person("psid:2"), "credit_card"))
	opened := w.get("/c/" + tried.ID)
	w.post(opened, "/c/"+tried.ID, "credit_card", "1").want(t, "trying", http.StatusUnprocessableEntity, sayForm)
	if again := b.issue(s.book, order(b.person("psid:2"), "credit_card")); again.ID != tried.ID || !again.Expires.Equal(b.now().Add(15*time.Minute)) {
		t.Errorf("a link that was tried is handed out until %v", again.Expires)
	}
	b.move(15*time.Minute - time.Second)
	w.get("/c/"+tried.ID).want(t, "in the last second", http.StatusOK, sayForm)
	b.move(time.Second)
	w.get("/c/"+tried.ID).want(t, "15 minutes after the try", http.StatusGone, sayLate)
	b.move(24*time.Hour + time.Second)
	w.get("/c/"+fresh.ID).want(t, "a day later", http.StatusNotFound, sayNone)
	if n := len(b.turns()); n != 0 {
		t.Errorf("%d turns of unfilled links", n)
	}
}

// TestErased: an erased conversation leaves no link.
func TestErased(t *testing.T) {
	b := newBench(t)
	s := b.site()
	c := b.person("psid:1")
	issued := b.issue(s.book, order(c, "credit_card"))
	w := s.browser()
	opened := w.get("/c/" + issued.ID)
	if err := b.Delete(t.Context(), "conversation/"+c.Path(), 0); err != nil {
		t.Fatal(err)
	}
	w.get("/c/"+issued.ID).want(t, "opening", http.StatusNotFound, sayNone)
	w.post(opened, "/c/"+issued.ID, "credit_card", visa).want(t, "filling in", http.StatusNotFound, sayNone)
	b.move(time.Hour)
	if n, err := s.book.Sweep(t.Context()); n != 0 || err != nil || len(b.records("link/")) != 0 {
		t.Errorf("sweeping closed %d, left %d (%v)", n, len(b.records("link/")), err)
	}
}

// TestUnknownIDs: when no turn can be made, the link stays as it is and the try
// does not count.
func TestUnknownIDs(t *testing.T) {
	b := newBench(t)
	b.unborn = capture.ErrUnknownIDs
	s := b.site()
	issued := b.issue(s.book, order(b.person("psid:1"), "credit_card"))
	w := s.browser()
	opened := w.get("/c/" + issued.ID)
	for range 7 {
		w.post(opened, "/c/"+issued.ID, "credit_card", visa).want(t, "filling in", http.StatusServiceUnavailable, "Please try again")
	}
	b.unborn = nil
	w.post(opened, "/c/"+issued.ID, "credit_card", visa).want(t, "when they are known", http.StatusOK, sayDone)
	b.one("psid:1")
}

// frailStore fails once, at its nth call; before that call does anything, or
// after it did. Killed, it fails from then on.
type frailStore struct {
	store.Store
	mutex  sync.Mutex
	at     int
	after  bool
	killed bool
}

var errFault = errors.New("the disk is gone")

func (f *frailStore) fails() (before, after bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.at--
	now := f.at == 0 || f.killed && f.at < 0
	return now && (!f.after || f.at < 0), now && f.after
}

func (f *frailStore) Get(ctx context.Context, key string) (store.Record, error) {
	if before, after := f.fails(); before || after {
		return store.Record{}, errFault
	}
	return f.Store.Get(ctx, key)
}

func (f *frailStore) Put(ctx context.Context, records ...store.Record) error {
	before, after := f.fails()
	if before {
		return errFault
	}
	err := f.Store.Put(ctx, records...)
	if after {
		return errFault
	}
	return err
}

// TestFaults: whichever call of the store fails, or is the last before a kill,
// there is one turn in the end: the person tries again on the link that still
// works, or the turn was queued.
func TestFaults(t *testing.T) {
	for _, killed := range []bool{false, true} {
		for _, after := range []bool{false, true} {
			for at := 1; at <= lastCall; at++ {
				fault(t, at, killed, after)
			}
		}
	}
}

// lastCall is more than what filling a link in asks of the store.
const lastCall = 20

// fault fills a link in while one call fails, and again.
func fault(t *testing.T, at int, killed, after bool) {
	t.Helper()
	b := newBench(t)
	issued := b.issue(b.book(), order(b.person("psid:1"), "credit_card"))
	frail := &frailStore{Store: b.Store, at: at, after: after, killed: killed}
	config := b.config()
	config.Records.Store = frail
	config.House.Conversations = conversation.NewBook(frail, b.keys, b.now)
	held := vault.New(vault.Config{Store: frail, Now: b.now})
	config.House.Shower = shower{held}
	book, err := capture.New(config)
	if err != nil {
		t.Fatal(err)
	}
	card := []form.Value{{Kind: "credit_card", Text: visa}}
	first := book.API().Fill(t.Context(), issued.ID, card)
	second := b.book().API().Fill(t.Context(), issued.ID, card)
	if (first == nil) == (second == nil) && !errors.Is(second, capture.ErrUsed) {
		t.Errorf("fault %d (killed %v, after %v): %v, then %v", at, killed, after, first, second)
	}
	b.one("psid:1")
	if err := held.Close(); err != nil {
		t.Error(err)
	}
	if n := b.count("settled_true"); n < 1 || n > 1 && !killed {
		t.Errorf("fault %d: %d turns were settled as written", at, n)
	}
	if at == lastCall && first != nil {
		t.Error("more calls of the store than this test lets fail")
	}
	if n := b.count("settled_true") + b.count("settled_false"); n != b.count("reserved") {
		t.Errorf("fault %d: %d reservations, %d settled", at, b.count("reserved"), n)
	}
}

// TestStoreTellsNothing: neither what is asked, nor of whom, nor what was filled
// in stands in the store's bytes, nor the link itself.
func TestStoreTellsNothing(t *testing.T) {
	b := newBench(t)
	s := b.site()
	issued := b.issue(s.book, order(b.person("psid:1"), "credit_card", "email"))
	w := s.browser()
	opened := w.get("/c/" + issued.ID)
	w.post(opened, "/c/"+issued.ID, "credit_card", "4111111111111111", "email", "bad").want(t, "a wrong try", 422, sayForm)
	w.post(opened, "/c/"+issued.ID, "credit_card", visa, "email", "canary@example.com").want(t, "filling in", 200, sayDone)
	raw, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range []string{issued.ID, "4111111111111111", "4111 1111", "canary", "credit_card", "shop", `"serial"`} {
		if bytes.Contains(raw, []byte(canary)) {
			t.Errorf("the store holds %q", canary)
		}
	}
	log, err := os.ReadFile(b.log)
	if err != nil || bytes.Contains(log, []byte(issued.ID)) || bytes.Contains(log, []byte("4111")) {
		t.Errorf("the audit log holds a link or a value (%v)", err)
	}
}

// TestAPI: what a customer's own server can do, with the same judgement and the
// same single use.
func TestAPI(t *testing.T) {
	b := newBench(t)
	api, c := b.book().API(), b.person("psid:1")
	issued, err := api.Create(t.Context(), capture.CreateOrder{Account: "shop", Conversation: c, Language: "en", Fields: []capture.Field{{Kind: "credit_card"}, {Kind: "ssn", Need: "last4"}}})
	if err != nil {
		t.Fatal(err)
	}
	info, err := api.Read(t.Context(), issued.ID)
	if err != nil || !info.Valid || info.Account != "shop" || len(info.Fields) != 2 || info.Tries != 5 || len(info.Person) != 16 || strings.Contains(info.Person, c.ID) {
		t.Errorf("the link reads %+v (%v)", info, err)
	}
	card := form.Value{Kind: "credit_card", Text: "4111-1111-1111-1111", Canonical: "forged"}
	var invalid *capture.InvalidError
	err = api.Fill(t.Context(), issued.ID, []form.Value{card, {Kind: "ssn_last4", Text: "12"}})
	if !errors.As(err, &invalid) || invalid.Problems["ssn_last4"] == "" || len(invalid.Problems) != 1 || invalid.Tries != 4 {
		t.Errorf("a wrong value: %v", err)
	}
	if err := api.Fill(t.Context(), issued.ID, []form.Value{card, {Kind: "ssn_last4", Text: "4821"}}); err != nil {
		t.Fatal(err)
	}
	turns := b.turns()
	if len(turns) != 1 || len(strings.Fields(turns[0])) != 2 {
		t.Fatalf("turns are %v", turns)
	}
	if value, err := b.vault.Resolve(t.Context(), c, strings.Fields(turns[0])[0]); err != nil || value.Canonical != "4111111111111111" {
		t.Errorf("the token does not lead to the value in normal form: %v", err)
	}
	if err := api.Fill(t.Context(), issued.ID, []form.Value{card}); !errors.Is(err, capture.ErrUsed) {
		t.Errorf("used again: %v", err)
	}
	if info, err = api.Read(t.Context(), issued.ID); err != nil || info.Valid {
		t.Errorf("afterwards it reads %+v (%v)", info, err)
	}
	if _, err := api.Read(t.Context(), strings.Repeat("a", 26)); !errors.Is(err, capture.ErrNoLink) {
		t.Errorf("an unknown one: %v", err)
	}
}

// TestAPIOrders: the orders of the API are links like others, and never stall.
func TestAPIOrders(t *testing.T) {
	b := newBench(t)
	api := b.book().API()
	o := capture.CreateOrder{Account: "shop", Conversation: b.person("psid:1"), Fields: []capture.Field{{Kind: "iban"}}}
	for range 4 {
		if _, err := api.Create(t.Context(), o); err != nil {
			t.Error(err)
		}
	}
	if b.count("issued") != 1 || b.count("reused") != 3 {
		t.Errorf("counted %v", b.events)
	}
}

// TestMerged: a link that was made before two conversations turned out to be one
// person's gives a token of the one that they have now.
func TestMerged(t *testing.T) {
	b := newBench(t)
	s := b.site()
	b.person("psid:1")
	path := "/c/" + b.issue(s.book, order(b.person("psid:2"), "credit_card")).ID
	if _, err := b.persons.Ensure(t.Context(), "shop", []string{"psid:1", "psid:2"}); err != nil {
		t.Fatal(err)
	}
	w := s.browser()
	w.post(w.get(path), path, "credit_card", visa).want(t, "filling in", http.StatusOK, sayDone)
	b.one("psid:1")
}
