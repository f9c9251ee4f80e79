package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/rules/compare"
	"github.com/piiproxy/piiproxy/rules/corpus"
)

// ruleDesk answers the admin API about the rules of a running serve.
type ruleDesk struct{ reloader *reloader }

// inForce is whose rules are in force.
func (d ruleDesk) inForce() *judges {
	d.reloader.mu.Lock()
	defer d.reloader.mu.Unlock()
	return d.reloader.current
}

// List implements console.Rules.
func (d ruleDesk) List() console.RuleList {
	judge := d.inForce()
	list := console.RuleList{Version: judge.library.Version(), Rules: []console.Rule{}}
	for _, info := range judge.described() {
		list.Rules = append(list.Rules, console.Rule{
			ID: info.ID, Kind: info.Kind, Asks: info.Asks, Regions: info.Regions, Mode: info.Mode.String(), Threshold: info.Threshold,
			Validator: info.Validator, File: info.File, Line: info.Line, Examples: info.Examples,
		})
	}
	return list
}

// described lists the rules with the overrides of the configuration.
func (j *judges) described() []rules.RuleInfo {
	list := j.library.Rules()
	for i := range list {
		at := slices.IndexFunc(j.overrides, func(o rules.Override) bool { return o.ID == list[i].ID })
		if at < 0 {
			continue
		}
		if mode, err := rules.ParseMode(j.overrides[at].Mode); err == nil && j.overrides[at].Mode != "" {
			list[i].Mode = mode
		}
		if j.overrides[at].Threshold > 0 {
			list[i].Threshold = j.overrides[at].Threshold
		}
	}
	return list
}

// Test implements console.Rules.
func (d ruleDesk) Test() (console.RuleTest, error) {
	answer := console.RuleTest{Problems: []string{}}
	library, err := rules.Load(rules.Sources(d.reloader.settings.Rules...))
	var complaints rules.Errors
	switch {
	case errors.As(err, &complaints):
		for _, complaint := range complaints {
			answer.Problems = append(answer.Problems, complaint.String())
		}
		return answer, nil
	case err != nil:
		return answer, err
	}
	for _, failure := range library.Test() {
		answer.Problems = append(answer.Problems, failure.String())
	}
	for _, complaint := range d.reloader.settings.CheckKinds(kindsOf(library)) {
		answer.Problems = append(answer.Problems, complaint.String())
	}
	answer.Version, answer.Rules = library.Version(), len(library.Rules())
	answer.InForce = answer.Version == d.reloader.tenants.Rules().Version
	return answer, nil
}

// Diff implements console.Rules.
func (d ruleDesk) Diff(order console.DiffOrder) (console.RuleDiff, error) {
	direction := rules.Inbound
	switch order.Direction {
	case "", "inbound":
	case "outbound":
		direction = rules.Outbound
	default:
		return console.RuleDiff{}, errors.New("direction is inbound or outbound")
	}
	old := d.inForce()
	fresh, err := loadRules(d.reloader.settings)
	if err != nil {
		return console.RuleDiff{}, err
	}
	before, err := old.side()
	if err != nil {
		return console.RuleDiff{}, err
	}
	after, err := fresh.side()
	if err != nil {
		return console.RuleDiff{}, err
	}
	answer := console.RuleDiff{Old: old.library.Version(), New: fresh.library.Version(), Report: &compare.Report{}}
	answer.Added, answer.Removed = missing(fresh, old), missing(old, fresh)
	for i, text := range order.Texts {
		row := corpus.Row{File: "text", Line: i + 1, Turns: []corpus.Turn{{Direction: direction, Text: text}}, Single: true}
		compareRow(answer.Report, row, before, after)
	}
	answer.Report.Sort()
	return answer, nil
}

// side is what a comparison runs: the rules of no account, and the default
// policy, or the first by name where none is called so.
func (j *judges) side() (*differing, error) {
	set, err := j.library.Set(rules.View{Overrides: j.overrides})
	if err != nil {
		return nil, err
	}
	policy := j.policies[config.DefaultPolicyName]
	for _, name := range slices.Sorted(maps.Keys(j.policies)) {
		if policy == nil {
			policy = j.policies[name]
		}
	}
	return &differing{set: set, policy: policy}, nil
}

// missing are the ids that one has and the other lacks.
func missing(in, from *judges) []string {
	ids := []string{}
	other := from.library.Rules()
	for _, info := range in.library.Rules() {
		if !slices.ContainsFunc(other, func(o rules.RuleInfo) bool { return o.ID == info.ID }) {
			ids = append(ids, info.ID)
		}
	}
	return ids
}

// Reload implements console.Rules.
func (d ruleDesk) Reload(ctx context.Context, order console.ReloadOrder) (console.Reloaded, error) {
	if order.Actor == "" {
		return console.Reloaded{}, errors.New("the order names no actor")
	}
	before, after, err := d.reloader.reload(order.Actor, console.SourceOf(ctx))
	if err != nil {
		return console.Reloaded{}, heard(fmt.Errorf("the rules stay as they are: %w", err))
	}
	return console.Reloaded{Version: after, Previous: before, Rules: len(d.inForce().library.Rules())}, nil
}
