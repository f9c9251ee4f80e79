package review_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/review"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/store/bolt"
)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// desk is a book on a real store.
type desk struct {
	*review.Book
	t     *testing.T
	keys  *keys.Set
	path  string
	clock *clock
	store *bolt.Store
}

func newDesk(t *testing.T, set *keys.Set) *desk {
	t.Helper()
	d := &desk{t: t, keys: set, path: filepath.Join(t.TempDir(), "store.db"), clock: &clock{now: time.Now()}}
	d.open()
	t.Cleanup(d.shut)
	return d
}

func newKeys(t *testing.T) *keys.Set {
	t.Helper()
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func (d *desk) open() {
	d.t.Helper()
	var err error
	if d.store, err = bolt.Open(bolt.Config{Path: d.path, Now: d.clock.time}); err != nil {
		d.t.Fatal(err)
	}
	if d.Book, err = review.New(d.t.Context(), review.Config{Store: d.store, Keys: d.keys, Now: d.clock.time}); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) shut() {
	if err := errors.Join(d.Close(), d.store.Close()); err != nil {
		d.t.Error(err)
	}
}

// settle writes what waits: it closes the book and opens it again.
func (d *desk) settle() {
	d.shut()
	d.open()
}

func (d *desk) list(account string) []review.Item {
	d.t.Helper()
	items, err := d.List(d.t.Context(), account)
	if err != nil {
		d.t.Fatal(err)
	}
	return items
}

func (d *desk) show(account, id string) string {
	d.t.Helper()
	item, err := d.Show(d.t.Context(), account, id)
	if err != nil {
		d.t.Fatal(err)
	}
	before, value, after := item.Words()
	return before + "»" + value + "«" + after
}

// shadow is a finding of value in text.
func shadow(rule, kind, text, value string) redact.Sighting {
	start := strings.Index(text, value)
	return redact.Sighting{
		Rule: rule, Kind: kind, Action: redact.Tokenize, Mode: rules.Shadow, Score: 0.6, Why: []rules.Reason{{Part: "pattern", Detail: "1", Score: 0.6}},
		Field: "text", Start: start, End: start + len(value), Text: text,
	}
}

// What is kept of a finding: the value with some words around it, other findings
// by their kinds, digits hidden; of cards and codes not more than may be.
func TestWords(t *testing.T) {
	d := newDesk(t, newKeys(t))
	const text = "my order is AX1234 from 14 May, pay with 4111 1111 1111 1111 code 737 and write to jane@corp.example, said the person at 12:30 in a long text that goes on and on"
	seen := []redact.Sighting{
		shadow("order", "account_ref", text, "AX1234"), shadow("card", "credit_card", text, "4111 1111 1111 1111"),
		shadow("cvv", "cvv", text, "737"), shadow("email", "email", text, "jane@corp.example"),
	}
	seen[3].Mode = rules.Enforce // is not sampled, and still hidden beside others
	d.Note("shop", "", rules.Inbound, seen)
	d.settle()
	want := map[string]string{
		"order": "my order is »AX1234« from 99 May, pay with [CREDIT_CARD] cod…",
		"card":  "… is [ACCOUNT_REF] from 99 May, pay with »4111 11** **** 1111« code [CVV] and write to [EMAIL], said t…",
		"cvv":   "…rom 99 May, pay with [CREDIT_CARD] code »999« and write to [EMAIL], said the person a…",
	}
	items := d.list("shop")
	if len(items) != len(want) {
		t.Fatalf("got %d items", len(items))
	}
	for _, item := range items {
		if got := d.show("shop", item.ID); got != want[item.Rule] {
			t.Errorf("%s:\n got %s\nwant %s", item.Rule, got, want[item.Rule])
		}
		if before, value, after := item.Words(); before+value+after != "" {
			t.Errorf("a list shows %s", before+value+after)
		}
		if text := fmt.Sprintf("%v %+v %#v", item, item, item); strings.Contains(text, "AX1234") || strings.Contains(text, "pay") {
			t.Errorf("an item prints as %s", text)
		}
	}
}

// The store holds nothing in the clear, and nothing opens under other keys.
func TestSealed(t *testing.T) {
	set := newKeys(t)
	d := newDesk(t, set)
	d.Note("shop", "", rules.Inbound, []redact.Sighting{shadow("order", "account_ref", "canary words canary-4711 canary end", "canary-4711")})
	d.settle()
	if len(d.list("shop")) != 1 || len(d.list("other")) != 0 {
		t.Fatalf("got %v and %v", d.list("shop"), d.list("other"))
	}
	content, err := os.ReadFile(d.path)
	if err != nil || strings.Contains(string(content), "canary") || strings.Contains(string(content), "account_ref") || strings.Contains(string(content), "shop") {
		t.Errorf("the store holds the words: %v", err)
	}
	d.keys = newKeys(t)
	d.settle()
	if len(d.list("shop")) != 0 {
		t.Error("an item opens under other keys")
	}
}

// The same findings in any order, once or many times, give the same list: at most
// twelve of each rule.
func TestSampleIsStable(t *testing.T) {
	set := newKeys(t)
	var findings []redact.Sighting
	for i := range 200 {
		text := fmt.Sprintf("number %d here AX%04d", i, i)
		findings = append(findings, shadow("order", "account_ref", text, fmt.Sprintf("AX%04d", i)))
		if i < 5 {
			findings = append(findings, shadow("rare", "code", text, fmt.Sprint(i)))
		}
	}
	ids := func(seed uint64, again bool) []string {
		d := newDesk(t, set)
		order := rand.New(rand.NewPCG(seed, 0)).Perm(len(findings))
		for n, i := range order {
			d.Note("shop", "", rules.Inbound, findings[i:i+1])
			if again {
				d.Note("shop", "", rules.Inbound, findings[i:i+1])
			}
			if n%50 == 49 { // also over a restart; and nothing is left out because too much waits
				d.settle()
			}
		}
		d.settle()
		var list []string
		for _, item := range d.list("shop") {
			list = append(list, item.Rule+" "+item.ID+" "+item.Shape)
		}
		return list
	}
	first := ids(1, false)
	if len(first) != 12+5 {
		t.Fatalf("%d items", len(first))
	}
	for seed := uint64(2); seed < 4; seed++ {
		if got := ids(seed, true); !slices.Equal(got, first) {
			t.Errorf("order %d: got %q, want %q", seed, got, first)
		}
	}
}

// Two instances on one store keep one sample, not one each: nobody else's findings
// would be in it.
func TestSampleOfTwoInstances(t *testing.T) {
	d := newDesk(t, newKeys(t))
	two, err := review.New(t.Context(), review.Config{Store: d.store, Keys: d.keys, Now: d.clock.time})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		text := fmt.Sprintf("number %d here AX%04d", i, i)
		finding := []redact.Sighting{shadow("order", "account_ref", text, fmt.Sprintf("AX%04d", i))}
		if i%2 == 0 {
			d.Note("shop", "", rules.Inbound, finding)
		} else {
			two.Note("shop", "", rules.Inbound, finding)
		}
	}
	if err := errors.Join(d.Close(), two.Close()); err != nil {
		t.Fatal(err)
	}
	d.settle()
	// Each looked when it wrote; what the other wrote in between may be one too many.
	if n := len(d.list("shop")); n < 12 || n > 14 {
		t.Errorf("%d items, want twelve", n)
	}
}

// Items are gone after a week, and leave room for others.
func TestExpiry(t *testing.T) {
	d := newDesk(t, newKeys(t))
	for i := range 30 {
		d.Note("shop", "", rules.Inbound, []redact.Sighting{shadow("order", "code", fmt.Sprint("old ", i), fmt.Sprint(i))})
	}
	d.settle()
	if len(d.list("shop")) != 12 {
		t.Fatalf("%d items", len(d.list("shop")))
	}
	d.clock.add(7*24*time.Hour + time.Minute)
	if len(d.list("shop")) != 0 {
		t.Errorf("%d items after a week", len(d.list("shop")))
	}
	for i := range 30 {
		d.Note("shop", "", rules.Inbound, []redact.Sighting{shadow("order", "code", fmt.Sprint("new ", i), fmt.Sprint(i))})
	}
	d.settle()
	if len(d.list("shop")) != 12 {
		t.Errorf("%d items in the second week", len(d.list("shop")))
	}
}

// A mark stays with its item, also over a restart, and can be taken back.
func TestMark(t *testing.T) {
	d := newDesk(t, newKeys(t))
	d.Note("shop", "", rules.Outbound, []redact.Sighting{shadow("order", "code", "it is AX1234", "AX1234")})
	d.settle()
	id := d.list("shop")[0].ID
	for _, verdict := range []review.Verdict{review.False, review.Right, review.Open, review.False} {
		if item, err := d.Mark(t.Context(), "shop", id, verdict, "an order"); err != nil || item.Verdict != verdict {
			t.Errorf("%q: %+v, %v", verdict, item, err)
		}
	}
	d.settle()
	if item := d.list("shop")[0]; item.Verdict != review.False || item.Note != "an order" || item.Direction != "outbound" || d.show("shop", id) != "it is »AX1234«" {
		t.Errorf("got %+v, %s", item, d.show("shop", id))
	}
	for what, err := range map[string]error{
		"another account": func() error { _, err := d.Mark(t.Context(), "other", id, review.False, ""); return err }(),
		"no such id":      func() error { _, err := d.Show(t.Context(), "shop", "abcdefgh234567ab"); return err }(),
	} {
		if !errors.Is(err, review.ErrNoItem) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := d.Mark(t.Context(), "shop", id, "maybe", ""); !errors.Is(err, review.ErrVerdict) {
		t.Errorf("got %v", err)
	}
	if _, err := d.Mark(t.Context(), "shop", id, review.False, strings.Repeat("x", 401)); err == nil {
		t.Error("a note without end")
	}
}

// Messages come at once from everywhere; whatever happens they do not wait, and a
// closed book takes nothing.
func TestAtOnce(t *testing.T) {
	d := newDesk(t, newKeys(t))
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 50 {
				d.Note("shop", "", rules.Inbound, []redact.Sighting{shadow(fmt.Sprint("rule", i%3), "code", fmt.Sprintf("%d and %d", worker, i), "and")})
			}
		})
	}
	all.Wait()
	d.settle()
	if n := len(d.list("shop")); n == 0 || n > 36 {
		t.Errorf("%d items", n)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	d.Note("shop", "", rules.Inbound, []redact.Sighting{shadow("late", "code", "too late", "late")})
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
