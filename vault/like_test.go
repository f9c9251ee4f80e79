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

func email(canonical string) vault.Value {
	return vault.Value{Kind: "email", Canonical: canonical, Text: canonical, Origin: vault.Chat}
}

func phone(i int) vault.Value {
	number := fmt.Sprintf("+1212555%04d", i)
	return vault.Value{Kind: "phone", Canonical: number, Text: number, Origin: vault.Chat}
}

func (b *bench) likes(t *testing.T) []store.Record {
	t.Helper()
	records, err := b.List(t.Context(), "like/", "", store.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// rows is all that the vault keeps, to see whether it was touched.
func (b *bench) rows(t *testing.T) string {
	t.Helper()
	return fmt.Sprint(b.values(t), b.likes(t))
}

func like(t testing.TB, v *vault.Vault, c *conversation.Conversation, value vault.Value) string {
	t.Helper()
	return likes(t, v, c, value)[0]
}

func likes(t testing.TB, v *vault.Vault, c *conversation.Conversation, values ...vault.Value) []string {
	t.Helper()
	forms, err := v.Likes(t.Context(), c, values)
	if err != nil {
		t.Fatalf("making look-alikes: %v", err)
	}
	return forms
}

// canonicalForm is what the rules find in a form.
func canonicalForm(kind, form string) string {
	if kind == "credit_card" {
		return onlyDigits(form)
	}
	return form
}

func wantLikeness(t *testing.T, v *vault.Vault, c *conversation.Conversation, form string, want vault.Value) {
	t.Helper()
	if got, err := v.Likeness(t.Context(), c, want.Kind, canonicalForm(want.Kind, form)); err != nil || got != want {
		t.Errorf("%q stands for %+v (%v), want the value that was put", form, fields(got), err)
	}
}

func wantNoLikeness(t *testing.T, doing string, v *vault.Vault, c *conversation.Conversation, kind, form string) {
	t.Helper()
	if got, err := v.Likeness(t.Context(), c, kind, canonicalForm(kind, form)); err != vault.ErrNoToken || got != (vault.Value{}) {
		t.Errorf("%s: %+v (%v), want just ErrNoToken", doing, fields(got), err)
	}
}

func TestLikes(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	values := []vault.Value{card("4111111111111111"), email("ann@bank.example"), phone(1), {Kind: "iban", Canonical: "X", Origin: vault.Form}, card("4111111111111111")}
	values[1].Origin = vault.Form
	forms := likes(t, v, c, values...)
	for i, value := range values[:3] {
		wantLikeness(t, v, c, forms[i], value)
		wantLikeness(t, b.vault(t), c, forms[i], value)
		wantValue(t, v, c, token(t, v, c, value), value)
	}
	wantValue(t, v, c, forms[3], values[3])
	if forms[0] != forms[4] {
		t.Errorf("one card is %q and %q", forms[0], forms[4])
	}
	if n, m := len(b.values(t)), len(b.likes(t)); n != 4 || m != 3 {
		t.Errorf("%d values and %d look-alikes", n, m)
	}
	for _, value := range values[:3] {
		wantNoLikeness(t, "the value itself", v, c, value.Kind, value.Canonical)
	}
	wantNoLikeness(t, "another kind", v, c, "phone", forms[1])
	wantNoLikeness(t, "a kind without look-alikes", v, c, "iban", forms[3])
	wantNoLikeness(t, "a volatile kind", v, c, "cvv", "123")
	wantNoLikeness(t, "nothing", v, c, "email", "")
	if none := likes(t, v, c); len(none) != 0 {
		t.Errorf("no values: %v", none)
	}
}

func TestLikesRefuses(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	if _, err := v.Likes(t.Context(), nil, []vault.Value{phone(1)}); !errors.Is(err, vault.ErrValue) {
		t.Errorf("for nobody: %v", err)
	}
	if _, err := v.Likes(t.Context(), c, []vault.Value{phone(1), {Kind: "phone", Origin: vault.Chat}}); !errors.Is(err, vault.ErrValue) {
		t.Errorf("no canonical form: %v", err)
	}
	many := make([]vault.Value, store.MaxRecords/2+1)
	for i := range many {
		many[i] = email(fmt.Sprint(i))
	}
	if _, err := v.Likes(t.Context(), c, many); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("too many: %v", err)
	}
	if rows := b.rows(t); rows != "[] []" {
		t.Error("something of what was refused is there")
	}
}

// TestLikesAgain: here, in another vault, days later, beside tokens and with a
// new origin, a value keeps its form; only the origin writes.
func TestLikesAgain(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	values := []vault.Value{card("4111111111111111"), email("ann@bank.example"), phone(1)}
	token(t, v, c, values[1]) // it has a token first
	first := fmt.Sprint(likes(t, v, c, values...))
	before := b.rows(t)
	b.move(7 * day)
	for _, v := range []*vault.Vault{v, b.vault(t)} {
		if again := fmt.Sprint(likes(t, v, c, values...)); again != first {
			t.Errorf("%s, then %s", first, again)
		}
		token(t, v, c, values[0])
	}
	if b.rows(t) != before {
		t.Error("the same again wrote")
	}
	values[0].Origin = vault.Form
	token(t, v, c, values[0]) // rewrites the value's record
	forms := likes(t, v, c, values...)
	if fmt.Sprint(forms) != first {
		t.Errorf("%s, after a new origin %s", first, forms)
	}
	wantLikeness(t, v, c, forms[0], values[0])
	if n, m := len(b.values(t)), len(b.likes(t)); n != 3 || m != 3 {
		t.Errorf("%d values and %d look-alikes", n, m)
	}
}

func TestLikesOfOneConversationOnly(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	value := card("4111111111111111")
	form := like(t, v, c, value)
	for name, other := range map[string]*conversation.Conversation{
		"another person": b.chat(t, "shop", "psid:2"), "another account": b.chat(t, "support", "psid:1"), "nobody": nil,
	} {
		wantNoLikeness(t, name, v, other, "credit_card", form)
		if other != nil {
			token(t, v, other, value)
			wantNoLikeness(t, name+" with the same value", v, other, "credit_card", form)
		}
	}
	one, two := like(t, v, c, email("a")), like(t, v, b.chat(t, "shop", "psid:2"), email("a"))
	if one == two {
		t.Error("two conversations share a form")
	}
}

// TestLikesAvoidValues: no form is another value of the conversation, whether it
// came before or comes with it; and the form stays when the value has expired.
func TestLikesAvoidValues(t *testing.T) {
	for name, meet := range map[string]func(v *vault.Vault, c *conversation.Conversation, value, twin vault.Value) string{
		"came before": func(v *vault.Vault, c *conversation.Conversation, value, twin vault.Value) string {
			token(t, v, c, twin)
			return like(t, v, c, value)
		},
		"came before, and so did the value's token": func(v *vault.Vault, c *conversation.Conversation, value, twin vault.Value) string {
			token(t, v, c, value)
			token(t, v, c, twin)
			return like(t, v, c, value)
		},
		"comes with it, before": func(v *vault.Vault, c *conversation.Conversation, value, twin vault.Value) string {
			return likes(t, v, c, twin, value)[1]
		},
		"comes with it, after": func(v *vault.Vault, c *conversation.Conversation, value, twin vault.Value) string {
			return likes(t, v, c, value, twin)[0]
		},
	} {
		b := newBench(t)
		v, c := b.vault(t), b.chat(t, "shop", "psid:1")
		value := card("4111111111111111")
		twin := card(onlyDigits(like(t, v, c, value)))
		for _, prefix := range []string{"like/", "value/"} {
			if _, err := b.DeletePrefix(t.Context(), prefix); err != nil {
				t.Fatal(err)
			}
		}
		made := meet(v, c, value, twin)
		if onlyDigits(made) == twin.Canonical {
			t.Errorf("%s: the form is a value", name)
		}
		wantLikeness(t, v, c, made, value)
		if err := b.Delete(t.Context(), b.recordOf(t, v, c, twin), 0); err != nil {
			t.Fatal(err)
		}
		if again := like(t, v, c, value); again != made {
			t.Errorf("%s: %q, then %q with the way free", name, made, again)
		}
	}
}

// recordOf is the key of a value's record.
func (b *bench) recordOf(t *testing.T, v *vault.Vault, c *conversation.Conversation, value vault.Value) string {
	t.Helper()
	record, err := v.Sealed(t.Context(), c, token(t, v, c, value))
	if err != nil {
		t.Fatal(err)
	}
	return record.Key
}

// TestLikesRunOut: there are 100 phone numbers to give; the others get words,
// and everybody keeps what they got.
func TestLikesRunOut(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	values := make([]vault.Value, 180)
	for i := range values {
		values[i] = phone(i)
	}
	forms := append(likes(t, v, c, values[:60]...), likes(t, v, c, values[60:]...)...)
	seen := map[string]bool{}
	words := 0
	for i, form := range forms {
		if seen[form] {
			t.Errorf("%q twice", form)
		}
		seen[form] = true
		if word.MatchString(form) {
			words++
			wantValue(t, v, c, form, values[i])
		} else {
			wantLikeness(t, v, c, form, values[i])
		}
	}
	if words < 80 || words == len(values) {
		t.Errorf("%d words for %d numbers", words, len(values))
	}
	before := b.rows(t)
	if again := likes(t, b.vault(t), c, values...); fmt.Sprint(again) != fmt.Sprint(forms) || b.rows(t) != before {
		t.Error("the second time something changed")
	}
	if err := b.Delete(t.Context(), b.likes(t)[0].Key, 0); err != nil { // a number becomes free
		t.Fatal(err)
	}
	for i, form := range forms {
		if word.MatchString(form) && like(t, v, c, values[i]) != form {
			t.Errorf("number %d had %q", i, form)
		}
	}
	held := b.likes(t) // the store may be late to forget
	for i := range held {
		held[i].Expires = b.now().Add(300 * day)
	}
	if err := b.Put(t.Context(), held...); err != nil {
		t.Fatal(err)
	}
	b.move(30 * day)
	for i := range 20 {
		if form := like(t, v, c, phone(1000+i)); word.MatchString(form) {
			t.Errorf("%q, though all numbers have expired", form)
		}
	}
}

func TestLikeExpires(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	value := email("ann@bank.example")
	token(t, v, c, value)
	b.move(10 * day)
	form := like(t, v, c, value)
	if likes, values := b.likes(t), b.values(t); !likes[0].Expires.Equal(values[0].Expires) {
		t.Errorf("the value expires %v, its look-alike %v", values[0].Expires, likes[0].Expires)
	}
	longer := append(b.likes(t), b.values(t)...) // nobody who writes to the store makes it live longer
	for i := range longer {
		longer[i].Expires = b.now().Add(300 * day)
	}
	if err := b.Put(t.Context(), longer...); err != nil {
		t.Fatal(err)
	}
	b.move(20*day - time.Second)
	wantLikeness(t, v, c, form, value)
	b.move(time.Second)
	wantNoLikeness(t, "30 days after the value came", v, c, "email", form)
	if again := like(t, v, c, value); again != form {
		t.Errorf("%q, then %q", form, again)
	}
	wantLikeness(t, v, c, form, value)
}

// TestLikeIsRenewed with its value, whether the value comes for a look-alike or
// for a token.
func TestLikeIsRenewed(t *testing.T) {
	for name, again := range map[string]func(v *vault.Vault, ctx context.Context, c *conversation.Conversation, values []vault.Value) ([]string, error){
		"likes": (*vault.Vault).Likes, "tokens": (*vault.Vault).Tokens,
	} {
		b := newBench(t)
		v, c := vault.New(vault.Config{Store: b.Store, Now: b.now, Renew: true}), b.chat(t, "shop", "psid:1")
		defer v.Close()
		value := email("ann@bank.example")
		form := like(t, v, c, value)
		b.move(15*day + time.Second)
		if _, err := again(v, t.Context(), c, []vault.Value{value}); err != nil {
			t.Fatal(err)
		}
		b.move(30*day - time.Second)
		wantLikeness(t, v, c, form, value)
		b.move(time.Second)
		wantNoLikeness(t, name+": 30 days after it was renewed", v, c, "email", form)
		if rows := b.rows(t); rows != "[] []" {
			t.Errorf("%s: something is left", name)
		}
	}
}

// TestLikeIsWrittenAgain when its record is lost, and ends with its value.
func TestLikeIsWrittenAgain(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	value := email("ann@bank.example")
	form := like(t, v, c, value)
	if n, err := b.DeletePrefix(t.Context(), "like/"+c.Path()+"/"); err != nil || n != 1 {
		t.Fatalf("deleting the look-alikes of a conversation by its path removed %d (%v)", n, err)
	}
	wantNoLikeness(t, "lost", v, c, "email", form)
	if again := like(t, v, c, value); again != form {
		t.Errorf("%q, then %q", form, again)
	}
	wantLikeness(t, v, c, form, value)
	if _, err := b.DeletePrefix(t.Context(), "value/"+c.Path()+"/"); err != nil {
		t.Fatal(err)
	}
	wantNoLikeness(t, "without its value", v, c, "email", form)
	if again := like(t, v, c, value); again != form {
		t.Errorf("%q, then %q", form, again)
	}
	wantLikeness(t, v, c, form, value)
}
