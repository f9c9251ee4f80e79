package vault_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/piiproxy/piiproxy/vault"
)

// TestEraseMessage: what came by that message and by nothing else.
func TestEraseMessage(t *testing.T) {
	for _, test := range []struct {
		name string
		came []vault.Value
		gone bool
	}{
		{"once", []vault.Value{by("mid.1", card("4111111111111111"))}, true},
		{"twice by that message", []vault.Value{by("mid.1", card("4111111111111111")), by("mid.1", card("4111111111111111"))}, true},
		{"by another", []vault.Value{by("mid.2", card("4111111111111111"))}, false},
		{"by another later", []vault.Value{by("mid.1", card("4111111111111111")), by("mid.2", card("4111111111111111"))}, false},
		{"by another before", []vault.Value{by("mid.2", card("4111111111111111")), by("mid.1", card("4111111111111111"))}, false},
		{"by a form, too", []vault.Value{by("mid.1", card("4111111111111111")), {Kind: "credit_card", Canonical: "4111111111111111", Text: "4111111111111111", Origin: vault.Form}}, false},
		{"by no message", []vault.Value{card("4111111111111111")}, false},
		{"a code", []vault.Value{by("mid.1", cvv("123"))}, true},
		{"a code, by another later", []vault.Value{by("mid.1", cvv("123")), by("mid.2", cvv("123"))}, false},
	} {
		for _, together := range []bool{false, true} {
			b := newBench(t)
			v, c := b.vault(t), b.chat(t, "shop", "psid:1")
			token(t, v, b.chat(t, "shop", "psid:2"), by("mid.1", card("4111111111111111")))
			before := len(b.records(t, ""))
			for _, value := range test.came {
				if !together {
					token(t, v, c, value)
				}
			}
			likes(t, v, c, test.came...)
			made := token(t, v, c, test.came[0])
			n, err := v.EraseMessage(t.Context(), c, "mid.1")
			if err != nil || n == 1 != test.gone {
				t.Errorf("%s: erased %d (%v)", test.name, n, err)
			}
			if !test.gone {
				if _, err := v.Resolve(t.Context(), c, made); err != nil {
					t.Errorf("%s: %v", test.name, err)
				}
				continue
			}
			wantNoToken(t, test.name, v, c, made)
			wantNobody(t, test.name, v, made)
			if n := len(b.records(t, "")); n != before {
				t.Errorf("%s: %d records, %d before", test.name, n, before)
			}
			if again := token(t, v, c, test.came[0]); again != made {
				t.Errorf("%s: typed again it is %q", test.name, again)
			}
		}
	}
}

// TestAgainIsWrittenOnce: that a value came by another message costs one write,
// ever.
func TestAgainIsWrittenOnce(t *testing.T) {
	b := &counted{bench: newBench(t)}
	v, c := vault.New(vault.Config{Store: b, Keys: b.keys, Now: b.now}), b.chat(t, "shop", "psid:1")
	defer v.Close()
	b.puts = 0
	for i, want := range []int{1, 1, 2, 2, 2} {
		token(t, v, c, by([]string{"mid.1", "mid.1", "mid.2", "mid.3", "mid.1"}[i], card("4111111111111111")))
		if b.puts != want {
			t.Errorf("message %d: %d writes", i, b.puts)
		}
	}
}

// TestEraseMessageRace: a value that comes again while its message is unsent is
// gone whole or there whole, with all that leads to it.
func TestEraseMessageRace(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	for round := range 50 {
		value := card(fmt.Sprintf("%016d", round))
		likes(t, v, c, by("mid.1", value))
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := v.EraseMessage(context.Background(), c, "mid.1"); err != nil {
				t.Error(err)
			}
		})
		var form string
		all.Go(func() { form = likes(t, v, c, by("mid.2", value))[0] })
		all.Wait()
		made := token(t, v, c, by("mid.2", value))
		if strings.HasPrefix(form, "pii_") {
			t.Fatal("no look-alike")
		}
		wantValue(t, v, c, made, value)
		if _, err := v.Locate(t.Context(), made); err != nil {
			t.Errorf("round %d: not located: %v", round, err)
		}
		wantLikeness(t, v, c, onlyDigits(form), value)
	}
}
