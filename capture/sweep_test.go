package capture_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/capture"
)

func (b *bench) unfilled(text string) {
	account := b.accounts["shop"]
	account.Unfilled = text
	b.accounts["shop"] = account
}

func (b *bench) sweep(book *capture.Book) int {
	b.t.Helper()
	n, err := book.Sweep(b.t.Context())
	if err != nil {
		b.t.Errorf("sweeping: %v", err)
	}
	return n
}

// TestSweep: a link whose time is over becomes the turn that the account names,
// once, whoever sweeps; a filled one, and one that a warning offered, none.
func TestSweep(t *testing.T) {
	b := newBench(t)
	b.unfilled("I did not fill in the form.")
	book := b.book()
	c := b.person("psid:1")
	b.issue(book, order(c, "credit_card"))
	warned := order(c, "cvv")
	warned.Source = capture.Warning
	b.issue(book, warned)
	filled := b.issue(book, order(c, "email"))
	s := b.site()
	w := s.browser()
	w.post(w.get("/c/"+filled.ID), "/c/"+filled.ID, "email", "jane@example.com").want(t, "filling in", http.StatusOK, sayDone)
	if n := b.sweep(book); n != 0 {
		t.Errorf("%d links closed before their time", n)
	}
	b.move(time.Hour)
	var all sync.WaitGroup
	for range 8 {
		sweeper := b.book()
		all.Go(func() { b.sweep(sweeper) })
	}
	all.Wait()
	if turns := b.turns(); len(turns) != 2 || turns[1] != "I did not fill in the form." || b.count("expired") != 2 {
		t.Errorf("turns are %d, counted %v", len(turns), b.events)
	}
	b.move(2 * time.Minute)
	if n := b.sweep(book); n != 0 {
		t.Errorf("%d links closed twice", n)
	}
	b.issue(book, warned)
	b.issue(book, order(c, "cvv")) // the bot asks for it, too
	b.move(time.Hour)
	if n := b.sweep(book); n != 1 || len(b.turns()) != 3 {
		t.Errorf("asked after a warning: %d closed, %d turns", n, len(b.turns()))
	}
	b.unfilled("")
	b.issue(book, order(b.person("psid:2"), "iban"))
	b.move(time.Hour)
	if n := b.sweep(book); n != 1 || len(b.turns()) != 3 {
		t.Errorf("without a text: %d closed, %d turns", n, len(b.turns()))
	}
}

// TestSweepFaults: while no turn can be made the link waits, and it is closed
// without one when there never can be.
func TestSweepFaults(t *testing.T) {
	b := newBench(t)
	b.unfilled("nothing")
	book := b.book()
	b.issue(book, order(b.person("psid:1"), "credit_card"))
	b.move(time.Hour)
	b.unborn = errors.New("the outbox is full")
	if n, err := book.Sweep(t.Context()); n != 0 || err == nil {
		t.Errorf("closed %d: %v", n, err)
	}
	b.unborn = nil
	if n := b.sweep(book); n != 0 {
		t.Errorf("%d closed during the lease", n)
	}
	b.move(time.Minute)
	if n := b.sweep(book); n != 1 || len(b.turns()) != 1 {
		t.Errorf("%d closed, %d turns", n, len(b.turns()))
	}
	b.unborn = capture.ErrUnknownIDs
	b.issue(book, order(b.person("psid:2"), "credit_card"))
	b.move(time.Hour)
	if n := b.sweep(book); n != 1 || len(b.turns()) != 1 {
		t.Errorf("without ids: %d closed, %d turns", n, len(b.turns()))
	}
}

// poisoned is an outbox that panics over one link.
type poisoned struct{}

func (poisoned) Resume(context.Context, capture.Turn) (capture.Reservation, error) { panic("canary") }

// TestSweepSurvives: a panic over a link ends neither the sweep nor the process,
// and is told without what it holds.
func TestSweepSurvives(t *testing.T) {
	b := newBench(t)
	b.unfilled("nothing")
	config := b.config()
	config.House.Outbox = poisoned{}
	book, err := capture.New(config)
	if err != nil {
		t.Fatal(err)
	}
	b.issue(book, order(b.person("psid:1"), "credit_card"))
	b.move(time.Hour)
	if n, err := book.Sweep(t.Context()); n != 0 || err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("%d closed (%v)", n, err)
	}
	b.move(time.Minute)
	if n := b.sweep(b.book()); n != 1 {
		t.Errorf("%d closed by another", n)
	}
}

// TestLocked: the fifth wrong try ends the link at once, and the turn follows.
func TestLocked(t *testing.T) {
	b := newBench(t)
	b.unfilled("nothing")
	s := b.site()
	path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card")).ID
	w := s.browser()
	opened := w.get(path)
	for range 4 {
		w.post(opened, path, "credit_card", "1").want(t, "a wrong try", http.StatusUnprocessableEntity, sayForm)
	}
	w.post(opened, path, "credit_card", "1").want(t, "the fifth", http.StatusGone, sayLocked)
	w.post(opened, path, "credit_card", visa).want(t, "the sixth", http.StatusGone, sayLate)
	if n := b.sweep(s.book); n != 1 || len(b.turns()) != 1 {
		t.Errorf("%d closed, %d turns", n, len(b.turns()))
	}
}

// TestResend: an expired page sends one new link into the chat, for the same
// fields and without another turn for the old one.
func TestResend(t *testing.T) {
	b := newBench(t)
	b.unfilled("nothing")
	s := b.site()
	path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card")).ID
	w := s.browser()
	b.move(time.Hour)
	late := w.get(path)
	s.browser().post(late, path, "again", "yes").want(t, "without the cookie", http.StatusForbidden, sayAgain)
	b.mute = capture.ErrWindow
	w.post(late, path, "again", "yes").want(t, "a chat that is closed", http.StatusServiceUnavailable, "try again")
	b.mute = nil
	w.post(late, path, "again", "yes").want(t, "asking", http.StatusOK, saySent)
	w.post(late, path, "again", "yes").want(t, "asking again", http.StatusGone, sayLate)
	if len(b.said) != 1 || b.count("resent") != 1 || len([]rune(b.said[0].button.Text)) > 20 {
		t.Fatalf("said %v", b.said)
	}
	if n := b.sweep(s.book); n != 0 || len(b.turns()) != 0 {
		t.Errorf("%d closed, %d turns", n, len(b.turns()))
	}
	next := b.said[0].button.URL[len("https://chat.example.com"):]
	w.post(w.get(next), next, "credit_card", visa).want(t, "filling in the new one", http.StatusOK, sayDone)
	b.one("psid:1")
	w.get(next).want(t, "opening it again", http.StatusGone, sayUsed)
	w.get(path).want(t, "opening the old one", http.StatusGone, sayLate)
}

// TestResendFails: a link that could not be sent again is as it was: it becomes
// the turn that says so, the one in its place none. A page of yesterday asks for
// nothing.
func TestResendFails(t *testing.T) {
	b := newBench(t)
	b.unfilled("nothing")
	b.mute = capture.ErrWindow
	s := b.site()
	path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card")).ID
	w := s.browser()
	opened := w.get(path)
	b.move(time.Hour)
	w.post(opened, path, "again", "yes").want(t, "a chat that is closed", http.StatusServiceUnavailable, "try again")
	b.move(2 * time.Hour)
	if n := b.sweep(s.book); n != 1 || len(b.turns()) != 1 {
		t.Errorf("%d closed, %d turns", n, len(b.turns()))
	}
	b.mute = nil
	b.move(21*time.Hour + time.Second)
	w.post(opened, path, "again", "yes").want(t, "a day after the page was opened", http.StatusForbidden, sayAgain)
	w.post(w.get(path), path, "again", "yes").want(t, "a new page", http.StatusOK, saySent)
}

// TestResendRate: a chat is not flooded through expired pages.
func TestResendRate(t *testing.T) {
	b := newBench(t)
	b.limits.Rates.Resends = 3
	s := b.site()
	w := s.browser()
	path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card")).ID
	for i := range 5 {
		opened := w.get(path)
		for range 5 {
			w.post(opened, path, "credit_card", "1")
		}
		got := w.post(w.get(path), path, "again", "yes")
		if i >= 3 {
			got.want(t, "over the rate", http.StatusTooManyRequests, "try again")
			continue
		}
		got.want(t, "asking", http.StatusOK, saySent)
		path = b.said[i].button.URL[len("https://chat.example.com"):]
	}
}
