package redact_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
)

// Every table takes the actions that mean something in it, and no others; the
// error says which.
func TestActionsOfTables(t *testing.T) {
	all := []string{"allow", "report", "mask", "tokenize", "redact", "generalize", "block", "restore", "arm", "capture", "", "Allow", "hide", "tokenise", " mask"}
	takes := map[string][]string{
		"inbound":  {"allow", "report", "mask", "tokenize", "redact", "generalize", "block"},
		"outbound": {"allow", "report", "mask", "redact", "generalize", "block"},
		"tokens":   {"restore", "mask", "redact", "generalize", "block"},
		"prompts":  {"allow", "report", "arm", "capture"},
	}
	for table, allowed := range takes {
		for _, action := range all {
			for _, kind := range []string{"email", "default"} {
				entries := map[string]string{kind: action}
				tables := map[string]redact.Tables{
					"inbound": {Inbound: entries}, "outbound": {Outbound: entries}, "tokens": {Tokens: entries}, "prompts": {Prompts: entries},
				}[table]
				policy, err := redact.NewPolicy("strict", tables)
				if slices.Contains(allowed, action) {
					got := map[string]redact.Actions{"inbound": policy.Inbound, "outbound": policy.Outbound, "tokens": policy.Tokens, "prompts": policy.Prompts}[table]
					if err != nil || got.For("email").String() != action {
						t.Errorf("%s.%s: %s: %v, %v", table, kind, action, got.For("email"), err)
					}
					continue
				}
				if err == nil || !strings.HasPrefix(err.Error(), "policies.strict."+table+"."+kind+": ") || !strings.Contains(err.Error(), strings.Join(allowed, ", ")) {
					t.Errorf("%s.%s: %q gave %v", table, kind, action, err)
				}
			}
		}
	}
}

// A table without a default hides what it does not name.
func TestTablesWithoutDefault(t *testing.T) {
	policy, err := redact.NewPolicy("p", redact.Tables{Inbound: map[string]string{"email": "allow", "phone": "report"}})
	if err != nil {
		t.Fatal(err)
	}
	for what, got := range map[string][2]redact.Action{
		"inbound": {policy.Inbound.For("ssn"), redact.Tokenize}, "outbound": {policy.Outbound.For("ssn"), redact.Mask},
		"tokens": {policy.Tokens.For("ssn"), redact.Mask}, "prompts": {policy.Prompts.For("ssn"), redact.Arm},
		"named": {policy.Inbound.For("email"), redact.Allow},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %s, want %s", what, got[0], got[1])
		}
	}
	if got := policy.Inbound.Kinds(); !slices.Equal(got, []string{"email", "phone"}) {
		t.Errorf("kinds are %v", got)
	}
}

// What each action makes of a finding, inbound and outbound.
func TestActions(t *testing.T) {
	e, _ := engine(t)
	for _, test := range []struct{ action, inbound, outbound string }{
		{"allow", "to " + email + ".", "to " + email + "."},
		{"report", "to " + email + ".", "to " + email + "."},
		{"mask", "to j***@corp.example.", "to j***@corp.example."},
		{"redact", "to [EMAIL].", "to [EMAIL]."},
		{"tokenize", "to {email}.", ""},
		{"block", "to " + email + ".", "to " + email + "."},
	} {
		in := scope(t, func(s *redact.Scope) {
			s.Policy = defaults(t, func(p *redact.Tables) { p.Inbound["email"] = test.action })
		})
		got := words(t, e, "to "+email+".", in)
		matches(t, "inbound "+test.action, test.inbound, got.Text)
		if refused := len(got.Refusals) > 0; refused != (test.action == "block") {
			t.Errorf("inbound %s: refusals %v", test.action, got.Refusals)
		}
		if len(got.Findings) != 1 || got.Findings[0].Action.String() != test.action || got.Findings[0].Kind != "email" {
			t.Errorf("inbound %s: findings %v", test.action, got.Findings)
		}
		if test.outbound == "" {
			continue
		}
		out := scope(t, outbound, func(s *redact.Scope) {
			s.Policy = defaults(t, func(p *redact.Tables) { p.Outbound["email"] = test.action })
		})
		got = words(t, e, "to "+email+".", out)
		matches(t, "outbound "+test.action, test.outbound, got.Text)
		if reason := got.Refusals[0]; (reason == redact.PolicyBlock) != (test.action == "block") {
			t.Errorf("outbound %s: refused because of %q", test.action, reason)
		}
	}
}

// Without a vault, or without a person, nothing becomes a token.
func TestNoTokens(t *testing.T) {
	e, _ := engine(t)
	for what, got := range map[string]string{
		"no vault":  words(t, bare(), "card "+card+" of "+email, scope(t)).Text,
		"no person": words(t, e, "card "+card+" of "+email, scope(t, func(s *redact.Scope) { s.Aliases = nil })).Text,
	} {
		if got != "card [CREDIT_CARD] of [EMAIL]" {
			t.Errorf("%s: %s", what, got)
		}
	}
}

// A kind's tokens are words or look-alikes, and nothing else.
func TestFormats(t *testing.T) {
	policy, err := redact.NewPolicy("p", redact.Tables{Format: map[string]string{"email": "like", "phone": "word"}})
	if err != nil || !policy.Formats.Like("email") || policy.Formats.Like("phone") || policy.Formats.Like("ssn") {
		t.Errorf("got %+v, %v", policy.Formats, err)
	}
	policy, err = redact.NewPolicy("p", redact.Tables{Format: map[string]string{"default": "like", "phone": "word"}})
	if err != nil || !policy.Formats.Like("email") || policy.Formats.Like("phone") {
		t.Errorf("got %+v, %v", policy.Formats, err)
	}
	for _, name := range []string{"", "Like", "same", "mask"} {
		if _, err := redact.NewPolicy("p", redact.Tables{Format: map[string]string{"email": name}}); err == nil || !strings.HasPrefix(err.Error(), "policies.p.format.email: ") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
