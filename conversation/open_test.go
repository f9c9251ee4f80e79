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
