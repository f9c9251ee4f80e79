package reveal_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/reveal"
	"github.com/piiproxy/piiproxy/vault"
)

// Nothing is read out before the audit log has it, and every line says what it must.
func TestAudit(t *testing.T) {
	r := newRig(t, nil)
	r.values(shop, r.tokens["card"], r.tokens["ben's"], r.tokens["email"], r.tokens["foreign"], unknown(1), "no token", r.tokens["card"])
	if len(r.audit.events) != 3 || r.audit.durable != 3 {
		t.Fatalf("%d lines, %d of them on disk", len(r.audit.events), r.audit.durable)
	}
	anna, ben, rest := r.audit.events[0], r.audit.events[1], r.audit.events[2]
	if anna.Count != 3 || !slices.Equal(anna.Kinds, []string{"credit_card", "email"}) || anna.Conversation != r.book.Hash("shop", "anna") || anna.Account != "shop" || anna.Result != audit.Done {
		t.Errorf("the line about the first person: %+v", anna)
	}
	if ben.Count != 1 || ben.Conversation != r.book.Hash("shop", "ben") {
		t.Errorf("the line about the second person: %+v", ben)
	}
	if rest.Count != 3 || rest.Reason != "1 foreign, 2 not there" || rest.Result != audit.Refused || rest.Conversation != "" || rest.Kinds != nil {
		t.Errorf("the line about the rest: %+v", rest)
	}
	for _, e := range r.audit.events {
		if e.Actor != "caller:shop" || e.Action != "reveal" || e.Purpose != "test" || e.Source != "127.0.0.1" || e.Request == "" || e.Request != anna.Request {
			t.Errorf("%+v", e)
		}
	}
}

// No audit, no value: and no value is even read.
func TestNoAuditNoValue(t *testing.T) {
	r := newRig(t, nil)
	r.audit.broken = true
	before := r.below.gets.Load()
	answers, err := r.desk.Values(context.Background(), shop, reveal.Order{Action: "reveal", Tokens: []string{r.tokens["card"]}})
	if !errors.Is(err, reveal.ErrUnsaid) || answers != nil {
		t.Errorf("%v, %v", answers, err)
	}
	if got := r.below.gets.Load() - before; got != 3 { // where it belongs, the conversation, its hash
		t.Errorf("%d reads before the audit log was written", got)
	}
}

// A store that fails gives no value, and the audit log says that it was so.
func TestStoreDown(t *testing.T) {
	r := newRig(t, nil)
	r.below.down.Store(true)
	answers, err := r.desk.Values(context.Background(), shop, reveal.Order{Action: "reveal", Tokens: []string{r.tokens["card"], r.tokens["email"]}})
	if !errors.Is(err, reveal.ErrFault) || answers != nil {
		t.Errorf("%v, %v", answers, err)
	}
	if last := r.audit.events[len(r.audit.events)-1]; last.Result != audit.Failed || last.Count != 2 || strings.Contains(fmt.Sprintf("%+v", last), errDown.Error()) {
		t.Errorf("%+v", last)
	}
	r.audit.broken = true
	if _, err := r.desk.Values(context.Background(), shop, reveal.Order{Action: "reveal", Tokens: []string{r.tokens["card"]}}); !errors.Is(err, reveal.ErrUnsaid) {
		t.Errorf("with both down: %v", err)
	}
}

// unhashed is a book whose store fails when a person's name for the log is read.
type unhashed struct{ reveal.Conversations }

// HashOf implements reveal.Conversations.
func (unhashed) HashOf(context.Context, *conversation.Conversation) (string, error) {
	return "", errDown
}

// A store that fails once the places are known is no fault of the audit log: it says
// that nothing was revealed, and whoever asks may ask again.
func TestStoreDownLater(t *testing.T) {
	r := newRig(t, nil)
	desk := reveal.New(reveal.Config{Vault: r.vault, Conversations: unhashed{r.book}, Audit: r.audit, Kinds: func() []string { return nil }})
	answers, err := desk.Values(context.Background(), shop, reveal.Order{Action: "reveal", Tokens: []string{r.tokens["card"]}})
	if !errors.Is(err, reveal.ErrFault) || answers != nil {
		t.Errorf("%v, %v", answers, err)
	}
	if len(r.audit.events) != 1 || r.audit.events[0].Result != audit.Failed {
		t.Errorf("%+v", r.audit.events)
	}
}

// Orders have 1 to 1,000 tokens.
func TestOrderBounds(t *testing.T) {
	r := newRig(t, nil)
	for _, n := range []int{0, reveal.MostTokens + 1} {
		if _, err := r.desk.Values(context.Background(), shop, reveal.Order{Tokens: make([]string, n)}); !errors.Is(err, reveal.ErrOrder) {
			t.Errorf("%d tokens: %v", n, err)
		}
	}
	tokens := make([]string, reveal.MostTokens)
	for i := range tokens {
		if tokens[i] = unknown(i); i%3 == 0 {
			tokens[i] = r.tokens["email"]
		}
	}
	for i, answer := range r.values(shop, tokens...) {
		if answer.Found != (i%3 == 0) || answer.Found && answer.Value.Text != "anna@example.com" {
			t.Fatalf("answer %d of %d", i, len(tokens))
		}
	}
}

// A row that was put where another belongs reveals nothing, and is noticed.
func TestTampered(t *testing.T) {
	var tampered atomic.Int64
	r := newRig(t, nil)
	desk := reveal.New(reveal.Config{
		Vault: r.vault, Conversations: r.book, Audit: r.audit, Kinds: func() []string { return nil },
		Observe: func(outcome string, n int) {
			if outcome == reveal.Tampered {
				tampered.Add(int64(n))
			}
		},
	})
	ctx := context.Background()
	for _, prefix := range []string{"owner/", "value/"} {
		rows, err := r.below.List(ctx, prefix, "", 100)
		if err != nil || len(rows) < 2 {
			t.Fatalf("%d rows %s, %v", len(rows), prefix, err)
		}
		for i := range rows { // each gets the content of the next
			swapped := rows[i]
			swapped.Value = rows[(i+1)%len(rows)].Value
			if err := r.below.Put(ctx, swapped); err != nil {
				t.Fatal(err)
			}
		}
		answers, err := desk.Values(ctx, reveal.Asker{Actor: "a", Accounts: []string{"shop", "other"}, AllKinds: true}, reveal.Order{Action: "reveal", Tokens: []string{r.tokens["card"], r.tokens["foreign"]}})
		if err != nil || answers[0].Found || answers[1].Found || tampered.Load() != 2 {
			t.Errorf("%s: %v %v, %d", prefix, answers, err, tampered.Load())
		}
		for i := range rows { // and its own again
			found, err := r.below.Store.Get(ctx, rows[i].Key)
			if err != nil {
				t.Fatal(err)
			}
			rows[i].Version = found.Version
			if err := r.below.Put(ctx, rows[i]); err != nil {
				t.Fatal(err)
			}
		}
		tampered.Store(0)
	}
}

// Levels tell no more than they may.
func TestLevels(t *testing.T) {
	for _, test := range []struct {
		kind, text            string
		masked, last4, exists string
	}{
		{"credit_card", "4111 1111 1111 1111", "***1111", "1111", ""},
		{"credit_card", "4111-1111", "***", "", ""},
		{"credit_card", "４１１１１１１１１１１１１１１１", "***", "", ""},
		{"iban", "DE89 3704 0044 0532 0130 00", "***", "3000", ""},
		{"ssn", "219-09-9999", "***", "9999", ""},
		{"bank_account", "12345678", "***", "", ""},
		{"card_last4", "1111", "***", "1111", ""},
		{"email", "anna@example.com", "a***@example.com", "", ""},
		{"phone", "+1 202 555 0143", "***43", "", ""},
		{"password", "correct horse battery 12345", "***", "", ""},
	} {
		value := vault.Value{Kind: test.kind, Text: test.text}
		for level, want := range map[reveal.Level]string{reveal.Full: test.text, reveal.Masked: test.masked, reveal.Last4: test.last4, reveal.Exists: test.exists, "": "", "all": ""} {
			if got := level.Of(value); got != want {
				t.Errorf("%s of %s %s: %q, want %q", level, test.kind, test.text, got, want)
			}
		}
	}
}

// classes are tokens that have one answer, by why.
func (r *rig) classes() map[string]func(i int) (reveal.Asker, reveal.Order) {
	order := func(token string) reveal.Order {
		return reveal.Order{Action: "reveal", Purpose: "test", Tokens: []string{token}}
	}
	cards := reveal.Asker{Actor: "caller:cards", Source: "127.0.0.1", Accounts: []string{"shop"}, Kinds: []string{"credit_card"}}
	return map[string]func(i int) (reveal.Asker, reveal.Order){
		"unknown":         func(i int) (reveal.Asker, reveal.Order) { return shop, order(unknown(i)) },
		"malformed":       func(int) (reveal.Asker, reveal.Order) { return shop, order(r.tokens["card"][1:]) },
		"another account": func(int) (reveal.Asker, reveal.Order) { return shop, order(r.tokens["foreign"]) },
		"another kind":    func(int) (reveal.Asker, reveal.Order) { return cards, order(r.tokens["email"]) },
		"another person": func(int) (reveal.Asker, reveal.Order) {
			o := order(r.tokens["card"])
			o.Only = []string{r.ben.ID}
			return shop, o
		},
		"narrowed away": func(int) (reveal.Asker, reveal.Order) {
			o := order(r.tokens["foreign"])
			o.Account = "shop"
			return shop, o
		},
		"expired": func(int) (reveal.Asker, reveal.Order) { return shop, order(r.tokens["expired"]) },
		"erased":  func(int) (reveal.Asker, reveal.Order) { return shop, order(r.tokens["erased"]) },
	}
}

// old adds a value whose time is over, and one of a person who was erased.
func (r *rig) old() {
	r.t.Helper()
	now := r.now.Load()
	r.now.Store(now - int64(60*24*time.Hour))
	r.keep("expired", r.anna, "credit_card", "4000 0000 0000 0010")
	r.now.Store(now)
	dora := r.person("shop", "dora")
	r.keep("erased", dora, "credit_card", "4000 0000 0000 0028")
	person, err := r.book.Person(context.Background(), "shop", []string{"dora"})
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.book.Erase(context.Background(), person); err != nil {
		r.t.Fatal(err)
	}
}

// Whatever the reason why a token has no answer: as many reads, as many seals opened,
// as many lines in the audit log.
func TestOneWay(t *testing.T) {
	r := newRig(t, nil)
	r.old()
	r.values(shop, r.tokens["card"]) // one that is there was seen
	for why, class := range r.classes() {
		asker, order := class(7)
		gets, opens, before := r.below.gets.Load(), r.below.opens.Load(), len(r.audit.events)
		answers, err := r.desk.Values(context.Background(), asker, order)
		if err != nil || len(answers) != 1 || answers[0].Found {
			t.Fatalf("%s: %v, %v", why, answers, err)
		}
		if gets, opens, wrote := r.below.gets.Load()-gets, r.below.opens.Load()-opens, len(r.audit.events)-before; gets != 3 || opens != 2 || wrote != 1 {
			t.Errorf("%s: %d reads, %d seals opened, %d lines", why, gets, opens, wrote)
		}
	}
	if got := r.values(shop, r.tokens["card"]); !got[0].Found {
		t.Error("the way of a token that is there was not taken")
	}
}
