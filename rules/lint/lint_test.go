package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/rules/lint"
)

func run(t *testing.T, body string, benign ...string) []lint.Problem {
	t.Helper()
	var options lint.Options
	for i, text := range benign {
		options.Benign = append(options.Benign, lint.Text{File: "chats.txt", Line: i + 1, Text: text})
	}
	return lint.Run([]rules.Source{{Name: "own.yaml", Body: []byte(body)}}, options)
}

func lines(problems []lint.Problem) string {
	list := make([]string, len(problems))
	for i, p := range problems {
		list[i] = p.String()
	}
	return strings.Join(list, "\n")
}

// A rule as the docs teach it has no problems.
func TestClean(t *testing.T) {
	got := run(t, `
rules:
  - id: member_number
    kind: member
    patterns:
      - {regex: '(?<!\w)MB-(?<number>\d{8})(?!\w)', score: 0.9, span: number}
    tests: {match: ["my number is MB-20418833"], ignore: ["order MB-204188331"]}
prompts:
  - id: ask_member
    asks: [member]
    patterns: ['member number\?']
    tests: {match: ["Your member number?"], ignore: ["Thanks"]}
`, "what is my member number", "MB-2 is late")
	if len(got) > 0 {
		t.Errorf("got\n%s", lines(got))
	}
}

func TestProblems(t *testing.T) {
	for name, test := range map[string]struct {
		body   string
		benign []string
		want   []string
	}{
		"does not load": {
			"rules:\n  - {id: a, kind: b, patterns: [{regex: '('}]}\n", nil,
			[]string{"own.yaml:2: error: rule a: pattern", "does not compile"},
		},
		"not a rule file": {"x: 1\n", nil, []string{"own.yaml:1: error: unknown key"}},
		"an example is not found": {
			"rules:\n  - {id: a, kind: b, patterns: [{regex: 'xyzzy'}], tests: {match: [nothing], ignore: [none]}}\n", nil,
			[]string{"own.yaml:2: error: rule a: tests.match example 1", "is not found"},
		},
		"no examples": {
			"rules:\n  - {id: a, kind: b, patterns: [{regex: 'xyzzy'}]}\n", nil,
			[]string{"warning: rule a: has no example of what it finds", "warning: rule a: has no example of what it must leave alone"},
		},
		"a pattern without an example": {
			"rules:\n  - id: a\n    kind: b\n    patterns:\n      - {regex: 'xyzzy', score: 0.9}\n      - {regex: 'plugh', score: 0.9}\n    tests: {match: [xyzzy], ignore: [none]}\n", nil,
			[]string{"own.yaml:6: warning: rule a: the pattern matches none of the rule's own examples"},
		},
		"an unused group": {
			"rules:\n  - {id: a, kind: b, patterns: [{regex: '(xyz)(?<end>zy)', score: 0.9, span: end}], tests: {match: [xyzzy], ignore: [none]}}\n", nil,
			[]string{"own.yaml:2: warning: rule a: group 1 of the pattern is never used"},
		},
		"runs everywhere": {
			"rules:\n  - {id: a, kind: b, patterns: [{regex: '[a-z]+[a-z]+tude', score: 0.1}, {regex: '\\w{20}', score: 0.9}], tests: {match: [\"my multitude, abcdefghijklmnopqrstu\"], ignore: [none]}}\n", nil,
			[]string{"the pattern runs on every text"},
		},
		"an odd kind": {
			"rules:\n  - {id: a, kind: pasport, patterns: [{regex: 'xyzzy', score: 0.9}], tests: {match: [xyzzy], ignore: [none]}}\n", nil,
			[]string{"own.yaml:2: warning: rule a: kind pasport is nearly the built-in kind passport"},
		},
		"an odd id": {
			"rules:\n  - {id: phone, kind: code, patterns: [{regex: 'xyzzy', score: 0.9}], tests: {match: [xyzzy], ignore: [none]}}\n", nil,
			[]string{"the id is the name of kind phone, but the rule finds code"},
		},
		"superfluous": {
			"rules:\n  - {id: narrow, kind: code, patterns: [{regex: 'XK\\d{4}', score: 0.6}], tests: {match: [XK1234], ignore: [none]}}\n" +
				"  - {id: broad, kind: code, patterns: [{regex: 'X[KL]\\d{4}', score: 0.7}], tests: {match: [XL1234], ignore: [none]}}\n", nil,
			[]string{"own.yaml:2: warning: rule narrow: rule broad of the same kind finds all of its examples as well"},
		},
		"too wide for the built-in texts": {
			"rules:\n  - {id: a, kind: b, patterns: [{regex: '\\d{4,}', score: 0.9}], tests: {match: [\"1234\"], ignore: [none]}}\n", nil,
			[]string{"own.yaml:2: error: rule a: is too wide: finds something in", "of 170 ordinary texts, first built-in ordinary texts:15 9999999"},
		},
		"too wide for the author's texts": {
			"rules:\n  - {id: a, kind: b, patterns: [{regex: 'MB\\d{4}', score: 0.9}], tests: {match: [MB1234], ignore: [none]}}\n",
			append(strings.Split(strings.Repeat("see you later,", 60), ","), "the MB2044 is late"),
			[]string{"own.yaml:2: warning: rule a: is too wide: finds something in 1 of 62 ordinary texts, first chats.txt:62 AA9999"},
		},
	} {
		got := lines(run(t, test.body, test.benign...))
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got\n%s\nwant %q in it", name, got, want)
			}
		}
		if strings.Contains(got, "MB2044") {
			t.Errorf("%s: an ordinary text is quoted:\n%s", name, got)
		}
	}
}

// Rules of one kind that are needed in different regions, or that find different
// things, do not make each other superfluous.
func TestNotSuperfluous(t *testing.T) {
	got := lines(run(t, `
rules:
  - {id: de, kind: code, regions: [DE], patterns: [{regex: 'XK\d{4}', score: 0.6}], tests: {match: [XK1234], ignore: [none]}}
  - {id: fr, kind: code, regions: [FR], patterns: [{regex: 'XK\d{4}', score: 0.7}], tests: {match: [XK1234], ignore: [none]}}
  - {id: longer, kind: code, patterns: [{regex: 'YK\d{6}', score: 0.6}], tests: {match: [YK123456], ignore: [none]}}
  - {id: shorter, kind: code, patterns: [{regex: 'YK\d{4}', score: 0.9}], tests: {match: [YK1234], ignore: [none]}}
`))
	if strings.Contains(got, "same kind") {
		t.Errorf("got\n%s", got)
	}
}

// published are patterns that are known for running away, and where they are
// from. The engine sees through those that are not refused.
var published = []struct {
	from, regex string
	refused     bool
}{
	{"OWASP ReDoS, evil regex 1", `^(a+)+$`, true},
	{"OWASP ReDoS, evil regex 2", `^([a-zA-Z]+)*$`, true},
	{"OWASP ReDoS, evil regex 3", `^(a|aa)+$`, true},
	{"OWASP ReDoS, evil regex 4", `^(a|a?)+$`, true},
	{"OWASP ReDoS, evil regex 5", `(.*a){20}$`, true},
	{"OWASP validation repository, person name", `^[a-zA-Z]+(([\'\,\.\- ][a-zA-Z ])?[a-zA-Z]*)*$`, true},
	{"OWASP validation repository, Java class name", `^(([a-z])+.)+[A-Z]([a-z])+$`, true},
	{"OWASP ReDoS, e-mail of RegExLib", `^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$`, true},
	{"regular-expressions.info, catastrophic backtracking", `(x+x+)+y`, true},
	{"alternation of one and the same", `(a|a)*b`, false},
	{"nested plus", `(a+)+$`, true},
	{"nested star over words", `^(\w+\s?)*$`, true},
	{"Snort, Smith and others 2006", `.*,.*,.*,.*,.*,.*,.*,.*,.*,.*,.*P`, true},
	{"Stack Overflow, outage of July 20, 2016", `\s+$`, false},
	{"Cloudflare, outage of July 2, 2019", `(?:(?:"|'|\]|\}|\\|\d|(?:nan|infinity|true|false|null|undefined|symbol|math)|` + "`" + `|\-|\+)+[)]*;?((?:\s|-|~|!|{}|\|\||\+)*.*(?:.*=.*)))`, true},
}

// The published bad patterns are refused, or the engine sees through them.
func TestPublished(t *testing.T) {
	for _, p := range published {
		body := fmt.Sprintf("rules:\n  - id: tried\n    kind: tried\n    patterns:\n      - {regex: '%s', score: 0.9}\n", strings.ReplaceAll(p.regex, "'", "''"))
		got := lines(run(t, body))
		if refused := strings.Contains(got, "own.yaml:5: error: rule tried: pattern can run away: "); p.refused && !refused {
			t.Errorf("%s is not refused:\n%s", p.from, got)
		}
	}
}

// Patterns as good authors write them are not called runaways.
func TestSound(t *testing.T) {
	for _, regex := range []string{
		`(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])`,
		`(?:\d{4}[ -]?){3}\d{4}`,
		`[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}`,
		`(?:card|cc)\W{0,3}(?:number|no\.?)?\W{0,3}\d{12,19}`,
		`(?:(?:\d{1,3}\.){3}\d{1,3})`,
		`(?>a+)+b\d`,
		`\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b`,
	} {
		body := fmt.Sprintf("rules:\n  - id: tried\n    kind: tried\n    patterns: [{regex: '%s', score: 0.1}]\n", regex)
		got := lines(run(t, body))
		if strings.Contains(got, "run away") || strings.Contains(got, "two ways") {
			t.Errorf("%s:\n%s", regex, got)
		}
	}
}

// The built-in ordinary texts are there, in both directions, and no built-in rule
// that is loaded by default stops the others from being tried on them.
func TestBenign(t *testing.T) {
	out := 0
	for _, text := range lint.Benign() {
		if text.Direction == rules.Outbound {
			out++
		}
		if strings.HasPrefix(text.Text, ">") || text.Text == "" {
			t.Errorf("line %d is %q", text.Line, text.Text)
		}
	}
	if out < 10 || len(lint.Benign()) < 150 {
		t.Errorf("%d texts, %d of them the bot's", len(lint.Benign()), out)
	}
}

// The same rules give the same problems.
func TestSame(t *testing.T) {
	sources := []rules.Source{{Name: "own.yaml", Body: []byte(`
rules:
  - {id: phone, kind: code, patterns: [{regex: '(a)\d{4}', score: 0.9}, {regex: '\w+@', score: 0.9}], tests: {match: [a1234]}}
  - {id: wide, kind: emial, patterns: [{regex: '\d{4,}', score: 0.9}]}
`)}}
	first := lines(lint.Run(sources, lint.Options{}))
	if second := lines(lint.Run(sources, lint.Options{})); first != second {
		t.Errorf("first\n%s\nsecond\n%s", first, second)
	}
}
