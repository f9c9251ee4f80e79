package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

const explained = `
rules:
  - id: long_code
    kind: code
    patterns: [{regex: 'K-\d{4}-\d{2}', score: 0.7}]
  - id: short_code
    kind: code
    patterns: [{regex: 'K-\d{4}', score: 0.7}]
  - id: bold_code
    kind: secret
    patterns: [{regex: '\d{4}-\d{2}', score: 0.9}]
    mode: shadow
  - id: weak_code
    kind: code
    patterns: [{regex: '\d{6}', score: 0.2}]
    context: {near: [code], boost: 0.4}
  - id: card
    kind: credit_card
    patterns: [{regex: '\d{16}', score: 0.3}]
    validate: {name: card, pass: +0.6, fail: drop}
prompts:
  - id: ask_code
    asks: [code]
    patterns: ['your code']
`

func explain(t *testing.T, text string, c rules.Context, own rules.Own) string {
	t.Helper()
	library, err := rules.Load([]rules.Source{{Name: "codes.yaml", Body: []byte(explained)}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := library.Set(rules.View{Own: own})
	if err != nil {
		t.Fatal(err)
	}
	e, err := set.Explain(text, c, true)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range e.Matches {
		line := fmt.Sprintf("%s %s %.1f %s", text[m.Start:m.End], m.Rule, m.Score, m.Outcome)
		if m.Over != "" {
			line += " by " + m.Over + ", " + m.Because
		}
		lines = append(lines, line)
	}
	for _, ask := range e.Asks {
		lines = append(lines, text[ask.Start:ask.End]+" asks")
	}
	plain, err := set.Scan(text, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range plain.Findings { // what Scan finds is what Explain says was found
		want := fmt.Sprintf("%s %s %.1f found", text[f.Start:f.End], f.Rule, f.Score)
		if !strings.Contains(strings.Join(lines, "\n"), want) {
			t.Errorf("%q: Scan finds %q, Explain says %q", text, want, lines)
		}
	}
	return strings.Join(lines, "\n")
}

func TestExplain(t *testing.T) {
	for _, test := range []struct {
		text    string
		context rules.Context
		own     rules.Own
		want    []string
	}{
		{text: "see you", want: nil},
		{text: "K-1234-56", want: []string{
			"K-1234-56 long_code 0.7 found",
			"K-1234 short_code 0.7 overlapped by long_code, same score, longer",
			"1234-56 bold_code 0.9 overlapped by long_code, enforced comes before shadow",
		}},
		{text: "123456", want: []string{"123456 weak_code 0.2 below threshold"}},
		{text: "code 123456", want: []string{"123456 weak_code 0.6 found"}},
		{text: "no 4111111111111112", want: []string{
			"4111111111111112 card 0.0 below threshold",
			"411111 weak_code 0.2 below threshold",
			"111111 weak_code 0.2 below threshold",
		}},
		{
			text: "type your code, K-1234-56 or K-9999-11", context: rules.Context{Direction: rules.Outbound}, own: rules.Own{Values: []string{"K-9999-11"}},
			want: []string{
				"K-1234-56 long_code 0.7 found",
				"K-1234 short_code 0.7 overlapped by long_code, same score, longer",
				"1234-56 bold_code 0.9 overlapped by long_code, enforced comes before shadow",
				"K-9999-11 long_code 0.7 own value",
				"K-9999 short_code 0.7 own value",
				"9999-11 bold_code 0.9 own value",
				"your code asks",
			},
		},
	} {
		got := explain(t, test.text, test.context, test.own)
		if want := strings.Join(test.want, "\n"); got != want {
			t.Errorf("%q:\n got %s\nwant %s", test.text, got, want)
		}
	}
}

// Without near only matches that count are told of, and the prefilter works.
func TestExplainWithoutNear(t *testing.T) {
	library, err := rules.Load([]rules.Source{{Name: "codes.yaml", Body: []byte(explained)}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := library.Set(rules.View{})
	if err != nil {
		t.Fatal(err)
	}
	if e, err := set.Explain("123456", rules.Context{}, false); err != nil || len(e.Matches) != 0 {
		t.Errorf("got %v, %v", e.Matches, err)
	}
	if _, err := set.Explain("\xff", rules.Context{}, true); err != rules.ErrText {
		t.Errorf("got %v", err)
	}
}
