package transcript_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/transcript"
	"github.com/piiproxy/piiproxy/vault"
)

// TestEnd: a conversation ends some days after its last message, and what remains
// names tokens, times and messages; nothing of it can be revealed.
func TestEnd(t *testing.T) {
	for _, drawn := range []bool{false, true} {
		h := newHouse(t)
		i := h.instance()
		began := h.now()
		gone := []string{i.says("shop", "psid:1", "mid.1", "anna@x.example", drawn), i.says("shop", "psid:1", "mid.2", "bruno@x.example", drawn)}
		bare, other := i.says("bare", "psid:1", "mid.1", "anna@x.example", drawn), i.says("other", "psid:1", "mid.1", "anna@x.example", drawn)
		h.move(9 * day)
		busy := i.says("shop", "psid:2", "mid.3", "anna@x.example", drawn)
		h.move(2*day - time.Second)
		i.end()
		if !i.resolves("shop", "psid:1", gone[0]) || len(i.list("shop")) != 0 {
			t.Fatal("ended too early")
		}
		h.move(time.Second)
		i.end()
		for _, token := range gone {
			if _, err := i.vault.Locate(t.Context(), token); i.resolves("shop", "psid:1", token) || !errors.Is(err, vault.ErrNoToken) {
				t.Errorf("a token goes on resolving (%v)", err)
			}
		}
		if i.resolves("bare", "psid:1", bare) || !i.resolves("other", "psid:1", other) || !i.resolves("shop", "psid:2", busy) {
			t.Error("not those ended that were to end")
		}
		left := i.list("shop")
		if len(left) != 1 || len(i.list("bare"))+len(i.list("other")) != 0 {
			t.Fatalf("%d transcripts", len(left))
		}
		made := left[0]
		if len(made.Lines) != 2 || !made.Ended.Equal(h.now()) || made.Used.Sub(began).Abs() > time.Second {
			t.Errorf("the transcript is %+v", made)
		}
		for _, line := range made.Lines {
			if !slices.Contains(gone, line.Token) || line.Kind != "email" || len(line.Message) != 16 || line.Created.Sub(began).Abs() > time.Second {
				t.Errorf("a line is %+v", line)
			}
		}
		plain, _ := json.Marshal(made)
		for _, canary := range []string{"anna", "bruno", "x.example", "psid", "mid."} {
			if strings.Contains(string(plain), canary) {
				t.Errorf("the transcript tells %q", canary)
			}
		}
		if again := i.says("shop", "psid:1", "mid.1", "anna@x.example", drawn); slices.Contains(gone, again) {
			t.Error("the same value has the same token after the conversation has ended")
		}
		h.move(100 * day)
		if len(i.list("shop")) != 0 {
			t.Error("the transcript outlives its time")
		}
	}
}

// TestEndOnSeveral: instances that end the same conversation at once leave one
// transcript, with all of its tokens.
func TestEndOnSeveral(t *testing.T) {
	h := newHouse(t)
	all := []*instance{h.instance(), h.instance(), h.instance()}
	for n := range 20 {
		all[n%3].says("shop", "psid:1", "mid.1", string(rune('a'+n))+"@x.example", n%2 == 0)
	}
	h.move(12 * day)
	var wait sync.WaitGroup
	for _, i := range all {
		wait.Go(func() {
			if err := i.ender.End(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if left := all[0].list("shop"); len(left) != 1 || len(left[0].Lines) != 20 {
		t.Errorf("%d transcripts", len(left))
	}
}

// TestDraft: values that end before the conversation does are in its transcript,
// those of messages that were unsent are not, and a conversation that goes on with
// nothing new keeps its draft. One that nobody asks a transcript of has none.
func TestDraft(t *testing.T) {
	h := newHouse(t)
	i := h.instance()
	brief := vault.Terms{Lifetime: 5 * time.Hour, FromCreation: true}
	say := func(account, mid, kind, text string) string {
		c, err := i.book.Ensure(t.Context(), account, []string{"psid:1"})
		if err != nil {
			t.Fatal(err)
		}
		tokens, err := i.vault.Tokens(t.Context(), c, []vault.Value{{Kind: kind, Canonical: text, Text: text, Origin: vault.Chat, Message: mid, Terms: brief}})
		if err != nil {
			t.Fatal(err)
		}
		return tokens[0]
	}
	drafts := func() int {
		records, err := h.values.List(t.Context(), "draft/", "", 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(records)
	}
	kept, unsent, code := say("shop", "mid.1", "email", "anna@x.example"), say("shop", "mid.2", "email", "bruno@x.example"), say("shop", "mid.1", "cvv", "123")
	say("bare", "mid.1", "email", "anna@x.example")
	i.end()
	if drafts() != 1 {
		t.Fatalf("%d drafts", drafts())
	}
	c, err := i.book.Find(t.Context(), "shop", []string{"psid:1"})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := i.vault.EraseMessage(t.Context(), c, "mid.2"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	i.end()
	if len(i.list("shop")) != 0 {
		t.Error("a draft is listed as a transcript")
	}
	for range 40 { // forty days with nothing new
		h.move(day)
		if _, err := i.book.Ensure(t.Context(), "shop", []string{"psid:1"}); err != nil {
			t.Fatal(err)
		}
		i.end()
	}
	last := say("shop", "mid.9", "email", "carla@x.example")
	i.end()
	h.move(12 * day)
	i.end()
	left := i.list("shop")
	if len(left) != 1 || len(left[0].Lines) != 2 || left[0].Lines[0].Token != kept || left[0].Lines[1].Token != last {
		t.Fatalf("the transcript is %+v; unsent %s, code %s", left, unsent, code)
	}
	if drafts() != 0 {
		t.Error("the draft outlives the conversation")
	}
}

// TestEndFails: what cannot be ended now is ended later, with what is there then.
func TestEndFails(t *testing.T) {
	h := newHouse(t)
	i := h.instance()
	token := i.says("shop", "psid:1", "mid.1", "anna@x.example", false)
	h.move(12 * day)
	i.fault = erasure.ErrUnaudited
	if err := i.ender.End(t.Context()); !errors.Is(err, erasure.ErrUnaudited) || !i.resolves("shop", "psid:1", token) {
		t.Fatalf("ended without an audit line (%v)", err)
	}
	i.fault = nil
	i.says("shop", "psid:1", "mid.2", "bruno@x.example", false) // they are back
	i.end()
	if !i.resolves("shop", "psid:1", token) {
		t.Error("ended though the person is back")
	}
	h.move(12 * day)
	i.end()
	if left := i.list("shop"); len(left) != 1 || len(left[0].Lines) != 2 || i.resolves("shop", "psid:1", token) {
		t.Errorf("transcripts are %+v", left)
	}
}

// TestTranscriptTampered: altered, moved, and signed by nobody that is known.
func TestTranscriptTampered(t *testing.T) {
	for name, tamper := range map[string]func(h *house, a, b *store.Record){
		"altered": func(_ *house, a, _ *store.Record) { a.Value[50] ^= 1 },
		"swapped": func(_ *house, a, b *store.Record) { a.Value, b.Value = b.Value, a.Value },
		"emptied": func(_ *house, a, _ *store.Record) { a.Value = nil },
	} {
		h := newHouse(t)
		i := h.instance()
		i.says("shop", "psid:1", "mid.1", "anna@x.example", false)
		i.says("shop", "psid:2", "mid.1", "anna@x.example", false)
		h.move(12 * day)
		i.end()
		records, err := h.values.List(t.Context(), "transcript/", "", 10)
		if err != nil || len(records) != 2 {
			t.Fatal(len(records), err)
		}
		tamper(h, &records[0], &records[1])
		if err := h.values.Put(t.Context(), records...); err != nil {
			t.Fatal(err)
		}
		page, err := i.ender.List(t.Context(), "shop", "")
		if err != nil || page.Tampered == 0 || page.Tampered+len(page.Signed) != 2 {
			t.Errorf("%s: %d transcripts, %d tampered (%v)", name, len(page.Signed), page.Tampered, err)
		}
	}
	h := newHouse(t)
	i := h.instance()
	i.says("shop", "psid:1", "mid.1", "anna@x.example", false)
	h.move(12 * day)
	i.end()
	page, err := i.ender.List(t.Context(), "shop", "")
	if err != nil || len(page.Signed) != 1 {
		t.Fatal(err)
	}
	stranger, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	signed := page.Signed[0]
	if _, err := signed.Verify(stranger.VerifyingKeys()); !errors.Is(err, transcript.ErrTampered) {
		t.Errorf("verified under other keys: %v", err)
	}
	signed.Statement = []byte(strings.Replace(string(signed.Statement), "email", "phone", 1))
	if _, err := signed.Verify(h.keys.VerifyingKeys()); !errors.Is(err, transcript.ErrTampered) {
		t.Errorf("an altered statement is verified: %v", err)
	}
}

// TestManyTokens: whoever has written more values than a transcript has room for is
// ended all the same, and the transcript says that it lacks some.
func TestManyTokens(t *testing.T) {
	h := newHouse(t)
	i := h.instance()
	c, err := i.book.Ensure(t.Context(), "shop", []string{"psid:1"})
	if err != nil {
		t.Fatal(err)
	}
	first := i.says("shop", "psid:1", "mid.1", "anna@x.example", false)
	h.move(time.Minute)
	for n := range 4 {
		values := make([]vault.Value, 8000)
		for j := range values {
			text := strconv.Itoa(n*len(values)+j) + "@x.example"
			values[j] = vault.Value{Kind: "email", Canonical: text, Text: text, Origin: vault.Chat, Message: "mid.2"}
		}
		if _, err := i.vault.Tokens(t.Context(), c, values); err != nil {
			t.Fatal(err)
		}
	}
	i.end() // the draft
	h.move(12 * day)
	i.end()
	if i.resolves("shop", "psid:1", first) {
		t.Error("the conversation goes on")
	}
	left := i.list("shop")
	if len(left) != 1 || len(left[0].Lines) != 15_000 || !left[0].Cut || left[0].Lines[0].Token != first {
		t.Errorf("%d transcripts", len(left))
	}
}
