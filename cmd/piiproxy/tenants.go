package main

import (
	"fmt"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// judges are the rules and policies that accounts are judged by.
type judges struct {
	library   *rules.Library
	policies  map[string]*redact.Policy
	media     map[string]proxy.Media
	overrides []rules.Override
}

// loadRules loads the rules, runs their own tests, and reads the policies. A
// rule that fails its own example is not trusted with anybody's.
func loadRules(settings *config.Config) (*judges, error) {
	library, err := rules.Load(rules.Sources(settings.Rules...))
	if err != nil {
		return nil, err
	}
	if failures := library.TestWritten(); len(failures) > 0 {
		return nil, failedExamples(failures)
	}
	if complaints := settings.CheckKinds(kindsOf(library)); len(complaints) > 0 {
		return nil, config.Errors(complaints)
	}
	j := &judges{library: library, policies: map[string]*redact.Policy{}, media: map[string]proxy.Media{}}
	for _, o := range settings.Overrides {
		j.overrides = append(j.overrides, rules.Override{ID: o.ID, Mode: o.Mode, Threshold: o.Threshold})
	}
	for name, p := range settings.Policies {
		policy, err := redact.NewPolicy(name, redact.Tables{
			Inbound: p.Inbound, Outbound: p.Outbound, Tokens: p.Tokens, Prompts: p.Prompts, Format: p.Format, Keep: keeping(&p),
		})
		if err != nil {
			return nil, err
		}
		j.policies[name] = &policy
		j.media[name] = proxy.Media{
			Inbound: p.Media.Inbound, Outbound: p.Media.Outbound, Direct: p.Media.URLs == "platform", KeepMetadata: p.Media.Metadata == "keep",
		}
	}
	return j, nil
}

// keeping is how a policy keeps values.
func keeping(p *config.Policy) redact.Keeping {
	return redact.Keeping{Lifetimes: p.Lifetimes, FromCreation: p.LifetimesFrom == "creation", Random: p.TokenCodes == "random"}
}

// failedExamples says that rules do not do what they themselves say.
type failedExamples []rules.Failure

// Error shows the first one.
func (f failedExamples) Error() string {
	return fmt.Sprintf("%s: %d rule tests fail; piiproxy check lists them all", f[0], len(f))
}

// kindsOf lists every kind that can be found: by a rule, or by the field it
// stands in.
func kindsOf(library *rules.Library) []string {
	return append(library.Kinds(), channel.Kinds()...)
}

// set is what one account sees of the rules.
func (j *judges) set(a *config.Account) (*rules.Set, error) {
	return j.library.Set(rules.View{
		Account: a.Name, Channel: a.Channel, Regions: a.Regions, Languages: a.Languages, Overrides: j.overrides,
		Own: rules.Own{Values: a.Own.Values, Patterns: a.Own.Patterns},
	})
}

// rulebook is what every account sees of the rules.
func (j *judges) rulebook(settings *config.Config) (*proxy.Rulebook, error) {
	book := &proxy.Rulebook{Version: j.library.Version(), Sets: map[string]*rules.Set{}}
	for i := range settings.Accounts {
		a := &settings.Accounts[i]
		set, err := j.set(a)
		if err != nil {
			return nil, fmt.Errorf("accounts[%d]: own: %w", i, err)
		}
		book.Sets[a.Name] = set
	}
	return book, nil
}

// appOf turns an app of the configuration into the proxy's.
func appOf(a config.App, deletion bool) *proxy.App {
	app := &proxy.App{Name: a.Name, Secrets: a.AppSecret.Reveal, VerifyToken: a.VerifyToken.Reveal, SHA1: map[channel.Name]bool{}, Deletion: deletion}
	for _, name := range a.AllowSHA1 {
		app.SHA1[channel.Name(name)] = true
	}
	return app
}

// accountOf turns an account of the configuration into the proxy's.
func accountOf(a *config.Account, apps map[string]*proxy.App, judge *judges) (*proxy.Account, error) {
	ch, ok := channel.ByName(a.Channel)
	if !ok {
		return nil, fmt.Errorf("channel: %q is none", a.Channel)
	}
	bot, err := parsed(a.BotURL)
	if err != nil {
		return nil, fmt.Errorf("bot_url: %w", err)
	}
	graph, err := parsed(a.GraphURL)
	if err != nil {
		return nil, fmt.Errorf("graph_url: %w", err)
	}
	mode, err := rules.ParseMode(a.Mode)
	if err != nil {
		return nil, fmt.Errorf("mode: %w", err)
	}
	app := apps[a.App]
	account := &proxy.Account{
		Name: a.Name, ID: a.ID, Business: a.BusinessID, Host: a.Host, App: app, Channel: ch, AccessToken: a.AccessToken.Reveal,
		Bot: proxy.Bot{URL: bot, Secret: botSecret(a, app)}, Graph: graph, Spool: a.Delivery == "spool",
	}
	policy := judge.policies[a.Policy]
	account.Judgement = proxy.Judgement{
		Policy: policy, Mode: mode, Region: first(a.Regions), Language: first(a.Languages), Media: judge.media[a.Policy],
	}
	return account, nil
}

// botSecret signs what the bot gets: its own secret, or the app's first.
func botSecret(a *config.Account, app *proxy.App) func() string {
	if a.BotSecret.IsSet() {
		return a.BotSecret.Reveal
	}
	return func() string {
		if secrets := app.Secrets(); len(secrets) > 0 {
			return secrets[0]
		}
		return ""
	}
}

func payloadLimits(l config.Limits) payload.Limits {
	limits := payload.DefaultLimits()
	limits.Bytes, limits.Depth, limits.Strings = int(l.Bodies.Inspected), l.Bodies.JSONDepth, l.Bodies.Strings
	limits.StringBytes, limits.NumberDigits = int(l.Bodies.String), l.Bodies.NumberDigits
	limits.Values, limits.Fields = l.Bodies.Values, l.Bodies.FormFields
	return limits
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
