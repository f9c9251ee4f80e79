package vault_test

import (
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/vault"
)

func on(terms vault.Terms, value vault.Value) vault.Value {
	value.Terms = terms
	return value
}

// TestTerms: how long a value lives that comes again and again, by its terms.
func TestTerms(t *testing.T) {
	const never = 400 * day
	for _, test := range []struct {
		name  string
		value vault.Value
		terms vault.Terms
		every time.Duration // it comes again
		dies  time.Duration // after it came first; never: it is renewed each time
	}{
		{"default, unused", card("4111111111111111"), vault.Terms{}, never, 30 * day},
		{"default, used", card("4111111111111111"), vault.Terms{}, 14 * day, never},
		{"short, unused", card("4111111111111111"), vault.Terms{Lifetime: day}, never, day},
		{"short, used", card("4111111111111111"), vault.Terms{Lifetime: day}, 9 * time.Hour, never},
		{"long, unused", card("4111111111111111"), vault.Terms{Lifetime: 90 * day}, never, 90 * day},
		{"from creation, used", card("4111111111111111"), vault.Terms{Lifetime: day, FromCreation: true}, 5 * time.Hour, day},
		{"from creation, the default, used", card("4111111111111111"), vault.Terms{FromCreation: true}, 7 * day, 30 * day},
		{"drawn, from creation, used", card("4111111111111111"), vault.Terms{Lifetime: day, FromCreation: true, Random: true}, 5 * time.Hour, day},
		{"a code, used", cvv("123"), vault.Terms{}, 4 * time.Minute, 15 * time.Minute},
		{"a code for longer, used", cvv("123"), vault.Terms{Lifetime: 90 * day}, 4 * time.Minute, 15 * time.Minute},
		{"a code for shorter, used", cvv("123"), vault.Terms{Lifetime: 5 * time.Minute}, 2 * time.Minute, 5 * time.Minute},
	} {
		b := newBench(t)
		v, c := vault.New(vault.Config{Store: b.Store, Keys: b.keys, Now: b.now, Renew: true}), b.chat(t, "shop", "psid:1")
		made := token(t, v, c, on(test.terms, test.value))
		age := time.Duration(0)
		for age+test.every < min(test.dies, 60*test.every) {
			age += test.every
			b.move(test.every)
			if again := token(t, v, c, on(test.terms, test.value)); again != made {
				t.Errorf("%s: at %v another token", test.name, age)
			}
		}
		if test.dies == never {
			wantValue(t, v, c, made, test.value)
			v.Close()
			continue
		}
		b.move(test.dies - age - time.Second)
		wantValue(t, v, c, made, test.value)
		if _, err := v.Locate(t.Context(), made); err != nil {
			t.Errorf("%s: not located: %v", test.name, err)
		}
		b.move(2 * time.Second)
		wantNoToken(t, test.name, v, c, made)
		wantNobody(t, test.name, v, made)
		if n := len(b.kept(t)); n != 0 {
			t.Errorf("%s: %d records outlive it", test.name, n)
		}
		token(t, v, c, on(test.terms, test.value))
		if held := each(t, v, c); len(held) != 1 {
			t.Errorf("%s: typed again, %d values are kept", test.name, len(held))
		}
		v.Close()
	}
}

// TestTermsChange: a shorter lifetime holds for a value when it comes again, a
// longer one, too; with all that leads to the value.
func TestTermsChange(t *testing.T) {
	for _, test := range []struct {
		name    string
		to      vault.Terms
		after   time.Duration
		expires time.Duration // from when it came first
		over    bool
	}{
		{"shorter", vault.Terms{Lifetime: day}, day, 2 * day, false},
		{"longer", vault.Terms{Lifetime: 90 * day}, day, 91 * day, false},
		{"shorter, from creation", vault.Terms{Lifetime: 2 * day, FromCreation: true}, day, 2 * day, false},
		{"longer, from creation", vault.Terms{Lifetime: 90 * day, FromCreation: true}, day, 90 * day, false},
		{"over, from creation", vault.Terms{Lifetime: day, FromCreation: true}, 3 * day, 4 * day, true},
	} {
		for _, drawn := range []bool{false, true} {
			if drawn && test.over {
				continue // it has another token then, and the old one its old end
			}
			b := newBench(t)
			v, c := vault.New(vault.Config{Store: b.Store, Keys: b.keys, Now: b.now, Renew: true}), b.chat(t, "shop", "psid:1")
			began, value := b.now(), card("4111111111111111")
			form := like(t, v, c, on(vault.Terms{Random: drawn}, value))
			b.move(test.after)
			test.to.Random = drawn
			if again := like(t, v, c, on(test.to, value)); again != form {
				t.Errorf("%s: another look-alike", test.name)
			}
			records := b.kept(t)
			if len(records) < 3 {
				t.Fatalf("%d records", len(records))
			}
			for _, r := range records {
				if got := r.Expires.Sub(began); (got - test.expires).Abs() > time.Second {
					t.Errorf("%s: %s expires after %v, want %v", test.name, strings.Split(r.Key, "/")[0], got, test.expires)
				}
			}
			v.Close()
		}
	}
}
