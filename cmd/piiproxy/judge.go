package main

import (
	"fmt"
	"slices"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// judgeFlags choose rules and policy for commands that work without a
// configuration.
type judgeFlags struct {
	Rules  []string `placeholder:"PATH" help:"Rule files, globs or packs; built-in ones when absent." sep:"none"`
	Policy string   `default:"default" placeholder:"NAME" help:"Policy of the configuration; the built-in one is called default."`
	Config string   `short:"c" placeholder:"FILE" help:"Take rules, overrides and policies from this configuration."`
}

// judged is what those commands judge by.
type judged struct {
	set    *rules.Set
	policy *redact.Policy
}

// load reads rules and policy. Secrets are not resolved.
func (f judgeFlags) load() (*judged, error) {
	settings := config.Default()
	if f.Config != "" {
		read, complaints := config.Read(f.Config)
		complaints = slices.DeleteFunc(complaints, func(c config.Complaint) bool { return !judgement(c.Key) })
		if len(complaints) > 0 {
			return nil, config.Errors(complaints)
		}
		settings = read
	}
	if len(f.Rules) > 0 {
		settings.Rules = f.Rules
	}
	judge, err := loadRules(settings)
	if err != nil {
		return nil, err
	}
	policy, ok := judge.policies[f.Policy]
	if !ok {
		return nil, fmt.Errorf("--policy: there is no policy %q", f.Policy)
	}
	set, err := judge.library.Set(rules.View{Overrides: judge.overrides})
	if err != nil {
		return nil, err
	}
	return &judged{set, policy}, nil
}

// judgement says that a complaint is about what these commands use.
func judgement(key string) bool {
	for _, prefix := range []string{"rules", "overrides", "policies"} {
		if len(key) >= len(prefix) && key[:len(prefix)] == prefix {
			return true
		}
	}
	return key == ""
}

// scope judges texts of no account.
func (j *judged) scope(direction, channel, region, language string) *redact.Scope {
	scope := &redact.Scope{Policy: j.policy, Rules: j.set, Mode: rules.Enforce}
	scope.Context = rules.Context{Direction: rules.Inbound, Channel: channel, Region: region, Language: language}
	if direction == "outbound" {
		scope.Context.Direction = rules.Outbound
	}
	return scope
}
