package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/rules/compare"
	"github.com/piiproxy/piiproxy/rules/corpus"
)

type rulesDiffCommand struct {
	Old       string   `arg:"" help:"Rules as they are: a file, glob or pack; several with commas."`
	New       string   `arg:"" help:"Rules as they will be."`
	Corpus    []string `arg:"" help:"Texts to try both on: rows (.jsonl) or lines."`
	Policy    string   `default:"default" placeholder:"NAME" help:"Policy whose actions are compared."`
	Config    string   `short:"c" placeholder:"FILE" help:"Take overrides and policies from this configuration."`
	Direction string   `default:"inbound" enum:"inbound,outbound" help:"Of texts that are no turns."`
	Format    string   `default:"text" enum:"text,json" help:"text or json."`
	Cost      bool     `help:"Also how long each side took: differs from run to run."`
}

// Help is shown by --help.
func (rulesDiffCommand) Help() string {
	return `Runs both rule sets over the same texts and says what is newly caught, newly
missed, of another kind, or treated another way. Examples are shapes (9 a digit, a
and A letters) with file and line. The same texts give the same report.

Examples:
  piiproxy rules diff builtin builtin,my-rules.yaml yesterday.jsonl
  piiproxy rules diff old/ssn.yaml new/ssn.yaml chats.txt --format json

Exit codes: 0 nothing is newly missed, 1 something is, 2 could not run.`
}

// Run compares.
func (c rulesDiffCommand) Run(env *environment) error {
	before, err := c.side(c.Old)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Old, err)
	}
	after, err := c.side(c.New)
	if err != nil {
		return fmt.Errorf("%s: %w", c.New, err)
	}
	report := &compare.Report{}
	direction := rules.Inbound
	if c.Direction == "outbound" {
		direction = rules.Outbound
	}
	for _, file := range c.Corpus {
		err := corpus.ReadFile(file, direction, func(row corpus.Row) error {
			compareRow(report, row, before, after)
			return env.Context.Err()
		})
		if err != nil {
			return err
		}
	}
	report.Sort()
	if err := c.write(env.Stdout, report, before, after); err != nil {
		return err
	}
	if report.Count(compare.Missed) > 0 {
		return errFound
	}
	return nil
}

// write prints the report, and the cost after it.
func (c rulesDiffCommand) write(to io.Writer, report *compare.Report, before, after *differing) error {
	if c.Format == "json" {
		encoder := json.NewEncoder(to)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	}
	if err := report.Write(to); err != nil || !c.Cost {
		return err
	}
	_, err := fmt.Fprintf(to, "\ncost (time of this run; differs from run to run): before %s, now %s, %.2f times\n",
		before.took.Round(time.Millisecond), after.took.Round(time.Millisecond), after.took.Seconds()/max(before.took.Seconds(), 1e-9))
	return err
}

// differing is one of the sides of a comparison.
type differing struct {
	set    *rules.Set
	policy *redact.Policy
	took   time.Duration
}

func (c rulesDiffCommand) side(sources string) (*differing, error) {
	flags := judgeFlags{Rules: strings.Split(sources, ","), Policy: c.Policy, Config: c.Config}
	judge, err := flags.load()
	if err != nil {
		return nil, err
	}
	return &differing{set: judge.set, policy: judge.policy}, nil
}

// compareRow notes the differences in one row, turn by turn.
func compareRow(report *compare.Report, row corpus.Row, before, after *differing) {
	old, now := before.read(row), after.read(row)
	for i := range row.Turns {
		if old[i].unread || now[i].unread {
			report.Unreadable(row.Where(i))
			continue
		}
		report.Note(row.Where(i), old[i].sightings, now[i].sightings)
	}
}

// readTurn is what one side sees in one turn.
type readTurn struct {
	sightings []compare.Sighting
	unread    bool
}

func (d *differing) read(row corpus.Row) []readTurn {
	turns := make([]readTurn, len(row.Turns))
	started := time.Now()
	row.Scan(d.set, func(i int, result rules.Result, err error) {
		turns[i].unread = errors.Is(err, rules.ErrBudget)
		text, direction := row.Turns[i].Text, row.Turns[i].Direction
		for _, f := range result.Findings {
			turns[i].sightings = append(turns[i].sightings, compare.Sighting{
				Rule: f.Rule, Kind: f.Kind, Action: d.action(direction, f.Kind, f.Mode), Start: f.Start, End: f.End, Shape: rules.ShapeOf(text[f.Start:f.End]),
			})
		}
		for _, ask := range result.Asks {
			turns[i].sightings = append(turns[i].sightings, compare.Sighting{
				Rule: ask.Rule, Kind: "asks " + strings.Join(ask.Asks, ","), Start: -1, End: -1, Shape: rules.ShapeOf(text[ask.Start:ask.End]),
			})
		}
	})
	d.took += time.Since(started)
	return turns
}

// action is what the policy does about a kind, and that a shadow rule does not.
func (d *differing) action(direction rules.Direction, kind string, mode rules.Mode) string {
	actions := d.policy.Inbound
	if direction == rules.Outbound {
		actions = d.policy.Outbound
	}
	if mode == rules.Shadow {
		return actions.For(kind).String() + " (shadow)"
	}
	return actions.For(kind).String()
}
