package vault_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/vault"
)

// TestLikeTampered: rows that were altered, swapped or moved do not open.
func TestLikeTampered(t *testing.T) {
	one, two := card("4111111111111111"), card("5555555555554444")
	for name, tamper := range map[string]func(records, foreign []store.Record){
		"a flipped bit": func(records, _ []store.Record) {
			for i := range records {
				records[i].Value[len(records[i].Value)-20] ^= 1
			}
		},
		"cut": func(records, _ []store.Record) {
			for i := range records {
				records[i].Value = records[i].Value[:10]
			}
		},
		"emptied": func(records, _ []store.Record) { records[0].Value, records[1].Value = nil, nil },
		"swapped": func(records, _ []store.Record) {
			records[0].Value, records[1].Value = records[1].Value, records[0].Value
		},
		"of another conversation": func(records, foreign []store.Record) {
			records[0].Value, records[1].Value = foreign[0].Value, foreign[0].Value
		},
		"of a value": func(records, foreign []store.Record) {
			records[0].Value, records[1].Value = foreign[1].Value, foreign[1].Value
		},
	} {
		b := newBench(t)
		v, c := b.vault(t), b.chat(t, "shop", "psid:1")
		like(t, v, b.chat(t, "shop", "psid:2"), one)
		foreign := b.likes(t)
		forms := likes(t, v, c, one, two)
		foreign = append(foreign, b.mine(t, "value/", c)[0])
		records := b.mine(t, "like/", c)
		tamper(records, foreign)
		if err := b.Put(t.Context(), records...); err != nil {
			t.Fatal(err)
		}
		for _, form := range forms {
			if got, err := v.Likeness(t.Context(), c, "credit_card", onlyDigits(form)); !errors.Is(err, vault.ErrTampered) || got != (vault.Value{}) {
				t.Errorf("%s: resolved (%v), want ErrTampered", name, err)
			}
		}
		if _, err := v.Likes(t.Context(), c, []vault.Value{one}); !errors.Is(err, vault.ErrTampered) {
			t.Errorf("%s: handed out (%v), want ErrTampered", name, err)
		}
	}
}

func (b *bench) mine(t *testing.T, prefix string, c *conversation.Conversation) []store.Record {
	t.Helper()
	records, err := b.List(t.Context(), prefix+c.Path()+"/", "", store.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// TestLikeRace: goroutines of two vaults meet one value at once, among phone
// numbers that get in each other's way.
func TestLikeRace(t *testing.T) {
	b := newBench(t)
	vaults := []*vault.Vault{b.vault(t), b.vault(t)}
	c := b.chat(t, "shop", "psid:1")
	const racers, numbers = 64, 32
	var forms [racers][]string
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range racers {
		all.Go(func() {
			<-begin
			values := []vault.Value{card("4111111111111111"), phone(i % numbers), email(fmt.Sprint(i))}
			if i%4 == 3 {
				if _, err := vaults[i%2].Tokens(t.Context(), c, values); err != nil {
					t.Errorf("racer %d: %v", i, err)
				}
			}
			got, err := vaults[i%2].Likes(t.Context(), c, values)
			if err != nil {
				t.Errorf("racer %d: %v", i, err)
				return
			}
			forms[i] = got
			for j, value := range values {
				wantLikeness(t, vaults[(i+1)%2], c, got[j], value)
			}
		})
	}
	close(begin)
	all.Wait()
	given := map[string]bool{}
	for i, got := range forms {
		if got == nil || got[0] != forms[0][0] || got[1] != forms[i%numbers][1] {
			t.Fatalf("racer %d has %q, racer 0 %q, racer %d %q", i, got, forms[0], i%numbers, forms[i%numbers])
		}
		given[got[1]] = true
	}
	if n, m := len(b.values(t)), len(b.likes(t)); len(given) != numbers || n != 1+numbers+racers || m != n {
		t.Errorf("%d phone numbers, %d values, %d look-alikes", len(given), n, m)
	}
}

// broken is a store that stops writing.
type broken struct {
	*bench
	puts [][]store.Record
	err  error
}

func (b *broken) Put(ctx context.Context, records ...store.Record) error {
	if b.err != nil {
		return b.err
	}
	b.puts = append(b.puts, records)
	return b.bench.Put(ctx, records...)
}

// TestLikeIsDurableWithItsValue: one put, all or none.
func TestLikeIsDurableWithItsValue(t *testing.T) {
	b := &broken{bench: newBench(t), err: errors.New("disk is full")}
	c := b.chat(t, "shop", "psid:1")
	v := vault.New(vault.Config{Store: b, Keys: b.keys, Now: b.now})
	defer v.Close()
	values := []vault.Value{card("4111111111111111"), email("ann@bank.example"), phone(1)}
	if forms, err := v.Likes(t.Context(), c, values); !errors.Is(err, b.err) || forms != nil {
		t.Errorf("%q (%v) from a store that cannot write", forms, err)
	}
	if rows := b.rows(t); rows != "[] []" {
		t.Error("something is there after a failed put")
	}
	b.err = nil
	likes(t, v, c, values...)
	if len(b.puts) != 1 || len(b.puts[0]) != 9 {
		t.Errorf("%d puts", len(b.puts))
	}
}

// TestStoreTellsNothingOfLikes: neither a form nor an unkeyed hash of one stands
// in the store's bytes, and records of different kinds are of one size.
func TestStoreTellsNothingOfLikes(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	values := []vault.Value{card("4111111111111111"), email("ann@bank.example"), phone(1), phone(2)}
	secrets := likes(t, v, c, values...)
	secrets = append(secrets, onlyDigits(secrets[0]))
	for _, value := range values {
		secrets = append(secrets, value.Canonical, value.Text, token(t, v, c, value))
	}
	raw, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		sum := sha256.Sum256([]byte(secret))
		for form, canary := range map[string]string{
			"raw": secret, "hex": hex.EncodeToString([]byte(secret)), "base64": base64.RawStdEncoding.EncodeToString([]byte(secret)),
			"hash": string(sum[:]), "hex hash": hex.EncodeToString(sum[:]), "id": secret[strings.LastIndexByte(secret, '_')+1:],
		} {
			if bytes.Contains(raw, []byte(canary)) {
				t.Errorf("the store holds %s of %q", form, secret)
			}
		}
	}
	for _, record := range b.likes(t) {
		if !bytes.Contains(raw, []byte(record.Key)) || !strings.HasPrefix(record.Key, "like/"+c.Path()+"/") {
			t.Error("the store does not hold the record: this test looks at the wrong bytes")
		}
		if len(record.Value) != len(b.likes(t)[0].Value) {
			t.Error("records of different kinds differ in size")
		}
	}
}
