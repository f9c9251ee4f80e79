package conversation_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// erase erases whoever has an alias, as the caller of Erase is told to.
func erase(t *testing.T, b *conversation.Book, alias string, others ...store.Record) conversation.Person {
	t.Helper()
	for {
		p, err := b.Person(t.Context(), "shop", []string{alias})
		if err != nil {
			t.Fatalf("reading a person: %v", err)
		}
		err = b.Erase(t.Context(), p, others...)
		if err == nil {
			return p
		}
		if !errors.Is(err, store.ErrConflict) {
			t.Fatalf("erasing: %v", err)
		}
	}
}

// TestErasePerson: every alias and every merged conversation is gone at once in the
// Book that erased and within five seconds in the others, and who writes again is
// somebody new.
func TestErasePerson(t *testing.T) {
	b := newBench(t)
	here, there, third := b.book(), b.book(), b.book()
	merged := ensure(t, here, "wa:2")
	made := ensure(t, here, "wa:1")
	ensure(t, here, "wa:1", "bsuid:DE.1", "wa:2") // wa:2's conversation is merged into wa:1's
	bystander := ensure(t, here, "wa:3")
	for _, book := range []*conversation.Book{there, third} {
		same(t, "before", made, find(t, book, "bsuid:DE.1"))
	}
	p := erase(t, here, "bsuid:DE.1")
	if want := []string{"wa:1", "bsuid:DE.1", "wa:2"}; !slices.Equal(p.Aliases(), want) || len(p.Conversations) != 2 {
		t.Errorf("%d conversations and %d aliases were found", len(p.Conversations), len(p.Aliases()))
	}
	if shown := fmt.Sprintf("%v %+v %#v", p, p, p); bytes.Contains([]byte(shown), []byte("wa:1")) {
		t.Error("a person prints its ids")
	}
	for _, alias := range []string{"wa:1", "wa:2", "bsuid:DE.1"} {
		wantUnknown(t, here, alias)
	}
	b.move(5 * time.Second)
	for _, book := range []*conversation.Book{there, third, b.book()} {
		for _, alias := range []string{"wa:1", "wa:2", "bsuid:DE.1"} {
			wantUnknown(t, book, alias)
		}
		for _, c := range []*conversation.Conversation{made, merged} {
			if _, err := book.Open(t.Context(), "shop", c.ID); !errors.Is(err, conversation.ErrUnknown) {
				t.Errorf("opening by id: %v", err)
			}
		}
	}
	same(t, "somebody else", bystander, find(t, there, "wa:3"))
	again := ensure(t, there, "wa:1")
	if again.ID == made.ID || bytes.Equal(again.Derive("token", "x"), made.Derive("token", "x")) {
		t.Error("who writes again is the one who was erased")
	}
	same(t, "elsewhere", again, find(t, here, "wa:1"))
	if got := len(b.records(t, "conversation/")); got != 2 {
		t.Errorf("%d conversations are in the store, want 2", got)
	}
}

// TestEraseBringsAlong: the other records are written with it or not at all.
func TestEraseBringsAlong(t *testing.T) {
	b := newBench(t)
	book := b.book()
	made := ensure(t, book, "psid:1")
	p, err := book.Person(t.Context(), "shop", []string{"psid:1"})
	if err != nil {
		t.Fatal(err)
	}
	ensure(t, book, "psid:1", "psid:2") // comes in between
	stone := store.Record{Key: "tombstone/1", Value: []byte("here"), Expires: start.Add(time.Hour)}
	if err := book.Erase(t.Context(), p, stone); !errors.Is(err, store.ErrConflict) {
		t.Fatalf("what has changed was erased: %v", err)
	}
	same(t, "after a conflict", made, find(t, b.book(), "psid:2"))
	if len(b.records(t, "tombstone/")) != 0 {
		t.Error("a tombstone stands on somebody who lives")
	}
	erase(t, book, "psid:2", stone)
	if len(b.records(t, "tombstone/")) != 1 {
		t.Error("there is no tombstone")
	}
}

// TestEraseAgainstMessages: of messages that come in while somebody is erased each
// is before it or makes somebody new; nothing in between.
func TestEraseAgainstMessages(t *testing.T) {
	b := newBench(t)
	for range 20 {
		books := []*conversation.Book{b.book(), b.book(), b.book()}
		before := ensure(t, books[0], "psid:7")
		var all sync.WaitGroup
		got := make([]*conversation.Conversation, 12)
		for i := range got {
			all.Go(func() {
				c, err := books[i%3].Ensure(t.Context(), "shop", []string{"psid:7", fmt.Sprintf("psid:7%d", i)})
				if err != nil {
					t.Error(err)
				}
				got[i] = c
			})
		}
		all.Go(func() { erase(t, books[0], "psid:7") })
		all.Wait()
		b.move(5 * time.Second)
		after := map[string]bool{}
		for _, c := range got {
			if c != nil && c.ID != before.ID {
				after[c.ID] = true
			}
		}
		if len(after) > 1 {
			t.Fatalf("%d new conversations of one person", len(after))
		}
		c, err := b.book().Find(t.Context(), "shop", []string{"psid:7"})
		switch {
		case len(after) == 0 && !errors.Is(err, conversation.ErrUnknown):
			t.Fatalf("all were before, and there is %v, %v", c, err)
		case len(after) == 1 && (err != nil || !after[c.ID]):
			t.Fatalf("the new one is not found: %v", err)
		}
		if _, err := b.book().Open(t.Context(), "shop", before.ID); !errors.Is(err, conversation.ErrUnknown) {
			t.Fatalf("the erased one opens: %v", err)
		}
		if err == nil {
			erase(t, books[1], "psid:7")
		}
	}
}

// TestBuried: a record that comes back with an older copy of the store is not
// believed by whoever knows of the erasure, and can be ended again.
func TestBuried(t *testing.T) {
	b := newBench(t)
	book := b.book()
	made := ensure(t, book, "psid:1")
	old := append(b.records(t, "conversation/"), b.records(t, "alias/")...)
	erase(t, book, "psid:1")
	for _, record := range old {
		record.Version = 0
		if err := b.Put(t.Context(), record); err != nil {
			t.Fatal(err)
		}
	}
	wantUnknown(t, book, "psid:1")
	other := b.book()
	same(t, "a book that knows nothing of it", made, find(t, other, "psid:1"))
	other.Bury(made.Path())
	wantUnknown(t, other, "psid:1")
	if back, err := other.Remains(t.Context(), made.Path()); !back || err != nil {
		t.Errorf("the record that came back: %v, %v", back, err)
	}
	if back, err := other.Remains(t.Context(), made.Path()); back || err != nil {
		t.Errorf("after it was ended: %v, %v", back, err)
	}
	wantUnknown(t, b.book(), "psid:1")
	if ensure(t, other, "psid:1").ID == made.ID {
		t.Error("who writes again is the one who was erased")
	}
}

// TestWalk sees every conversation of the accounts asked for, once.
func TestWalk(t *testing.T) {
	b := newBench(t)
	book := b.book()
	want := map[string]bool{}
	for i := range 25 {
		want[ensure(t, book, fmt.Sprintf("psid:%d", i)).ID] = true
	}
	if _, err := book.Ensure(t.Context(), "support", []string{"psid:1"}); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for after := ""; ; {
		page, err := book.Walk(t.Context(), []string{"shop"}, after, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Conversations {
			if !want[c.ID] || c.Account != "shop" {
				t.Error("a conversation that was not asked for, or twice")
			}
			delete(want, c.ID)
			seen++
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if len(want) != 0 || seen != 25 {
		t.Errorf("%d were seen, %d are missing", seen, len(want))
	}
}
