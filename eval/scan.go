package eval

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// Judge is what corpora are measured against.
type Judge struct {
	Rules  *rules.Set
	Policy *redact.Policy
}

// Finding is what an enforced rule found.
type Finding struct {
	Start, End int // bytes of the turn's text
	Kind, Rule string
	Changes    bool // policy changes the text for it
}

// scanned is a turn with what was found in it.
type scanned struct {
	Turn
	row      *Row
	index    int // of the turn in its row
	findings []Finding
	changed  bool // policy changed the text
}

// scanner reads corpora, each in each reading once.
type scanner struct {
	judge  Judge
	labels *Map
	engine *redact.Engine
	done   map[string][]scanned
}

func newScanner(judge Judge, labels *Map) *scanner {
	return &scanner{judge, labels, redact.New(nil, nil, payload.DefaultLimits()), map[string][]scanned{}}
}

// corpus scans every row, on every core, and gives the turns in order.
func (s *scanner) corpus(ctx context.Context, corpus Corpus, how reading) ([]scanned, error) {
	key := fmt.Sprint(corpus.Name, how)
	if turns, ok := s.done[key]; ok {
		return turns, nil
	}
	rows := how.of(corpus.Rows, s.labels)
	results := make([][]scanned, len(rows))
	failures := make([]error, len(rows))
	var workers sync.WaitGroup
	count := runtime.GOMAXPROCS(0)
	for w := range count {
		workers.Go(func() {
			for i := w; i < len(rows) && ctx.Err() == nil; i += count {
				results[i], failures[i] = s.row(ctx, &rows[i], how)
			}
		})
	}
	workers.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var turns []scanned
	for i := range rows {
		if failures[i] != nil {
			return nil, fmt.Errorf("%s, row %s: %w", corpus.Name, rows[i].ID, failures[i])
		}
		turns = append(turns, results[i]...)
	}
	s.done[key] = turns
	return turns, nil
}

// row reads one conversation as the proxy would.
func (s *scanner) row(ctx context.Context, row *Row, how reading) ([]scanned, error) {
	turns := make([]scanned, 0, len(row.Turns))
	var dialogue rules.Dialogue
	for i, turn := range row.Turns {
		known := rules.Context{Direction: rules.Inbound, Channel: "messenger", Region: row.Region, Language: row.Language}
		if turn.Bot {
			known.Direction = rules.Outbound
		}
		if how.noRegion {
			known.Region = ""
		}
		scope := redact.Scope{Policy: s.judge.Policy, Rules: s.judge.Rules, Mode: rules.Enforce, Context: dialogue.Context(known)}
		result, err := s.text(ctx, turn.Text, &scope)
		if err != nil {
			return nil, err
		}
		dialogue.Said(known.Direction, turn.Text, result.Prompts)
		turns = append(turns, scanned{turn, row, i, findings(result), result.Text != turn.Text})
	}
	return turns, nil
}

// tries is how often a text that runs out of its budget is read: the machine
// may have been busy, and the same corpus gives the same report.
const tries = 5

func (s *scanner) text(ctx context.Context, text string, scope *redact.Scope) (redact.TextResult, error) {
	if !utf8.ValidString(text) {
		return redact.TextResult{}, rules.ErrText
	}
	for range tries {
		result, err := s.engine.Text(ctx, text, scope)
		if err != nil {
			return redact.TextResult{}, err
		}
		if !overran(result) {
			return result, nil
		}
	}
	return redact.TextResult{}, errors.New("the rules ran out of their budget")
}

func overran(result redact.TextResult) bool {
	for _, reason := range result.Refusals {
		if reason == redact.RuleBudget {
			return true
		}
	}
	return false
}

func findings(result redact.TextResult) []Finding {
	var found []Finding
	for _, f := range result.Findings {
		if f.Mode != rules.Enforce {
			continue
		}
		changes := f.Action != redact.Allow && f.Action != redact.Report
		found = append(found, Finding{f.Start, f.End, f.Kind, f.Rule, changes})
	}
	return found
}
