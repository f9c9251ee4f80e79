package main

import (
	"fmt"
	"strings"

	"github.com/piiproxy/piiproxy/rules"
)

type rulesCommand struct {
	List    rulesListCommand    `cmd:"" help:"List the rules in the order in which they count."`
	Test    rulesTestCommand    `cmd:"" help:"Run the examples inside rule files."`
	Explain rulesExplainCommand `cmd:"" help:"Say what a text is found to hold, and why."`
	Schema  rulesSchemaCommand  `cmd:"" help:"Print the JSON Schema of rule files, for editors."`
}

type rulesListCommand struct {
	Paths []string `arg:"" optional:"" help:"Rule files, globs or packs; built-in ones when absent."`
}

// Run prints one rule a line.
func (c rulesListCommand) Run(env *environment) error {
	library, err := rules.Load(sourcesOf(c.Paths))
	if err != nil {
		return err
	}
	for _, info := range library.Rules() {
		kinds := info.Kind
		if len(info.Asks) > 0 {
			kinds = "asks " + strings.Join(info.Asks, ",")
		}
		if _, err := fmt.Fprintf(env.Stdout, "%-28s %-24s %s\n", info.ID, kinds, fmt.Sprintf("%s:%d", info.File, info.Line)); err != nil {
			return err
		}
	}
	return nil
}

type rulesTestCommand struct {
	Paths []string `arg:"" optional:"" help:"Rule files, globs or packs; built-in ones when absent."`
}

// Help is shown by --help.
func (rulesTestCommand) Help() string {
	return `Example:
  piiproxy rules test my-rules.yaml

Exit codes: 0 every example behaves as it says, 1 one does not, 2 the rules
cannot be loaded.`
}

// Run runs the examples.
func (c rulesTestCommand) Run(env *environment) error {
	library, err := rules.Load(sourcesOf(c.Paths))
	if err != nil {
		return err
	}
	failures := library.Test()
	for _, failure := range failures {
		_, _ = fmt.Fprintln(env.Stdout, failure)
	}
	if len(failures) > 0 {
		return errFound
	}
	_, err = fmt.Fprintf(env.Stdout, "%s, every example behaves as it says\n", count(len(library.Rules()), "rule"))
	return err
}

type rulesExplainCommand struct {
	Judge judgeFlags `embed:""`
	Text  string     `arg:"" help:"The text."`
}

// Help is shown by --help.
func (rulesExplainCommand) Help() string {
	return `Example:
  piiproxy rules explain "my cc is 9999999999999999 exp 01/20"`
}

// Run explains a text that the caller typed, so showing it tells nobody news.
func (c rulesExplainCommand) Run(env *environment) error {
	judge, err := c.Judge.load()
	if err != nil {
		return err
	}
	scope := judge.scope("inbound", "", "", "")
	result, err := judge.set.Scan(c.Text, scope.Context)
	if err != nil {
		return err
	}
	if len(result.Findings) == 0 {
		_, err := fmt.Fprintln(env.Stdout, "nothing found")
		return err
	}
	for _, f := range result.Findings {
		why := make([]string, len(f.Why))
		for i, reason := range f.Why {
			why[i] = reason.String()
		}
		if _, err := fmt.Fprintf(env.Stdout, "%q  %s  rule %s  score %.2f  %s  (%s)\n", c.Text[f.Start:f.End], f.Kind, f.Rule, f.Score,
			judge.policy.Inbound.For(f.Kind), strings.Join(why, ", ")); err != nil {
			return err
		}
	}
	return nil
}

type rulesSchemaCommand struct{}

// Run prints the schema.
func (rulesSchemaCommand) Run(env *environment) error {
	_, err := env.Stdout.Write(rules.Schema())
	return err
}

func sourcesOf(paths []string) []rules.Source {
	if len(paths) == 0 {
		paths = []string{"builtin"}
	}
	return rules.Sources(paths...)
}
