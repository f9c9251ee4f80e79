package conversation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
)

var start = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// bench is a store, a key set and a clock that Books share.
type bench struct {
	*bolt.Store
	path  string
	keys  *keys.Set
	mutex sync.Mutex
	at    time.Time
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{path: filepath.Join(t.TempDir(), "store.db"), at: start}
	var err error
	if b.keys, err = keys.Ephemeral(); err != nil {
		t.Fatal(err)
	}
	if b.Store, err = bolt.Open(bolt.Config{Path: b.path, Now: b.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bench) now() time.Time {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.at
}

func (b *bench) move(by time.Duration) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.at = b.at.Add(by)
}

func (b *bench) book() *conversation.Book { return conversation.NewBook(b, b.keys, b.now) }

func (b *bench) records(t *testing.T, prefix string) []store.Record {
	t.Helper()
	records, err := b.List(t.Context(), prefix, "", store.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func ensure(t *testing.T, b *conversation.Book, aliases ...string) *conversation.Conversation {
	t.Helper()
	c, err := b.Ensure(t.Context(), "shop", aliases)
	if err != nil {
		t.Fatalf("ensuring: %v", err)
	}
	return c
}

func find(t *testing.T, b *conversation.Book, aliases ...string) *conversation.Conversation {
	t.Helper()
	c, err := b.Find(t.Context(), "shop", aliases)
	if err != nil {
		t.Fatalf("finding: %v", err)
	}
	return c
}

func wantUnknown(t *testing.T, b *conversation.Book, aliases ...string) {
	t.Helper()
	if c, err := b.Find(t.Context(), "shop", aliases); !errors.Is(err, conversation.ErrUnknown) {
		t.Errorf("finding %v: %v, %v, want ErrUnknown", aliases, c, err)
	}
}

// same compares what matters: the id, and that the secret and data key agree.
func same(t *testing.T, doing string, one, two *conversation.Conversation) {
	t.Helper()
	sealed, err := one.Seal([]byte("plain"), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := two.Open(sealed, []byte("here"))
	if err != nil || string(plain) != "plain" || one.ID != two.ID || one.Path() != two.Path() ||
		!bytes.Equal(one.Derive("label", "x"), two.Derive("label", "x")) {
		t.Errorf("%s: another conversation", doing)
	}
}

func TestEnsureAndFind(t *testing.T) {
	b := newBench(t)
	book := b.book()
	wantUnknown(t, book, "psid:1")
	made := ensure(t, book, "psid:1")
	if !regexp.MustCompile(`^[a-z2-7]{26}$`).MatchString(made.ID) || made.Account != "shop" {
		t.Errorf("made %q of %q", made.ID, made.Account)
	}
	if !regexp.MustCompile(`^[a-z2-7]{26}/` + made.ID + `$`).MatchString(made.Path()) {
		t.Errorf("path is %q", made.Path())
	}
	same(t, "ensuring again", made, ensure(t, book, "psid:1", "psid:1"))
	same(t, "finding", made, find(t, book, "psid:1"))
	same(t, "finding by a later alias", made, find(t, book, "psid:none", "psid:1"))
	same(t, "finding in another book", made, find(t, b.book(), "psid:1"))

	if other := ensure(t, book, "psid:2"); other.ID == made.ID || bytes.Equal(other.Derive("label"), made.Derive("label")) {
		t.Error("two people have one conversation")
	}
	elsewhere, err := book.Ensure(t.Context(), "support", []string{"psid:1"})
	if err != nil {
		t.Fatal(err)
	}
	if elsewhere.ID == made.ID || strings.Split(elsewhere.Path(), "/")[0] == strings.Split(made.Path(), "/")[0] {
		t.Error("two accounts share a conversation or a path")
	}
}

func TestAliases(t *testing.T) {
	b := newBench(t)
	book := b.book()
	made := ensure(t, book, "wa:491511234567")
	same(t, "a new alias beside a known one", made, ensure(t, book, "bsuid:A", "wa:491511234567"))
	same(t, "the new alias", made, find(t, b.book(), "bsuid:A"))
	if err := book.Learn(t.Context(), "shop", "bsuid:A", "wa:5511987654321"); err != nil {
		t.Fatal(err)
	}
	same(t, "a learned alias", made, find(t, b.book(), "wa:5511987654321"))
	if err := book.Learn(t.Context(), "shop", "wa:none", "wa:1"); !errors.Is(err, conversation.ErrUnknown) {
		t.Errorf("learning from an unknown alias: %v", err)
	}
	if err := book.Learn(t.Context(), "shop", "wa:none", "bsuid:A"); !errors.Is(err, conversation.ErrUnknown) {
		t.Errorf("learning from an unknown alias that a known one: %v", err)
	}
	wantUnknown(t, book, "wa:1", "wa:none")
	if n := len(b.records(t, "alias/")); n != 3 {
		t.Errorf("%d alias records, want 3", n)
	}
}

// TestMerge: the conversation of the first alias stays, and all aliases of the
// other move to it.
func TestMerge(t *testing.T) {
	for name, merge := range map[string]func(context.Context, *conversation.Book) error{
		"ensure": func(ctx context.Context, book *conversation.Book) error {
			_, err := book.Ensure(ctx, "shop", []string{"bsuid:A", "wa:1"})
			return err
		},
		"learn": func(ctx context.Context, book *conversation.Book) error {
			return book.Learn(ctx, "shop", "bsuid:A", "wa:1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			book := b.book()
			ensure(t, book, "wa:1", "wa:2")
			stays := ensure(t, book, "bsuid:A")
			if err := merge(t.Context(), book); err != nil {
				t.Fatal(err)
			}
			for _, book := range []*conversation.Book{book, b.book()} {
				for _, alias := range []string{"bsuid:A", "wa:1", "wa:2"} {
					same(t, alias, stays, find(t, book, alias))
				}
			}
			before := b.records(t, "")
			same(t, "in the other order", stays, ensure(t, b.book(), "wa:2", "wa:1", "bsuid:A"))
			if after := b.records(t, ""); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Error("merging is written again and again")
			}
		})
	}
}

func TestBounds(t *testing.T) {
	book := newBench(t).book()
	many := make([]string, conversation.MaxAliases+1)
	for i := range many {
		many[i] = fmt.Sprintf("wa:%d", i)
	}
	long := strings.Repeat("1", conversation.MaxAlias+1)
	for name, test := range map[string]struct {
		account string
		aliases []string
	}{
		"no alias":       {"shop", nil},
		"an empty alias": {"shop", []string{"wa:1", ""}},
		"a long alias":   {"shop", []string{"wa:1", "wa:1", long}},
		"too many":       {"shop", many},
		"no account":     {"", []string{"wa:1"}},
		"a long account": {long, []string{"wa:1"}},
	} {
		if _, err := book.Ensure(t.Context(), test.account, test.aliases); !errors.Is(err, conversation.ErrAliases) {
			t.Errorf("ensuring with %s: %v", name, err)
		}
		if _, err := book.Find(t.Context(), test.account, test.aliases); !errors.Is(err, conversation.ErrAliases) {
			t.Errorf("finding with %s: %v", name, err)
		}
	}
	ensure(t, book, many[:conversation.MaxAliases]...)
	if err := book.Learn(t.Context(), "shop", many[0], "wa:one-more"); !errors.Is(err, conversation.ErrAliases) {
		t.Errorf("learning one more: %v", err)
	}
	if err := book.Learn(t.Context(), "shop", "", "wa:1"); !errors.Is(err, conversation.ErrAliases) {
		t.Errorf("learning from nothing: %v", err)
	}
}

// TestRace: goroutines of two Books meet one person under overlapping aliases at
// once; there is one conversation and every alias leads to it.
func TestRace(t *testing.T) {
	b := newBench(t)
	books := []*conversation.Book{b.book(), b.book()}
	for round := range 5 {
		alias := func(i int) string { return fmt.Sprintf("wa:%d/%d", round, i%3) }
		got := make([]*conversation.Conversation, 64)
		begin := make(chan struct{})
		var all sync.WaitGroup
		for i := range got {
			all.Go(func() {
				<-begin
				// All share one alias, so whoever comes first, it is one person.
				c, err := books[i%2].Ensure(t.Context(), "shop", []string{fmt.Sprintf("psid:%d", round), alias(i)})
				if err != nil {
					t.Errorf("racer %d: %v", i, err)
					return
				}
				got[i] = c
			})
		}
		close(begin)
		all.Wait()
		if t.Failed() {
			return
		}
		for i := range got {
			same(t, fmt.Sprintf("racer %d", i), got[0], got[i])
		}
		for i := range 3 {
			same(t, alias(i), got[0], find(t, b.book(), alias(i)))
		}
	}
	if n := len(b.records(t, "conversation/")); n != 5 {
		t.Errorf("%d conversations of 5 people", n)
	}
	if n := len(b.records(t, "alias/")); n != 5*4 {
		t.Errorf("%d alias records, want 20", n)
	}
}

// TestLifetime: 400 days from the last Ensure, aliases too, written at most once
// a day.
func TestLifetime(t *testing.T) {
	const day = 24 * time.Hour
	b := newBench(t)
	made := ensure(t, b.book(), "psid:1", "psid:2")
	snapshot := func() string { return fmt.Sprint(b.records(t, "")) }
	before := snapshot()
	b.move(day - time.Second)
	ensure(t, b.book(), "psid:1")
	if snapshot() != before {
		t.Error("ensuring within a day wrote")
	}
	b.move(2 * time.Second)
	find(t, b.book(), "psid:1")
	if snapshot() != before {
		t.Error("finding wrote")
	}
	ensure(t, b.book(), "psid:1")
	for _, record := range b.records(t, "") {
		if want := b.now().Add(400 * day); !record.Expires.Equal(want) {
			t.Errorf("%s expires %v, want %v", record.Key, record.Expires, want)
		}
	}
	b.move(400*day - time.Second)
	same(t, "the last second", made, find(t, b.book(), "psid:2"))
	b.move(time.Second)
	wantUnknown(t, b.book(), "psid:1", "psid:2")
	if next := ensure(t, b.book(), "psid:1"); next.ID == made.ID || bytes.Equal(next.Derive("x"), made.Derive("x")) {
		t.Error("an expired conversation came back")
	}
}

// TestErase: when the record is gone, its aliases lead nowhere, and the next
// conversation of the person is a new one, at once after Forget and within five
// seconds in a Book that was not told.
func TestErase(t *testing.T) {
	b := newBench(t)
	book, other := b.book(), b.book()
	made := ensure(t, book, "psid:1")
	same(t, "in the other book", made, find(t, other, "psid:1"))
	if _, err := b.DeletePrefix(t.Context(), "conversation/"+made.Path()); err != nil {
		t.Fatal(err)
	}
	book.Forget(made)
	book.Forget(nil)
	wantUnknown(t, book, "psid:1")
	if err := book.Learn(t.Context(), "shop", "psid:1", "psid:2"); !errors.Is(err, conversation.ErrUnknown) {
		t.Errorf("learning from an erased conversation: %v", err)
	}
	b.move(5 * time.Second)
	wantUnknown(t, other, "psid:1")
	if next := ensure(t, book, "psid:1"); next.ID == made.ID {
		t.Error("an erased conversation came back")
	}
}

// slowStore lets a test act between a read and what is made of it.
type slowStore struct {
	conversation.Store
	after func(key string)
}

func (s slowStore) Get(ctx context.Context, key string) (store.Record, error) {
	record, err := s.Store.Get(ctx, key)
	s.after(key)
	return record, err
}

// TestForgetDuringRead: a read that began before an erasure does not put the
// erased conversation back into memory.
func TestForgetDuringRead(t *testing.T) {
	b := newBench(t)
	made := ensure(t, b.book(), "psid:1")
	var book *conversation.Book
	var once sync.Once
	book = conversation.NewBook(slowStore{b, func(key string) {
		if strings.HasPrefix(key, "conversation/") {
			once.Do(func() {
				if err := b.Delete(t.Context(), key, 0); err != nil {
					t.Error(err)
				}
				book.Forget(made)
			})
		}
	}}, b.keys, b.now)
	find(t, book, "psid:1") // had read it before
	wantUnknown(t, book, "psid:1")
}

// TestEraseDuringEnsure: an Ensure that read the record before it was erased
// makes a new one instead of writing the old one back.
func TestEraseDuringEnsure(t *testing.T) {
	b := newBench(t)
	made := ensure(t, b.book(), "psid:1")
	var once sync.Once
	book := conversation.NewBook(slowStore{b, func(key string) {
		if strings.HasPrefix(key, "conversation/") {
			once.Do(func() {
				if err := b.Delete(t.Context(), key, 0); err != nil {
					t.Error(err)
				}
			})
		}
	}}, b.keys, b.now)
	next, err := book.Ensure(t.Context(), "shop", []string{"psid:1", "psid:2"})
	if err != nil {
		t.Fatal(err)
	}
	if next.ID == made.ID {
		t.Error("an erased conversation came back")
	}
	same(t, "the new one", next, find(t, b.book(), "psid:2"))
}

// TestTampered: records that were altered, swapped or sealed under other keys
// are told from records that are not there.
func TestTampered(t *testing.T) {
	for name, tamper := range map[string]func(*testing.T, *bench){
		"altered conversation": func(t *testing.T, b *bench) { alter(t, b, b.records(t, "conversation/")[0]) },
		"altered alias": func(t *testing.T, b *bench) {
			for _, record := range b.records(t, "alias/") {
				alter(t, b, record)
			}
		},
		"swapped conversations": func(t *testing.T, b *bench) { swap(t, b, b.records(t, "conversation/")) },
		"swapped aliases":       func(t *testing.T, b *bench) { swap(t, b, b.records(t, "alias/")) },
		"other keys": func(t *testing.T, b *bench) {
			other, err := keys.Ephemeral()
			if err != nil {
				t.Fatal(err)
			}
			record := b.records(t, "conversation/")[0]
			if record.Value, err = other.Seal([]byte("{}"), nil); err != nil {
				t.Fatal(err)
			}
			if err := b.Put(t.Context(), record); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			ensure(t, b.book(), "psid:1")
			ensure(t, b.book(), "psid:2")
			tamper(t, b)
			failures := 0
			for _, alias := range []string{"psid:1", "psid:2"} {
				_, findErr := b.book().Find(t.Context(), "shop", []string{alias})
				_, ensureErr := b.book().Ensure(t.Context(), "shop", []string{alias})
				if errors.Is(findErr, conversation.ErrTampered) && errors.Is(ensureErr, conversation.ErrTampered) {
					failures++
				} else if findErr != nil || ensureErr != nil {
					t.Errorf("errors are %v and %v", findErr, ensureErr)
				}
			}
			if failures == 0 {
				t.Error("nobody noticed")
			}
		})
	}
}

func alter(t *testing.T, b *bench, record store.Record) {
	t.Helper()
	record.Value[len(record.Value)/2] ^= 1
	if err := b.Put(t.Context(), record); err != nil {
		t.Fatal(err)
	}
}

func swap(t *testing.T, b *bench, records []store.Record) {
	t.Helper()
	records[0].Value, records[1].Value = records[1].Value, records[0].Value
	if err := b.Put(t.Context(), records[:2]...); err != nil {
		t.Fatal(err)
	}
}

// TestStoreTellsNothing: no id, account or secret stands in the store's bytes.
func TestStoreTellsNothing(t *testing.T) {
	b := newBench(t)
	c, err := b.book().Ensure(t.Context(), "canary-account", []string{"psid:1234500054321", "canary-alias"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range []string{"canary", "1234500054321", "psid", "secret", "data_key", "alias\""} {
		if bytes.Contains(raw, []byte(canary)) {
			t.Errorf("the store holds %q", canary)
		}
	}
	if !bytes.Contains(raw, []byte(c.Path())) {
		t.Error("the store does not hold the path: this test looks at the wrong bytes")
	}
}

func TestHash(t *testing.T) {
	b := newBench(t)
	one, two := b.book().Hash("shop", "psid:1"), b.book().Hash("shop", "psid:1")
	if one != two || !regexp.MustCompile(`^[a-z2-7]{16}$`).MatchString(one) {
		t.Errorf("hashes are %q and %q", one, two)
	}
	if one == b.book().Hash("shop", "psid:2") || one == b.book().Hash("support", "psid:1") || one == newBench(t).book().Hash("shop", "psid:1") {
		t.Error("two people, accounts or installations share a hash")
	}
}

func TestConversationPrintsNothing(t *testing.T) {
	c := ensure(t, newBench(t).book(), "psid:1")
	inside := struct {
		C *conversation.Conversation
		c *conversation.Conversation
	}{c, c}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, c); got != "conversation "+c.ID {
			t.Errorf("%s prints %q", verb, got)
		}
		if got := fmt.Sprintf(verb, inside); len(got) > 250 {
			t.Errorf("%s prints %q", verb, got)
		}
	}
	if encoded, err := json.Marshal(inside); err != nil || string(encoded) != `{"C":{"ID":"`+c.ID+`","Account":"shop"}}` {
		t.Errorf("JSON is %s (%v)", encoded, err)
	}
}

func TestSealRefusesAltered(t *testing.T) {
	book := newBench(t).book()
	c, other := ensure(t, book, "psid:1"), ensure(t, book, "psid:2")
	sealed, err := c.Seal([]byte("plain"), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if _, err := c.Open(altered, []byte("here")); !errors.Is(err, conversation.ErrSealed) {
			t.Errorf("byte %d altered: %v", i, err)
		}
	}
	if _, err := c.Open(sealed, []byte("there")); !errors.Is(err, conversation.ErrSealed) {
		t.Errorf("other associated data: %v", err)
	}
	if _, err := other.Open(sealed, []byte("here")); !errors.Is(err, conversation.ErrSealed) {
		t.Errorf("another conversation: %v", err)
	}
	if _, err := c.Open(nil, nil); !errors.Is(err, conversation.ErrSealed) {
		t.Errorf("nothing: %v", err)
	}
}

func BenchmarkEnsure(b *testing.B) {
	bench := newBench(b)
	b.Run("new", func(b *testing.B) {
		book := bench.book()
		for i := 0; b.Loop(); i++ {
			if _, err := book.Ensure(b.Context(), "shop", []string{fmt.Sprintf("new:%d/%d", b.N, i)}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("remembered", func(b *testing.B) {
		book := bench.book()
		aliases := []string{"psid:1"}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := book.Ensure(b.Context(), "shop", aliases); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		aliases := []string{"psid:1"}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := bench.book().Ensure(b.Context(), "shop", aliases); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDerive(b *testing.B) {
	book := newBench(b).book()
	c, err := book.Ensure(b.Context(), "shop", []string{"psid:1"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Derive("token", "credit_card", "4111111111111111")
	}
}
