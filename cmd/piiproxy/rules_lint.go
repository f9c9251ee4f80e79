package main

import (
	"fmt"

	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/rules/corpus"
	"github.com/piiproxy/piiproxy/rules/lint"
)

type rulesLintCommand struct {
	Paths  []string `arg:"" optional:"" help:"Rule files, globs or packs; built-in ones when absent."`
	Benign []string `placeholder:"FILE" sep:"none" help:"Ordinary texts in which no rule should find anything: rows (.jsonl) or lines."`
}

// Help is shown by --help.
func (rulesLintCommand) Help() string {
	return `Finds what is wrong with rules that load: patterns that can run away, examples
that show nothing, rules that others make superfluous, rules that find something
in ordinary texts. Each line is file:line: severity: text.

Examples:
  piiproxy rules lint my-rules.yaml
  piiproxy rules lint builtin my-rules.yaml --benign yesterday.jsonl

Exit codes: 0 no error (there may be warnings), 1 an error, 2 could not run.`
}

// Run prints every problem.
func (c rulesLintCommand) Run(env *environment) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	counts := map[lint.Severity]int{}
	for _, problem := range lint.Run(sourcesOf(c.Paths), options) {
		counts[problem.Severity]++
		if _, err := fmt.Fprintln(env.Stdout, problem); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(env.Stdout, "%s, %s\n", count(counts[lint.Error], "error"), count(counts[lint.Warning], "warning"))
	if err == nil && counts[lint.Error] > 0 {
		return errFound
	}
	return err
}

func (c rulesLintCommand) options() (lint.Options, error) {
	var options lint.Options
	for _, file := range c.Benign {
		err := corpus.ReadFile(file, rules.Inbound, func(row corpus.Row) error {
			for _, turn := range row.Turns {
				options.Benign = append(options.Benign, lint.Text{File: row.File, Line: row.Line, Direction: turn.Direction, Text: turn.Text})
			}
			return nil
		})
		if err != nil {
			return options, err
		}
	}
	return options, nil
}
