package vault_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
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

	"go.uber.org/goleak"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/vault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const day = 24 * time.Hour

// bench is a store with conversations in it, and a clock.
type bench struct {
	*bolt.Store
	path  string
	keys  *keys.Set
	book  *conversation.Book
	mutex sync.Mutex
	at    time.Time
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{path: filepath.Join(t.TempDir(), "store.db"), at: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)}
	var err error
	if b.keys, err = keys.Ephemeral(); err != nil {
		t.Fatal(err)
	}
	if b.Store, err = bolt.Open(bolt.Config{Path: b.path, Now: b.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Store.Close(); err != nil {
			t.Error(err)
		}
	})
	b.book = conversation.NewBook(b.Store, b.keys, b.now)
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

func (b *bench) vault(t testing.TB) *vault.Vault {
	t.Helper()
	v := vault.New(vault.Config{Store: b.Store, Keys: b.keys, Now: b.now})
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

func (b *bench) chat(t testing.TB, account, alias string) *conversation.Conversation {
	t.Helper()
	c, err := b.book.Ensure(t.Context(), account, []string{alias})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (b *bench) values(t *testing.T) []store.Record {
	t.Helper()
	records, err := b.List(t.Context(), "value/", "", store.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func card(digits string) vault.Value {
	return vault.Value{Kind: "credit_card", Canonical: digits, Text: digits[:4] + " " + digits[4:], Origin: vault.Chat}
}

func token(t *testing.T, v *vault.Vault, c *conversation.Conversation, value vault.Value) string {
	t.Helper()
	tokens, err := v.Tokens(t.Context(), c, []vault.Value{value})
	if err != nil {
		t.Fatalf("making a token: %v", err)
	}
	return tokens[0]
}

func wantValue(t *testing.T, v *vault.Vault, c *conversation.Conversation, token string, want vault.Value) {
	t.Helper()
	if got, err := v.Resolve(t.Context(), c, token); err != nil || got != want {
		t.Errorf("resolved %+v (%v), want the value that was put", fields(got), err)
	}
}

func wantNoToken(t *testing.T, doing string, v *vault.Vault, c *conversation.Conversation, token string) {
	t.Helper()
	if got, err := v.Resolve(t.Context(), c, token); err != vault.ErrNoToken || got != (vault.Value{}) {
		t.Errorf("%s: resolved %+v (%v), want just ErrNoToken", doing, fields(got), err)
	}
}

// fields shows a value of these tests, which hides itself.
func fields(v vault.Value) []string { return []string{v.Kind, v.Canonical, v.Text} }

func TestTokensAndResolve(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	values := []vault.Value{
		card("4111111111111111"),
		{Kind: "email", Canonical: "ann@example.org", Text: "Ann@Example.ORG", Origin: vault.Form},
		{Kind: "address", Canonical: "x", Text: strings.Repeat("long \x00\xff text ", 1000), Origin: vault.Chat},
		card("4111111111111111"),
		{Kind: "phone", Canonical: "4111111111111111", Origin: vault.Chat},
	}
	tokens, err := v.Tokens(t.Context(), c, values)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"creditcard", "email", "address", "creditcard", "phone"} {
		if !regexp.MustCompile(`^pii_` + want + `_[a-z2-7]{26}$`).MatchString(tokens[i]) {
			t.Errorf("token %d is %q", i, tokens[i])
		}
		wantValue(t, v, c, tokens[i], values[i])
		wantValue(t, b.vault(t), c, strings.ToUpper(tokens[i]), values[i])
	}
	if tokens[0] != tokens[3] || tokens[0][len(tokens[0])-26:] == tokens[4][len(tokens[4])-26:] {
		t.Errorf("tokens are %q: same value same token, other kind other id", tokens)
	}
	if n := len(b.values(t)); n != 4 {
		t.Errorf("%d records of 4 values", n)
	}
	if none, err := v.Tokens(t.Context(), c, nil); err != nil || len(none) != 0 {
		t.Errorf("no values: %v, %v", none, err)
	}
}

// TestRetry: the same delivery again gives the same tokens and touches no
// record.
func TestRetry(t *testing.T) {
	b := newBench(t)
	c := b.chat(t, "shop", "psid:1")
	values := []vault.Value{card("4111111111111111"), card("5555555555554444"), {Kind: "cvv", Canonical: "123", Text: "123", Origin: vault.Chat}}
	first, err := b.vault(t).Tokens(t.Context(), c, values)
	if err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprint(b.values(t))
	b.move(7 * day)
	again, err := b.vault(t).Tokens(t.Context(), c, values)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(first) != fmt.Sprint(again) {
		t.Errorf("tokens are %v, then %v", first, again)
	}
	if fmt.Sprint(b.values(t)) != before {
		t.Error("the retry wrote")
	}
}

// TestOneConversationOnly: no token resolves elsewhere, and no two conversations
// share one.
func TestOneConversationOnly(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	value := card("4111111111111111")
	cvv := vault.Value{Kind: "cvv", Canonical: "123", Text: "123", Origin: vault.Chat}
	mine, mineToo := token(t, v, c, value), token(t, v, c, cvv)
	for name, other := range map[string]*conversation.Conversation{
		"another person":  b.chat(t, "shop", "psid:2"),
		"another account": b.chat(t, "support", "psid:1"),
		"nobody":          nil,
	} {
		wantNoToken(t, name, v, other, mine)
		wantNoToken(t, name+", volatile", v, other, mineToo)
		if other == nil {
			continue
		}
		if theirs := token(t, v, other, value); theirs == mine {
			t.Errorf("%s has the same token", name)
		} else {
			wantNoToken(t, name+", their token", v, c, theirs)
		}
	}
	if _, err := v.Tokens(t.Context(), nil, []vault.Value{value}); !errors.Is(err, vault.ErrValue) {
		t.Errorf("tokens for nobody: %v", err)
	}
}

// TestEveryByteCounts: no change to a token, other than its case, resolves.
func TestEveryByteCounts(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	good := token(t, v, c, card("4111111111111111"))
	for i := range len(good) {
		for _, change := range []byte{1, 2, 4, 8, 16, 64, 128} {
			altered := []byte(good)
			altered[i] ^= change
			wantNoToken(t, fmt.Sprintf("byte %d", i), v, c, string(altered))
		}
		wantNoToken(t, "cut", v, c, good[:i])
		wantNoToken(t, "cut before", v, c, good[i+1:])
	}
	wantNoToken(t, "longer", v, c, good+"a")
	wantNoToken(t, "with a space", v, c, " "+good)
	wantNoToken(t, "kind with underscore", v, c, strings.Replace(good, "creditcard", "credit_card", 1))
	wantNoToken(t, "another kind", v, c, strings.Replace(good, "creditcard", "email", 1))
}

func TestBadValues(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	good := card("4111111111111111")
	for name, change := range map[string]func(*vault.Value){
		"no kind":           func(v *vault.Value) { v.Kind = "" },
		"capital kind":      func(v *vault.Value) { v.Kind = "Email" },
		"only underscores":  func(v *vault.Value) { v.Kind = "__" },
		"slash in kind":     func(v *vault.Value) { v.Kind = "a/b" },
		"long kind":         func(v *vault.Value) { v.Kind = strings.Repeat("k", 65) },
		"no canonical form": func(v *vault.Value) { v.Canonical = "" },
		"no origin":         func(v *vault.Value) { v.Origin = 0 },
		"unknown origin":    func(v *vault.Value) { v.Origin = 3 },
	} {
		value := good
		change(&value)
		if _, err := v.Tokens(t.Context(), c, []vault.Value{good, value}); !errors.Is(err, vault.ErrValue) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(b.values(t)); n != 0 {
		t.Errorf("%d records of refused values", n)
	}
	many := make([]vault.Value, store.MaxRecords+1)
	for i := range many {
		many[i] = card(fmt.Sprintf("%016d", i))
	}
	if _, err := v.Tokens(t.Context(), c, many); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("too many: %v", err)
	}
}

func TestExpiry(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	value := card("4111111111111111")
	made := token(t, v, c, value)
	b.move(29 * day)
	if again := token(t, v, c, value); again != made {
		t.Errorf("token changed from %q to %q", made, again)
	}
	b.move(day - time.Second)
	wantValue(t, v, c, made, value)
	b.move(time.Second)
	wantNoToken(t, "after 30 days", v, c, made)
	if again := token(t, v, c, value); again != made {
		t.Errorf("token changed from %q to %q", made, again)
	}
	wantValue(t, v, c, made, value)
}

// TestExpiryIsSealed: whoever writes to the store cannot make a value live
// longer.
func TestExpiryIsSealed(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	made := token(t, v, c, card("4111111111111111"))
	record := b.values(t)[0]
	record.Expires = b.now().Add(300 * day)
	if err := b.Put(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	b.move(30 * day)
	wantNoToken(t, "after 30 days", v, c, made)
	token(t, v, c, card("4111111111111111"))
	wantValue(t, v, c, made, card("4111111111111111"))
}

func TestRenew(t *testing.T) {
	b := newBench(t)
	v, c := vault.New(vault.Config{Store: b.Store, Keys: b.keys, Now: b.now, Renew: true}), b.chat(t, "shop", "psid:1")
	defer v.Close()
	value := card("4111111111111111")
	made := token(t, v, c, value)
	before := fmt.Sprint(b.values(t))
	b.move(15 * day)
	token(t, v, c, value)
	if fmt.Sprint(b.values(t)) != before {
		t.Error("renewed with half of the lifetime left")
	}
	b.move(time.Second)
	token(t, v, c, value)
	b.move(30*day - time.Second)
	wantValue(t, v, c, made, value)
	b.move(time.Second)
	wantNoToken(t, "30 days after it was renewed", v, c, made)
	if n := len(b.values(t)); n != 0 {
		t.Errorf("%d records", n)
	}
}

// TestOrigin: once a value came through a form it counts as one from a form.
func TestOrigin(t *testing.T) {
	for _, kind := range []string{"email", "otp"} {
		b := newBench(t)
		v, c := b.vault(t), b.chat(t, "shop", "psid:1")
		chat := vault.Value{Kind: kind, Canonical: "ann@example.org", Text: "ann@example.org", Origin: vault.Chat}
		form := chat
		form.Text, form.Origin = "Ann@example.org", vault.Form
		both := chat // the text of the first time
		both.Origin = vault.Form
		made := token(t, v, c, chat)
		wantValue(t, v, c, made, chat)
		b.move(time.Minute)
		token(t, v, c, form)
		wantValue(t, v, c, made, both)
		token(t, v, c, chat)
		wantValue(t, v, c, made, both)
		if kind == "email" {
			if got, want := b.values(t)[0].Expires, b.now().Add(30*day-time.Minute); !got.Equal(want) {
				t.Errorf("expires %v, want %v: a new origin does not renew", got, want)
			}
		}
		tokens, err := v.Tokens(t.Context(), b.chat(t, "shop", "psid:2"), []vault.Value{chat, form})
		if err != nil {
			t.Fatal(err)
		}
		wantValue(t, v, b.chat(t, "shop", "psid:2"), tokens[0], both)
	}
}

// TestTampered: rows that were altered, swapped or moved to another conversation
// do not open and are told from those that are not there.
func TestTampered(t *testing.T) {
	one, two := card("4111111111111111"), card("5555555555554444")
	for name, tamper := range map[string]func(t *testing.T, records []store.Record) []store.Record{
		"a flipped bit": func(_ *testing.T, records []store.Record) []store.Record {
			for i := range records {
				records[i].Value[len(records[i].Value)-20] ^= 1
			}
			return records
		},
		"cut": func(_ *testing.T, records []store.Record) []store.Record {
			for i := range records {
				records[i].Value = records[i].Value[:10]
			}
			return records
		},
		"emptied": func(_ *testing.T, records []store.Record) []store.Record {
			for i := range records {
				records[i].Value = nil
			}
			return records
		},
		"swapped": func(_ *testing.T, records []store.Record) []store.Record {
			records[0].Value, records[1].Value = records[1].Value, records[0].Value
			return records
		},
	} {
		b := newBench(t)
		v, c := b.vault(t), b.chat(t, "shop", "psid:1")
		tokens, err := v.Tokens(t.Context(), c, []vault.Value{one, two})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Put(t.Context(), tamper(t, b.values(t))...); err != nil {
			t.Fatal(err)
		}
		for _, token := range tokens {
			if got, err := v.Resolve(t.Context(), c, token); !errors.Is(err, vault.ErrTampered) || got != (vault.Value{}) {
				t.Errorf("%s: resolved (%v), want ErrTampered", name, err)
			}
		}
		if _, err := v.Tokens(t.Context(), c, []vault.Value{one}); !errors.Is(err, vault.ErrTampered) {
			t.Errorf("%s: a token was handed out for it (%v)", name, err)
		}
	}
}

// TestRowOfAnother: a row of another person's value, at the right place.
func TestRowOfAnother(t *testing.T) {
	b := newBench(t)
	v, c, other := b.vault(t), b.chat(t, "shop", "psid:1"), b.chat(t, "shop", "psid:2")
	mine := token(t, v, c, card("4111111111111111"))
	key := b.values(t)[0]
	token(t, v, other, card("4111111111111111"))
	for _, record := range b.values(t) {
		if record.Key != key.Key {
			key.Value = record.Value
		}
	}
	if err := b.Put(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Resolve(t.Context(), c, mine); !errors.Is(err, vault.ErrTampered) {
		t.Errorf("resolved (%v), want ErrTampered", err)
	}
}

// TestRace: goroutines of two vaults meet one value at once, among others.
func TestRace(t *testing.T) {
	b := newBench(t)
	vaults := []*vault.Vault{b.vault(t), b.vault(t)}
	c := b.chat(t, "shop", "psid:1")
	const racers = 64
	var tokens [racers]string
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range racers {
		all.Go(func() {
			<-begin
			got, err := vaults[i%2].Tokens(t.Context(), c, []vault.Value{
				card("4111111111111111"),
				card(fmt.Sprintf("%016d", i%8)),
				{Kind: "cvv", Canonical: "123", Text: "123", Origin: vault.Chat},
			})
			if err != nil {
				t.Errorf("racer %d: %v", i, err)
				return
			}
			tokens[i] = got[0]
			if _, err := vaults[(i+1)%2].Resolve(t.Context(), c, got[1]); err != nil {
				t.Errorf("racer %d: resolving at once in the other vault: %v", i, err)
			}
		})
	}
	close(begin)
	all.Wait()
	for i := range tokens {
		if tokens[i] != tokens[0] {
			t.Fatalf("racer %d has %q, racer 0 %q", i, tokens[i], tokens[0])
		}
	}
	if n := len(b.values(t)); n != 9 {
		t.Errorf("%d records of 9 values", n)
	}
}

// TestErased: with the conversation's record gone, so are its tokens.
func TestErased(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	made := token(t, v, c, card("4111111111111111"))
	if _, err := b.DeletePrefix(t.Context(), "conversation/"+c.Path()); err != nil {
		t.Fatal(err)
	}
	b.book.Forget(c)
	next := b.chat(t, "shop", "psid:1")
	wantNoToken(t, "in the person's next conversation", v, next, made)
	if n, err := b.DeletePrefix(t.Context(), "value/"+c.Path()+"/"); err != nil || n != 1 {
		t.Errorf("deleting the values of a conversation by its path removed %d (%v)", n, err)
	}
	wantNoToken(t, "in the old one", v, c, made)
}

// TestStoreTellsNothing: neither a value nor a token, nor an unkeyed hash of
// them, stands in the raw bytes of the store, and of a volatile value nothing at
// all.
func TestStoreTellsNothing(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	kept := vault.Value{Kind: "credit_card", Canonical: "4111111111111111", Text: "4111-1111-1111-1111", Origin: vault.Form}
	keptToken := token(t, v, c, kept)
	before, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	cvv := vault.Value{Kind: "cvv", Canonical: "canary-907142", Text: "CANARY 907142", Origin: vault.Form}
	cvvToken := token(t, v, c, cvv)
	after, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("a volatile value changed the store")
	}
	for _, secret := range []string{kept.Canonical, kept.Text, keptToken, cvv.Canonical, cvv.Text, cvvToken} {
		sum := sha256.Sum256([]byte(secret))
		for form, canary := range map[string]string{
			"raw": secret, "hex": hex.EncodeToString([]byte(secret)), "base64": base64.RawStdEncoding.EncodeToString([]byte(secret)),
			"hash": string(sum[:]), "hex hash": hex.EncodeToString(sum[:]), "id": secret[max(0, len(secret)-26):],
		} {
			if bytes.Contains(after, []byte(canary)) {
				t.Errorf("the store holds %s of %q", form, secret)
			}
		}
	}
	if !bytes.Contains(after, []byte("value/"+c.Path())) {
		t.Error("the store does not hold the record: this test looks at the wrong bytes")
	}
}

// TestLengthsTellNothing: in the store, values of different kinds are of one
// size.
func TestLengthsTellNothing(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	for _, text := range []string{"12345", "4111111111111111"} {
		token(t, v, c, vault.Value{Kind: "postcode", Canonical: text, Text: text, Origin: vault.Chat})
	}
	if records := b.values(t); len(records[0].Value) != len(records[1].Value) {
		t.Errorf("sizes are %d and %d", len(records[0].Value), len(records[1].Value))
	}
}

// TestVolatile: in one vault's memory, for 15 minutes from the first time, and
// as if expired everywhere else.
func TestVolatile(t *testing.T) {
	for _, kind := range []string{"cvv", "otp", "c_vv", "otp_"} {
		b := newBench(t)
		v, c := b.vault(t), b.chat(t, "shop", "psid:1")
		value := vault.Value{Kind: kind, Canonical: "123", Text: " 123", Origin: vault.Chat}
		made := token(t, v, c, value)
		wantValue(t, v, c, made, value)
		wantValue(t, v, c, strings.ToUpper(made), value)
		wantNoToken(t, "on another instance, or after a restart", b.vault(t), c, made)
		b.move(15*time.Minute - time.Second)
		if again := token(t, v, c, value); again != made {
			t.Errorf("token changed from %q to %q", made, again)
		}
		wantValue(t, v, c, made, value)
		b.move(time.Second)
		wantNoToken(t, "after 15 minutes", v, c, made)
		token(t, v, c, value)
		wantValue(t, v, c, made, value)
		if n := len(b.values(t)); n != 0 {
			t.Errorf("%d records of a volatile value", n)
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		wantNoToken(t, "after closing", v, c, made)
		token(t, v, c, value)
		wantNoToken(t, "put after closing", v, c, made)
	}
}

func TestLifetime(t *testing.T) {
	for kind, want := range map[string]time.Duration{"cvv": 15 * time.Minute, "otp": 15 * time.Minute, "o_tp": 15 * time.Minute, "credit_card": 30 * day, "email": 30 * day, "my_kind": 30 * day} {
		if got, volatile := vault.Lifetime(kind); got != want || volatile != (want < time.Hour) {
			t.Errorf("%s lives %v, volatile %v", kind, got, volatile)
		}
	}
}

func TestValuePrintsNothing(t *testing.T) {
	value := vault.Value{Kind: "credit_card", Canonical: "4111111111111111", Text: "canary", Origin: vault.Chat}
	for _, printed := range []any{value, &value, []vault.Value{value}, map[string]vault.Value{"x": value}, struct{ V vault.Value }{value}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			got := fmt.Sprintf(verb, printed)
			if strings.Contains(got, "411111") || strings.Contains(got, "canary") || strings.Contains(got, hex.EncodeToString([]byte("canary"))) {
				t.Errorf("%s prints %q", verb, got)
			}
		}
		encoded, err := json.Marshal(printed)
		if err != nil || bytes.Contains(encoded, []byte("canary")) || bytes.Contains(encoded, []byte("4111")) {
			t.Errorf("JSON is %s (%v)", encoded, err)
		}
	}
}

// TestSealed: the record of a token, for those who must not see the value.
func TestSealed(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	made := token(t, v, c, card("4111111111111111"))
	record, err := v.Sealed(t.Context(), c, strings.ToUpper(made))
	if err != nil || record.Key != b.values(t)[0].Key || !bytes.Equal(record.Value, b.values(t)[0].Value) {
		t.Errorf("another record, or none (%v)", err)
	}
	cvv := token(t, v, c, vault.Value{Kind: "cvv", Canonical: "123", Text: "123", Origin: vault.Chat})
	for name, token := range map[string]string{"volatile": cvv, "unknown": look, "malformed": "pii"} {
		if _, err := v.Sealed(t.Context(), c, token); err != vault.ErrNoToken {
			t.Errorf("%s: %v, want ErrNoToken", name, err)
		}
	}
	if _, err := v.Sealed(t.Context(), nil, made); err != vault.ErrNoToken {
		t.Errorf("nobody: %v, want ErrNoToken", err)
	}
}
