package rules_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/rules"
)

// show lists findings as "kind:text".
func show(text string, findings []rules.Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, f.Kind+":"+text[f.Start:f.End])
	}
	return list
}

// scan tries again when the budget, which is of real time, runs out: the machine
// that runs the tests may be busy with other things.
func scan(t testing.TB, set *rules.Set, text string, c rules.Context) rules.Result {
	t.Helper()
	result, err := set.Scan(text, c)
	for tries := 0; errors.Is(err, rules.ErrBudget) && tries < 20; tries++ {
		result, err = set.Scan(text, c)
	}
	if err != nil {
		t.Fatalf("%.80q: %v", text, err)
	}
	return result
}

func TestScanBuiltin(t *testing.T) {
	set := view(t, load(t, "builtin"), rules.View{})
	tests := []struct {
		text string
		want []string
	}{
		{"I want to buy item #389501 my cc is 9999999999999999 exp 01/20", []string{"credit_card:9999999999999999", "card_expiry:01/20"}},
		{"my card is 4111111111111111 12/29 737 thanks", []string{"credit_card:4111111111111111", "card_expiry:12/29", "cvv:737"}},
		{"order #4471, pay with 4111111111111111 (visa)", []string{"account_ref:4471", "credit_card:4111111111111111"}},
		{"two: 4111 1111 1111 1111 5555-5555-5555-4444", []string{"credit_card:4111 1111 1111 1111", "credit_card:5555-5555-5555-4444"}},
		{"202 555 0143 and 4111 1111 1111 1111", []string{"phone:202 555 0143", "credit_card:4111 1111 1111 1111"}},
		{"カード番号は4111 1111 1111 1111です", []string{"credit_card:4111 1111 1111 1111"}},
		{"it's ４１１１１１１１１１１１１１１１ 🙏", []string{"credit_card:４１１１１１１１１１１１１１１１"}},
		{"4️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ ok", []string{"credit_card:4️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣ 1️⃣"}},
		{"4\u200b1\u200b1\u200b1 1111 1111\u00ad 1111\u200b", []string{"credit_card:4\u200b1\u200b1\u200b1 1111 1111\u00ad 1111"}},
		{"pay 4111\x001111\x7f11111111 now", []string{"credit_card:4111\x001111\x7f11111111"}},
		{"refund to DE89 3704 0044 0532 0130 00 today", []string{"iban:DE89 3704 0044 0532 0130 00"}},
		{"mail alice.smith＠example。com, or bob@example.org.", []string{"email:alice.smith＠example。com", "email:bob@example.org"}},
		{"see https://shop.example/?mail=bob@example.org", []string{"email:bob@example.org"}},
		{"see https://shop.example/a", []string{"url:https://shop.example/a"}},
		{"from 203.0.113.7 it came, not from version 1.2.3.4", []string{"ip:203.0.113.7"}},
		{"ssn 078-05-1120", []string{"ssn:078-05-1120"}},
		{"tel. +12025550143 ext. 42!", []string{"phone:+12025550143 ext. 42"}},
		{"mon portable: 06 12 34 56 78", []string{"phone:06 12 34 56 78"}},
		{"see you at 5, order 12345 costs $1,234.56 on 2026-11-21", []string{"date:2026-11-21"}},
	}
	for _, test := range tests {
		if got := show(test.text, scan(t, set, test.text, rules.Context{}).Findings); !slices.Equal(got, test.want) {
			t.Errorf("%q\n  found %q\n  want  %q", test.text, got, test.want)
		}
	}
}

func TestCanonical(t *testing.T) {
	set := view(t, load(t, "builtin"), rules.View{Regions: []string{"US"}})
	for text, want := range map[string]string{
		"card 4111-1111 1111.1111":        "4111111111111111",
		"mail Alice@Example.COM":          "alice@example.com",
		"mail alice%40example.com":        "alice@example.com",
		"call (202) 555-0143":             "+12025550143",
		"call +1 202.555.0143":            "+12025550143",
		"my number is (123) 456-7890":     "1234567890",
		"iban gb82 west 1234 5698 765432": "GB82WEST12345698765432",
		"ssn 219 09 9999":                 "219099999",
		"exp 1/2027":                      "01/27",
		"expires 01 - 27":                 "01/27",
		"cvv: ７３７":                        "737",
		"from 2001:DB8::1":                "2001:db8::1",
	} {
		findings := scan(t, set, text, rules.Context{}).Findings
		if len(findings) != 1 || findings[0].Canonical() != want {
			t.Errorf("%q: %v, want one finding with form %q", text, findings, want)
		}
	}
	if form := (rules.Finding{}).Canonical(); form != "" {
		t.Errorf("zero finding has form %q", form)
	}
}

// TestNothingPrints formats a finding, and what encloses it, in every way.
func TestNothingPrints(t *testing.T) {
	set := view(t, load(t, "builtin"), rules.View{Own: rules.Own{Values: []string{"+1 800 555 0100"}}})
	result := scan(t, set, "card 4111111111111111", rules.Context{})
	type private struct{ f rules.Finding }
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{result, &result, result.Findings, result.Findings[0], private{result.Findings[0]}, set} {
			if shown := fmt.Sprintf(verb, value); strings.Contains(shown, "41111111") || strings.Contains(shown, "3431313131") || strings.Contains(shown, "5550100") {
				t.Errorf("%s of %T shows the value: %s", verb, value, shown)
			}
		}
	}
	if len(result.Findings[0].Why) != 3 || result.Findings[0].Why[2].String() != "near:card +0.40" {
		t.Errorf("reasons %v", result.Findings[0].Why)
	}
}

func TestContext(t *testing.T) {
	set := view(t, load(t, "builtin"), rules.View{})
	tests := []struct {
		name, text string
		context    rules.Context
		want       []string
	}{
		{"asked for the card", "1234567890123456", rules.Context{Asked: []string{"credit_card"}}, []string{"credit_card:1234567890123456"}},
		{"not asked", "1234567890123456", rules.Context{}, nil},
		{"asked for the code", "737", rules.Context{Asked: []string{"credit_card", "card_expiry", "cvv"}}, []string{"cvv:737"}},
		{"asked for the expiry", "12/29", rules.Context{Asked: []string{"card_expiry"}}, []string{"card_expiry:12/29"}},
		{"asked for the phone", "5551234567", rules.Context{Asked: []string{"phone"}}, []string{"phone:5551234567"}},
		{"asked for the ssn", "123456789", rules.Context{Asked: []string{"ssn"}}, []string{"ssn:123456789"}},
		{"field", "1234567890123456", rules.Context{Field: "cardNumber"}, []string{"credit_card:1234567890123456"}},
		{"field with underscore", "737", rules.Context{Field: "security_code"}, []string{"cvv:737"}},
		{"other field", "737", rules.Context{Field: "text"}, nil},
		{"turn before", "9999999999999999", rules.Context{Before: []rules.Turn{{Text: "here comes my card"}}}, []string{"credit_card:9999999999999999"}},
		{"turn long before", "9999999999999999", rules.Context{Before: []rules.Turn{{Text: "my card"}, {Text: "ok"}}}, nil},
		{"accents and case", "NUMÉRO DE CARTE 1234 5678 9012 3456", rules.Context{}, []string{"credit_card:1234 5678 9012 3456"}},
		{"nearer word wins", "card? no, it is order 1234567890123456", rules.Context{}, []string{"account_ref:1234567890123456"}},
		{"far phrase behind", "my card is 9999999999999999, order 5", rules.Context{}, []string{"credit_card:9999999999999999"}},
		{"region of the text", "call 020 7946 0958", rules.Context{Region: "gb"}, []string{"phone:020 7946 0958"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := show(test.text, scan(t, set, test.text, test.context).Findings); !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

const overlapping = `
rules:
  - {id: long, kind: long, patterns: [{regex: 'blue ?bird', score: 0.6}]}
  - {id: short, kind: short, patterns: [{regex: 'bird', score: 0.6}, {regex: 'wren', score: 0.9}]}
  - {id: strong, kind: strong, patterns: [{regex: 'bluebirds', score: 0.8}]}
  - {id: same, kind: same, patterns: [{regex: 'bird', score: 0.6}]}
  - {id: ghost, kind: ghost, mode: shadow, patterns: [{regex: 'bluebirds?|owl', score: 1}]}
  - {id: silent, kind: silent, mode: "off", patterns: [{regex: 'owl', score: 1}]}
`

func TestOverlaps(t *testing.T) {
	library, err := loadText(t, overlapping)
	if err != nil {
		t.Fatal(err)
	}
	set := view(t, library, rules.View{})
	for text, want := range map[string][]string{
		"a blue bird":       {"long:blue bird"},
		"bluebirds":         {"strong:bluebirds"},
		"bird":              {"short:bird"},
		"a bird, an owl":    {"short:bird", "ghost:owl"},
		"wren bird wren":    {"short:wren", "short:bird", "short:wren"},
		"owl and blue BIRD": {"ghost:owl", "long:blue BIRD"},
	} {
		findings := scan(t, set, text, rules.Context{}).Findings
		if got := show(text, findings); !slices.Equal(got, want) {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
		for _, f := range findings {
			if (f.Mode == rules.Shadow) != (f.Rule == "ghost") {
				t.Errorf("%q: %v has mode %v", text, f, f.Mode)
			}
		}
	}
}

func TestOverrides(t *testing.T) {
	library, err := loadText(t, overlapping)
	if err != nil {
		t.Fatal(err)
	}
	set := view(t, library, rules.View{Overrides: []rules.Override{
		{ID: "ghost", Mode: "enforce"}, {ID: "long", Mode: "off"}, {ID: "short", Threshold: 0.7}, {ID: "strong", Mode: "shadow"},
	}})
	if got, want := show("bluebirds", scan(t, set, "bluebirds", rules.Context{}).Findings), []string{"ghost:bluebirds"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if got, want := show("a bird", scan(t, set, "a bird", rules.Context{}).Findings), []string{"same:bird"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	_, err = library.Set(rules.View{Overrides: []rules.Override{
		{ID: "gost"}, {ID: "short", Mode: "shdow"}, {ID: "long", Threshold: 7}, {ID: "long"},
	}})
	compareLines(t, err, []string{
		`overrides: no loaded rule has the id "gost"; did you mean "ghost"?`,
		`overrides: rule short: mode must be enforce, shadow or off; did you mean "shadow"?`,
		"overrides: rule long: threshold must be above 0 and at most 1",
		"overrides: rule long: is overridden twice; keep one",
	})
}

// TestParts: what is found inside an identifier with the right check digits is no
// finding of its own.
func TestParts(t *testing.T) {
	library := load(t, "builtin")
	for _, test := range []struct {
		region, text string
		want         []string
	}{
		{"GB", "I have AC 63 68 69 B on file", []string{"national_id:AC 63 68 69 B"}},
		{"FR", "1 67 09 41 550 853 79", []string{"national_id:1 67 09 41 550 853 79"}},
		{"FR", "1 4111 1111 1111 1111", []string{"credit_card:4111 1111 1111 1111"}},
	} {
		set := view(t, library, rules.View{Regions: []string{test.region}})
		if got := show(test.text, scan(t, set, test.text, rules.Context{}).Findings); !slices.Equal(got, test.want) {
			t.Errorf("%q: found %q, want %q", test.text, got, test.want)
		}
	}
}

func TestWhereAndRegions(t *testing.T) {
	library, err := loadText(t, `
rules:
  - {id: in, kind: in, words: [wren], where: {direction: inbound}}
  - {id: out, kind: out, words: [wren], where: {direction: outbound, channels: [whatsapp]}}
  - {id: shop, kind: shop, words: [owl], where: {accounts: [shop], fields: [note]}}
  - {id: german, kind: german, words: [amsel], regions: [de]}
`)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		view    rules.View
		context rules.Context
		want    []string
	}{
		{rules.View{}, rules.Context{}, []string{"in:wren", "german:amsel"}},
		{rules.View{Channel: "whatsapp"}, rules.Context{Direction: rules.Outbound}, []string{"out:wren", "german:amsel"}},
		{rules.View{Channel: "messenger"}, rules.Context{Direction: rules.Outbound}, []string{"german:amsel"}},
		{rules.View{Channel: "messenger"}, rules.Context{Direction: rules.Outbound, Channel: "whatsapp"}, []string{"out:wren", "german:amsel"}},
		{rules.View{Account: "shop"}, rules.Context{Field: "note"}, []string{"in:wren", "shop:owl", "german:amsel"}},
		{rules.View{Account: "shop"}, rules.Context{Field: "title"}, []string{"in:wren", "german:amsel"}},
		{rules.View{Regions: []string{"US"}}, rules.Context{}, []string{"in:wren"}},
		{rules.View{Regions: []string{"us", "de"}}, rules.Context{}, []string{"in:wren", "german:amsel"}},
		{rules.View{}, rules.Context{Region: "US"}, []string{"in:wren"}},
		{rules.View{}, rules.Context{Region: "DE"}, []string{"in:wren", "german:amsel"}},
	}
	text := "wren, owl, amsel"
	for _, test := range tests {
		if got := show(text, scan(t, view(t, library, test.view), text, test.context).Findings); !slices.Equal(got, test.want) {
			t.Errorf("%+v %+v: found %q, want %q", test.view, test.context, got, test.want)
		}
	}
}

func TestSpan(t *testing.T) {
	library, err := loadText(t, `
rules:
  - {id: number, kind: k, patterns: [{regex: 'ref (\w+)', span: 1}]}
  - {id: name, kind: k, patterns: [{regex: 'code: (?<code>\w+)(?: (x))?', span: code}]}
  - {id: absent, kind: k, patterns: [{regex: 'tag(:\w+)?', span: 1}]}
  - {id: words, kind: k, words: ["Müller & Söhne", straße]}
`)
	if err != nil {
		t.Fatal(err)
	}
	text := "ref é12; code: abc; tag; tag:x; MÜLLER  &\nsöhne in der Straße, Straßen"
	want := []string{"k:é12", "k:abc", "k:tag", "k::x", "k:MÜLLER  &\nsöhne", "k:Straße"}
	if got := show(text, scan(t, view(t, library, rules.View{}), text, rules.Context{}).Findings); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestAsks(t *testing.T) {
	set := view(t, load(t, "builtin"), rules.View{Overrides: []rules.Override{{ID: "ask_email", Mode: "off"}, {ID: "ask_phone", Mode: "shadow"}}})
	text := "Hi 👋! We never share it. Please type your 16-digit card number. And your phone number? Your e-mail?"
	asks := scan(t, set, text, rules.Context{Direction: rules.Outbound}).Asks
	if len(asks) != 2 || asks[0].Rule != "ask_card" || !slices.Equal(asks[0].Asks, []string{"credit_card"}) ||
		asks[1].Rule != "ask_phone" || asks[1].Mode != rules.Shadow {
		t.Fatalf("asks %+v", asks)
	}
	if part := text[asks[0].Start:asks[0].End]; !strings.Contains(part, "card number") || strings.Contains(part, "never") {
		t.Errorf("the prompt is %q", part)
	}
	if asks := scan(t, set, text, rules.Context{}).Asks; asks != nil {
		t.Errorf("inbound asks %+v", asks)
	}
}

func TestBadText(t *testing.T) {
	set := view(t, load(t, "builtin"), rules.View{})
	for _, text := range []string{"\xff", "card 4111\xed\xa0\x80", strings.Repeat("a", 1<<15) + "\xc3"} {
		if _, err := set.Scan(text, rules.Context{}); !errors.Is(err, rules.ErrText) {
			t.Errorf("%q: %v", text[:1], err)
		}
	}
	if result := scan(t, set, "", rules.Context{}); result.Findings != nil {
		t.Errorf("empty text: %v", result)
	}
}

// TestBudget runs patterns that backtrack for ever. The error must be the
// sentinel itself: the engine's own error quotes the text.
func TestBudget(t *testing.T) {
	for name, pattern := range map[string]string{"time": `(a|a)*(a|aa)*(a|a)*$`, "stack": `(?:\w+\W*)*END`} {
		t.Run(name, func(t *testing.T) {
			library, err := loadText(t, "rules:\n  - {id: slow, kind: k, patterns: [{regex: '"+pattern+"'}]}\n")
			if err != nil {
				t.Fatal(err)
			}
			text := "END " + strings.Repeat("aaaaaaaa ", 2000) + "!stop?"
			if name == "time" {
				text = strings.Repeat("a", 5000) + "!"
			}
			result, err := view(t, library, rules.View{}).Scan(text, rules.Context{})
			if err != rules.ErrBudget || result.Findings != nil {
				t.Errorf("%d findings, error %v", len(result.Findings), err)
			}
		})
	}
}

func TestDeadline(t *testing.T) {
	set := view(t, load(t, "builtin"), rules.View{})
	past := rules.Context{Deadline: time.Now().Add(-time.Second)}
	if _, err := set.Scan("4111111111111111", past); err != rules.ErrBudget {
		t.Errorf("error %v", err)
	}
	if _, err := set.Scan("just words", past); err != nil {
		t.Errorf("a text that needs no pattern: %v", err)
	}
}

// TestWindows puts a number at every place around the borders of windows.
func TestWindows(t *testing.T) {
	set := view(t, load(t, "builtin/cards"), rules.View{})
	for _, filler := range []string{"ab ", "é "} {
		for _, length := range []int{14336, 16384, 26620} {
			for shift := 0; shift < 22; shift += 3 {
				before := strings.Repeat(filler, length/2)
				before = before[:len(before)-len(before)%len(filler)] + strings.Repeat(" ", shift)
				text := before + "4111 1111 1111 1111" + strings.Repeat(" ab", 3000)
				findings := scan(t, set, text, rules.Context{}).Findings
				if len(findings) != 1 || findings[0].Start != len(before) || findings[0].End != len(before)+19 {
					t.Fatalf("%d %d: %v", length, shift, findings)
				}
			}
		}
	}
}

// TestWindowLookbehind wants digits in the middle of a longer run to stay
// unmatched when a window begins inside the run.
func TestWindowLookbehind(t *testing.T) {
	library, err := loadText(t, "rules:\n  - {id: four, kind: k, patterns: [{regex: '(?<!\\d)\\d{4}(?!\\d)'}]}\n")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("12345 ", 6000)
	if findings := scan(t, view(t, library, rules.View{}), text, rules.Context{}).Findings; findings != nil {
		t.Errorf("%d findings", len(findings))
	}
}

func TestManyFindings(t *testing.T) {
	set := view(t, load(t, "builtin/contact"), rules.View{})
	text := strings.Repeat("bob@example.org ", 500)
	if got := len(scan(t, set, text, rules.Context{}).Findings); got != 500 {
		t.Errorf("%d findings, want 500", got)
	}
}
