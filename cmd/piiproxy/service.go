package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/asked"
	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/fragment"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/review"
	"github.com/piiproxy/piiproxy/rotation"
	"github.com/piiproxy/piiproxy/route"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/vault"
)

// service is everything that a running piiproxy is made of, in the order in
// which it is built; close takes it down in the opposite one.
type service struct {
	settings *config.Config
	log      *zap.Logger
	registry *prometheus.Registry
	keys     *keys.Set
	stores   stores
	proxy    *proxy.Proxy
	core     core
	rules    *reloader
	reviews  *review.Book
	rotation *rotation.Worker
	people   people
	roads    roads
	closers  []func() error
}

// core is what links to forms stand on, beside the stores.
type core struct {
	book    *conversation.Book
	engine  *redact.Engine
	tenants *proxy.Tenants
	audit   *audit.Log
	metrics *proxy.Metrics
	links   *capture.Book // nil without a public URL
	asked   *asked.Book
	ledger  *route.Ledger

	values   *vault.Vault
	memory   *conversation.Memory
	residues *conversation.Ledger
}

// stores are apart because their backups must be: the values' without the
// conversations' opens nothing.
type stores struct{ values, conversations store.Store }

// assemble builds a service. On an error whatever was built is closed again.
// wrap stands between the engine and the vault; the demo watches there.
func assemble(ctx context.Context, settings *config.Config, set *keys.Set, log *zap.Logger, wrap func(*vault.Vault) redact.Vault) (*service, error) {
	s := &service{settings: settings, log: log, keys: set, registry: prometheus.NewRegistry()}
	if err := s.build(ctx, wrap); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *service) build(ctx context.Context, wrap func(*vault.Vault) redact.Vault) error {
	state := stateOf(s.settings.Rules) // before they are read
	judge, err := loadRules(s.settings)
	if err != nil {
		return err
	}
	if s.roads, err = openRoads(s.settings.Listen); err != nil {
		return err
	}
	metrics := proxy.NewMetrics(s.registry, version, time.Now)
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := s.openStores(ctx, metrics); err != nil {
		return err
	}
	if err := s.pairAll(ctx); err != nil {
		return err
	}
	watched, err := s.followKeys(ctx)
	if err != nil {
		return err
	}
	book := conversation.NewBook(s.stores.conversations, watched, time.Now)
	values := vault.New(vault.Config{Store: s.stores.values, Keys: s.keys, Renew: true})
	s.closers = append(s.closers, values.Close)
	trail, err := s.openTrail(metrics)
	if err != nil {
		return err
	}
	log := trail.Log
	tenants, err := tenantsOf(s.settings, judge)
	if err != nil {
		return err
	}
	trail.tenants.Store(tenants)
	s.reviews, err = review.New(ctx, review.Config{Store: s.stores.values, Keys: s.keys, Now: time.Now})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, s.reviews.Close)
	limits := limitsOf(s.settings.Limits)
	limits.TrustedProxies = s.settings.TrustedProxies
	counts := asked.New(s.stores.values, s.keys, time.Now)
	s.closers = append(s.closers, counts.Close)
	s.core = core{asked: counts, values: values, book: book, engine: redact.New(book, wrap(values), limits.Payload), tenants: tenants, audit: log, metrics: metrics}
	routes, err := s.openRoutes(values, limits, judge.policies)
	if err != nil {
		return err
	}
	// The embedded store has one writer: this process.
	s.core.memory = conversation.NewMemory(s.stores.values, s.settings.Store.Driver == "bolt", time.Now)
	s.core.residues = conversation.NewLedger(s.stores.values, time.Now)
	s.proxy, err = proxy.New(ctx, proxy.Config{
		Tenants: tenants, Engine: s.core.engine, Limits: limits, Log: s.log, Metrics: metrics,
		Records:   proxy.Records{Store: s.stores.values, Alone: s.settings.Store.Driver == "bolt", Keys: s.keys, Conversations: book, Audit: log},
		PublicURL: s.settings.PublicURL, Authorities: s.roads.all(), Now: time.Now, Reviews: s.reviews, Chats: s.chats(), Routes: routes,
		Fetch: fetchOf(s.settings, s.roads), Extractor: extractorOf(s.settings.Extractor),
	})
	if err != nil {
		return err
	}
	s.rules = &reloader{settings: s.settings, tenants: tenants, metrics: metrics, audit: log, log: s.log, current: judge, read: state, keep: s.keepPosture}
	chores := startChores(s.log, s.settings, metrics, s.stores.values, s.stores.conversations)
	s.closers = append(s.closers, s.proxy.Close, chores.close, s.sweepLinks(), s.finishErasures(), s.endConversations())
	if err := s.begin(ctx, trail, judge); err != nil {
		return err
	}
	trail.follow(headEvery)
	return nil
}

// chats is what is remembered of chats.
func (s *service) chats() proxy.Chats {
	arm, hold := s.settings.Limits.Arm, s.settings.Limits.Hold
	return proxy.Chats{
		Memory: s.core.memory,
		Arming: conversation.Arming{Turns: arm.Turns, Time: arm.Time},
		Links:  s.links, Residues: s.core.residues, Asked: s.core.countAsked,
		Hold: fragment.Limits{Unarmed: hold.Unarmed, Armed: hold.Armed}, Erasing: s.erasing,
	}
}

// openStores opens the values' store and the conversations'.
func (s *service) openStores(ctx context.Context, metrics *proxy.Metrics) error {
	values, conversations := places(s.settings)
	for _, each := range []struct {
		place place
		to    *store.Store
	}{{values, &s.stores.values}, {conversations, &s.stores.conversations}} {
		opened, err := each.place.open(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", each.place.key, err)
		}
		s.closers = append(s.closers, opened.Close)
		*each.to = timed{opened, metrics}
	}
	return nil
}

// close takes the service down: first what uses a thing, then the thing.
func (s *service) close() error {
	var problems error
	for i := len(s.closers) - 1; i >= 0; i-- {
		problems = errors.Join(problems, s.closers[i]())
	}
	s.closers = nil
	return problems
}

// ready says whether messages can be taken: the store answers.
func (s *service) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, each := range []store.Store{s.stores.values, s.stores.conversations} {
		if _, err := each.Get(ctx, "ready/probe"); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// limitsOf turns the configuration's limits into the proxy's.
func limitsOf(l config.Limits) proxy.Limits {
	limits := proxy.Limits{
		Media: int64(l.Bodies.Media), URL: int(l.Server.URL), Headers: l.Server.Headers, BotTimeout: l.BotTimeout,
		Upstream: proxy.Upstream{Dial: l.Upstream.DialTimeout, TLS: l.Upstream.TLSTimeout, Header: l.Upstream.HeaderTimeout, Total: l.Upstream.TotalTimeout},
		Outbox:   proxy.OutboxLimits{Bytes: int64(l.Outbox.Bytes), Age: l.Outbox.Age},
		Admission: proxy.AdmissionLimits{
			Calls: l.Admission.Calls, Webhooks: l.Admission.Webhooks, PerAccount: l.Admission.PerAccount,
			Queue: l.Admission.Queue, Wait: l.Admission.Wait, Held: int64(l.Admission.Held),
		},
		Rates:   proxy.RateLimits{Calls: proxy.Rate(l.Rates.Calls), Webhooks: proxy.Rate(l.Rates.Webhooks), Person: proxy.Rate(l.Rates.Person)},
		Circuit: proxy.CircuitLimits(l.Circuit),
	}
	limits.Payload = payloadLimits(l)
	limits.Bodies = proxy.BodyLimits{
		Unpacked: int64(l.Bodies.Unpacked), Ratio: l.Bodies.Ratio, Parts: l.Bodies.Parts,
		PartHeader: int(l.Bodies.PartHeader), BatchItems: l.Bodies.BatchItems,
	}
	return limits
}

// fetchOf says how the bot gets pages and files.
func fetchOf(settings *config.Config, roads roads) proxy.Fetch {
	bot, fetch := settings.Listen.Bot, settings.Fetch
	return proxy.Fetch{URL: bot.URL, Local: roads.local(bot), Pages: fetch.Pages, Files: fetch.Files, Hosts: fetch.Hosts}
}

// tenantsOf turns apps and accounts into the proxy's.
func tenantsOf(settings *config.Config, judge *judges) (*proxy.Tenants, error) {
	apps := make(map[string]*proxy.App, len(settings.Apps))
	var list []*proxy.App
	for _, a := range settings.Apps {
		app := appOf(a, settings.Erasure.Callback == "on")
		apps[a.Name] = app
		list = append(list, app)
	}
	var accounts []*proxy.Account
	for i := range settings.Accounts {
		account, err := accountOf(&settings.Accounts[i], apps, judge)
		if err == nil {
			account.Conduct, err = conductOf(settings, &settings.Accounts[i])
		}
		if err != nil {
			return nil, fmt.Errorf("accounts[%d]: %w", i, err)
		}
		accounts = append(accounts, account)
	}
	book, err := judge.rulebook(settings)
	if err != nil {
		return nil, err
	}
	return proxy.NewTenants(list, accounts, book)
}

// parsed is a URL that the configuration has checked.
func parsed(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("is no URL")
	}
	return u, nil
}
