package vault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/vault"
)

func random(value vault.Value) vault.Value {
	value.Terms.Random = true
	return value
}

// plain is a value as it comes out.
func plain(value vault.Value) vault.Value {
	value.Terms, value.Message = vault.Terms{}, ""
	return value
}

// TestRandom: one value, one token in one conversation, as long as it is kept;
// and nothing of the value is in the token, so that after it is erased the same
// value has another.
func TestRandom(t *testing.T) {
	b := newBench(t)
	v, c := vault.New(vault.Config{Store: b.Store, Keys: b.keys, Now: b.now, Renew: true}), b.chat(t, "shop", "psid:1")
	defer v.Close()
	values := []vault.Value{random(by("mid.1", card("4111111111111111"))), random(by("mid.1", email("ann@bank.example"))), random(by("mid.1", cvv("123")))}
	first, err := v.Tokens(t.Context(), c, append(values, values[0]))
	if err != nil {
		t.Fatal(err)
	}
	if first[3] != first[0] {
		t.Error("one value has two tokens in one call")
	}
	derived, err := v.Tokens(t.Context(), b.chat(t, "shop", "psid:2"), values)
	if err != nil {
		t.Fatal(err)
	}
	for i, value := range values {
		if again := token(t, v, c, value); again != first[i] || derived[i] == first[i] || vault.FindTokens(again)[0] != [2]int{0, len(again)} {
			t.Errorf("value %d has %q, then %q, elsewhere %q", i, first[i], again, derived[i])
		}
		wantValue(t, v, c, strings.ToUpper(first[i]), plain(value))
		if owner, err := v.Locate(t.Context(), first[i]); err != nil || owner.Conversation != c.ID {
			t.Errorf("value %d: located %v (%v)", i, owner, err)
		}
		if found, err := v.Lookup(t.Context(), c, value.Kind, value.Canonical); err != nil || found != plain(value) {
			t.Errorf("value %d is not looked up: %v", i, err)
		}
	}
	if held := each(t, v, c); len(held) != 3 || held[first[0]].Value != plain(values[0]) {
		t.Errorf("lists %d values", len(held))
	}
	b.move(16 * day)
	token(t, v, c, values[0]) // renewed, and so is what leads to it
	b.move(20 * day)
	if again := token(t, v, c, values[0]); again != first[0] {
		t.Errorf("a renewed value has %q, then %q", first[0], again)
	}
	if n, err := v.EraseMessage(t.Context(), c, "mid.1"); n != 1 || err != nil {
		t.Errorf("erased %d (%v)", n, err)
	}
	wantNoToken(t, "unsent", v, c, first[0])
	again := token(t, v, c, values[0])
	if again == first[0] {
		t.Error("the same value has the same token after it was erased: it is derived")
	}
	if _, err := b.Sweep(t.Context(), b.now(), store.MaxPage); err != nil {
		t.Fatal(err)
	}
	if n, err := v.Erase(t.Context(), c); n != 1 || err != nil || len(b.mine(t, "index/", c)) != 0 {
		t.Errorf("erased %d (%v), %d index records", n, err, len(b.mine(t, "index/", c)))
	}
	wantNobody(t, "erased", v, again)
}

// TestRandomLikes: look-alikes of drawn tokens are drawn, too.
func TestRandomLikes(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	seen := map[string]bool{}
	for range 20 {
		value := random(by("mid.1", card("4111111111111111")))
		form := like(t, v, c, value)
		if again := like(t, v, c, value); again != form {
			t.Errorf("has %q, then %q", form, again)
		}
		wantLikeness(t, v, c, onlyDigits(form), plain(value))
		if err := checkCard("4111111111111111", onlyDigits(form)); err != nil {
			t.Error(err)
		}
		seen[form] = true
		if n, err := v.EraseMessage(t.Context(), c, "mid.1"); n != 1 || err != nil {
			t.Fatalf("erased %d (%v)", n, err)
		}
		wantNoLikeness(t, "erased", v, c, "credit_card", onlyDigits(form))
	}
	if len(seen) < 15 {
		t.Errorf("%d different forms of 20: they follow from the value", len(seen))
	}
	if n := len(b.kept(t)); n != 0 {
		t.Errorf("%d records are left", n)
	}
}

// TestSwitchToRandom: what the bot got before goes on resolving, a value has the
// new sort of token from when it comes next, and the stricter origin counts.
func TestSwitchToRandom(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	derived := email("ann@bank.example")
	derived.Origin = vault.Form
	old := token(t, v, c, derived)
	chat := random(email("ann@bank.example"))
	made := token(t, v, c, chat)
	if made == old {
		t.Fatal("still has the derived token")
	}
	for _, token := range []string{old, made} {
		wantValue(t, v, c, token, derived)
	}
	if found, err := v.Lookup(t.Context(), c, "email", "ann@bank.example"); err != nil || found.Origin != vault.Form {
		t.Errorf("looked up %v (%v)", found.Origin, err)
	}
	if back := token(t, v, c, email("ann@bank.example")); back != old {
		t.Errorf("switched back, it has %q", back)
	}
	if held := each(t, v, c); len(held) != 2 {
		t.Errorf("lists %d values", len(held))
	}
}

// TestIndexTampered: rows that lead from values to drawn tokens and were altered,
// swapped, or moved, of other conversations and accounts too.
func TestIndexTampered(t *testing.T) {
	for name, tamper := range map[string]func(records []store.Record){
		"a flipped bit": func(records []store.Record) { records[0].Value[20] ^= 1; records[1].Value[20] ^= 1 },
		"emptied":       func(records []store.Record) { records[0].Value, records[1].Value = nil, nil },
		"swapped":       func(records []store.Record) { records[0].Value, records[1].Value = records[1].Value, records[0].Value },
	} {
		for _, other := range []struct{ account, alias string }{{"shop", "psid:1"}, {"shop", "psid:2"}, {"bank", "psid:1"}} {
			b := newBench(t)
			v := b.vault(t)
			chats := []*conversation.Conversation{b.chat(t, "shop", "psid:1"), b.chat(t, other.account, other.alias)}
			values := []vault.Value{random(card("4111111111111111")), random(card("5555555555554444"))}
			for i := range values {
				token(t, v, chats[i], values[i])
			}
			records := b.records(t, "index/")
			if len(records) != 2 {
				t.Fatalf("%d records", len(records))
			}
			tamper(records)
			if err := b.Put(t.Context(), records...); err != nil {
				t.Fatal(err)
			}
			for i, value := range values {
				if _, err := v.Tokens(t.Context(), chats[i], []vault.Value{value}); !errors.Is(err, vault.ErrTampered) {
					t.Errorf("%s, %v: a token was handed out (%v), want ErrTampered", name, other, err)
				}
				if _, err := v.Lookup(t.Context(), chats[i], value.Kind, value.Canonical); !errors.Is(err, vault.ErrTampered) {
					t.Errorf("%s, %v: looked up (%v), want ErrTampered", name, other, err)
				}
			}
		}
	}
}

// TestRowsOfAnother: rows of values at places of other conversations and accounts.
func TestRowsOfAnother(t *testing.T) {
	for _, drawn := range []bool{false, true} {
		for _, other := range []struct{ account, alias string }{{"shop", "psid:2"}, {"bank", "psid:1"}} {
			b := newBench(t)
			v := b.vault(t)
			chats := []*conversation.Conversation{b.chat(t, "shop", "psid:1"), b.chat(t, other.account, other.alias)}
			value := card("4111111111111111")
			value.Terms.Random = drawn
			tokens := []string{token(t, v, chats[0], value), token(t, v, chats[1], value)}
			records := b.values(t)
			records[0].Value, records[1].Value = records[1].Value, records[0].Value
			if err := b.Put(t.Context(), records...); err != nil {
				t.Fatal(err)
			}
			for i, c := range chats {
				if _, err := v.Resolve(t.Context(), c, tokens[i]); !errors.Is(err, vault.ErrTampered) {
					t.Errorf("resolved (%v), want ErrTampered", err)
				}
				if err := v.Each(t.Context(), c, func(string, vault.Held) error { return nil }); !errors.Is(err, vault.ErrTampered) {
					t.Errorf("listed (%v), want ErrTampered", err)
				}
			}
		}
	}
}

// TestStoreTellsNothingOfDrawn: neither token nor value stands beside the index.
func TestStoreTellsNothingOfDrawn(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	sizes := map[string]bool{}
	for i, value := range []vault.Value{random(card("4111111111111111")), random(email("a@b.example"))} {
		made := token(t, v, c, value)
		for _, prefix := range []string{"index/", "value/", "owner/"} {
			for _, r := range b.records(t, prefix) {
				text := r.Key + string(r.Value)
				if strings.Contains(text, made[len(made)-26:]) || strings.Contains(text, value.Canonical) {
					t.Errorf("value %d: a record under %s tells it", i, prefix)
				}
				sizes[fmt.Sprint(prefix, len(r.Value))] = true
			}
		}
	}
	if len(sizes) != 3 {
		t.Errorf("sizes tell kinds: %v", sizes)
	}
}
