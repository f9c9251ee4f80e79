package replay

import (
	"cmp"
	"slices"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// ruleWordless stands for the rule of a request that is made without words, as in
// serve's log.
const ruleWordless = "wordless"

// The reasons that serve gives a prompt that is not swapped, beside channel's
// (docs/reasons.md).
const (
	reasonTemplate  = "prompt_in_template"
	reasonElsewhere = "prompt_elsewhere"
)

// Conduct is what a policy says of prompts, beside its table.
type Conduct struct {
	Need            map[string]string // by kind; all of it when absent
	RefuseTemplates bool
}

// need is how much of a kind a form would ask for.
func (c Conduct) need(kind string) string { return cmp.Or(c.Need[kind], "full") }

// prompt is a place where the bot asks, and what policy does about it.
type prompt struct {
	ask     rules.Ask
	action  redact.Action
	done    bool   // the account and the rule are in force
	swapped bool   // a form takes its place
	reason  string // why not, where policy says capture
}

// asks notes what the bot asks for in a call, and what becomes of it.
func (o *outcome) asks(account *Account, body redact.Body, result redact.Result) {
	scope, document := body.Stretches[0].Scope, body.Document
	all := slices.Clone(result.Prompts)
	if body.Table == account.Channel.Request() {
		o.person = first(account.Channel.Send(document).Person.Aliases)
		for _, w := range account.Channel.Wordless(document) {
			all = append(all, rules.Ask{Rule: ruleWordless, Asks: []string{w.Kind}, Mode: rules.Enforce})
		}
	}
	o.needs = account.Conduct
	refused, known := result.Refusals[0] // the engine's own, such as a prompt to nobody certain
	reason := string(refused)
	for _, ask := range all {
		p := prompt{ask: ask, action: redact.Allow, done: scope.Mode == rules.Enforce && ask.Mode == rules.Enforce}
		for _, kind := range ask.Asks {
			p.action = max(p.action, scope.Policy.Prompts.For(kind))
		}
		if p.done && p.action == redact.Capture {
			if !known {
				reason, known = account.obstacle(body, scope), true
			}
			p.swapped, p.reason = reason == "", reason
		}
		o.prompts = append(o.prompts, p)
	}
	if reason != "" && refused == "" && (reason != reasonTemplate || account.Conduct.RefuseTemplates) {
		o.refusals = append(o.refusals, reason)
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// obstacle is why a call that asks for what policy captures cannot be swapped; ""
// when it can. What only serve knows is taken for granted: that the person has
// written, and that they have not too many links.
func (a *Account) obstacle(body redact.Body, scope *redact.Scope) string {
	ch, document := a.Channel, body.Document
	if ch.IsTemplate(document) {
		return reasonTemplate
	}
	found := false
	for _, text := range ch.Prompts(document) {
		if !captures(scope, text.Text) {
			continue
		}
		if text.Reason != "" {
			return text.Reason
		}
		found = true
	}
	for _, w := range ch.Wordless(document) {
		if scope.Policy.Prompts.For(w.Kind) != redact.Capture {
			continue
		}
		if w.Reason != "" {
			return w.Reason
		}
		found = true
	}
	if send := ch.Send(document); !send.Message || !send.Person.Known() {
		return channel.ReasonRecipient
	}
	if !found {
		return reasonElsewhere
	}
	return ""
}

// captures says whether a text asks for something that policy captures. A text on
// which the rules run out of time is one.
func captures(scope *redact.Scope, text string) bool {
	result, err := scope.Rules.Scan(text, scope.Context)
	return err != nil || slices.ContainsFunc(result.Asks, func(ask rules.Ask) bool {
		return ask.Mode == rules.Enforce && slices.ContainsFunc(ask.Asks, func(kind string) bool {
			return scope.Policy.Prompts.For(kind) == redact.Capture
		})
	})
}

// AskedLine is what prompts asked for of one kind.
type AskedLine struct {
	Kind   string `json:"kind"`
	Asked  int    `json:"asked"`  // prompts
	People int    `json:"people"` // different ones who were asked, where the call says whom
	Action string `json:"action"` // of the policy; of the first account when they differ
	Need   string `json:"need"`   // how much of it a form asks for
	Hint   string `json:"hint,omitempty"`
}

// asked counts a prompt for each kind that it asks for.
func (r *Replay) asked(o *outcome, p prompt, policy *redact.Policy) {
	for _, kind := range p.ask.Asks {
		at := slices.IndexFunc(r.report.Asked, func(l AskedLine) bool { return l.Kind == kind })
		if at < 0 {
			at = len(r.report.Asked)
			action, need := policy.Prompts.For(kind), o.needs.need(kind)
			r.report.Asked = append(r.report.Asked, AskedLine{Kind: kind, Action: action.String(), Need: need, Hint: hint(kind, action, need)})
			r.people[kind] = map[string]bool{}
		}
		r.report.Asked[at].Asked++
		if o.person != "" {
			r.people[kind][o.person] = true
			r.report.Asked[at].People = len(r.people[kind])
		}
	}
}

// less is what may be enough of a kind.
var less = map[string]string{"credit_card": "last4 or bin", "ssn": "last4", "dob": "over_18", "address": "zip"}

// hint says how less of a kind would be told.
func hint(kind string, action redact.Action, need string) string {
	switch {
	case action == redact.Capture && need == "full" && less[kind] != "":
		return "is all of it needed? need: " + less[kind] + " asks for less"
	case action < redact.Capture:
		return "is typed into the chat; prompts: capture keeps it out"
	}
	return ""
}
