package corpus_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/rules/corpus"
)

func read(t *testing.T, name, text string) (rows []corpus.Row, err error) {
	t.Helper()
	err = corpus.Read(strings.NewReader(text), name, rules.Inbound, func(row corpus.Row) error {
		rows = append(rows, row)
		return nil
	})
	return rows, err
}

func TestRead(t *testing.T) {
	rows, err := read(t, "a.jsonl", `{"id":7,"text":"one","region":"DE","language":"de","spans":[[0,1,"X"]]}

{"turns":[{"speaker":"bot","text":"two"},{"speaker":"user","text":"three"}]}
`)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v, %v", rows, err)
	}
	if got := fmt.Sprint(rows); got != "[{a.jsonl 1 DE de [{inbound one}] true} {a.jsonl 3   [{outbound two} {inbound three}] false}]" {
		t.Errorf("got %s", got)
	}
	if rows[0].Where(0) != "a.jsonl:1" || rows[1].Where(1) != "a.jsonl:3 turn 1" {
		t.Errorf("got %s, %s", rows[0].Where(0), rows[1].Where(1))
	}
	rows, err = read(t, "a.txt", "{one\r\n \ntwo")
	if err != nil || len(rows) != 2 || rows[0].Turns[0].Text != "{one" || rows[1].Line != 3 {
		t.Errorf("%v, %v", rows, err)
	}
}

// Errors name the place and hold nothing of the text.
func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"text":"secret"`:        `a.jsonl:1: not a row {"id","text"} or {"id","turns"}`,
		`{"id":"secret"}`:         `a.jsonl:1: a row has either "text" or "turns"`,
		"{}\n\xffsecret":          `a.jsonl:1: a row has either "text" or "turns"`,
		"\xffsecret":              "a.jsonl:1: not UTF-8",
		`{"text":"s","turns":[]}`: `a.jsonl:1: a row has either "text" or "turns"`,
		`{"turns":[{"speaker":"secret","text":"secret"}]}`: `a.jsonl:1: a speaker is "user" or "bot"`,
		strings.Repeat("x", 9<<20):                         "a.jsonl: a line is longer than 8388608 bytes",
	} {
		if _, err := read(t, "a.jsonl", text); err == nil || err.Error() != want {
			t.Errorf("%.30s: got %v", text, err)
		}
	}
}

// What the bot asked in its last turn informs the next turns of the person, and
// no turn after another one of the bot's.
func TestScan(t *testing.T) {
	body := `
rules:
  - {id: pin, kind: pin, patterns: [{regex: '\d{4}', score: 0.1}]}
prompts:
  - {id: ask_pin, asks: [pin], patterns: ['your pin']}
`
	library, err := rules.Load([]rules.Source{{Name: "pin.yaml", Body: []byte(body)}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := library.Set(rules.View{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := read(t, "a.jsonl", `{"turns":[{"speaker":"user","text":"1234"},{"speaker":"bot","text":"your pin?"},{"speaker":"user","text":"1234"},{"speaker":"user","text":"4321"},{"speaker":"bot","text":"At what time shall we bring it?"},{"speaker":"user","text":"1234"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	rows[0].Scan(set, func(turn int, result rules.Result, err error) {
		if err != nil {
			t.Error(err)
		}
		if len(result.Findings) > 0 {
			found = append(found, turn)
		}
	})
	if fmt.Sprint(found) != "[2 3]" {
		t.Errorf("found in turns %v, want 2 and 3", found)
	}
}
