package proxy

import (
	"slices"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/rules"
)

// countAsked counts what a message asks for, for the report of minimisation.
func (p *Proxy) countAsked(a *Account, kinds []string, swapped bool) {
	if p.config.Chats.Asked != nil && len(kinds) > 0 {
		p.config.Chats.Asked(a.Name, kinds, swapped)
	}
}

// kindsAsked are the kinds of some prompts, each once.
func kindsAsked(asks []rules.Ask) (kinds []string) {
	for _, ask := range asks {
		for _, kind := range ask.Asks {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds
}

func kindsOfFields(fields []capture.Field) (kinds []string) {
	for _, f := range fields {
		kinds = append(kinds, f.Kind)
	}
	return kinds
}
