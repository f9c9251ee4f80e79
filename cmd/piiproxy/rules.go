package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/rules"
)

type rulesCommand struct {
	List       rulesListCommand       `cmd:"" help:"List the rules in the order in which they count."`
	Test       rulesTestCommand       `cmd:"" help:"Run the examples inside rule files."`
	Lint       rulesLintCommand       `cmd:"" help:"Find patterns that can run away, rules that are too wide, examples that show nothing."`
	Diff       rulesDiffCommand       `cmd:"" help:"Compare two rule sets on the same texts."`
	Import     rulesImportCommand     `cmd:"" help:"Turn another program's rules into ours."`
	Reload     rulesReloadCommand     `cmd:"" help:"Have the running serve take up the rules on disk."`
	Explain    rulesExplainCommand    `cmd:"" help:"Say what a text is found to hold, why, and what lost."`
	Validators rulesValidatorsCommand `cmd:"" help:"List the names that a rule's validate may have."`
	Schema     rulesSchemaCommand     `cmd:"" help:"Print the JSON Schema of rule files, for editors."`
}

type rulesValidatorsCommand struct{}

// Run prints one name a line.
func (rulesValidatorsCommand) Run(env *environment) error {
	_, err := fmt.Fprintln(env.Stdout, strings.Join(rules.Validators(), "\n"))
	return err
}

type rulesListCommand struct {
	Paths []string `arg:"" optional:"" help:"Rule files, globs or packs; built-in ones when absent."`
	Packs bool     `help:"List the built-in packs instead, each with the digest that pins it."`
}

// Run prints one rule a line.
func (c rulesListCommand) Run(env *environment) error {
	if c.Packs {
		return listPacks(env.Stdout)
	}
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

// listPacks prints one pack a line, as a configuration names it.
func listPacks(to io.Writer) error {
	for _, pack := range rules.BuiltinPacks() {
		if _, err := fmt.Fprintf(to, "%s  %s\n", pack.Pinned(), count(pack.Rules, "rule")); err != nil {
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

type rulesReloadCommand struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (rulesReloadCommand) Help() string {
	return `The running serve looks at rule files every two seconds and reloads by itself;
this does it at once and says what is wrong. It is audited.

Example:
  piiproxy rules reload -c piiproxy.yaml`
}

// Run asks the running serve.
func (c rulesReloadCommand) Run(env *environment) error {
	var done console.Reloaded
	if err := ask(env.Context, c.Config, "/v1/rules/reload", console.ReloadOrder{Actor: actor()}, &done); err != nil {
		return err
	}
	if done.Version == done.Previous {
		_, err := fmt.Fprintf(env.Stdout, "%s in force, version %s as before\n", count(done.Rules, "rule"), done.Version)
		return err
	}
	_, err := fmt.Fprintf(env.Stdout, "%s in force, version %s in the place of %s\n", count(done.Rules, "rule"), done.Version, done.Previous)
	return err
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
