package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

type rulesExplainCommand struct {
	Judge     judgeFlags `embed:""`
	Direction string     `default:"inbound" enum:"inbound,outbound" help:"inbound: a person's words; outbound: the bot's, with its prompts."`
	Asked     []string   `placeholder:"KIND" help:"The bot has just asked for this kind."`
	Region    string     `placeholder:"CC" help:"The person's country, ISO 3166."`
	Field     string     `placeholder:"NAME" help:"The JSON member that the text stands in."`
	Before    string     `placeholder:"TEXT" help:"The bot's turn before."`
	All       bool       `help:"Also what matched and did not reach its threshold."`
	Text      string     `arg:"" help:"The text; - takes it from standard input."`
}

// Help is shown by --help.
func (rulesExplainCommand) Help() string {
	return `Each finding is followed by the parts of its score and by what it stands over.

Examples:
  piiproxy rules explain "my cc is 9999999999999999 exp 01/20"
  piiproxy rules explain --asked ssn_last4 "4821"
  piiproxy rules explain --all --rules my-rules.yaml - < text.txt`
}

// maxExplained bounds a text from standard input: as long as one that is judged
// in a message.
const maxExplained = 1 << 20

// Run explains a text that the caller typed, so showing it tells nobody news.
func (c rulesExplainCommand) Run(env *environment) error {
	judge, err := c.Judge.load()
	if err != nil {
		return err
	}
	text, err := c.text(env.Stdin)
	if err != nil {
		return err
	}
	scope := judge.scope(c.Direction, "", strings.ToUpper(c.Region), "")
	scope.Context.Asked, scope.Context.Field = c.Asked, c.Field
	if c.Before != "" {
		scope.Context.Before = []rules.Turn{{Direction: rules.Outbound, Text: c.Before}}
	}
	explained, err := judge.set.Explain(text, scope.Context, c.All)
	if err != nil {
		return err
	}
	page := explanation{text: text, policy: judge.policy, direction: c.Direction}
	page.write(explained)
	_, err = io.WriteString(env.Stdout, page.String())
	return err
}

func (c rulesExplainCommand) text(stdin io.Reader) (string, error) {
	text := c.Text
	if text == "-" {
		read, err := io.ReadAll(io.LimitReader(stdin, maxExplained+1))
		if err != nil {
			return "", errors.New("reading standard input")
		}
		text = strings.TrimRight(string(read), "\r\n")
	}
	switch {
	case len(text) > maxExplained:
		return "", fmt.Errorf("the text is longer than %d bytes", maxExplained)
	case !utf8.ValidString(text):
		return "", errors.New("the text is not UTF-8")
	}
	return text, nil
}

// explanation is the page that explain prints.
type explanation struct {
	strings.Builder
	text      string
	policy    *redact.Policy
	direction string
}

func (p *explanation) write(e rules.Explanation) {
	below := 0
	for _, m := range e.Matches {
		switch m.Outcome {
		case rules.Found:
			p.finding(m)
			for _, lost := range e.Matches {
				if lost.Outcome == rules.Overlapped && lost.Over == m.Rule && lost.Start < m.End && m.Start < lost.End {
					p.lost(lost)
				}
			}
		case rules.OwnValue:
			p.line("%q  %s  rule %s  score %.2f  is the account's own, so it may be sent", p.text[m.Start:m.End], m.Kind, m.Rule, m.Score)
		case rules.Below:
			below++
		}
	}
	for _, ask := range e.Asks {
		p.line("%q  asks %s  rule %s", p.text[ask.Start:ask.End], strings.Join(ask.Asks, ", "), ask.Rule)
	}
	if len(e.Matches) == below && len(e.Asks) == 0 {
		p.line("nothing found")
	}
	if below == 0 {
		return
	}
	p.line("below their threshold:")
	for _, m := range e.Matches {
		if m.Outcome == rules.Below {
			p.line("  %q  %s  rule %s  score %.2f of %.2f  (%s)", p.text[m.Start:m.End], m.Kind, m.Rule, m.Score, m.Threshold, reasons(m.Why))
		}
	}
}

func (p *explanation) finding(m rules.Match) {
	action := p.policy.Inbound.For(m.Kind)
	if p.direction == "outbound" {
		action = p.policy.Outbound.For(m.Kind)
	}
	shadow := ""
	if m.Mode == rules.Shadow {
		shadow = " (shadow: not done)"
	}
	p.line("%q  %s  rule %s  score %.2f of %.2f  %s%s  (%s)", p.text[m.Start:m.End], m.Kind, m.Rule, m.Score, m.Threshold, action, shadow, reasons(m.Why))
}

func (p *explanation) lost(m rules.Match) {
	p.line("  over %q  %s  rule %s  score %.2f: %s  (%s)", p.text[m.Start:m.End], m.Kind, m.Rule, m.Score, m.Because, reasons(m.Why))
}

func (p *explanation) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// reasons lists the parts of a score as `why` lists show them.
func reasons(why []rules.Reason) string {
	parts := make([]string, len(why))
	for i, reason := range why {
		parts[i] = reason.String()
	}
	return strings.Join(parts, ", ")
}
