package replay

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/rules/compare"
)

// maxExamples bounds the examples of one line of a report.
const maxExamples = 3

// Line counts findings that share direction, rule, kind, action and mode.
type Line struct {
	Direction string            `json:"direction"`
	Rule      string            `json:"rule"`
	Kind      string            `json:"kind"`
	Action    string            `json:"action"`
	Mode      string            `json:"mode"` // enforce: done; shadow: it would be
	Count     int               `json:"count"`
	Examples  []compare.Example `json:"examples"`
}

// PromptLine counts prompts of a rule. Swapped: a form takes their place.
type PromptLine struct {
	Rule     string            `json:"rule"`
	Asks     string            `json:"asks"` // kinds, with commas
	Action   string            `json:"action"`
	Swapped  bool              `json:"swapped"`
	Reason   string            `json:"reason,omitempty"` // why policy's capture cannot be (docs/reasons.md)
	Count    int               `json:"count"`
	Examples []compare.Example `json:"examples"`
}

// Refusal counts payloads or parts that would not be passed on.
type Refusal struct {
	Direction string   `json:"direction"`
	Reason    string   `json:"reason"`
	Count     int      `json:"count"`
	Where     []string `json:"where"` // the first few
}

// Report is what a configuration would have done.
type Report struct {
	Payloads int          `json:"payloads"`
	Inbound  int          `json:"inbound"`
	Outbound int          `json:"outbound"`
	Changed  int          `json:"changed"` // payloads that would come out changed
	Findings []Line       `json:"findings"`
	Prompts  []PromptLine `json:"prompts"`
	Asked    []AskedLine  `json:"asked"`
	Refusals []Refusal    `json:"refusals"`
	Unread   []Refusal    `json:"unread"` // payloads that are no strict JSON, or of no account
	Unlike   *Difference  `json:"difference,omitempty"`
}

// Difference is how the older configuration would have done otherwise.
type Difference struct {
	*compare.Report
	Refused  []Refusal `json:"newly_refused"`
	Accepted []Refusal `json:"no_longer_refused"`
}

// Replay collects a report, payload by payload.
type Replay struct {
	report  Report
	now     *Side
	against *Side                      // nil: nothing is compared
	people  map[string]map[string]bool // who was asked, by kind
}

// New begins a replay; against may be nil.
func New(now, against *Side) *Replay {
	r := &Replay{now: now, against: against, people: map[string]map[string]bool{}}
	if against != nil {
		r.report.Unlike = &Difference{Report: &compare.Report{}}
	}
	return r
}

// Play adds one payload. Errors are of the context only: what cannot be read is
// part of the report.
func (r *Replay) Play(ctx context.Context, p Payload) error {
	after, err := r.now.play(ctx, p)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.report.Payloads++
	if err != nil {
		r.report.Unread = refused(r.report.Unread, "", unreadable(err), p.Where())
	} else {
		r.count(p, after)
	}
	if r.against == nil {
		return nil
	}
	before, oldErr := r.against.play(ctx, p)
	if err == nil && oldErr == nil {
		r.report.Unlike.note(p, before, after)
	}
	return ctx.Err()
}

// unreadable is the closed reason why a payload cannot be read.
func unreadable(err error) string {
	var problem *payload.Error
	switch {
	case errors.As(err, &problem):
		return "parse_" + problem.Reason
	case errors.Is(err, ErrPayload):
		return "account_unknown"
	case errors.Is(err, errObject):
		return "object_unknown"
	}
	return "shape_unknown"
}

// count adds what happens to one payload.
func (r *Replay) count(p Payload, o *outcome) {
	report := &r.report
	if o.direction == rules.Outbound {
		report.Outbound++
	} else {
		report.Inbound++
	}
	if o.changed {
		report.Changed++
	}
	for _, s := range o.sightings {
		report.finding(Line{Direction: o.direction.String(), Rule: s.Rule, Kind: s.Kind, Action: s.Action.String(), Mode: s.Mode.String()},
			compare.Example{Where: p.Where(), Shape: rules.ShapeOf(s.Value())})
	}
	for _, asked := range o.prompts {
		report.prompt(asked, p.Where())
		r.asked(o, asked, o.caller.Policy)
	}
	for _, reason := range o.refusals {
		report.Refusals = refused(report.Refusals, o.direction.String(), reason, p.Where())
	}
}

func (r *Report) finding(key Line, example compare.Example) {
	at := slices.IndexFunc(r.Findings, func(l Line) bool {
		return l.Direction == key.Direction && l.Rule == key.Rule && l.Kind == key.Kind && l.Action == key.Action && l.Mode == key.Mode
	})
	if at < 0 {
		at = len(r.Findings)
		r.Findings = append(r.Findings, key)
	}
	line := &r.Findings[at]
	line.Count++
	if len(line.Examples) < maxExamples {
		line.Examples = append(line.Examples, example)
	}
}

func (r *Report) prompt(asked prompt, where string) {
	key := PromptLine{Rule: asked.ask.Rule, Asks: strings.Join(asked.ask.Asks, ","), Action: asked.what(), Swapped: asked.swapped, Reason: asked.reason}
	at := slices.IndexFunc(r.Prompts, func(l PromptLine) bool { return l.Rule == key.Rule && l.Action == key.Action && l.Reason == key.Reason })
	if at < 0 {
		at = len(r.Prompts)
		r.Prompts = append(r.Prompts, key)
	}
	r.Prompts[at].Count++
	if len(r.Prompts[at].Examples) < maxExamples {
		r.Prompts[at].Examples = append(r.Prompts[at].Examples, compare.Example{Where: where})
	}
}

// what is done about a prompt, and that it is not in shadow.
func (p prompt) what() string {
	if !p.done {
		return p.action.String() + " (shadow)"
	}
	return p.action.String()
}

// refused adds to a list of refusals.
func refused(list []Refusal, direction, reason, where string) []Refusal {
	at := slices.IndexFunc(list, func(r Refusal) bool { return r.Direction == direction && r.Reason == reason })
	if at < 0 {
		at = len(list)
		list = append(list, Refusal{Direction: direction, Reason: reason})
	}
	list[at].Count++
	if len(list[at].Where) < maxExamples {
		list[at].Where = append(list[at].Where, where)
	}
	return list
}

// Report ends the replay. Its lists are sorted, the most frequent first.
func (r *Replay) Report() *Report {
	report := &r.report
	slices.SortFunc(report.Findings, func(a, b Line) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Direction, b.Direction), cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Action, b.Action), cmp.Compare(a.Mode, b.Mode))
	})
	slices.SortFunc(report.Prompts, func(a, b PromptLine) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Reason, b.Reason))
	})
	slices.SortFunc(report.Asked, func(a, b AskedLine) int { return cmp.Or(b.Asked-a.Asked, cmp.Compare(a.Kind, b.Kind)) })
	for _, list := range report.lists() {
		slices.SortFunc(*list, func(a, b Refusal) int {
			return cmp.Or(b.Count-a.Count, cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Direction, b.Direction))
		})
		*list = append([]Refusal{}, *list...) // [] in JSON
	}
	report.Findings, report.Prompts = append([]Line{}, report.Findings...), append([]PromptLine{}, report.Prompts...)
	report.Asked = append([]AskedLine{}, report.Asked...)
	if report.Unlike != nil {
		report.Unlike.Sort()
	}
	return report
}

func (r *Report) lists() []*[]Refusal {
	lists := []*[]Refusal{&r.Refusals, &r.Unread}
	if r.Unlike != nil {
		lists = append(lists, &r.Unlike.Refused, &r.Unlike.Accepted)
	}
	return lists
}
