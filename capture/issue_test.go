package capture_test

import (
	"errors"
	"fmt"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/capture"
)

// TestIssue: a link is 128 bits on the configured host; the same fields, in any
// order, give the one that is open, with its whole time again.
func TestIssue(t *testing.T) {
	b := newBench(t)
	book, c := b.book(), b.person("psid:1")
	first := b.issue(book, order(c, "credit_card", "cvv"))
	if !regexp.MustCompile(`^https://chat\.example\.com/c/[a-z2-7]{26}$`).MatchString(first.URL) ||
		first.URL != "https://chat.example.com/c/"+first.ID || first.Reused || !first.Expires.Equal(start.Add(time.Hour)) {
		t.Errorf("the first link is %+v", first)
	}
	b.move(10 * time.Minute)
	again := b.issue(b.book(), order(c, "cvv", "credit_card"))
	if again.ID != first.ID || !again.Reused || !again.Expires.Equal(start.Add(70*time.Minute)) {
		t.Errorf("asked again: %+v", again)
	}
	if other := b.issue(book, order(c, "iban")); other.ID == first.ID || other.Reused {
		t.Errorf("another field: %+v", other)
	}
	if foreign := b.issue(book, order(b.person("psid:2"), "credit_card", "cvv")); foreign.ID == first.ID || foreign.Reused {
		t.Errorf("another person: %+v", foreign)
	}
	b.move(2 * time.Hour)
	o := order(c, "cvv", "credit_card")
	o.Source = capture.API
	if next := b.issue(book, o); next.ID == first.ID || next.Reused {
		t.Errorf("after its time: %+v", next)
	}
	if b.count("issued") != 4 || b.count("reused") != 1 {
		t.Errorf("counted %v", b.events)
	}
}

// TestStalled: the third prompt for the same fields is refused until the person
// told some of it, or a day later.
func TestStalled(t *testing.T) {
	b := newBench(t)
	book, c := b.book(), b.person("psid:1")
	ask := order(c, "credit_card", "cvv")
	b.issue(book, ask)
	b.issue(book, ask)
	if _, err := book.Issue(t.Context(), ask); !errors.Is(err, capture.ErrStalled) {
		t.Errorf("the third: %v", err)
	}
	warn := ask
	warn.Source = capture.Warning
	b.issue(book, warn)
	if err := book.Progress(t.Context(), c, []string{"email"}); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Issue(t.Context(), ask); !errors.Is(err, capture.ErrStalled) {
		t.Errorf("after something else was told: %v", err)
	}
	if err := book.Progress(t.Context(), c, []string{"email", "cvv"}); err != nil {
		t.Fatal(err)
	}
	b.issue(book, ask)
	b.issue(book, ask)
	if _, err := book.Issue(t.Context(), ask); !errors.Is(err, capture.ErrStalled) || b.count("stalled") != 3 {
		t.Errorf("stalled again: %v, counted %v", err, b.events)
	}
	b.move(26 * time.Hour)
	b.issue(book, ask)
}

func TestCapped(t *testing.T) {
	b := newBench(t)
	b.limits.PerPerson = 2
	book, c := b.book(), b.person("psid:1")
	b.issue(book, order(c, "iban"))
	b.move(time.Minute)
	b.issue(book, order(c, "cvv"))
	if _, err := book.Issue(t.Context(), order(c, "ssn")); !errors.Is(err, capture.ErrCapped) || b.count("refused") != 1 {
		t.Errorf("over the cap: %v", err)
	}
	b.issue(book, order(c, "cvv"))
	b.issue(book, order(b.person("psid:2"), "ssn"))
	b.move(time.Hour - time.Minute)
	b.issue(book, order(c, "ssn"))
}

// TestIssueRace: goroutines of several Books agree on one link per set of
// fields, on the cap, and on the count of swaps.
func TestIssueRace(t *testing.T) {
	b := newBench(t)
	books := []*capture.Book{b.book(), b.book(), b.book()}
	c := b.person("psid:1")
	var mutex sync.Mutex
	ids, stalled, capped := map[string]bool{}, 0, 0
	var all sync.WaitGroup
	for i := range 48 {
		all.Go(func() {
			o := order(c, fmt.Sprintf("kind%d", i%8))
			issued, err := books[i%3].Issue(t.Context(), o)
			mutex.Lock()
			defer mutex.Unlock()
			switch {
			case err == nil:
				ids[issued.ID] = true
			case errors.Is(err, capture.ErrStalled):
				stalled++
			case errors.Is(err, capture.ErrCapped):
				capped++
			default:
				t.Errorf("racer %d: %v", i, err)
			}
		})
	}
	all.Wait()
	if len(ids) != 5 || stalled != 5*4 || capped != 3*6 {
		t.Errorf("%d links, %d stalled, %d capped; want 5, 20, 18", len(ids), stalled, capped)
	}
	if n := len(b.records("link/")); n != 5 {
		t.Errorf("%d records of 5 links", n)
	}
}

func TestOrder(t *testing.T) {
	b := newBench(t)
	book, c := b.book(), b.person("psid:1")
	for name, change := range map[string]func(*capture.Order){
		"unknown account":    func(o *capture.Order) { o.Account = "support" },
		"no conversation":    func(o *capture.Order) { o.Conversation = nil },
		"no fields":          func(o *capture.Order) { o.Fields = nil },
		"too many fields":    func(o *capture.Order) { o.Fields = make([]capture.Field, 17) },
		"a field twice":      func(o *capture.Order) { o.Fields = append(o.Fields, o.Fields[0]) },
		"no kind":            func(o *capture.Order) { o.Fields[0].Kind = "Credit card" },
		"an input's name":    func(o *capture.Order) { o.Fields[0].Kind = "code" },
		"unknown need":       func(o *capture.Order) { o.Fields[0].Need = "half" },
		"unknown source":     func(o *capture.Order) { o.Source = "" },
		"no language at all": func(o *capture.Order) { o.Language = "a language that nobody ever spoke" },
	} {
		o := order(c, "iban")
		change(&o)
		if _, err := book.Issue(t.Context(), o); !errors.Is(err, capture.ErrOrder) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(b.records("link/")) + len(b.records("chart/")); n != 0 {
		t.Errorf("refused orders left %d records", n)
	}
}

// TestExternalAddress: an account's own form gets the id as it asks for it.
func TestExternalAddress(t *testing.T) {
	b := newBench(t)
	for external, want := range map[string]string{
		"https://pay.example.com/form?shop=1":       "https://pay.example.com/form?link=ID&shop=1",
		"https://pay.example.com/form/{link}/start": "https://pay.example.com/form/ID/start",
		"https://pay.example.com/form#{link}":       "https://pay.example.com/form#ID",
	} {
		account := b.accounts["shop"]
		account.External = external
		b.accounts["shop"] = account
		issued := b.issue(b.book(), order(b.person(external), "iban"))
		if got := regexp.MustCompile(issued.ID).ReplaceAllString(issued.URL, "ID"); got != want {
			t.Errorf("%s became %s", external, got)
		}
	}
}

// TestPrefix: links begin as Prefix says, however the configuration writes the
// public URL: what takes their ids out of what the bot sees looks for that.
func TestPrefix(t *testing.T) {
	b := newBench(t)
	for i, public := range []string{"https://chat.example.com", "https://Chat.Example.COM/", "https://chat.example.com:443", "https://chat.example.com:8443", "http://LocalHost:80"} {
		config := b.config()
		config.PublicURL = public
		book, err := capture.New(config)
		if err != nil {
			t.Fatal(err)
		}
		issued := b.issue(book, order(b.person(fmt.Sprintf("psid:%d", i)), "credit_card"))
		if want := capture.Prefix(public) + issued.ID; issued.URL != want {
			t.Errorf("%s makes %s, want %s", public, issued.URL, want)
		}
	}
	if capture.Prefix("") != "" || capture.Prefix("chat.example.com") != "" {
		t.Error("what is no URL begins links")
	}
}
