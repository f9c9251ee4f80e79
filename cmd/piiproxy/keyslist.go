package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/keys"
)

type keysListCommand struct {
	JSON   bool   `name:"json" help:"As JSON."`
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (keysListCommand) Help() string {
	return `Examples:
  piiproxy keys list -c piiproxy.yaml
  piiproxy keys list --json -c piiproxy.yaml | jq '.keys[] | select(.state == "retiring")'

Asks the running serve, or looks into the stores when none runs. Shows no key.`
}

// Run lists the keys.
func (c keysListCommand) Run(env *environment) error {
	admin, err := openKeyAdmin(env.Context, c.Config)
	if err != nil {
		return err
	}
	list, err := admin.desk.List(env.Context)
	if err = errors.Join(err, admin.close()); err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(env.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(list)
	}
	return printKeys(env.Stdout, list)
}

func printKeys(to io.Writer, list console.KeyList) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tUSE\tSTATE\tMADE\tPRIMARY SINCE\tRECORDS\tSEALINGS")
	for _, key := range list.Keys {
		records, sealings := "", ""
		if key.Use == keys.Sealing {
			records, sealings = strconv.Itoa(key.Records), strconv.FormatUint(key.Sealings, 10)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", key.ID, key.Use, key.State, day(key.Made), day(key.Promoted), records, sealings)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, note := range notes(list) {
		if _, err := fmt.Fprintln(to, note); err != nil {
			return err
		}
	}
	return nil
}

// notes are what somebody should know or do.
func notes(list console.KeyList) []string {
	notes := []string{fmt.Sprintf("\n%d running instances; records counted %s", list.Instances, list.Counted)}
	if list.Moving {
		notes = append(notes, fmt.Sprintf("moving records to the primary key: %d moved so far", list.Moved))
	}
	for _, key := range list.Keys {
		if key.Due != "" {
			notes = append(notes, fmt.Sprintf("rotate %s: %s", key.ID, key.Due))
		}
		if key.Lagging > 0 {
			notes = append(notes, fmt.Sprintf("%d running instances do not have %s: give them the key folder", key.Lagging, key.ID))
		}
		if key.Direct > 0 {
			notes = append(notes, fmt.Sprintf("%d of the records under %s were written by an earlier version, and move when their person writes again", key.Direct, key.ID))
		}
		if key.Use == keys.Sealing && key.State == keys.Retiring && key.Records == 0 {
			notes = append(notes, fmt.Sprintf("%s seals nothing any more: piiproxy keys retire %s", key.ID, key.ID))
		}
	}
	if list.Missing > 0 {
		notes = append(notes, fmt.Sprintf("%d records need a key that is not in the set: restore the backup of the key folder that has it", list.Missing))
	}
	return notes
}

func day(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format(time.DateOnly)
}
