package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/asked"
	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/capture/stepup"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/vault"
)

// maxLogo bounds an account's logo in bytes: phones load it over slow networks.
const maxLogo = 64 << 10

// conductOf is how an account's prompts are handled.
func conductOf(settings *config.Config, a *config.Account) (proxy.Conduct, error) {
	texts, err := form.NewTexts(a.Form.Texts)
	if err != nil {
		return proxy.Conduct{}, fmt.Errorf("form.texts: %w", err)
	}
	policy := settings.Policies[a.Policy]
	conduct := proxy.Conduct{
		Need: policy.Need, RefuseTemplates: policy.Templates == "refuse",
		Wording: func(language string, fields []capture.Field) channel.Wording {
			return channel.Wording{Lead: texts.Lead(language, shown(fields)), Button: texts.Lookup(language, "chat.button")}
		},
	}
	conduct.Telling = proxy.Telling{
		NoticeNew: policy.Notice == "conversation" || policy.Notice == "both", NoticeRisky: policy.Notice == "risky" || policy.Notice == "both",
		Warn: policy.Warn, Words: func(language, key string) string { return texts.Lookup(language, "chat."+key) },
	}
	conduct.Forget = proxy.NewForget(policy.Erasure.Phrases, policy.Erasure.Confirm == "again")
	if prefix := capture.Prefix(settings.PublicURL); prefix != "" {
		conduct.Prefixes = prefixes(prefix)
	}
	if before, _, ok := strings.Cut(a.Form.External, "{id}"); ok {
		conduct.Prefixes = append(conduct.Prefixes, prefixes(before)...)
	}
	return conduct, nil
}

// prefixes are the beginning of links as it may come back: without the scheme,
// which people and platforms leave out, and inside another link, as Messenger's
// l.facebook.com has it.
func prefixes(plain string) []string {
	if _, bare, ok := strings.Cut(plain, "://"); ok && strings.Contains(bare, "/") {
		plain = bare
	}
	escaped := url.QueryEscape(plain)
	return []string{plain, escaped, strings.ToLower(escaped)}
}

// shown are fields as the form knows them.
func shown(fields []capture.Field) []form.Field {
	list := make([]form.Field, len(fields))
	for i, f := range fields {
		list[i] = form.Field{Kind: f.Kind, Need: f.Need}
	}
	return list
}

// links makes what gives out links to forms and serves them.
func (s *service) links(p *proxy.Proxy) (proxy.Links, error) {
	if s.settings.PublicURL == "" {
		return nil, nil
	}
	accounts, err := capturers(s.settings)
	if err != nil {
		return nil, err
	}
	limits := s.settings.Limits.Links
	book, err := capture.New(capture.Config{
		Records: capture.Records{Store: s.stores.values, Keys: s.keys},
		House: capture.House{
			Conversations: s.core.book, Shower: shower{s.core.engine, s.core.tenants, s.core.asked}, Outbox: p, Speaker: p, Audit: s.core.audit,
			Hash: s.core.hash, StepUp: stepUps(s.settings),
		},
		Accounts:  func(name string) (capture.Account, bool) { a, ok := accounts[name]; return a, ok },
		Limits:    capture.Limits{Unopened: limits.Unopened, Tried: limits.Tried, Tries: limits.Tries, PerPerson: limits.PerPerson},
		PublicURL: s.settings.PublicURL, Now: time.Now,
		Client:  p.Client,
		Observe: func(_, event string) { s.core.metrics.Link(event) },
	})
	if err != nil {
		return nil, err
	}
	s.core.links = book
	return book, nil
}

// hash is what logs and the audit show for the person of a conversation; empty
// when that cannot be read.
func (c *core) hash(of *conversation.Conversation) string {
	hash, err := c.book.HashOf(context.Background(), of)
	if err != nil {
		return ""
	}
	return hash
}

// stepUps signs people in at the issuers of accounts that ask for it.
func stepUps(settings *config.Config) capture.StepUp {
	issuers := map[string]*config.OIDC{}
	for i := range settings.Accounts {
		if a := &settings.Accounts[i]; a.Form.StepUp == capture.OIDC {
			issuers[a.Name] = &a.Form.OIDC
		}
	}
	if len(issuers) == 0 {
		return nil
	}
	return stepup.New(stepup.Config{
		Issuers: func(account string) (stepup.Issuer, bool) {
			o, ok := issuers[account]
			if !ok {
				return stepup.Issuer{}, false
			}
			return stepup.Issuer{URL: o.Issuer, ClientID: o.ClientID, Secret: stepup.Secret(o.ClientSecret.Reveal()), ACR: o.ACRValues}, true
		},
		Transport: &http.Transport{Proxy: nil, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true},
	})
}

// sweepLinks closes links whose time is over, until the function that it returns
// is called.
func (s *service) sweepLinks() (end func() error) {
	if s.core.links == nil {
		return func() error { return nil }
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { s.core.links.Run(ctx) })
	return func() error {
		cancel()
		done.Wait()
		return nil
	}
}

// capturers are the accounts as links know them.
func capturers(settings *config.Config) (map[string]capture.Account, error) {
	accounts := make(map[string]capture.Account, len(settings.Accounts))
	var err error
	for i := range settings.Accounts {
		a := &settings.Accounts[i]
		made := capture.Account{
			Name: a.Name, Look: capture.Look{Title: a.Form.Title, Color: a.Form.Color}, Regions: a.Regions,
			Framed: a.Channel == string(channel.Messenger), Unfilled: settings.Policies[a.Policy].Unfilled,
			External: strings.Replace(a.Form.External, "{id}", "{link}", 1),
		}
		policy := settings.Policies[a.Policy]
		made.Kept = func(kind string) time.Duration { return keeping(&policy).Terms(kind).For(kind) }
		if made.Texts, err = form.NewTexts(a.Form.Texts); err != nil {
			return nil, fmt.Errorf("accounts[%d].form.texts: %w", i, err)
		}
		if made.Look.Title == "" {
			made.Look.Title = a.Name
		}
		if a.Form.StepUp != "none" {
			made.StepUp = capture.Requirement{Method: a.Form.StepUp, Remember: a.Form.Remember}
		}
		if a.Form.Logo != "" {
			if made.Look.Logo, err = logoOf(a); err != nil {
				return nil, fmt.Errorf("accounts[%d].form.logo: %w", i, err)
			}
		}
		accounts[a.Name] = made
	}
	return accounts, nil
}

// logoOf reads an account's logo.
func logoOf(a *config.Account) ([]byte, error) {
	logo, err := os.ReadFile(a.Form.Logo)
	switch {
	case err != nil:
		return nil, errors.New("the file cannot be read: correct the path, or its owner")
	case len(logo) > maxLogo:
		return nil, errors.New("is larger than 64 KiB, and phones load it over slow networks: make it smaller")
	case !slices.Contains([]string{"image/png", "image/jpeg", "image/webp"}, http.DetectContentType(logo)):
		return nil, errors.New("is no PNG, JPEG or WebP: save it as one")
	}
	return logo, nil
}

// shower shows a bot what policy lets it see of a form's values.
type shower struct {
	engine  *redact.Engine
	tenants *proxy.Tenants
	asked   *asked.Book
}

// Show implements capture.Shower.
func (s shower) Show(ctx context.Context, account string, c *conversation.Conversation, values []vault.Value) ([]string, error) {
	a, ok := s.tenants.Account(account)
	if !ok {
		return nil, proxy.ErrNoAccount
	}
	texts, err := s.engine.Show(ctx, a.Policy, c, values)
	if err == nil {
		for _, v := range values {
			s.asked.Note(account, askedKind(v.Kind), asked.Counts{Filled: 1})
		}
	}
	return texts, err
}
