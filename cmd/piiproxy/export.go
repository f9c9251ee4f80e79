package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/piiproxy/piiproxy/console"
)

type exportCommand struct {
	Account string `arg:"" help:"The account's name."`
	Source  string `arg:"" enum:"-" help:"- : the user id comes on standard input, so that no process list shows it."`
	Values  bool   `help:"With the values and the person's ids. Audited as a reveal."`
	Reason  string `placeholder:"TEXT" help:"Kept in the audit log: a ticket, not a name."`
	Config  string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (exportCommand) Help() string {
	return `Prints all that is kept of a person as JSON: values by token, kind, origin and
time, forms, what the platform keeps, what is remembered of the chat, and earlier
erasures. Without --values no value is in it. It is audited.

Examples:
  piiproxy export shop - -c piiproxy.yaml < id.txt
  piiproxy export shop - --values --reason "ticket 4711" -c piiproxy.yaml < id.txt > person.json

Exit code 1: nothing is kept of this person.`
}

// Run asks the running serve.
func (c exportCommand) Run(env *environment) error {
	id, err := io.ReadAll(io.LimitReader(env.Stdin, maxUser))
	if err != nil {
		return errors.New("reading the user id from standard input")
	}
	var dossier json.RawMessage
	order := console.ExportOrder{User: strings.TrimSpace(string(id)), Values: c.Values, Reason: c.Reason, Actor: actor()}
	err = ask(env.Context, c.Config, personPath(c.Account, "export"), order, &dossier)
	switch {
	case err != nil && err.Error() == errNobody.Error():
		_, _ = fmt.Fprintln(env.Stderr, "piiproxy:", err)
		return errFound
	case err != nil:
		return err
	}
	var page strings.Builder
	encoder := json.NewEncoder(&page)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(dossier); err != nil {
		return errors.New("the admin listener's answer cannot be read")
	}
	_, err = io.WriteString(env.Stdout, page.String())
	return err
}

// maxUser bounds a user id on standard input: one of a group member is two.
const maxUser = 1024

// personPath is an endpoint for people of an account.
func personPath(account, what string) string {
	return "/v1/conversations/" + url.PathEscape(account) + "/" + what
}
