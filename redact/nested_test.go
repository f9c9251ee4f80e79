package redact_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
)

// quoted spells a text as the inside of a JSON string.
func quoted(text string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) }

// Documents in strings are walked to depth four and edited in place; deeper
// ones are words.
func TestDocumentsInStrings(t *testing.T) {
	e, _ := engine(t)
	deep := func(depth int, value string) string {
		text := `{"a":["` + value + `"],"z":0}`
		for range depth {
			text = `{ "in" : "` + quoted(text) + `", "z":0}`
		}
		return text
	}
	for depth := range 6 {
		got := rewrite(t, e, "messenger", said(quoted(deep(depth, card))), scope(t))
		if depth < 3 {
			matches(t, "depth", said(quoted(deep(depth, "{creditcard}"))), string(got.Bytes))
		} else if strings.Contains(string(got.Bytes), "4111") {
			t.Errorf("depth %d: %s", depth, got.Bytes)
		}
		clean := said(quoted(deep(depth, "hello")))
		if got := rewrite(t, e, "messenger", clean, scope(t)); got.Edited || string(got.Bytes) != clean {
			t.Errorf("depth %d: a clean document changed", depth)
		}
	}
}

// A number in such a document becomes a string, because its token is one.
func TestNumbersInStrings(t *testing.T) {
	e, _ := engine(t)
	for _, test := range [][2]string{
		{`{"n":` + digits + `}`, `{"n":"{creditcard}"}`},
		{`{"n": -` + digits + ` , "m":1}`, `{"n": "{creditcard}" , "m":1}`},
		{`[1,` + digits + `,"x"]`, `[1,"{creditcard}","x"]`},
		{`{"n":1.5,"m":389501,"d":1699999999999}`, `{"n":1.5,"m":389501,"d":1699999999999}`},
	} {
		got := rewrite(t, e, "messenger", said(quoted(test[0])), scope(t))
		matches(t, test[0], said(quoted(test[1])), string(got.Bytes))
	}
	got := rewrite(t, e, "messenger", `{"message":{"text":"`+quoted(`{"n":`+digits+`}`)+`"}}`, scope(t, outbound))
	if want := `{"message":{"text":"` + quoted(`{"n":"***1111"}`) + `"}}`; string(got.Bytes) != want {
		t.Errorf("outbound: %s", got.Bytes)
	}
}

// Edits in a document in a string hit the right bytes whatever escapes stand
// around: both layers keep their spelling.
func TestEscapesAroundEdits(t *testing.T) {
	e, _ := engine(t)
	const before, after = `{\"x\":\"\\u0041\\\/\u00e9😀\\n `, ` \\ud83d\\ude00\\\"\",\"y\" : [ ] }`
	got := rewrite(t, e, "messenger", said(before+card+after), scope(t))
	matches(t, "inner", said(before+"{creditcard}"+after), string(got.Bytes))
	got = rewrite(t, e, "messenger", said(`\u00e9😀\/`+card+`\ud83d\n`), scope(t))
	matches(t, "outer", said(`\u00e9😀\/{creditcard}\ud83d\n`), string(got.Bytes))
}

// Text that looks like a document and is none is judged as text, with its
// escapes.
func TestNoDocument(t *testing.T) {
	e, _ := engine(t)
	for what, text := range map[string]string{
		"cut":                   `{"card":"` + card,
		"white space first":     ` {"card":"` + card + `"}`,
		"two documents":         `{"a":1}{"card":"` + card + `"}`,
		"duplicate names":       `{"a":"x","a":"` + card + `"}`,
		"words in brackets":     `[my card ` + card + `]`,
		"an escaped digit":      `{"card":"\u0034111111111111111"`,
		"escaped last digit":    `{"card":"411111111111111\u0031"`,
		"all escaped":           `{"` + strings.Repeat(`\u0034\u0031\u0031\u0031`, 1) + `\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031"`,
		"an escape before":      `x\u00204111111111111111`,
		"an escaped at sign":    `mail jane.doe\u0040corp.example now`,
		"plain beside escaped":  digits + ` and \u0034111111111111111`,
		"escapes in a document": ` {"card":"\u0034111111111111111"}`,
	} {
		got := string(rewrite(t, e, "messenger", said(quoted(text)), scope(t)).Bytes)
		for _, secret := range []string{"4111 1111", "4111111", "411111111111111", "jane.doe", "34111111111111111"} {
			if strings.Contains(got, secret) {
				t.Errorf("%s: %s", what, got)
			}
		}
	}
}

// A split value: digits over the items of an array (threats.md B10).
func TestDigitsInArrays(t *testing.T) {
	e, _ := engine(t)
	for _, body := range []string{
		webhook(`"message":{"text":["4111","1111","1111","1111"]}`), webhook(`"message":{"text":[4,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}`),
		webhook(`"new":[4111,1111,1111,1111]`), webhook(`"new":[["4111 1111","1111 1111"]]`),
	} {
		if got := rewrite(t, e, "messenger", body, scope(t)); len(got.Refusals) != 1 {
			t.Errorf("%s passes as %s", body, got.Bytes)
		}
	}
	for _, body := range []string{webhook(`"new":[1,2,3]`), webhook(`"delivery":{"mids":["4111","1111","1111","1111"]}`), webhook(`"new":["4111","x","1111","1111","1111"]`)} {
		if got := rewrite(t, e, "messenger", body, scope(t)); len(got.Refusals) > 0 || got.Edited {
			t.Errorf("%s: %v", body, got.Refusals)
		}
	}
}

// Each stretch is judged by its own scope, the innermost one counts, and a
// refusal names its stretch.
func TestStretches(t *testing.T) {
	e, _ := engine(t)
	body := `{"object":"page","entry":[{"id":"1","messaging":[{"message":{"text":"` + email + `"}},{"message":{"text":` + digits + `}}]}]}`
	d, ch := document(t, "messenger", body)
	events := d.At(0, "entry") + 1
	first := d.Child(events, "messaging") + 1
	second := d.Nodes[first].Next
	mask := scope(t, func(s *redact.Scope) {
		s.Policy = defaults(t, func(p *redact.Tables) { p.Inbound["email"] = "mask" })
	})
	result, err := e.Rewrite(t.Context(), redact.Body{Document: d, Channel: ch, Table: ch.Webhook(), Stretches: []redact.Stretch{
		{Scope: scope(t)}, {Root: first, Scope: mask}, {Root: second, Scope: scope(t)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(body, email, `j***\u0040corp.example`, 1); string(result.Bytes) != want {
		t.Errorf("got %s", result.Bytes)
	}
	if len(result.Refusals) != 1 || result.Refusals[2] != redact.ValueInNumber {
		t.Errorf("refusals are %v", result.Refusals)
	}
}
