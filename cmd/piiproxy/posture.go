package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/config"
)

// posture is how much rules and configuration hide: what is kept from one run to
// the next, to tell when one lets more through than the one before. It holds names,
// words of closed lists and numbers only.
type posture struct {
	// Config is a digest of the configuration as it was understood. Secrets are not
	// in it.
	Config string `json:"config"`
	// Version is the digest of the rules.
	Version  string              `json:"version"`
	Rules    map[string]strength `json:"rules"` // by id
	Policies map[string]words    `json:"policies"`
	Accounts map[string]stance   `json:"accounts"`
}

// strength is how a rule is set.
type strength struct {
	Mode      string  `json:"mode"`
	Threshold float64 `json:"threshold,omitempty"`
}

// words are the entries of a policy: "inbound.email" is "tokenize".
type words map[string]string

// stance is what an account is set to.
type stance struct{ Policy, Mode string }

// ranks order the words of policies and modes: a lower one lets more through. Only
// words of one table are ever compared.
var ranks = map[string]int{
	"allow": 0, "restore": 0, "pass": 0, "off": 0, "full": 0, "derived": 0, "keep": 0,
	"report": 1, "shadow": 1, "random": 1, "bin": 1, "last4": 1, "zip": 1, "over_18": 1,
	"generalize": 2, "arm": 2, "mask": 3, "tokenize": 4, "redact": 5,
	"block": 6, "capture": 6, "refuse": 6, "enforce": 6, "strip": 6,
}

// postureOf reads the posture of a configuration and its rules.
func postureOf(settings *config.Config, judge *judges, version string) (posture, error) {
	content, err := json.Marshal(settings) // secrets show as <secret>
	if err != nil {
		return posture{}, errors.New("the configuration cannot be digested")
	}
	sum := sha256.Sum256(content)
	p := posture{
		Config: hex.EncodeToString(sum[:8]), Version: version,
		Rules: map[string]strength{}, Policies: map[string]words{}, Accounts: map[string]stance{},
	}
	for _, rule := range judge.described() {
		p.Rules[rule.ID] = strength{rule.Mode.String(), rule.Threshold}
	}
	for name, policy := range settings.Policies {
		p.Policies[name] = wordsOf(&policy)
	}
	for _, account := range settings.Accounts {
		p.Accounts[account.Name] = stance{account.Policy, account.Mode}
	}
	return p, nil
}

func wordsOf(p *config.Policy) words {
	found := words{"templates.default": p.Templates, "token_codes.default": p.TokenCodes, "media.metadata.default": p.Media.Metadata}
	for table, entries := range map[string]map[string]string{
		"inbound": p.Inbound, "outbound": p.Outbound, "tokens": p.Tokens, "prompts": p.Prompts, "need": p.Need,
		"media.inbound": p.Media.Inbound, "media.outbound": p.Media.Outbound,
	} {
		for kind, word := range entries {
			found[table+"."+kind] = word
		}
	}
	return found
}

// of is the word for a kind in a table: its own, or the table's default.
func (w words) of(key string) string {
	if word, ok := w[key]; ok {
		return word
	}
	return w[key[:strings.LastIndexByte(key, '.')]+".default"]
}

// weakened says in which points p hides less than the posture before, in names of
// the configuration.
func (p posture) weakened(before posture) []string {
	var found []string
	for _, id := range slices.Sorted(maps.Keys(before.Rules)) {
		was := before.Rules[id]
		is, there := p.Rules[id]
		switch {
		case was.Mode == "off":
		case !there:
			found = append(found, fmt.Sprintf("rule %s: removed", id))
		case ranks[is.Mode] < ranks[was.Mode]:
			found = append(found, fmt.Sprintf("rule %s: %s, was %s", id, is.Mode, was.Mode))
		case is.Threshold > was.Threshold:
			found = append(found, fmt.Sprintf("rule %s: threshold %g, was %g", id, is.Threshold, was.Threshold))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before.Policies)) {
		if is, there := p.Policies[name]; there {
			found = append(found, is.weaker("policy "+name, before.Policies[name])...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before.Accounts)) {
		was := before.Accounts[name]
		is, there := p.Accounts[name]
		if !there {
			continue
		}
		if ranks[is.Mode] < ranks[was.Mode] {
			found = append(found, fmt.Sprintf("account %s: mode %s, was %s", name, is.Mode, was.Mode))
		}
		if is.Policy != was.Policy {
			what := fmt.Sprintf("account %s: policy %s in the place of %s", name, is.Policy, was.Policy)
			found = append(found, p.Policies[is.Policy].weaker(what, before.Policies[was.Policy])...)
		}
	}
	return found
}

// weaker compares the entries of two policies.
func (w words) weaker(what string, before words) []string {
	keys := maps.Clone(before)
	maps.Copy(keys, w)
	var found []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if is, was := w.of(key), before.of(key); ranks[is] < ranks[was] {
			found = append(found, fmt.Sprintf("%s: %s %s, was %s", what, key, is, was))
		}
	}
	return found
}
