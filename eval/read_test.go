package eval_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/eval"
)

// TestReadErrors names the line and shows none of it.
func TestReadErrors(t *testing.T) {
	for row, want := range map[string]string{
		`{"id":1,"text":"secret"`:                                          `1: not a row`,
		`{"id":1}`:                                                         `1: a row has either "text" or "turns"`,
		`{"id":1,"text":"secret","turns":[]}`:                              `1: a row has either "text" or "turns"`,
		`{"id":1,"text":"secret","spans":[[0,9,"PHONE"]]}`:                 `1: a span is outside its text`,
		`{"id":1,"text":"secret","spans":[[3,3,"PHONE"]]}`:                 `1: a span is outside its text`,
		`{"id":1,"text":"secret","spans":[[-1,3,"PHONE"]]}`:                `1: a span is outside its text`,
		`{"id":1,"text":"secret","spans":[["secret",3,"PHONE"]]}`:          `1: not a row`,
		`{"id":1,"turns":[{"speaker":"secret","text":"secret"}]}`:          `1: a speaker is "user" or "bot"`,
		`{"id":1,"text":"secret","contains":"4","span":"44"}`:              `1: "span" is not in the text`,
		`{"id":1,"text":"secret 1","contains":"12"}`:                       `1: "contains" is not in the text`,
		"\n" + `{"id":1,"text":"` + "\xff" + `secret"}`:                    `2: not UTF-8`,
		`{"id":1,"text":"` + strings.Repeat("secret", 2<<20) + `"}` + "\n": `1: bufio.Scanner: token too long`,
	} {
		_, err := eval.Read(strings.NewReader(row), "c", labels(t))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.60s: %v, want %s", row, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%.60s: the error shows the text: %v", row, err)
		}
	}
}

// TestMapErrors and the errors of floors say what is wrong.
func TestMapErrors(t *testing.T) {
	for text, want := range map[string]string{
		"labels: {A: [phone]}\nlables: {}":      "field lables not found",
		"exclude: [{id: a}]":                    "with the reason why",
		"values: {a: {keyword: k}}":             "values.a: needs kinds and a keyword",
		"labels: {A: [phone]}\n---\nlabels: {}": "more than one document",
		"":                                      "EOF",
	} {
		if _, err := eval.ReadMap(write(t, "m.yaml", text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	line := func(keys string) string { return "lines: [{line: l, in: [c], " + keys + "}]" }
	for text, want := range map[string]string{
		line("measure: recall"):                                          "either at_least or at_most",
		line("measure: recall, at_least: 1, at_most: 1"):                 "either at_least or at_most",
		line("measure: recal, at_least: 1"):                              `"recal" is no measure, take one of false_per_1000, masked, precision`,
		line("measure: recall, at_least: 1, speaker: he"):                "speaker is user or bot",
		line("measure: recall, at_least: 1, text: '('"):                  "text is no regular expression",
		line("measure: recall, at_least: 1, say: true, prompt: 'What?'"): "one of say and prompt",
		"lines: [{line: l, measure: recall, at_least: 1}]":               "needs a line and in",
	} {
		if _, err := eval.ReadFloors(write(t, "f.yaml", text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// FuzzRead: whatever a file holds, reading and measuring it never panics.
func FuzzRead(f *testing.F) {
	f.Add(`{"id":"a","text":"é 1234567","spans":[[2,9,"PHONE"]]}`)
	f.Add(`{"id":"a","turns":[{"speaker":"bot","text":"Which digits?"},{"speaker":"user","text":"1","spans":[[0,1]],"asked":["x"]}]}`)
	f.Add(`{"id":"a","text":"1️⃣ 2","contains":"12","type":"t"}`)
	f.Add(`{"id":null,"text":"","spans":[],"type":"xx.number","locale":null,"valid":false}`)
	m := labels(f)
	floors, err := eval.ReadFloors(write(f, "f.yaml", `lines:
  - {line: a, in: [c], measure: recall, after: a, value: b, at_least: 1}
  - {line: b, in: [c], measure: refused, say: true, at_least: 1}
  - {line: c, in: [c], measure: precision, prompt: "Which digits?", at_least: 1}
  - {line: d, in: [c], measure: unchanged, at_least: 1}
`))
	if err != nil {
		f.Fatal(err)
	}
	by := judge(f)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := eval.Read(strings.NewReader(text), "c", m)
		if err != nil {
			return
		}
		report, err := eval.Run(t.Context(), by, []eval.Corpus{c}, eval.Options{Map: m, Floors: floors, Kinds: true})
		if err != nil {
			return // a text out of its budget
		}
		shown(t, report)
	})
}
