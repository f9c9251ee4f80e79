package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

type scanCommand struct {
	Judge     judgeFlags `embed:""`
	Format    string     `default:"text" enum:"text,jsonl,payload" help:"text: lines of text; jsonl: rows of texts or turns; payload: raw bodies, one a line."`
	Channel   string     `default:"messenger" enum:"messenger,instagram,whatsapp" help:"Whose payloads, and where rules may look."`
	Direction string     `default:"inbound" enum:"inbound,outbound" help:"inbound: toward the bot; outbound: toward the platform."`
	Files     []string   `arg:"" optional:"" name:"file" help:"Files; - or none is standard input."`
}

// Help is shown by --help.
func (scanCommand) Help() string {
	return `Redacts what it reads and writes it to standard output. It resolves no secret,
opens no store and makes no token: findings become [KIND].

Examples:
  echo "my cc is 9999999999999999 exp 01/20" | piiproxy scan
  piiproxy scan --format jsonl rows.jsonl
  piiproxy scan --format payload --channel whatsapp --direction inbound webhooks.jsonl

A jsonl row is {"id","text"} or {"id","turns":[{"speaker":"user"|"bot","text"}]},
with "region" and "language" if known. Bot turns are outbound, user turns
inbound, and what the bot asks for informs how the next turn is read. Offsets
count Unicode code points of the input.

Exit codes: 0 done, 1 a row or body could not be read (it is not written), 2
could not run.`
}

// maxScanLine bounds one line: a body as large as a proxy would inspect.
const maxScanLine = 8 << 20

// Run scans every file.
func (c scanCommand) Run(env *environment) error {
	judge, err := c.Judge.load()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(env.Stdout)
	s := scanner{command: c, judge: judge, engine: redact.New(nil, nil, payload.DefaultLimits()), out: out, problems: env.Stderr}
	files := c.Files
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, file := range files {
		if err := s.file(env.Context, env.Stdin, file); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return errors.New("writing to standard output")
	}
	if s.unread > 0 {
		return errFound
	}
	return nil
}

// scanner goes through files line by line.
type scanner struct {
	command  scanCommand
	judge    *judged
	engine   *redact.Engine
	out      *bufio.Writer
	problems io.Writer
	unread   int
}

func (s *scanner) file(ctx context.Context, stdin io.Reader, name string) error {
	from := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		from = f
	}
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), maxScanLine)
	lines.Split(wholeLines)
	for n := 1; lines.Scan(); n++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := s.line(ctx, lines.Bytes()); err != nil {
			s.unread++
			_, _ = fmt.Fprintf(s.problems, "piiproxy: %s:%d: %v\n", name, n, err)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%s: a line is longer than %d bytes", name, maxScanLine)
	}
	return lines.Err()
}

// wholeLines is bufio.ScanLines that keeps the end of each line, so that text
// comes out with the line ends that it had.
func wholeLines(data []byte, last bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if last && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// line handles one line by the format.
func (s *scanner) line(ctx context.Context, line []byte) error {
	if !utf8.Valid(line) {
		return errors.New("not UTF-8")
	}
	text := bytes.TrimRight(line, "\r\n")
	end := line[len(text):]
	line = text
	switch s.command.Format {
	case "jsonl":
		return s.row(ctx, line)
	case "payload":
		return s.body(ctx, line)
	}
	result, err := s.engine.Text(ctx, string(line), s.judge.scope(s.command.Direction, s.command.Channel, "", ""))
	if err != nil {
		return err
	}
	if len(result.Refusals) > 0 {
		return errors.New("the rules ran out of their budget")
	}
	_, err = s.out.WriteString(result.Text + string(end))
	return err
}

// body rewrites a raw webhook or call.
func (s *scanner) body(ctx context.Context, line []byte) error {
	document, err := payload.Parse(line, payload.DefaultLimits())
	if err != nil {
		return err
	}
	ch, _ := channel.ByName(s.command.Channel)
	scope := s.judge.scope(s.command.Direction, s.command.Channel, "", "")
	body := redact.Body{Document: document, Channel: ch, Table: ch.Request(), Stretches: []redact.Stretch{{Scope: scope}}}
	if s.command.Direction == "inbound" {
		body.Table = ch.Webhook()
		if body.Stretches, err = s.parts(ch, document, scope); err != nil {
			return err
		}
	}
	result, err := s.engine.Rewrite(ctx, body)
	if err != nil {
		return err
	}
	for _, reason := range result.Refusals {
		return fmt.Errorf("not passed on: %s", reason)
	}
	_, err = s.out.Write(append(result.Bytes, '\n'))
	return err
}

// parts tells what the account wrote from what people did.
func (s *scanner) parts(ch *channel.Channel, document *payload.Document, scope *redact.Scope) ([]redact.Stretch, error) {
	parts, err := ch.Delivery(document)
	if err != nil {
		return nil, err
	}
	stretches := []redact.Stretch{{Scope: scope}}
	for _, part := range parts {
		own := *scope
		own.Echo = part.Echo
		stretches = append(stretches, redact.Stretch{Root: part.Root, Scope: &own})
	}
	return stretches, nil
}

// scanRow is one line of the jsonl format, in both directions.
type scanRow struct {
	ID       json.RawMessage `json:"id,omitempty"`
	Text     *string         `json:"text,omitempty"`
	Turns    []scanTurn      `json:"turns,omitempty"`
	Region   string          `json:"region,omitempty"`
	Language string          `json:"language,omitempty"`
}

type scanTurn struct {
	Speaker string `json:"speaker"`
	Text    string `json:"text"`
}

type scannedRow struct {
	ID       json.RawMessage `json:"id,omitempty"`
	Text     *string         `json:"text,omitempty"`
	Turns    []scanTurn      `json:"turns,omitempty"`
	Findings []scanFinding   `json:"findings"`
	Prompts  []scanPrompt    `json:"prompts"`
}

type scanFinding struct {
	Turn   *int     `json:"turn,omitempty"`
	Start  int      `json:"start"`
	End    int      `json:"end"`
	Kind   string   `json:"kind"`
	Rule   string   `json:"rule"`
	Score  float64  `json:"score"`
	Action string   `json:"action"`
	Why    []string `json:"why"`
}

type scanPrompt struct {
	Turn *int     `json:"turn,omitempty"`
	Rule string   `json:"rule"`
	Asks []string `json:"asks"`
}

// row redacts a text, or a conversation.
func (s *scanner) row(ctx context.Context, line []byte) error {
	var row scanRow
	if err := json.Unmarshal(line, &row); err != nil {
		return errors.New(`not a row {"id","text"} or {"id","turns"}`)
	}
	done := scannedRow{ID: row.ID, Findings: []scanFinding{}, Prompts: []scanPrompt{}}
	switch {
	case row.Text != nil && row.Turns == nil:
		result, err := s.turn(ctx, *row.Text, s.judge.scope(s.command.Direction, s.command.Channel, row.Region, row.Language), nil, &done)
		if err != nil {
			return err
		}
		done.Text = &result.Text
	case row.Turns != nil && row.Text == nil:
		if err := s.turns(ctx, row, &done); err != nil {
			return err
		}
	default:
		return errors.New(`a row has either "text" or "turns"`)
	}
	encoder := json.NewEncoder(s.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(done)
}

// turns redacts a conversation; what the bot asked informs the next user turn.
func (s *scanner) turns(ctx context.Context, row scanRow, done *scannedRow) error {
	var dialogue rules.Dialogue
	for i, turn := range row.Turns {
		direction := "inbound"
		if turn.Speaker == "bot" {
			direction = "outbound"
		} else if turn.Speaker != "user" {
			return errors.New(`a speaker is "user" or "bot"`)
		}
		scope := s.judge.scope(direction, s.command.Channel, row.Region, row.Language)
		scope.Context = dialogue.Context(scope.Context)
		result, err := s.turn(ctx, turn.Text, scope, &i, done)
		if err != nil {
			return err
		}
		done.Turns = append(done.Turns, scanTurn{turn.Speaker, result.Text})
		dialogue.Said(scope.Context.Direction, turn.Text, result.Prompts)
	}
	return nil
}

// turn redacts one text and adds what it finds.
func (s *scanner) turn(ctx context.Context, text string, scope *redact.Scope, turn *int, done *scannedRow) (redact.TextResult, error) {
	result, err := s.engine.Text(ctx, text, scope)
	if err != nil {
		return result, err
	}
	if len(result.Refusals) > 0 {
		return result, errors.New("the rules ran out of their budget")
	}
	for _, f := range result.Findings {
		why := make([]string, len(f.Why))
		for i, reason := range f.Why {
			why[i] = reason.String()
		}
		done.Findings = append(done.Findings, scanFinding{
			turn, utf8.RuneCountInString(text[:f.Start]), utf8.RuneCountInString(text[:f.End]), f.Kind, f.Rule, math.Round(f.Score*1000) / 1000, f.Action.String(), why,
		})
	}
	for _, ask := range result.Prompts {
		done.Prompts = append(done.Prompts, scanPrompt{turn, ask.Rule, ask.Asks})
	}
	return result, nil
}
