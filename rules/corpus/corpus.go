// Package corpus reads texts and conversations to try rules on: JSON objects, one
// a line, as `piiproxy scan --format jsonl` takes them, or plain lines.
//
// A row is read whole or not at all, rows come in the order of their files, and
// errors name a place, never a text.
package corpus

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/rules"
)

// maxLine bounds one line, as for piiproxy scan.
const maxLine = 8 << 20

// Turn is one text of a row.
type Turn struct {
	Direction rules.Direction
	Text      string
}

// Row is a text, or the turns of one conversation.
type Row struct {
	File             string
	Line             int
	Region, Language string // "" when unknown
	Turns            []Turn
	Single           bool // the row is one text and no conversation
}

// Where names a turn of the row: "file:line", or "file:line turn n" (from 0, as
// in what scan writes).
func (r Row) Where(turn int) string {
	if r.Single {
		return fmt.Sprintf("%s:%d", r.File, r.Line)
	}
	return fmt.Sprintf("%s:%d turn %d", r.File, r.Line, turn)
}

// written is a row as files have it. Other members, such as labels, are left
// out.
type written struct {
	Text     *string `json:"text"`
	Region   string  `json:"region"`
	Language string  `json:"language"`
	Turns    []struct {
		Speaker string `json:"speaker"`
		Text    string `json:"text"`
	} `json:"turns"`
}

// ReadFile reads the rows of a file, JSON when its name ends in .jsonl or .json,
// else one text a line, empty ones left out. Single texts travel in the given
// direction.
func ReadFile(name string, direction rules.Direction, visit func(Row) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return Read(file, name, direction, visit)
}

// Read is ReadFile for what is open already.
func Read(from io.Reader, name string, direction rules.Direction, visit func(Row) error) error {
	parse := plain
	if strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".json") {
		parse = object
	}
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimRight(lines.Bytes(), "\r")
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if !utf8.Valid(line) {
			return fmt.Errorf("%s:%d: not UTF-8", name, n)
		}
		row, err := parse(line, direction)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		row.File, row.Line = name, n
		if err := visit(row); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%s: a line is longer than %d bytes", name, maxLine)
	}
	return lines.Err()
}

func plain(line []byte, direction rules.Direction) (Row, error) {
	return Row{Turns: []Turn{{direction, string(line)}}, Single: true}, nil
}

func object(line []byte, direction rules.Direction) (Row, error) {
	var w written
	if err := json.Unmarshal(line, &w); err != nil {
		return Row{}, errors.New(`not a row {"id","text"} or {"id","turns"}`)
	}
	row := Row{Region: w.Region, Language: w.Language, Single: w.Text != nil}
	switch {
	case w.Text != nil && w.Turns == nil:
		row.Turns = []Turn{{direction, *w.Text}}
	case w.Text == nil && w.Turns != nil:
		for _, turn := range w.Turns {
			switch turn.Speaker {
			case "user":
				row.Turns = append(row.Turns, Turn{rules.Inbound, turn.Text})
			case "bot":
				row.Turns = append(row.Turns, Turn{rules.Outbound, turn.Text})
			default:
				return Row{}, errors.New(`a speaker is "user" or "bot"`)
			}
		}
	default:
		return Row{}, errors.New(`a row has either "text" or "turns"`)
	}
	return row, nil
}

// budgetTries is how often a turn is read again that ran out of its budget,
// which is of real time: a busy machine has less.
const budgetTries = 5

// Scan reads the turns of a row with a set, one after the other, the way a
// conversation goes: what the bot asked informs the next turns of the person. The
// error is rules.ErrBudget for the turn where it happens; the turns after it are
// read all the same.
func (r Row) Scan(set *rules.Set, visit func(turn int, result rules.Result, err error)) {
	var dialogue rules.Dialogue
	for i, turn := range r.Turns {
		context := dialogue.Context(rules.Context{Direction: turn.Direction, Region: r.Region, Language: r.Language})
		result, err := set.Scan(turn.Text, context)
		for again := 1; errors.Is(err, rules.ErrBudget) && again < budgetTries; again++ {
			result, err = set.Scan(turn.Text, context)
		}
		visit(i, result, err)
		dialogue.Said(turn.Direction, turn.Text, result.Asks)
	}
}
