package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/erasure"
)

type eraseCommand struct {
	Account string `arg:"" help:"The account's name; with --value: - ."`
	Source  string `arg:"" optional:"" help:"- : the user id comes on standard input, so that no process list shows it."`
	Value   bool   `help:"Standard input is a value: find everybody, in any account, of whom it is kept. Slow."`
	DryRun  bool   `help:"Only count what there is."`
	Yes     bool   `help:"Do not ask before erasing."`
	Reason  string `placeholder:"TEXT" help:"Kept in the audit log and the tombstone: a ticket, not a name."`
	Config  string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (eraseCommand) Help() string {
	return `Erases all that is kept of a person: tokens, values, forms, waiting and held
messages, quarantine, what is remembered of the chat. It cannot be taken back. It is
audited, takes effect at once, and within five seconds on other instances
(docs/erasure.md). The running serve does it.

The first line of standard input is the user id (PSID, Instagram id, WhatsApp number
or business-scoped id; group:GROUP/ID for a member of a WhatsApp group). Without
--yes the next line must be: yes

Examples:
  piiproxy erase shop - --dry-run -c piiproxy.yaml < id.txt
  piiproxy erase shop - --reason "ticket 4711" --yes -c piiproxy.yaml < id.txt
  piiproxy erase --value - -c piiproxy.yaml < value.txt

Exit code 1: nothing is kept of this person, or nobody has the value.`
}

// errKept says that nothing was erased because nobody said yes.
var errKept = errors.New("nothing was erased: answer yes in the next line of standard input, or say --yes")

// Run asks the running serve.
func (c eraseCommand) Run(env *environment) error {
	source, account := c.Source, c.Account
	if c.Value && source == "" {
		source, account = c.Account, ""
	}
	if source != "-" || c.Value != (account == "") {
		return errors.New("say piiproxy erase ACCOUNT - with a user id on standard input, or piiproxy erase --value - with a value")
	}
	if len(c.Reason) > maxReason {
		return errors.New("--reason is longer than 400 bytes")
	}
	input := bufio.NewReader(io.LimitReader(env.Stdin, maxValue+1024))
	first, err := input.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return errors.New("reading standard input")
	}
	if first = strings.TrimSpace(first); first == "" {
		return errors.New("standard input is empty: it has the user id or the value")
	}
	if c.Value {
		return c.byValue(env, input, first)
	}
	return c.byID(env, input, account, first)
}

// byID erases one person.
func (c eraseCommand) byID(env *environment, input *bufio.Reader, account, user string) error {
	order := console.EraseOrder{User: user, DryRun: true, Reason: c.Reason, Actor: actor()}
	path := personPath(account, "erase")
	if c.DryRun || !c.Yes {
		var report erasure.Report
		if err := ask(env.Context, c.Config, path, order, &report); err != nil {
			return c.none(env, err)
		}
		if err := c.tell(env.Stdout, account, report, "is kept"); err != nil || c.DryRun {
			return err
		}
		if err := c.confirmed(env, input, "Erase this?"); err != nil {
			return err
		}
	}
	return c.erase(env, account, order)
}

// erase carries an order out and says what was erased.
func (c eraseCommand) erase(env *environment, account string, order console.EraseOrder) error {
	order.DryRun = false
	var report erasure.Report
	if err := ask(env.Context, c.Config, personPath(account, "erase"), order, &report); err != nil {
		return c.none(env, err)
	}
	what := "erased"
	if !report.Finished {
		what = "erased; not all records could be taken away yet, serve goes on with it"
	}
	return c.tell(env.Stdout, account, report, what)
}

// none turns "nobody of this id" into exit code 1.
func (c eraseCommand) none(env *environment, err error) error {
	if err.Error() != errNobody.Error() {
		return err
	}
	_, _ = fmt.Fprintln(env.Stderr, "piiproxy:", err)
	return errFound
}

func (c eraseCommand) tell(to io.Writer, account string, r erasure.Report, what string) error {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(r.Parts)) {
		if r.Parts[name] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", r.Parts[name], name))
		}
	}
	if parts == nil {
		parts = []string{"no other records"}
	}
	_, err := fmt.Fprintf(to, "%s %s: %d conversations with %d user ids, %d in groups, %s: %s\n",
		account, r.Hash, r.Conversations, r.Aliases, r.Groups, strings.Join(parts, ", "), what)
	return err
}

// confirmed waits for a line that says yes.
func (c eraseCommand) confirmed(env *environment, input *bufio.Reader, question string) error {
	if c.Yes {
		return nil
	}
	_, _ = fmt.Fprintf(env.Stderr, "%s It cannot be taken back. (yes/no) ", question)
	line, _ := input.ReadString('\n')
	if strings.TrimSpace(line) != "yes" {
		return errKept
	}
	return nil
}

// byValue finds everybody of whom a value is kept, and erases them.
func (c eraseCommand) byValue(env *environment, input *bufio.Reader, value string) error {
	var found []console.Finding
	order := console.FindOrder{Value: value, Actor: actor()}
	for seen := 0; ; {
		var page console.Findings
		if err := ask(env.Context, c.Config, "/v1/values/find", order, &page); err != nil {
			return err
		}
		found, seen = append(found, page.Found...), seen+page.Seen
		_, _ = fmt.Fprintf(env.Stderr, "%d conversations seen, %d have it\n", seen, len(found))
		if order.After = page.Next; order.After == "" {
			break
		}
	}
	for _, f := range found {
		if _, err := fmt.Fprintf(env.Stdout, "%s %s has it as %s\n", f.Account, f.Conversation, strings.Join(f.Kinds, ", ")); err != nil {
			return err
		}
	}
	switch {
	case len(found) == 0:
		_, _ = fmt.Fprintln(env.Stderr, "piiproxy: nobody has this value")
		return errFound
	case c.DryRun:
		return nil
	}
	if err := c.confirmed(env, input, fmt.Sprintf("Erase all of these %d people, and not only this value?", len(found))); err != nil {
		return err
	}
	for _, f := range found {
		err := c.erase(env, f.Account, console.EraseOrder{Ref: f.Ref, Reason: c.Reason, Actor: actor()})
		if err != nil && !errors.Is(err, errFound) { // a person of two conversations went with the first
			return err
		}
	}
	return nil
}
