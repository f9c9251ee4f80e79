package lint

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/rules"
)

//go:embed benign.txt
var benign string

// benignFile names the built-in ordinary texts in problems.
const benignFile = "built-in ordinary texts"

// botMark begins a line of the bot's.
const botMark = "> "

// ordinary kinds stand in ordinary texts, where policies report them at most.
var ordinary = []string{"url", "date", "account_ref"}

// wideShare is the share of ordinary texts from which a rule is refused: one in
// fifty.
const wideShare = 50

// Benign returns the built-in ordinary texts.
func Benign() []Text {
	var texts []Text
	n := 0
	for line := range strings.Lines(benign) {
		n++
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			words, outbound := strings.CutPrefix(line, botMark)
			text := Text{File: benignFile, Line: n, Text: words}
			if outbound {
				text.Direction = rules.Outbound
			}
			texts = append(texts, text)
		}
	}
	return texts
}

// hits are the ordinary texts in which one rule found something.
type hits struct {
	count int
	first string // where, and the shape of what
}

// wide looks for rules that find something in ordinary texts.
func (l *linter) wide(set *rules.Set, written []rules.Written, more []Text) {
	for _, texts := range [][]Text{Benign(), more} {
		byRule := map[string]*hits{}
		var unread []Text
		for _, text := range texts {
			if err := ordinaryText(set, text, byRule); err != nil {
				unread = append(unread, text)
			}
		}
		if len(unread) > 0 {
			l.add(Problem{File: unread[0].File, Line: unread[0].Line, Severity: Error, Text: fmt.Sprintf(
				"%d of %d ordinary texts use up the budget of these rules, this one first", len(unread), len(texts))})
		}
		for i := range written {
			w := &written[i]
			h := byRule[w.ID]
			if h == nil || slices.Contains(ordinary, w.Kind) {
				continue
			}
			severity := Warning
			if h.count > 1 && h.count*wideShare >= len(texts) {
				severity = Error
			}
			l.of(w, w.Line, severity, "is too wide: finds something in %d of %d ordinary texts, first %s", h.count, len(texts), h.first)
		}
	}
}

// ordinaryText notes which rules find something in one text.
func ordinaryText(set *rules.Set, text Text, byRule map[string]*hits) error {
	result, err := set.Scan(text.Text, rules.Context{Direction: text.Direction})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	note := func(rule, value string) {
		if seen[rule] {
			return
		}
		seen[rule] = true
		if byRule[rule] == nil {
			byRule[rule] = &hits{first: fmt.Sprintf("%s:%d %s", text.File, text.Line, rules.ShapeOf(value))}
		}
		byRule[rule].count++
	}
	for _, f := range result.Findings {
		note(f.Rule, text.Text[f.Start:f.End])
	}
	for _, ask := range result.Asks {
		note(ask.Rule, text.Text[ask.Start:ask.End])
	}
	return nil
}
