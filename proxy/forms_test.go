package proxy_test

import (
	"context"
	"fmt"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/vault"
)

// wording is what the built-in texts say in the place of a question.
func wording(language string, fields []capture.Field) channel.Wording {
	var texts form.Texts
	shown := make([]form.Field, len(fields))
	for i, f := range fields {
		shown[i] = form.Field{Kind: f.Kind, Need: f.Need}
	}
	return channel.Wording{Lead: texts.Lead(language, shown), Button: texts.Lookup(language, "chat.button")}
}

// conduct is how the accounts of a rig handle prompts.
func (r *rig) conduct(more proxy.Conduct) proxy.Conduct {
	if r.plan.publicURL != "" {
		more.Prefixes = []string{r.plan.publicURL + "/c/"}
	}
	more.Wording = wording
	return more
}

// links makes the book of links of a rig, as cmd/piiproxy does.
func (r *rig) links(decisions *audit.Log, engine *redact.Engine) func(*proxy.Proxy) (proxy.Links, error) {
	return func(p *proxy.Proxy) (proxy.Links, error) {
		if r.plan.publicURL == "" {
			return nil, nil
		}
		return capture.New(capture.Config{
			Records:   capture.Records{Store: r.values, Keys: r.keys},
			House:     capture.House{Conversations: r.book, Shower: shower{r, engine}, Outbox: p, Speaker: p, Audit: decisions},
			Accounts:  func(name string) (capture.Account, bool) { return capture.Account{Name: name}, true },
			PublicURL: r.plan.publicURL, Now: r.clock.now,
		})
	}
}

// shower shows what policy lets the bot see of a form's values.
type shower struct {
	rig    *rig
	engine *redact.Engine
}

// Show implements capture.Shower.
func (s shower) Show(ctx context.Context, account string, c *conversation.Conversation, values []vault.Value) ([]string, error) {
	a, ok := s.rig.tenants.Account(account)
	if !ok {
		return nil, fmt.Errorf("no account %s", account)
	}
	return s.engine.Show(ctx, a.Policy, c, values)
}
