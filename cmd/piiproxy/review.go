package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/piiproxy/piiproxy/console"
)

type reviewCommand struct {
	List reviewListCommand `cmd:"" help:"What is there to look at, without a word of it."`
	Show reviewShowCommand `cmd:"" help:"One finding with the words around it. Audited."`
	Mark reviewMarkCommand `cmd:"" help:"Say that a finding is a false alarm, or right. Audited."`
}

// Help is shown by --help.
func (reviewCommand) Help() string {
	return `In shadow mode, of an account or of a rule, serve keeps a sample of what it found:
sealed, at most twelve findings a rule, for a week. A person who looks through it
sees the false alarms that counts cannot show.

Examples:
  piiproxy review list shop -c piiproxy.yaml
  piiproxy review show shop abcdefgh234567ab -c piiproxy.yaml
  piiproxy review mark shop abcdefgh234567ab false --note "an order number" -c piiproxy.yaml`
}

type reviewListCommand struct {
	Account string `arg:"" help:"The account's name."`
	Config  string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Run asks the running serve.
func (c reviewListCommand) Run(env *environment) error {
	var list console.ReviewList
	if err := ask(env.Context, c.Config, "/v1/review/list", console.ReviewOrder{Account: c.Account, Actor: actor()}, &list); err != nil {
		return err
	}
	var page strings.Builder
	table := tabwriter.NewWriter(&page, 0, 4, 2, ' ', 0)
	for _, item := range list.Items {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%.2f\t%s\t%s\n", item.ID, item.Rule, item.Kind, item.Direction, item.Action, item.Score, item.Shape, verdictOf(item.Verdict))
	}
	_ = table.Flush() // into memory
	page.WriteString(summary(list.Items))
	_, err := io.WriteString(env.Stdout, page.String())
	return err
}

func verdictOf(verdict string) string {
	if verdict == "" {
		return "open"
	}
	return verdict
}

// summary counts the marks of each rule, in the order of the list.
func summary(items []console.ReviewItem) string {
	if len(items) == 0 {
		return "nothing to look at\n"
	}
	var page strings.Builder
	table := tabwriter.NewWriter(&page, 0, 4, 2, ' ', 0)
	for i := 0; i < len(items); {
		counts, rule := map[string]int{}, items[i].Rule
		for ; i < len(items) && items[i].Rule == rule; i++ {
			counts[items[i].Verdict]++
		}
		fmt.Fprintf(table, "%s:\t%d false\t%d right\t%d open\n", rule, counts["false"], counts["right"], counts[""])
	}
	_ = table.Flush()
	return "\n" + page.String()
}

type reviewShowCommand struct {
	Account string `arg:"" help:"The account's name."`
	ID      string `arg:"" help:"The finding's id, from review list."`
	Config  string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Run asks the running serve.
func (c reviewShowCommand) Run(env *environment) error {
	var item console.ReviewItem
	if err := ask(env.Context, c.Config, "/v1/review/show", console.ReviewOrder{Account: c.Account, ID: c.ID, Actor: actor()}, &item); err != nil {
		return err
	}
	_, err := fmt.Fprintf(env.Stdout, "%s  rule %s  kind %s  %s, would be: %s  score %.2f  (%s)\nfound %s, kept until %s, in %q, %s\n\n%s»%s«%s\n",
		item.ID, item.Rule, item.Kind, item.Direction, item.Action, item.Score, strings.Join(item.Why, ", "),
		item.Found, item.Expires, item.Field, marked(item), printable(item.Before), printable(item.Value), printable(item.After))
	return err
}

func marked(item console.ReviewItem) string {
	if item.Note == "" {
		return "marked " + verdictOf(item.Verdict)
	}
	return fmt.Sprintf("marked %s: %s", verdictOf(item.Verdict), printable(item.Note))
}

// printable keeps somebody's words from steering the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0:
			return -1
		}
		return r
	}, text)
}

type reviewMarkCommand struct {
	Account string `arg:"" help:"The account's name."`
	ID      string `arg:"" help:"The finding's id, from review list."`
	Verdict string `arg:"" enum:"false,right,open" help:"false: a false alarm; right: well found; open: take the mark back."`
	Note    string `placeholder:"TEXT" help:"Kept sealed beside the mark."`
	Config  string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Run asks the running serve.
func (c reviewMarkCommand) Run(env *environment) error {
	verdict := c.Verdict
	if verdict == "open" {
		verdict = ""
	}
	order := console.ReviewMark{Account: c.Account, ID: c.ID, Verdict: verdict, Note: c.Note, Actor: actor()}
	var item console.ReviewItem
	if err := ask(env.Context, c.Config, "/v1/review/mark", order, &item); err != nil {
		return err
	}
	_, err := fmt.Fprintf(env.Stdout, "%s of rule %s is marked %s\n", item.ID, item.Rule, verdictOf(item.Verdict))
	return err
}
