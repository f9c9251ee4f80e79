// Command piiproxy stands between a chat bot and Meta's Graph APIs, so that
// neither sees personal data it should not have. This package is the only one
// that knows all the others; each command is a file of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	log.SetOutput(io.Discard) // net/http prints what peers send unasked
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// commands is the command line. Its doc texts are what --help prints.
type commands struct {
	Init         initCommand         `cmd:"" help:"Write a configuration, keys, and the values for Meta's dashboard."`
	Serve        serveCommand        `cmd:"" help:"Run the proxy."`
	Check        checkCommand        `cmd:"" help:"Check configuration, rules, keys and store: everything serve does but listen."`
	Demo         demoCommand         `cmd:"" help:"A platform, a bot and the proxy in one process; a page to chat in."`
	Scan         scanCommand         `cmd:"" help:"Redact texts, rows, or raw webhook and Graph bodies."`
	Eval         evalCommand         `cmd:"" help:"Measure the rules on labelled corpora."`
	Rules        rulesCommand        `cmd:"" help:"For people who write rules."`
	Replay       replayCommand       `cmd:"" help:"What a configuration would have done on recorded payloads."`
	Review       reviewCommand       `cmd:"" help:"Look through a sample of what shadow mode found."`
	Quarantine   quarantineCommand   `cmd:"" help:"List what was set aside, put it back on its way, or destroy it."`
	Mode         modeCommand         `cmd:"" help:"Break glass: change an account's mode for a while."`
	Conversation conversationCommand `cmd:"" help:"The hash by which logs call a person."`
	Restore      restoreCommand      `cmd:"" help:"Turn the tokens in a dump of the bot's database back into values."`
	Erase        eraseCommand        `cmd:"" help:"Erase all that is kept of a person."`
	Export       exportCommand       `cmd:"" help:"All that is kept of a person, as JSON."`
	Prompts      promptsCommand      `cmd:"" help:"What bots asked for, and what became of it."`
	Routes       routesCommand       `cmd:"" help:"What routes put in the place of tokens, by place and kind."`
	Callers      callersCommand      `cmd:"" help:"Tokens for machines that call the admin API."`
	Keys         keysCommand         `cmd:"" help:"Make and look after the key set."`
	Store        storeCommand        `cmd:"" help:"Move the stores to another place."`
	CA           caCommand           `cmd:"" help:"A private CA for bots whose base URL is fixed."`
	Transcript   transcriptCommand   `cmd:"" help:"What remains of conversations that ended by policy."`
	Audit        auditCommand        `cmd:"" help:"Verify the audit log, and report from it."`
	Confine      confineCommand      `cmd:"" hidden:"" help:"Run a program as the extractor is run."`
	Version      versionCommand      `cmd:"" help:"Print the version."`
}

// environment is what a command may touch besides files and the network.
type environment struct {
	Context context.Context // ends on SIGINT and SIGTERM
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
}

// The exit codes are a contract.
const (
	exitFine   = 0
	exitFound  = 1 // the check found something
	exitFailed = 2 // could not run
)

// errFound ends a command that has printed what it found.
var errFound = errors.New("found something")

// run is the whole program; its result is the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	helped := false
	parser, err := kong.New(&commands{},
		kong.Name("piiproxy"),
		kong.Description("A proxy between a chat bot and Meta's Graph APIs that keeps personal data where it belongs."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }), // kong calls it after --help
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: false}),
	)
	if err != nil {
		return failed(stderr, err)
	}
	command, err := parser.Parse(args)
	switch {
	case helped:
		return exitFine
	case err != nil:
		return failed(stderr, fmt.Errorf("%w; piiproxy --help shows the commands, piiproxy COMMAND --help one of them", err))
	}
	err = command.Run(&environment{Context: ctx, Stdin: stdin, Stdout: stdout, Stderr: stderr})
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, errFound):
		return exitFound
	}
	return failed(stderr, err)
}

func failed(stderr io.Writer, err error) int {
	_, _ = fmt.Fprintln(stderr, "piiproxy:", err)
	return exitFailed
}
