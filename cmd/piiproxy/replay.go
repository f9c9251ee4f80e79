package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/replay"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/rules/compare"
)

type replayCommand struct {
	Config  string   `short:"c" required:"" placeholder:"NEW" help:"The configuration to try."`
	Against string   `placeholder:"OLD" help:"The configuration to compare it with."`
	Account string   `placeholder:"NAME" help:"Whose the calls are; the first account of the channel when absent."`
	Channel string   `default:"messenger" enum:"messenger,instagram,whatsapp" help:"Of calls that do not say."`
	Format  string   `default:"text" enum:"text,json" help:"text or json."`
	Files   []string `arg:"" name:"file" help:"Recorded payloads, one a line: deliveries and calls. - is standard input."`
}

// Help is shown by --help.
func (replayCommand) Help() string {
	return `Says what a configuration would have done on recorded webhook deliveries and Graph
calls: findings and actions per rule, prompts that would be swapped and why others
cannot be, what they asked for and of how many people, refusals, with examples as
shapes (9 a digit, a and A letters), and what an older configuration would have done
otherwise. The same payloads give the same report.

It resolves no secret, opens no store and makes no token.

Examples:
  piiproxy replay -c piiproxy.yaml yesterday.jsonl
  piiproxy replay -c new.yaml --against piiproxy.yaml yesterday.jsonl calls.jsonl

Exit codes: 0 done, 1 against OLD something is newly missed or newly refused, 2
could not run.`
}

// Run plays every payload.
func (c replayCommand) Run(env *environment) error {
	now, err := c.side(c.Config)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Config, err)
	}
	var against *replay.Side
	if c.Against != "" {
		if against, err = c.side(c.Against); err != nil {
			return fmt.Errorf("%s: %w", c.Against, err)
		}
	}
	run := replay.New(now, against)
	for _, file := range c.Files {
		if err := c.file(env, run, file); err != nil {
			return err
		}
	}
	report := run.Report()
	if err := c.write(env.Stdout, report); err != nil {
		return err
	}
	if d := report.Unlike; d != nil && (d.Count(compare.Missed) > 0 || len(d.Refused) > 0) {
		return errFound
	}
	return nil
}

func (c replayCommand) write(to io.Writer, report *replay.Report) error {
	if c.Format != "json" {
		return report.Write(to)
	}
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}

// file plays one file, a payload a line.
func (c replayCommand) file(env *environment, run *replay.Replay, name string) error {
	from := env.Stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		from = file
	}
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), maxScanLine)
	for n := 1; lines.Scan(); n++ {
		body := bytes.TrimSpace(lines.Bytes())
		if len(body) == 0 {
			continue
		}
		if err := run.Play(env.Context, replay.Payload{File: name, Line: n, Body: bytes.Clone(body), Channel: c.Channel}); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%s: a line is longer than %d bytes", name, maxScanLine)
	}
	return lines.Err()
}

// side reads a configuration as far as it decides what is done with words.
func (c replayCommand) side(file string) (*replay.Side, error) {
	settings, complaints := config.Read(file)
	complaints = slices.DeleteFunc(complaints, func(complaint config.Complaint) bool { return !decides(complaint.Key) })
	if len(complaints) > 0 {
		return nil, config.Errors(complaints)
	}
	judge, err := loadRules(settings)
	if err != nil {
		return nil, err
	}
	side := &replay.Side{Limits: payloadLimits(settings.Limits), Caller: c.Account}
	for i := range settings.Accounts {
		a := &settings.Accounts[i]
		account, err := replayed(a, judge)
		if err != nil {
			return nil, fmt.Errorf("accounts[%d]: %w", i, err)
		}
		policy := settings.Policies[a.Policy]
		account.Conduct = replay.Conduct{Need: policy.Need, RefuseTemplates: policy.Templates == "refuse"}
		side.Accounts = append(side.Accounts, account)
	}
	if c.Account != "" && !slices.ContainsFunc(side.Accounts, func(a replay.Account) bool { return a.Name == c.Account }) {
		return nil, fmt.Errorf("--account: there is no account %q", c.Account)
	}
	return side, nil
}

// replayed is an account without its secrets and addresses.
func replayed(a *config.Account, judge *judges) (replay.Account, error) {
	set, err := judge.set(a)
	if err != nil {
		return replay.Account{}, fmt.Errorf("own: %w", err)
	}
	ch, ok := channel.ByName(a.Channel)
	if !ok {
		return replay.Account{}, fmt.Errorf("channel: %q is none", a.Channel)
	}
	mode, err := rules.ParseMode(a.Mode)
	if err != nil {
		return replay.Account{}, err
	}
	policy := judge.policies[a.Policy]
	if policy == nil {
		return replay.Account{}, fmt.Errorf("policy: there is no policy %q", a.Policy)
	}
	return replay.Account{
		Name: a.Name, ID: a.ID, Business: a.BusinessID, Channel: ch, Policy: policy, Rules: set, Mode: mode,
		Region: first(a.Regions), Language: first(a.Languages),
	}, nil
}

// decides says that a complaint is about what a replay uses: not about secrets,
// listeners and stores, which may be elsewhere.
func decides(key string) bool {
	for _, secret := range []string{"access_token", "bot_secret", "bot_url", "graph_url", "host"} {
		if strings.HasSuffix(key, "."+secret) {
			return false
		}
	}
	return judgement(key) || strings.HasPrefix(key, "accounts") || strings.HasPrefix(key, "limits")
}
