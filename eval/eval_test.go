package eval_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/piiproxy/piiproxy/eval"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// ruleFile is a small rule set whose findings are plain to see: seven digits
// are a phone number, six an account, four a code when the bot has asked.
const ruleFile = `
rules:
  - id: seven
    kind: phone
    patterns: [{regex: '(?<!\d)\d{7}(?!\d)', score: 0.6}]
    tests: {match: ["1234567"], ignore: ["12345678"]}
  - id: national
    kind: phone
    patterns: [{regex: '(?<!\d)\d{5}(?!\d)', score: 0.6}]
    regions: [NL]
    tests: {match: ["12345"], ignore: ["123456"]}
  - id: six
    kind: account_ref
    patterns: [{regex: '(?<!\d)\d{6}(?!\d)', score: 0.6}]
    tests: {match: ["123456"], ignore: ["1234567"]}
  - id: four
    kind: otp
    patterns: [{regex: '(?<!\d)\d{4}(?!\d)', score: 0.1}]
    tests: {ignore: ["1234"]}
    context: {near: [code]}
  - id: watched
    kind: person
    mode: shadow
    patterns: [{regex: 'jane', score: 0.6}]
    tests: {match: ["jane"], ignore: ["joe"]}
prompts:
  - id: ask_four
    asks: [otp]
    patterns: ['which digits\?']
    tests: {match: ["Which digits?"], ignore: ["digits"]}
`

// mapFile names the labels of the tests' corpora.
const mapFile = `
labels:
  PHONE: [phone]
  ACCOUNT: [account_ref, bank_account]
  CODE: [otp]
  PERSON: [person]
values:
  xx.number: {kinds: [phone], keyword: number}
  xx.number/nl: {kinds: [phone], keyword: nummer}
ignore: [CITY]
exclude:
  - {id: wrong, why: "its label is of another row"}
`

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func labels(t testing.TB) *eval.Map {
	t.Helper()
	m, err := eval.ReadMap(write(t, "map.yaml", mapFile))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// judge hides phone numbers and codes, and only reports accounts.
func judge(t testing.TB) eval.Judge {
	t.Helper()
	library, err := rules.Load([]rules.Source{{Name: "rules.yaml", Body: []byte(ruleFile)}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := library.Set(rules.View{})
	if err != nil {
		t.Fatal(err)
	}
	policy, err := redact.NewPolicy("p", redact.Tables{Inbound: map[string]string{"default": "redact", "account_ref": "report"}})
	if err != nil {
		t.Fatal(err)
	}
	return eval.Judge{Rules: set, Policy: &policy}
}

// corpus reads rows given as lines.
func corpus(t testing.TB, name string, rows ...string) eval.Corpus {
	t.Helper()
	c, err := eval.ReadFile(write(t, name+".jsonl", strings.Join(rows, "\n")), labels(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run measures corpora, with floors when lines is not empty.
func run(t testing.TB, lines string, corpora ...eval.Corpus) *eval.Report {
	t.Helper()
	options := eval.Options{Map: labels(t), Kinds: lines == ""}
	if lines != "" {
		floors, err := eval.ReadFloors(write(t, "floors.yaml", "lines:\n"+lines))
		if err != nil {
			t.Fatal(err)
		}
		options.Floors = floors
	}
	report, err := eval.Run(context.Background(), judge(t), corpora, options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestKinds measures a corpus kind by kind.
func TestKinds(t *testing.T) {
	chats := corpus(t, "chats",
		`{"id":"a","text":"é 1234567 and 7654321","spans":[[2,9,"PHONE"]]}`,                    // one right, one besides
		`{"id":"b","text":"ref 123456, at 1234567","spans":[[4,10,"PHONE"]]}`,                  // found as another kind, and one besides
		`{"id":"c","text":"jane in Bonn","spans":[[0,4,"PERSON"],[8,12,"CITY"]]}`,              // a shadow rule's finding is none
		`{"id":"d","text":"12345678","spans":[[0,8,"BADGE"]]}`,                                 // a label that the map does not name
		`{"id":"e","text":"code 1234567 or 123456","spans":[[5,12,"PHONE"]],"complete":false}`, // what is besides may be right
		`{"id":"f","text":"1234567","spans":null}`,                                             // nobody labelled it
		`{"id":"wrong","text":"1234567","spans":[]}`,
	)
	got := run(t, "", chats).Corpora[0]
	want := eval.CorpusResult{
		Corpus: "chats", Rows: 6, Texts: 4, FalseTexts: 2,
		Kinds: []eval.KindResult{
			{Kind: "BADGE", Labels: 1, Misses: []eval.Miss{{Corpus: "chats", Row: "d", Label: "BADGE", Shape: "99999999"}}},
			{Kind: "account_ref", Findings: 1, Right: 1, Precision: 1},
			{Kind: "person", Labels: 1, Misses: []eval.Miss{{Corpus: "chats", Row: "c", Label: "PERSON", Shape: "aaaa"}}},
			{
				Kind: "phone", Labels: 3, Found: 3, Findings: 3, Right: 1, Recall: 1, Precision: 1.0 / 3, F2: 5.0 / 7,
				Wrong: []eval.Miss{{Corpus: "chats", Row: "a", Rule: "seven", Shape: "9999999"}, {Corpus: "chats", Row: "b", Rule: "seven", Shape: "9999999"}},
			},
		},
		Confused: []eval.Confusion{{Label: "PHONE", Kind: "account_ref", Count: 1}},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(near)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

// TestConversation says that what the bot asks informs the next turn alone.
func TestConversation(t *testing.T) {
	chats := corpus(t, "chats",
		`{"id":"a","turns":[{"speaker":"bot","text":"Which digits?","spans":[]},{"speaker":"user","text":"4821","spans":[[0,4,"CODE"]]}]}`,
		`{"id":"b","turns":[{"speaker":"user","text":"4821","spans":[[0,4,"CODE"]]},{"speaker":"bot","text":"1234567"}]}`,
	)
	got := run(t, `
  - {line: codes, in: [chats], labels: [CODE], measure: recall, at_least: 0.9}
  - {line: prompted, in: [chats], prompt: "Which digits?", measure: recall, at_least: 1}
  - {line: texts of users, in: [chats], speaker: user, measure: false_per_1000, at_most: 0}
  - {line: texts of bots, in: [chats], speaker: bot, measure: false_per_1000, at_most: 0}
`, chats)
	compare(t, got, []string{"codes 0.5 of 2 yes", "prompted 1 of 2 yes", "texts of users 0 of 2 yes", "texts of bots 500 of 2 NO"})
}

// compare shows a report's lines as "name value of n ok".
func compare(t *testing.T, report *eval.Report, want []string) {
	t.Helper()
	var got []string
	for _, l := range report.Lines {
		ok := "NO"
		if l.OK {
			ok = "yes"
		}
		value, _ := json.Marshal(l.Value)
		count, _ := json.Marshal(l.Count)
		got = append(got, l.Line+" "+string(value)+" of "+string(count)+" "+ok)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFilters takes one corpus and asks for parts of it.
func TestFilters(t *testing.T) {
	texts := corpus(t, "texts",
		`{"id":"1","text":"call 1234567","spans":[[5,12,"PHONE"]],"set":"a","region":"NL","tries":1}`,
		`{"id":"2","text":"my code is 12345678","spans":[[11,19,"PHONE"]],"set":"b","sure":true}`,
		`{"id":"3","text":"12345","spans":[[0,5,"PHONE"]],"set":null}`,
	)
	turns := corpus(t, "turns",
		`{"id":"4","turns":[{"speaker":"user","text":"1234567","spans":[[0,7,"PHONE"]],"asked":["PHONE","name"],"gold":"exact"},`+
			`{"speaker":"user","text":"123456","spans":[[0,6,"ACCOUNT"]],"asked":["ACCOUNT"],"gold":"part"}]}`,
	)
	got := run(t, `
  - {line: set, in: [texts], rows: {set: [a]}, measure: recall, at_least: 0}
  - {line: number, in: [texts], rows: {tries: ["1"]}, measure: recall, at_least: 0}
  - {line: "true", in: [texts], rows: {sure: ["true"]}, measure: recall, at_least: 0}
  - {line: "null", in: [texts], rows: {set: ["null"]}, measure: recall, at_least: 0}
  - {line: absent, in: [texts], rows: {sure: [""]}, measure: recall, at_least: 0}
  - {line: text, in: [texts], text: CALL|what, measure: recall, at_least: 0}
  - {line: after, in: [texts], after: code is, measure: recall, at_least: 0}
  - {line: value, in: [texts], value: '\d{5}|\d{7}', measure: recall, at_least: 0}
  - {line: digits, in: [texts], digits: 7, measure: recall, at_least: 0}
  - {line: labels, in: [turns], labels: [ACCOUNT], measure: recall, at_least: 0}
  - {line: asked, in: [turns], asked: [PHONE, ACCOUNT], measure: recall, at_least: 0}
  - {line: not asked, in: [turns], asked: [PHONE, ACCOUNT], not_asked: [name], measure: recall, at_least: 0}
  - {line: gold, in: [turns], turns: {gold: [exact]}, measure: recall, at_least: 0}
  - {line: kinds, in: [texts, turns], kinds: [phone], measure: precision, at_least: 0}
  - {line: except, in: [texts, turns], except: [phone], measure: precision, at_least: 0}
  - {line: unless, in: [texts, turns], unless: '12345\b', measure: precision, at_least: 0}
`, texts, turns)
	compare(t, got, []string{
		"set 1 of 1 yes", "number 1 of 1 yes", "true 0 of 1 yes", "null 1 of 1 yes", "absent 1 of 2 yes", "text 1 of 1 yes",
		"after 0 of 1 yes", "value 1 of 2 yes", "digits 0.5 of 2 yes", "labels 1 of 1 yes", "asked 1 of 2 yes", "not asked 1 of 1 yes",
		"gold 1 of 1 yes", "kinds 1 of 3 yes", "except 1 of 1 yes", "unless 1 of 3 yes",
	})
}

// TestMeasures takes the measures that look at policy, values and shapes.
func TestMeasures(t *testing.T) {
	values := corpus(t, "values",
		`{"id":"1","type":"xx.number","locale":"de","text":"1234567","valid":true,"spans":[]}`,
		`{"id":"2","type":"xx.number","locale":"nl","text":"12345678","valid":false,"spans":[]}`,
		`{"id":"3","type":"xx.number","locale":"nl","text":"7654321","valid":false,"spans":[]}`,
		`{"id":"4","type":"yy.unknown","text":"7654321","valid":true,"spans":[]}`,
	)
	hidden := corpus(t, "hidden",
		`{"id":"1","text":"it is 1234567!","contains":"1234567","type":"phone","span":"1234567"}`,
		`{"id":"2","text":"it is 1-2-3-4-5-6-7!","contains":"1234567","type":"phone","span":"1-2-3-4-5-6-7"}`,
		`{"id":"3","text":"first 1234567. The rest is 7654321.","contains":"12345677654321","type":"phone"}`,
		`{"id":"4","text":"first 123456. The rest is 765.","contains":"123456765","type":"phone"}`,
	)
	benign := corpus(t, "benign",
		`{"id":"1","text":"fine","contains":"","type":"none"}`,
		`{"id":"2","text":"order 123456","contains":"","type":"none"}`, // a kind that policy only reports
		`{"id":"3","text":"order 1234567","contains":"","type":"none"}`,
	)
	got := run(t, `
  - {line: said, in: [values], rows: {valid: ["true"]}, say: true, measure: recall, at_least: 1}
  - {line: refused, in: [values], rows: {valid: ["false"]}, say: true, measure: refused, at_least: 1}
  - {line: hidden, in: [hidden], measure: recall, at_least: 1}
  - {line: unchanged, in: [benign], measure: unchanged, at_least: 1}
  - {line: masked, in: [benign], measure: masked, at_most: 0.3}
  - {line: besides, in: [benign], measure: false_per_1000, at_most: 700}
`, values, hidden, benign)
	compare(t, got, []string{
		"said 1 of 1 yes", "refused 0.5 of 2 yes", "hidden 0.5 of 4 NO",
		"unchanged 0.6666666666666666 of 3 yes", "masked 0.3333333333333333 of 3 NO", "besides 666.6666666666666 of 3 yes",
	})
}

// TestHeld says which reports fail: a line below its floor, nothing measured,
// and corpora that were not given.
func TestHeld(t *testing.T) {
	chats := corpus(t, "chats", `{"id":"1","text":"1234567","spans":[[0,7,"PHONE"]]}`)
	for line, want := range map[string]bool{
		`{line: l, in: [chats], measure: recall, at_least: 1}`:                  true,
		`{line: l, in: [chats], labels: [NONE], measure: recall, at_least: 0}`:  false,
		`{line: l, in: [chats, others], measure: recall, at_least: 0}`:          false,
		`{line: l, in: [chats], kinds: [phone], measure: recall, at_most: 0.5}`: false,
	} {
		if got := run(t, "  - "+line+"\n", chats).Held(); got != want {
			t.Errorf("%s: held %v", line, got)
		}
	}
}

// TestFewLabels is the rule of small numbers: under 50 labels one miss is
// allowed, and no share makes up for two.
func TestFewLabels(t *testing.T) {
	rows := func(found, missed int) eval.Corpus {
		var lines []string
		for range found {
			lines = append(lines, `{"id":"1","text":"1234567","spans":[[0,7,"PHONE"]]}`)
		}
		for range missed {
			lines = append(lines, `{"id":"2","text":"nothing","spans":[[0,7,"PHONE"]]}`)
		}
		return corpus(t, "chats", lines...)
	}
	for _, c := range []struct {
		found, missed int
		want          bool
	}{{1, 1, true}, {47, 2, false}, {48, 1, true}, {49, 1, true}, {48, 2, true}, {47, 3, false}} {
		report := run(t, "  - {line: l, in: [chats], measure: recall, at_least: 0.96}\n", rows(c.found, c.missed))
		if report.Held() != c.want {
			t.Errorf("%d found, %d missed: held %v", c.found, c.missed, report.Held())
		}
	}
}

// TestSameReport says that the same corpus gives the same report, and that no
// report shows a value.
func TestSameReport(t *testing.T) {
	var rows []string
	for _, secret := range []string{"Wilhelmina", "8675309", "86753099"} {
		rows = append(rows, `{"id":"`+strings.Repeat("r", len(secret))+`","text":"`+secret+` 7654321","spans":[[0,`+string('0'+rune(len(secret)%10))+`,"PERSON"]]}`)
	}
	rows[0] = strings.Replace(rows[0], "[0,0,", "[0,10,", 1)
	chats := corpus(t, "chats", rows...)
	first := shown(t, run(t, "", chats))
	if again := shown(t, run(t, "", chats)); first != again {
		t.Errorf("two runs differ:\n%s\n%s", first, again)
	}
	for _, secret := range []string{"Wilhelmina", "8675309", "7654321"} {
		if strings.Contains(first, secret) {
			t.Errorf("the report shows %s", secret)
		}
	}
}

func shown(t testing.TB, report *eval.Report) string {
	t.Helper()
	var text strings.Builder
	if err := report.Print(&text, 10); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	return text.String() + string(raw)
}
