package vault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/vault"
)

func each(t *testing.T, v *vault.Vault, c *conversation.Conversation) map[string]vault.Held {
	t.Helper()
	all := map[string]vault.Held{}
	if err := v.Each(t.Context(), c, func(token string, held vault.Held) error {
		all[token] = held
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func by(message string, value vault.Value) vault.Value {
	value.Message = message
	return value
}

// TestEach: all values of a conversation with their tokens, on more pages than
// one, and none of another.
func TestEach(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	values := make([]vault.Value, store.MaxPage+10)
	for i := range values {
		values[i] = by("mid.1", email(fmt.Sprint(i, "@corp.example")))
	}
	values[0], values[1] = by("mid.1", cvv("123")), by("", card("4111111111111111"))
	values[1].Origin = vault.Form
	tokens, err := v.Tokens(t.Context(), c, values)
	if err != nil {
		t.Fatal(err)
	}
	token(t, v, b.chat(t, "shop", "psid:2"), card("5555555555554444"))
	started := b.now()
	b.move(time.Minute)
	got := each(t, v, c)
	if len(got) != len(values) {
		t.Fatalf("%d values of %d", len(got), len(values))
	}
	for i, token := range tokens {
		held, want := got[token], values[i]
		want.Message = ""
		if held.Value != want || !held.Created.Equal(started.Truncate(time.Second)) || !held.Used.Equal(held.Created) && i > 0 || held.Again {
			t.Fatalf("value %d is %+v", i, held)
		}
		if held.Volatile != (i == 0) || (held.Message == "") != (i == 1) || i > 1 && len(held.Message) != 16 {
			t.Errorf("value %d: volatile %v, message %q", i, held.Volatile, held.Message)
		}
	}
	stop := errors.New("enough")
	if err := v.Each(t.Context(), c, func(string, vault.Held) error { return stop }); err != stop {
		t.Errorf("went on after an error: %v", err)
	}
	b.move(40 * day)
	if got := each(t, v, c); len(got) != 0 {
		t.Errorf("%d expired values", len(got))
	}
}

// TestEachTampered: a row that does not open hides no other, and alarms.
func TestEachTampered(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	for i := range 3 {
		token(t, v, c, card(fmt.Sprintf("%016d", i)))
	}
	records := b.values(t)
	records[0].Value = records[1].Value
	if err := b.Put(t.Context(), records[0]); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := v.Each(t.Context(), c, func(string, vault.Held) error { n++; return nil }); !errors.Is(err, vault.ErrTampered) || n != 2 {
		t.Errorf("%d of 2 (%v), want ErrTampered", n, err)
	}
}

// TestErase: nothing of the conversation is left in the store or in memory, and
// nothing of others is touched, also where rows do not open.
func TestErase(t *testing.T) {
	for _, tampered := range []bool{false, true} {
		b := newBench(t)
		v, c, other := b.vault(t), b.chat(t, "shop", "psid:1"), b.chat(t, "shop", "psid:2")
		values := []vault.Value{card("4111111111111111"), email("ann@bank.example"), cvv("123")}
		stay, err := v.Likes(t.Context(), other, values)
		if err != nil {
			t.Fatal(err)
		}
		before := len(b.records(t, ""))
		likes(t, v, c, values...)
		tokens, err := v.Tokens(t.Context(), c, values)
		if err != nil {
			t.Fatal(err)
		}
		left := 0
		if tampered {
			row := b.mine(t, "value/", c)[0]
			row.Value[40] ^= 1
			if err := b.Put(t.Context(), row); err != nil {
				t.Fatal(err)
			}
			left = 1 // what leads to it expires by itself
		}
		if n, err := v.Erase(t.Context(), c); n != 3 || err != nil {
			t.Errorf("erased %d (%v)", n, err)
		}
		for i, token := range tokens {
			wantNoToken(t, "erased", v, c, token)
			if !tampered {
				wantNobody(t, fmt.Sprint("erased ", i), v, token)
			}
		}
		if got := each(t, v, c); len(got) != 0 || len(b.records(t, "")) != before+left {
			t.Errorf("%d values, %d records, %d before", len(got), len(b.records(t, "")), before)
		}
		wantValue(t, v, other, stay[2], values[2])
		if got := each(t, v, other); len(got) != 3 {
			t.Errorf("the other has %d values left", len(got))
		}
		if n, err := v.Erase(t.Context(), c); n != 0 || err != nil {
			t.Errorf("again: erased %d (%v)", n, err)
		}
	}
}

// TestEraseFault: after a fault, erasing again ends it.
func TestEraseFault(t *testing.T) {
	fault := errors.New("the disk is gone")
	for _, message := range []bool{false, true} {
		for at := 1; ; at++ {
			b := &failing{bench: newBench(t), err: fault}
			v, c := vault.New(vault.Config{Store: b, Keys: b.keys, Now: b.now}), b.chat(t, "shop", "psid:1")
			before := len(b.records(t, ""))
			likes(t, v, c, by("mid.1", card("4111111111111111")), by("mid.1", email("ann@bank.example")))
			erase := func() (int, error) {
				if message {
					return v.EraseMessage(t.Context(), c, "mid.1")
				}
				return v.Erase(t.Context(), c)
			}
			b.at = at
			_, err := erase()
			b.at = 0
			if err == nil {
				if at == 1 {
					t.Fatal("no call failed")
				}
				v.Close()
				break
			}
			if !errors.Is(err, fault) {
				t.Errorf("call %d: %v", at, err)
			}
			if _, err := erase(); err != nil {
				t.Errorf("again after call %d: %v", at, err)
			}
			if got := each(t, v, c); len(got) != 0 || len(b.records(t, "")) != before {
				t.Errorf("after call %d: %d values, %d records, %d before", at, len(got), len(b.records(t, "")), before)
			}
			v.Close()
		}
	}
}

// failing is a store whose nth call fails.
type failing struct {
	*bench
	at  int
	err error
}

func (f *failing) fails() bool {
	f.at--
	return f.at == 0
}

func (f *failing) Get(ctx context.Context, key string) (store.Record, error) {
	if f.fails() {
		return store.Record{}, f.err
	}
	return f.bench.Get(ctx, key)
}

func (f *failing) Put(ctx context.Context, records ...store.Record) error {
	if f.fails() {
		return f.err
	}
	return f.bench.Put(ctx, records...)
}

func (f *failing) Delete(ctx context.Context, key string, version uint64) error {
	if f.fails() {
		return f.err
	}
	return f.bench.Delete(ctx, key, version)
}

func (f *failing) DeletePrefix(ctx context.Context, prefix string) (int, error) {
	if f.fails() {
		return 0, f.err
	}
	return f.bench.DeletePrefix(ctx, prefix)
}

func (f *failing) List(ctx context.Context, prefix, after string, limit int) ([]store.Record, error) {
	if f.fails() {
		return nil, f.err
	}
	return f.bench.List(ctx, prefix, after, limit)
}
