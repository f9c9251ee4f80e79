package vault_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/vault"
)

func (b *bench) records(t *testing.T, prefix string) []store.Record {
	t.Helper()
	records, err := b.List(t.Context(), prefix, "", store.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// kept lists all that the vault keeps.
func (b *bench) kept(t *testing.T) []store.Record {
	t.Helper()
	return slices.DeleteFunc(b.records(t, ""), func(r store.Record) bool {
		return strings.HasPrefix(r.Key, "alias/") || strings.HasPrefix(r.Key, "conversation/")
	})
}

func wantNobody(t *testing.T, doing string, v *vault.Vault, token string) {
	t.Helper()
	if owner, err := v.Locate(t.Context(), token); err != vault.ErrNoToken || owner != (vault.Owner{}) {
		t.Errorf("%s: located %v (%v), want just ErrNoToken", doing, owner, err)
	}
}

func cvv(digits string) vault.Value {
	return vault.Value{Kind: "cvv", Canonical: digits, Text: digits, Origin: vault.Chat}
}

// TestLocate: a token alone leads to its conversation, as long as its value is
// kept.
func TestLocate(t *testing.T) {
	b := newBench(t)
	v := vault.New(vault.Config{Store: b.Store, Keys: b.keys, Now: b.now, Renew: true})
	defer v.Close()
	for _, account := range []string{"shop", "bank"} {
		c := b.chat(t, account, "psid:1")
		for _, value := range []vault.Value{card("4111111111111111"), cvv("123")} {
			made := token(t, v, c, value)
			want := vault.Owner{Account: account, Conversation: c.ID}
			if owner, err := v.Locate(t.Context(), strings.ToUpper(made)); err != nil || owner != want {
				t.Errorf("located %v (%v), want %v", owner, err, want)
			}
			found, err := b.book.Open(t.Context(), want.Account, want.Conversation)
			if err != nil {
				t.Fatal(err)
			}
			wantValue(t, v, found, made, value)
		}
	}
	c := b.chat(t, "shop", "psid:1")
	made, short := token(t, v, c, card("4111111111111111")), token(t, v, c, cvv("123"))
	for name, token := range map[string]string{
		"nothing": "", "malformed": "pii_card", "with a space": made + " ", "unknown": look, "an unknown cvv": "pii_cvv_" + strings.Repeat("a", 26),
		"another kind": strings.Replace(made, "creditcard", "email", 1),
	} {
		wantNobody(t, name, v, token)
	}
	b.move(16 * day)
	token(t, v, c, card("4111111111111111")) // renewed
	wantNobody(t, "after 15 minutes", v, short)
	b.move(30*day - time.Second)
	if _, err := v.Locate(t.Context(), made); err != nil {
		t.Errorf("a renewed value is not located: %v", err)
	}
	b.move(time.Second)
	wantNobody(t, "expired", v, made)
}

// counted counts the reads of a store.
type counted struct {
	*bench
	gets, puts int
}

func (s *counted) Get(ctx context.Context, key string) (store.Record, error) {
	s.gets++
	return s.bench.Get(ctx, key)
}

func (s *counted) Put(ctx context.Context, records ...store.Record) error {
	s.puts++
	return s.bench.Put(ctx, records...)
}

// opened counts what is opened under the installation's keys, and its length.
type opened struct {
	vault.Keys
	lengths []int
}

func (o *opened) Open(sealed, ad []byte) ([]byte, error) {
	plain, err := o.Keys.Open(sealed, ad)
	if err == nil {
		o.lengths = append(o.lengths, len(sealed))
	}
	return plain, err
}

// TestLocateWork: whether a token is there or not does not show in what is done.
func TestLocateWork(t *testing.T) {
	b := newBench(t)
	set := &opened{Keys: b.keys}
	v, c := vault.New(vault.Config{Store: b.Store, Keys: set, Now: b.now}), b.chat(t, "shop", "psid:1")
	defer v.Close()
	made := token(t, v, c, card("4111111111111111"))
	var want []int
	for i, token := range []string{made, look, "pii", "", made + "a"} {
		set.lengths = nil
		_, _ = v.Locate(t.Context(), token)
		if want == nil {
			want = set.lengths
		}
		if len(want) != 1 || !slices.Equal(set.lengths, want) {
			t.Errorf("token %d: opened %v, want %v", i, set.lengths, want)
		}
	}
	// The key under which the vault began is retired.
	later, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	set.Keys = later
	wantNobody(t, "just after", v, look)
	set.lengths = nil
	wantNobody(t, "later", v, look)
	if !slices.Equal(set.lengths, want) {
		t.Errorf("after its key was retired: opened %v, want %v", set.lengths, want)
	}
}

// TestReads: a known value costs one read and no write, a new one one of each, and
// every token that is located one read, whatever it is.
func TestReads(t *testing.T) {
	b := &counted{bench: newBench(t)}
	v, c := vault.New(vault.Config{Store: b, Keys: b.keys, Now: b.now, Renew: true}), b.chat(t, "shop", "psid:1")
	defer v.Close()
	value := card("4111111111111111")
	value.Message = "mid.1"
	for i, want := range []int{1, 0, 0} {
		b.gets, b.puts = 0, 0
		token(t, v, c, value)
		if b.gets != 1 || b.puts != want {
			t.Errorf("time %d: %d reads, %d writes", i, b.gets, b.puts)
		}
	}
	made := token(t, v, c, value)
	b.move(29 * day)
	expired := token(t, v, c, card("5555555555554444"))
	if _, err := b.DeletePrefix(t.Context(), "value/"+c.Path()); err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{"known": made, "malformed": "pii", "unknown": look, "without its value": expired} {
		b.gets = 0
		_, _ = v.Locate(t.Context(), token)
		if b.gets != 1 {
			t.Errorf("%s: %d reads", name, b.gets)
		}
	}
}

// TestOwnerTampered: rows that lead from tokens to conversations and were altered,
// swapped, or moved, of other conversations and accounts too.
func TestOwnerTampered(t *testing.T) {
	for name, tamper := range map[string]func(records []store.Record){
		"a flipped bit": func(records []store.Record) { records[0].Value[30] ^= 1; records[1].Value[30] ^= 1 },
		"emptied":       func(records []store.Record) { records[0].Value, records[1].Value = nil, nil },
		"swapped":       func(records []store.Record) { records[0].Value, records[1].Value = records[1].Value, records[0].Value },
	} {
		for _, other := range []struct{ account, alias string }{{"shop", "psid:1"}, {"shop", "psid:2"}, {"bank", "psid:1"}} {
			b := newBench(t)
			v := b.vault(t)
			tokens := []string{
				token(t, v, b.chat(t, "shop", "psid:1"), card("4111111111111111")),
				token(t, v, b.chat(t, other.account, other.alias), card("5555555555554444")),
			}
			records := b.records(t, "owner/")
			if len(records) != 2 {
				t.Fatalf("%d records", len(records))
			}
			tamper(records)
			if err := b.Put(t.Context(), records...); err != nil {
				t.Fatal(err)
			}
			for _, token := range tokens {
				if owner, err := v.Locate(t.Context(), token); !errors.Is(err, vault.ErrTampered) || owner != (vault.Owner{}) {
					t.Errorf("%s, %v: located %v (%v), want ErrTampered", name, other, owner, err)
				}
			}
		}
	}
}

// TestOwnerTellsNothing: the store holds neither account nor conversation beside a
// token's record, nor anything that is the same for two tokens of one person.
func TestOwnerTellsNothing(t *testing.T) {
	b := newBench(t)
	v := b.vault(t)
	for i, account := range []string{"shop", "a-much-longer-name-of-an-account"} {
		c := b.chat(t, account, "psid:1")
		token(t, v, c, card(fmt.Sprintf("%016d", i)))
		for _, r := range b.records(t, "owner/") {
			if text := r.Key + string(r.Value); strings.Contains(text, c.ID) || strings.Contains(text, account) || strings.Contains(text, strings.Split(c.Path(), "/")[0]) {
				t.Error("the record of an owner names it")
			}
			if len(r.Value) != len(b.records(t, "owner/")[0].Value) {
				t.Error("the size of a record tells the account")
			}
		}
	}
}

// writeFirst puts a value into the store as the first format had it.
func writeFirst(t *testing.T, b *bench, c *conversation.Conversation, key, token string, value vault.Value) {
	t.Helper()
	text := func(to []byte, text string) []byte {
		return append(binary.BigEndian.AppendUint32(to, uint32(len(text))), text...)
	}
	expires := b.now().Add(30 * day)
	plain := binary.BigEndian.AppendUint64([]byte{1, byte(value.Origin)}, uint64(expires.UnixNano()))
	plain = text(text(text(plain, value.Kind), value.Canonical), value.Text)
	plain = append(text(append(plain, 0), ""), make([]byte, 128)...)[:128]
	var ad []byte
	for _, part := range []string{"piiproxy value", c.Account, c.ID, strings.Split(token, "_")[1], token} {
		ad = text(ad, part)
	}
	sealed, err := c.Seal(plain, ad)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), store.Record{Key: key, Value: sealed, Expires: expires}); err != nil {
		t.Fatal(err)
	}
}

// TestFirstFormat: values from before records led to conversations are read, and
// become like the others when they are renewed.
func TestFirstFormat(t *testing.T) {
	b := newBench(t)
	v, c := vault.New(vault.Config{Store: b.Store, Keys: b.keys, Now: b.now, Renew: true}), b.chat(t, "shop", "psid:1")
	defer v.Close()
	value := card("4111111111111111")
	made := token(t, v, c, value)
	key := b.values(t)[0].Key
	if n, err := v.Erase(t.Context(), c); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	writeFirst(t, b, c, key, made, value)
	wantValue(t, v, c, made, value)
	if again := token(t, v, c, value); again != made {
		t.Errorf("token changed from %q to %q", made, again)
	}
	wantNobody(t, "of the first format", v, made)
	if held := each(t, v, c); len(held) != 0 {
		t.Errorf("lists %d values", len(held))
	}
	b.move(16 * day)
	token(t, v, c, value)
	wantValue(t, v, c, made, value)
	if _, err := v.Locate(t.Context(), made); err != nil {
		t.Errorf("renewed: %v", err)
	}
	if held := each(t, v, c); len(held) != 1 {
		t.Errorf("lists %d values", len(held))
	}
}
