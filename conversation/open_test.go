package conversation_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/conversation"
)

// TestOpenByID: the id alone finds the conversation, in its own account only, and
// not any more once it was erased.
func TestOpenByID(t *testing.T) {
	b := newBench(t)
	made := ensure(t, b.book(), "psid:1")
	got, err := b.book().Open(t.Context(), "shop", made.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "opened by its id", made, got)
	for name, at := range map[string][2]string{
		"another account": {"support", made.ID},
		"no account":      {"", made.ID},
		"long account":    {strings.Repeat("x", conversation.MaxAlias+1), made.ID},
		"no id":           {"shop", ""},
		"unknown":         {"shop", strings.Repeat("a", len(made.ID))},
		"no key":          {"shop", strings.Repeat("\n", len(made.ID))},
		"upper case":      {"shop", strings.ToUpper(made.ID)},
	} {
		if _, err := b.book().Open(t.Context(), at[0], at[1]); !errors.Is(err, conversation.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := b.Delete(t.Context(), "conversation/"+made.Path(), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.book().Open(t.Context(), "shop", made.ID); !errors.Is(err, conversation.ErrUnknown) {
		t.Errorf("after the erasure: %v", err)
	}
}

// TestHome: a conversation that was merged leads to the one its person has now,
// over several steps, and nowhere when that was erased.
func TestHome(t *testing.T) {
	b := newBench(t)
	book := b.book()
	first, second, third := ensure(t, book, "psid:1"), ensure(t, book, "psid:2"), ensure(t, book, "psid:3")
	home := func(of *conversation.Conversation) (*conversation.Conversation, error) {
		return b.book().Home(t.Context(), of)
	}
	got, err := home(first)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "not merged", first, got)
	ensure(t, book, "psid:2", "psid:3")
	ensure(t, book, "psid:1", "psid:2")
	for _, of := range []*conversation.Conversation{second, third, first} {
		if got, err = home(of); err != nil {
			t.Fatal(err)
		}
		same(t, "merged", first, got)
	}
	if err := b.Delete(t.Context(), "conversation/"+first.Path(), 0); err != nil {
		t.Fatal(err)
	}
	for _, of := range []*conversation.Conversation{first, third} {
		if _, err := home(of); !errors.Is(err, conversation.ErrUnknown) {
			t.Errorf("after the erasure: %v", err)
		}
	}
}
