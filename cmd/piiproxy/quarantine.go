package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/store"
)

type quarantineCommand struct {
	List  quarantineListCommand  `cmd:"" help:"What is there, and why; not a word of it."`
	Retry quarantineRetryCommand `cmd:"" help:"Put items back on their way to the bot. Audited."`
	Drop  quarantineDropCommand  `cmd:"" help:"Destroy items. Audited."`
}

// Help is shown by --help.
func (quarantineCommand) Help() string {
	return `What can never be passed on is acknowledged, sealed and set aside for 30 days, so that it
blocks nothing. The reasons are in docs/reasons.md.

Once its reason is mended (an account added, a limit raised, a rule corrected), retry
takes an item the way of a webhook, through the same rules; what fails again stays. list
and drop also work while serve does not run.

Examples:
  piiproxy quarantine list -c piiproxy.yaml
  piiproxy quarantine retry abcdefgh234567ab -c piiproxy.yaml
  piiproxy quarantine retry --all --reason account_unknown -c piiproxy.yaml
  piiproxy quarantine drop --reason object_unknown --yes -c piiproxy.yaml`
}

type quarantineListCommand struct {
	Reason string `placeholder:"REASON" help:"Only items with this reason."`
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Run asks the running serve, or reads the store when none runs.
func (c quarantineListCommand) Run(env *environment) error {
	return atQuarantine(env, c.Config, func(_ console.Quarantine, all []console.QuarantineItem) error {
		items := withReason(all, c.Reason)
		if len(items) == 0 {
			return nothingAside(env)
		}
		table := tabwriter.NewWriter(env.Stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "ID\tREASON\tAPP\tACCOUNT\tSINCE\tAGE\tBYTES\tREQUEST")
		counts := map[string]int{}
		for _, item := range items {
			counts[item.Reason]++
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", item.ID, item.Reason, dash(item.App), dash(item.Account), dash(item.Accepted), ageOf(item), item.Bytes, dash(item.Request))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		var sums []string
		for reason, n := range counts {
			sums = append(sums, fmt.Sprintf("%d %s", n, reason))
		}
		slices.Sort(sums)
		_, err := fmt.Fprintf(env.Stdout, "\n%s\n", strings.Join(sums, ", "))
		return err
	})
}

// nothingAside says that there is nothing to list, to retry or to drop.
func nothingAside(env *environment) error {
	_, err := io.WriteString(env.Stdout, "nothing is in quarantine\n")
	return err
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return printable(text)
}

func ageOf(item console.QuarantineItem) string {
	accepted, err := time.Parse(time.RFC3339, item.Accepted)
	if err != nil {
		return "-"
	}
	return time.Since(accepted).Truncate(time.Minute).String()
}

type quarantineRetryCommand struct {
	ID     string `arg:"" optional:"" help:"The item's id, from quarantine list."`
	All    bool   `help:"All items, the oldest first."`
	Reason string `placeholder:"REASON" help:"With --all: only items with this reason."`
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Run asks the running serve. The exit code is 1 when an item stays.
func (c quarantineRetryCommand) Run(env *environment) error {
	if (c.ID == "") != c.All || c.Reason != "" && !c.All {
		return errors.New("name one item, or --all, with --reason for those of one reason")
	}
	return atQuarantine(env, c.Config, func(desk console.Quarantine, all []console.QuarantineItem) error {
		stay := 0
		items, err := chosen(all, c.ID, c.Reason)
		if err == nil && len(items) == 0 {
			return nothingAside(env)
		}
		for _, item := range items {
			outcome, err := desk.Retry(env.Context, console.QuarantineOrder{ID: item.ID, Actor: actor()})
			if err != nil {
				return fmt.Errorf("%s: %w", item.ID, err)
			}
			said := "on its way"
			if !outcome.Gone {
				stay++
				said = "stays: " + printable(outcome.Why)
			}
			if _, err := fmt.Fprintln(env.Stdout, item.ID, said); err != nil {
				return err
			}
		}
		if err == nil && stay > 0 {
			err = errFound
		}
		return err
	})
}

type quarantineDropCommand struct {
	ID     string `arg:"" optional:"" help:"The item's id, from quarantine list."`
	Reason string `placeholder:"REASON" help:"All items with this reason."`
	Yes    bool   `help:"Do not ask."`
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Run asks the running serve, or works on the store when none runs.
func (c quarantineDropCommand) Run(env *environment) error {
	if (c.ID == "") == (c.Reason == "") {
		return errors.New("name one item, or the --reason of those to drop")
	}
	return atQuarantine(env, c.Config, func(desk console.Quarantine, all []console.QuarantineItem) error {
		items, err := chosen(all, c.ID, c.Reason)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			return nothingAside(env)
		}
		if !c.Yes {
			_, _ = fmt.Fprintf(env.Stderr, "Destroy %d items? The bot never gets them, and it cannot be taken back. (yes/no) ", len(items))
			line, _ := bufio.NewReader(io.LimitReader(env.Stdin, maxID)).ReadString('\n')
			if strings.TrimSpace(line) != "yes" {
				return errors.New("nothing was dropped: answer yes in the next line of standard input, or say --yes")
			}
		}
		for _, item := range items {
			if _, err := desk.Drop(env.Context, console.QuarantineOrder{ID: item.ID, Actor: actor()}); err != nil {
				return fmt.Errorf("%s: %w", item.ID, err)
			}
		}
		_, err = fmt.Fprintf(env.Stdout, "%d dropped\n", len(items))
		return err
	})
}

// chosen are the items of a command: one, or those of a reason, the oldest first.
func chosen(all []console.QuarantineItem, id, reason string) ([]console.QuarantineItem, error) {
	if id == "" {
		return withReason(all, reason), nil
	}
	at := slices.IndexFunc(all, func(item console.QuarantineItem) bool { return item.ID == id })
	if at < 0 {
		return nil, proxy.ErrNotAside
	}
	return all[at : at+1], nil
}

func withReason(all []console.QuarantineItem, reason string) (items []console.QuarantineItem) {
	for _, item := range all {
		if reason == "" || item.Reason == reason {
			items = append(items, item)
		}
	}
	return items
}

// atQuarantine reads the whole list at the desk of the running serve, or at one of
// its own when none runs, and goes on with it.
func atQuarantine(env *environment, file string, do func(console.Quarantine, []console.QuarantineItem) error) error {
	var desk console.Quarantine = remoteQuarantine{file}
	items, err := everyItem(env.Context, desk)
	if !errors.Is(err, errNoServe) {
		if err != nil {
			return err
		}
		return do(desk, items)
	}
	local, done, err := localQuarantine(env.Context, file)
	if err != nil {
		return err
	}
	items, err = everyItem(env.Context, local)
	if err == nil {
		err = do(local, items)
	}
	return errors.Join(err, done())
}

// everyItem reads all pages, the oldest item first.
func everyItem(ctx context.Context, desk console.Quarantine) (all []console.QuarantineItem, err error) {
	for after := ""; ; {
		page, err := desk.List(ctx, console.QuarantineOrder{After: after, Actor: actor()})
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if after = page.Next; after == "" {
			break
		}
	}
	slices.SortStableFunc(all, func(a, b console.QuarantineItem) int { return strings.Compare(a.Accepted, b.Accepted) })
	return all, nil
}

// localQuarantine opens the store that no serve has open.
func localQuarantine(ctx context.Context, file string) (quarantineDesk, func() error, error) {
	settings, err := readFor(file, "keys", "store", "audit")
	if err != nil {
		return quarantineDesk{}, nil, err
	}
	set, err := openKeys(ctx, settings)
	if err != nil {
		return quarantineDesk{}, nil, err
	}
	values, _ := places(settings)
	opened, err := values.look(ctx)
	if errors.Is(err, store.ErrLocked) {
		err = errors.New("a running piiproxy serve holds it and does not answer on listen.admin: look at that one first")
	}
	if err != nil {
		return quarantineDesk{}, nil, fmt.Errorf("%s: %w", values.key, err)
	}
	log, err := openAudit(settings, set)
	if err != nil {
		return quarantineDesk{}, nil, errors.Join(err, opened.Close())
	}
	desk := quarantineDesk{shelf: proxy.Shelf{Store: opened, Keys: set}, audit: log}
	return desk, func() error { return errors.Join(log.Close(), opened.Close()) }, nil
}
