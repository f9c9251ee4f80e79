package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/piiproxy/piiproxy/asked"
	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
)

type promptsCommand struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (promptsCommand) Help() string {
	return `Says what the running serve saw the bots ask for, by account and kind: prompts, forms
in their place, values that were filled in, and how often one was ever looked at.
What is asked for and never looked at is not needed.

Example:
  piiproxy prompts -c piiproxy.yaml`
}

// Run asks the running serve.
func (c promptsCommand) Run(env *environment) error {
	var report console.PromptReport
	if err := get(env.Context, c.Config, "/v1/prompts", &report); err != nil {
		return err
	}
	table := tabwriter.NewWriter(env.Stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "account\tkind\tasked\tswapped\tfilled\trevealed\tneed")
	for _, l := range report.Prompts {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%s\n", l.Account, l.Kind, l.Asked, l.Swapped, l.Filled, l.Revealed, l.Need)
	}
	return table.Flush()
}

// countAsked is called for each message of a bot that asks.
func (c *core) countAsked(account string, kinds []string, swapped bool) {
	more := asked.Counts{Asked: 1}
	if swapped {
		more = asked.Counts{Swapped: 1}
	}
	for _, kind := range kinds {
		c.asked.Note(account, kind, more)
	}
}

// askedKind is the kind that a prompt names for a value of which a part was
// filled in.
func askedKind(kind string) string {
	switch kind {
	case "card_last4", "card_bin":
		return "credit_card"
	case "ssn_last4":
		return "ssn"
	case "over_18":
		return "dob"
	case "postcode":
		return "address"
	}
	return kind
}

// promptDesk answers what prompts asked for.
type promptDesk struct {
	asked    *asked.Book
	settings *config.Config
}

// Prompts implements console.Prompts.
func (d promptDesk) Prompts(ctx context.Context) (console.PromptReport, error) {
	report := console.PromptReport{Prompts: []console.PromptLine{}}
	for i := range d.settings.Accounts {
		a := &d.settings.Accounts[i]
		counts, err := d.asked.Of(ctx, a.Name)
		if err != nil {
			return report, errNotNow
		}
		for _, kind := range slices.Sorted(maps.Keys(counts)) {
			n := counts[kind]
			report.Prompts = append(report.Prompts, console.PromptLine{
				Account: a.Name, Kind: kind, Asked: n.Asked, Swapped: n.Swapped, Filled: n.Filled, Revealed: n.Revealed,
				Need: cmp.Or(d.settings.Policies[a.Policy].Need[kind], form.NeedFull),
			})
		}
	}
	return report, nil
}
