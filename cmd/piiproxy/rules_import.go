package main

import (
	"fmt"
	"io"
	"os"

	"github.com/piiproxy/piiproxy/rules/presidio"
)

type rulesImportCommand struct {
	From      string  `required:"" enum:"presidio" help:"Whose rules: presidio."`
	Threshold float64 `placeholder:"SCORE" help:"Score from which findings count; the file's default_score_threshold, or 0.4."`
	File      string  `arg:"" help:"The recognizer registry, or an analyzer configuration with one inside; - is standard input."`
}

// Help is shown by --help.
func (rulesImportCommand) Help() string {
	return `Turns recognizers into rules: patterns, deny lists, context words, countries and
scores. Rules go to standard output, what could not be brought to standard error
with its line.

Example:
  piiproxy rules import --from presidio recognizers.yaml > ours.yaml

Exit codes: 0 all of it was brought as it is, 1 some was not or means something
else here, 2 could not run.`
}

// maxImported bounds the file that is read.
const maxImported = 8 << 20

// Run prints the rules.
func (c rulesImportCommand) Run(env *environment) error {
	if c.Threshold < 0 || c.Threshold > 1 {
		return fmt.Errorf("--threshold is over 0 and at most 1")
	}
	body, err := c.read(env.Stdin)
	if err != nil {
		return err
	}
	imported, err := presidio.Import(body, c.Threshold)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if _, err := env.Stdout.Write(imported.YAML); err != nil {
		return err
	}
	for _, note := range imported.Notes {
		_, _ = fmt.Fprintf(env.Stderr, "%s: %s\n", c.File, note)
	}
	_, _ = fmt.Fprintf(env.Stderr, "%s brought, %s\n", count(imported.Rules, "rule"), count(len(imported.Notes), "note"))
	if len(imported.Notes) > 0 {
		return errFound
	}
	return nil
}

func (c rulesImportCommand) read(stdin io.Reader) ([]byte, error) {
	from := stdin
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		from = file
	}
	body, err := io.ReadAll(io.LimitReader(from, maxImported+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxImported {
		return nil, fmt.Errorf("%s is longer than %d bytes", c.File, maxImported)
	}
	return body, nil
}
