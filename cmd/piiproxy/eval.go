package main

import (
	"encoding/json"
	"errors"

	"github.com/piiproxy/piiproxy/eval"
)

type evalCommand struct {
	Judge  judgeFlags `embed:""`
	Map    string     `placeholder:"FILE" help:"What the labels of the corpora mean; the built-in map when absent."`
	Min    string     `placeholder:"FILE" help:"Lines to measure, each with its floor: exit 1 when one does not hold."`
	Only   string     `placeholder:"TEXT" help:"Only lines with this in their name."`
	Misses int        `default:"5" placeholder:"N" help:"How many shapes of misses to show for each line or kind."`
	JSON   bool       `name:"json" help:"Write the whole report as JSON."`
	Files  []string   `arg:"" name:"corpus" help:"Files of labelled rows."`
}

// Help is shown by --help.
func (evalCommand) Help() string {
	return `Measures the rules on labelled corpora: for each kind the share of labels that
are hidden (recall), the share of its findings that are labelled (precision) and
F2; and the texts with a finding besides labels. With --min it measures the lines
of that file instead.

Examples:
  piiproxy eval chats.jsonl
  piiproxy eval --rules rules.yaml --rules builtin --json chats.jsonl
  piiproxy eval --min eval/floors.yaml corpus/*.jsonl

A row is {"id","text","spans":[[start,end,TYPE]]} or {"id","turns":[{"speaker",
"text","spans"}]}, with "region" and "language" if known; offsets count Unicode
code points, the end is exclusive. The report shows ids and shapes, never a
value: every digit is 9 and every letter is a.

Exit codes: 0 done and every line holds, 1 a line is below its floor or its
corpus was not given, 2 could not run.`
}

// Run measures and prints.
func (c evalCommand) Run(env *environment) error {
	options := eval.Options{Only: c.Only, Kinds: c.Min == "" || c.JSON}
	var err error
	if options.Map, err = c.labels(); err != nil {
		return err
	}
	if c.Min != "" {
		if options.Floors, err = eval.ReadFloors(c.Min); err != nil {
			return err
		}
	}
	var corpora []eval.Corpus
	for _, file := range c.Files {
		if !options.Reads(file) {
			continue
		}
		corpus, err := eval.ReadFile(file, options.Map)
		if err != nil {
			return err
		}
		corpora = append(corpora, corpus)
	}
	judge, err := c.Judge.load()
	if err != nil {
		return err
	}
	report, err := eval.Run(env.Context, eval.Judge{Rules: judge.set, Policy: judge.policy}, corpora, options)
	if err != nil {
		return err
	}
	if err := c.write(env, report); err != nil {
		return errors.New("writing to standard output")
	}
	if !report.Held() {
		return errFound
	}
	return nil
}

func (c evalCommand) labels() (*eval.Map, error) {
	if c.Map == "" {
		return eval.BuiltinMap()
	}
	return eval.ReadMap(c.Map)
}

func (c evalCommand) write(env *environment, report *eval.Report) error {
	if !c.JSON {
		return report.Print(env.Stdout, c.Misses)
	}
	encoder := json.NewEncoder(env.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}
