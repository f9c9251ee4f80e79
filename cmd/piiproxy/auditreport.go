package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/piiproxy/piiproxy/audit"
)

type auditReportCommand struct {
	auditFlags
	From string `placeholder:"TIME" help:"From this day (2026-11-01) or time (RFC 3339) on, UTC; the beginning when absent."`
	To   string `placeholder:"TIME" help:"Before this day or time; the end when absent."`
	JSON bool   `name:"json" help:"As JSON."`
}

// Help is shown by --help.
func (auditReportCommand) Help() string {
	return `Who got to know what and what for, erasures, exports, keys, modes, what was weakened,
and how many messages had findings or were refused. People stand there by the hash that
logs show (piiproxy conversation). The log is verified on the way.

Examples:
  piiproxy audit report --from 2026-11-01 --to 2026-12-01 -c piiproxy.yaml
  piiproxy audit report --json -c piiproxy.yaml | jq '.access[] | select(.purpose == "chargeback")'

Exit code 1: something was done to the log; see piiproxy audit verify.`
}

// digest is what a report says.
type digest struct {
	From     string        `json:"from,omitempty"`
	To       string        `json:"to,omitempty"`
	Lines    int           `json:"lines"`
	Access   []*tally      `json:"access"`
	Erasures []audit.Line  `json:"erasures"`
	Exports  []audit.Line  `json:"exports"`
	Keys     []audit.Line  `json:"keys"`
	Modes    []audit.Line  `json:"modes"`
	Weakened []audit.Line  `json:"weakened"`
	Rules    []audit.Line  `json:"rules"` // starts and reloads
	Messages []*tally      `json:"messages"`
	Links    []*tally      `json:"links"`
	Log      []audit.Line  `json:"log"` // what was found when the log was opened
	Others   []*tally      `json:"others"`
	Verified *audit.Report `json:"verified"`
}

// tally is how often something happened alike.
type tally struct {
	Actor   string `json:"actor"`
	Action  string `json:"action"`
	Account string `json:"account,omitempty"`
	Purpose string `json:"purpose,omitempty"`
	Result  string `json:"result,omitempty"`
	Reason  string `json:"reason,omitempty"` // of messages, and of what was refused
	// Times it happened, Values it was about in all.
	Times  int      `json:"times"`
	Values int      `json:"values"`
	Kinds  []string `json:"kinds,omitempty"`
	// Conversations it was about; only where somebody got to know something.
	Conversations []string `json:"conversations,omitempty"`
}

// Run reads the log and prints the report.
func (c auditReportCommand) Run(env *environment) error {
	from, err := timeOf(c.From)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	to, err := timeOf(c.To)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	b := newDigester(from, to)
	verified, err := c.read(env, audit.Verifier{Each: b.line})
	if err != nil {
		return err
	}
	report := b.digest(&verified)
	report.From, report.To = c.From, c.To
	print := report.print
	if c.JSON {
		print = report.encode
	}
	if err := print(env.Stdout); err != nil {
		return err
	}
	if verified.Count > 0 {
		return errFound
	}
	return nil
}

func timeOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("write a day such as 2026-11-01, or a time such as 2026-11-01T09:30:00Z")
}

// digester sums a log up line by line.
type digester struct {
	from, to time.Time
	topics   map[string]audit.Topic
	tallies  map[audit.Topic]map[string]*tally
	listed   map[audit.Topic][]audit.Line
	weakened []audit.Line
	lines    int
}

func newDigester(from, to time.Time) *digester {
	d := &digester{from: from, to: to, topics: map[string]audit.Topic{}, tallies: map[audit.Topic]map[string]*tally{}, listed: map[audit.Topic][]audit.Line{}}
	for _, action := range audit.Actions() {
		d.topics[action.Name] = action.Topic
	}
	return d
}

// line takes a line that holds.
func (d *digester) line(_ string, _ int, line audit.Line) error {
	at, err := time.Parse(time.RFC3339Nano, line.Time)
	if err != nil || at.Before(d.from) || !d.to.IsZero() && !at.Before(d.to) {
		return nil
	}
	d.lines++
	topic := d.topics[line.Action]
	switch {
	case line.Action == audit.ActionWeakened:
		d.weakened = append(d.weakened, line)
	case topic == audit.Own && line.Action != audit.ActionRecovered:
	case topic == audit.Access, topic == audit.Messages, topic == audit.Links, topic == "":
		d.count(topic, line)
	default:
		d.listed[topic] = append(d.listed[topic], line)
	}
	return nil
}

// count adds a line to those like it.
func (d *digester) count(topic audit.Topic, line audit.Line) {
	t := tally{Actor: line.Actor, Action: line.Action, Account: line.Account, Purpose: line.Purpose, Result: line.Result}
	if topic == audit.Messages || line.Result == audit.Refused || line.Result == audit.Failed {
		t.Reason = line.Reason
	}
	key := strings.Join([]string{t.Account, t.Actor, t.Action, t.Purpose, t.Result, t.Reason}, "\x00")
	if d.tallies[topic] == nil {
		d.tallies[topic] = map[string]*tally{}
	}
	sum := d.tallies[topic][key]
	if sum == nil {
		sum = &t
		d.tallies[topic][key] = sum
	}
	sum.Times, sum.Values = sum.Times+1, sum.Values+line.Count
	for _, kind := range line.Kinds {
		sum.Kinds = insert(sum.Kinds, kind)
	}
	if topic == audit.Access && line.Conversation != "" {
		sum.Conversations = insert(sum.Conversations, line.Conversation)
	}
}

// insert puts a text into a sorted list, once.
func insert(list []string, text string) []string {
	at, found := slices.BinarySearch(list, text)
	if found {
		return list
	}
	return slices.Insert(list, at, text)
}

func (d *digester) digest(verified *audit.Report) *digest {
	listed := func(lines []audit.Line) []audit.Line { return append([]audit.Line{}, lines...) }
	return &digest{
		Lines: d.lines, Verified: verified, Weakened: listed(d.weakened),
		Access: d.sorted(audit.Access), Messages: d.sorted(audit.Messages), Links: d.sorted(audit.Links), Others: d.sorted(""),
		Erasures: listed(d.listed[audit.Erasures]), Exports: listed(d.listed[audit.Exports]), Keys: listed(d.listed[audit.Keys]),
		Modes: listed(d.listed[audit.Modes]), Rules: listed(d.listed[audit.Rules]), Log: listed(d.listed[audit.Own]),
	}
}

func (d *digester) sorted(topic audit.Topic) []*tally {
	list := []*tally{}
	for _, key := range slices.Sorted(maps.Keys(d.tallies[topic])) {
		list = append(list, d.tallies[topic][key])
	}
	return list
}

func (r *digest) encode(to io.Writer) error {
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

// print is for people: a table for each topic that has something.
func (r *digest) print(to io.Writer) error {
	t := reportTable{tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)}
	t.row(fmt.Sprintf("%d lines from %s to %s", r.Lines, cmp.Or(r.From, "the beginning"), cmp.Or(r.To, "the end")))
	t.tallies("Access to values", r.Access)
	t.lines("Exports", r.Exports)
	t.lines("Erasures", r.Erasures)
	t.lines("Weakened", r.Weakened)
	t.lines("Rules and configuration", r.Rules)
	t.lines("Modes", r.Modes)
	t.lines("Keys", r.Keys)
	t.tallies("Messages", r.Messages)
	t.tallies("Links", r.Links)
	t.tallies("Others", r.Others)
	t.lines("The log itself", r.Log)
	if r.Verified.Bare > 0 {
		t.row("")
		t.row(unsigned(*r.Verified))
	}
	if r.Verified.Count > 0 {
		t.row("")
		t.row("the log does not hold: " + r.Verified.Problems[0].Error())
	}
	return t.Flush()
}

type reportTable struct{ *tabwriter.Writer }

// row prints cells. What operators typed may hold anything: nothing of it reaches a
// terminal but printable characters.
func (t reportTable) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) {
				return '?'
			}
			return r
		}, cell)
	}
	_, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) // Flush says what is wrong
}

func (t reportTable) tallies(title string, list []*tally) {
	if len(list) == 0 {
		return
	}
	t.row("")
	t.row(title)
	t.row("account", "who", "what", "purpose", "result", "times", "values", "kinds", "people")
	for _, each := range list {
		people := strconv.Itoa(len(each.Conversations))
		if n := len(each.Conversations); n > 0 && n <= 3 {
			people = strings.Join(each.Conversations, " ")
		}
		t.row(each.Account, each.Actor, each.Action, each.Purpose, strings.TrimSpace(each.Result+" "+each.Reason),
			strconv.Itoa(each.Times), strconv.Itoa(each.Values), strings.Join(each.Kinds, " "), people)
	}
}

func (t reportTable) lines(title string, list []audit.Line) {
	if len(list) == 0 {
		return
	}
	t.row("")
	t.row(title)
	t.row("time", "who", "what", "account", "person", "count", "result", "reason")
	for _, l := range list {
		t.row(l.Time, l.Actor, l.Action, l.Account, l.Conversation, strconv.Itoa(l.Count), l.Result, l.Reason)
	}
}
