package proxy_test

import (
	"bytes"
	"context"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/piiproxy/piiproxy/audit"
	privateca "github.com/piiproxy/piiproxy/authority"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/fragment"
	"github.com/piiproxy/piiproxy/internal/lifetimes"
	"github.com/piiproxy/piiproxy/keys"
	extracts "github.com/piiproxy/piiproxy/media"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/vault"
)

// The app, its accounts and the people of most tests.
const (
	appSecret    = "4fd1c2a9b07e4d5c8e6a0b1c2d3e4f50"
	verifyToken  = "verify-me-3f9a"
	shopID       = "1906385232743451"
	gramID       = "17841405822304914"
	lineID       = "106540352242922"
	lineBusiness = "102290129340398"
	shopToken    = "EAAshop7Qk2vXyZ"
	gramToken    = "EAAgram9Pd4wAbC"
	lineToken    = "EAAline3Rm6uDeF"
	anna         = "7301558493021174"
	bert         = "6622190047385512"
	annaPhone    = "15551230001"

	card   = "4111 1111 1111 1111"
	digits = "4111111111111111" // of card
	email  = "jane.doe@corp.example"
)

// clock is the time that all pieces of a rig share; it can jump.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// account describes an account of a rig. Bot names the bot that gets its
// webhooks.
type account struct {
	name, channel, id, business, host, token, app, bot string
	spool                                              bool
	mode                                               rules.Mode
	own                                                rules.Own
	language                                           string
}

// plan is what a rig is made of. Tests change it before the rig is built.
type plan struct {
	accounts    []account
	policy      redact.Tables
	media       proxy.Media
	extractor   *extracts.Extractor
	limits      proxy.Limits
	timeouts    proxy.Timeouts
	publicURL   string
	sha1        map[channel.Name]bool
	graph       string // base URL of the platform; empty: the rig's own
	botURL      string // base URL of every bot; empty: the rig's own
	secret      func() []string
	verify      func() string
	botSecret   func(bot string) string
	broken      *atomic.Bool // makes secret panic; see brittle
	rule        string       // one more rule file
	conduct     proxy.Conduct
	hold        fragment.Limits
	fleet       *fleet // that the proxy is one of
	authorities []*privateca.Authority
	fetch       proxy.Fetch
}

func defaultPlan() plan {
	return plan{
		accounts: []account{
			{name: "shop", channel: "messenger", id: shopID, token: shopToken, app: "main", bot: "bot"},
			{name: "gram", channel: "instagram", id: gramID, token: gramToken, app: "main", bot: "bot"},
			{name: "line", channel: "whatsapp", id: lineID, business: lineBusiness, token: lineToken, app: "main", bot: "bot"},
		},
		policy: builtinPolicy(),
		media:  proxy.Media{Inbound: map[string]string{"default": "pass"}, Outbound: map[string]string{"default": "pass"}},
		limits: proxy.Limits{
			Payload: payload.DefaultLimits(), Bodies: proxy.BodyLimits{Unpacked: 8 << 20, Ratio: 100, Parts: 100, PartHeader: 8 << 10, BatchItems: 50},
			Media: 1 << 20, URL: 8 << 10, Headers: 100, BotTimeout: 3 * time.Second,
			Upstream: proxy.Upstream{Dial: 2 * time.Second, TLS: 2 * time.Second, Header: 3 * time.Second, Total: 5 * time.Second},
			Outbox:   proxy.OutboxLimits{Bytes: 1 << 20, Age: time.Hour},
			Admission: proxy.AdmissionLimits{
				Calls: 1024, Webhooks: 1024, PerAccount: 512, Queue: 256, Wait: 100 * time.Millisecond, Held: 256 << 20,
			},
			Circuit: proxy.CircuitLimits{Failures: 1000, Open: time.Second, Longest: time.Second},
		},
		timeouts:  proxy.Timeouts{Header: 5 * time.Second, Read: 20 * time.Second, Write: 20 * time.Second, Idle: 20 * time.Second, MaxHeaderBytes: 32 << 10, Streams: 100},
		publicURL: "https://chat.example.com",
		fetch:     proxy.Fetch{Local: "http://bot-listener.example:8081", Pages: time.Hour, Files: 24 * time.Hour},
		secret:    func() []string { return []string{appSecret} },
		verify:    func() string { return verifyToken },
		botSecret: func(bot string) string { return "secret of " + bot },
	}
}

// builtinPolicy is the default policy that design.md prints (section 7).
func builtinPolicy() redact.Tables {
	return redact.Tables{
		Inbound: map[string]string{
			"otp": "allow", "person": "allow", "account_ref": "allow", "url": "report", "age": "report",
			"geo": "report", "username": "report", "date": "report", "default": "tokenize",
		},
		Outbound: map[string]string{
			"person": "allow", "account_ref": "allow", "url": "allow", "age": "allow", "geo": "allow",
			"username": "allow", "date": "allow", "default": "mask",
		},
		Tokens: map[string]string{
			"email": "restore", "phone": "restore", "person": "restore", "address": "restore", "default": "mask",
		},
		Prompts: map[string]string{"credit_card": "capture", "cvv": "capture", "ssn": "capture", "default": "arm"},
	}
}

// rig is a whole proxy between a platform and bots, all of them real servers.
type rig struct {
	t        *testing.T
	plan     plan
	clock    clock
	keys     *keys.Set
	folder   string
	platform *peer
	bots     map[string]*peer
	logs     *observer.ObservedLogs
	logged   *buffer // the same lines as JSON
	registry *prometheus.Registry

	proxy   *proxy.Proxy
	tenants *proxy.Tenants
	book    *conversation.Book
	vault   *vault.Vault
	values  store.Store
	people  store.Store
	fleet   *fleet            // nil: one process on its own files
	address map[string]string // of the listeners public, bot, admin, ops
	stop    func()
}

// builtin is compiled once: every rig shares it, as every account does.
var builtin = sync.OnceValues(func() (*rules.Library, error) { return rules.Load(rules.Sources("builtin")) })

// newRig builds and starts a proxy; change alters the plan.
func newRig(t *testing.T, change ...func(*plan)) *rig {
	t.Helper()
	r := &rig{t: t, plan: defaultPlan(), folder: t.TempDir(), bots: map[string]*peer{}, logged: &buffer{}}
	for _, c := range change {
		c(&r.plan)
	}
	r.fleet = r.plan.fleet
	var err error
	r.keys, err = keys.Ephemeral()
	r.must(err)
	r.platform = newPeer(t, graphAnswer)
	for _, a := range r.plan.accounts {
		if r.bots[a.bot] == nil {
			r.bots[a.bot] = newPeer(t, botAnswer)
		}
	}
	r.start()
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// restart ends the process, so to say, and begins another on the same files.
func (r *rig) restart() {
	r.t.Helper()
	r.stop()
	r.start()
}

// start wires everything as cmd/piiproxy/service.go does.
func (r *rig) start() {
	r.t.Helper()
	log := zap.New(r.core())
	r.values, r.people = r.open("values.db"), r.open("conversations.db")
	r.book = conversation.NewBook(r.people, r.keys, r.clock.now)
	r.vault = vault.New(vault.Config{Store: r.values, Keys: r.keys, Now: r.clock.now, Renew: true})
	decisions, err := audit.Open(filepath.Join(r.folder, "audit.jsonl"))
	r.must(err)
	r.registry = prometheus.NewRegistry()
	r.tenants = r.newTenants()
	engine := redact.New(r.book, r.vault, r.plan.limits.Payload)
	r.proxy, err = proxy.New(r.t.Context(), proxy.Config{
		Extractor: r.plan.extractor, Tenants: r.tenants, Engine: engine, Limits: r.plan.limits, Log: log,
		Metrics:   proxy.NewMetrics(r.registry, "test", r.clock.now),
		Records:   proxy.Records{Store: r.values, Alone: r.fleet == nil, Keys: r.keys, Conversations: r.book, Audit: decisions},
		PublicURL: r.plan.publicURL, Authorities: r.plan.authorities, Now: r.clock.now, Fetch: r.plan.fetch,
		Chats: proxy.Chats{
			Memory: conversation.NewMemory(r.values, r.fleet == nil, r.clock.now), Arming: conversation.Arming{Turns: 3, Time: 30 * time.Minute},
			Links: r.links(decisions, engine), Residues: conversation.NewLedger(r.values, r.clock.now), Hold: r.plan.hold,
		},
	})
	r.must(err)
	end := r.listen(log)
	r.stop = sync.OnceFunc(func() {
		end()
		table := lifetimes.Read(r.t, "../docs/lifetimes.md")
		table.Check(r.t, r.values, r.latest())
		table.Check(r.t, r.people, r.latest())
		r.check(r.proxy.Close(), r.vault.Close(), decisions.Close(), r.values.Close(), r.people.Close())
	})
}

// core keeps log lines as fields, for one process, and as JSON, for good.
func (r *rig) core() zapcore.Core {
	core, logs := observer.New(zapcore.DebugLevel)
	r.logs = logs
	encoding := zapcore.EncoderConfig{TimeKey: "ts", LevelKey: "level", EncodeTime: zapcore.RFC3339NanoTimeEncoder, EncodeLevel: zapcore.LowercaseLevelEncoder}
	return zapcore.NewTee(core, zapcore.NewCore(zapcore.NewJSONEncoder(encoding), r.logged, zapcore.DebugLevel))
}

func (r *rig) check(problems ...error) {
	for _, err := range problems {
		if err != nil {
			r.t.Error(err)
		}
	}
}

func (r *rig) open(name string) store.Store {
	r.t.Helper()
	if r.fleet != nil {
		return r.fleet.open(name)
	}
	opened, err := bolt.Open(bolt.Config{Path: filepath.Join(r.folder, name), Now: r.clock.now})
	r.must(err)
	return opened
}

// listen opens the four listeners on any port and returns what ends them.
func (r *rig) listen(log *zap.Logger) (end func()) {
	r.t.Helper()
	ready := func() error { _, err := r.values.List(context.Background(), "x", "", 1); return err }
	ctx, cancel := context.WithCancel(context.Background())
	server, err := proxy.Listen(ctx, []proxy.Listener{
		{Name: "public", Addr: "127.0.0.1:0", Handler: r.proxy.Public()},
		{Name: "bot", Addr: "127.0.0.1:0", Handler: r.proxy.Bot()},
		{Name: "admin", Addr: "127.0.0.1:0", Handler: console.Handler(console.Access{Keys: r.keys}, console.Desks{Operations: operations{r.proxy}})},
		{Name: "ops", Addr: "127.0.0.1:0", Handler: proxy.Ops(ready, r.registry)},
	}, r.plan.timeouts, log)
	r.must(err)
	r.address = map[string]string{}
	for _, name := range []string{"public", "bot", "admin", "ops"} {
		r.address[name] = server.Addr(name)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	return func() {
		client.CloseIdleConnections()
		cancel()
		r.check(<-done)
	}
}

func (r *rig) newTenants() *proxy.Tenants {
	r.t.Helper()
	policy, err := redact.NewPolicy("default", r.plan.policy)
	r.must(err)
	apps := map[string]*proxy.App{
		"main":  {Name: "main", Secrets: r.plan.secret, VerifyToken: r.plan.verify, SHA1: r.plan.sha1},
		"other": {Name: "other", Secrets: func() []string { return []string{"other secret"} }, VerifyToken: func() string { return "" }},
	}
	var accounts []*proxy.Account
	for _, a := range r.plan.accounts {
		ch, _ := channel.ByName(a.channel)
		graph := r.platform.url
		if r.plan.graph != "" {
			graph = r.plan.graph
		}
		bot := r.bots[a.bot].url
		if r.plan.botURL != "" {
			bot = r.plan.botURL
		}
		accounts = append(accounts, &proxy.Account{
			Name: a.name, ID: a.id, Business: a.business, Host: a.host, App: apps[a.app], Channel: ch, Spool: a.spool,
			AccessToken: func() string { return a.token },
			Bot:         proxy.Bot{URL: r.parse(bot + "/webhook"), Secret: func() string { return r.plan.botSecret(a.bot) }},
			Graph:       r.parse(graph),
			Judgement:   proxy.Judgement{Policy: &policy, Mode: a.mode, Region: "US", Language: a.language, Media: r.plan.media},
			Conduct:     r.conduct(r.plan.conduct),
		})
	}
	tenants, err := proxy.NewTenants([]*proxy.App{apps["main"], apps["other"]}, accounts, r.rulebook(r.plan.rule))
	r.must(err)
	return tenants
}

// rulebook is the built-in rules, with more of them if there are any.
func (r *rig) rulebook(more string) *proxy.Rulebook {
	r.t.Helper()
	library, err := builtin()
	if more != "" {
		library, err = rules.Load([]rules.Source{{Name: "builtin"}, {Name: "more.yaml", Body: []byte(more)}})
	}
	r.must(err)
	book := &proxy.Rulebook{Version: library.Version(), Sets: map[string]*rules.Set{}}
	for _, a := range r.plan.accounts {
		book.Sets[a.name], err = library.Set(rules.View{Account: a.name, Channel: a.channel, Regions: []string{"US"}, Languages: []string{"en"}, Own: a.own})
		r.must(err)
	}
	return book
}

func (r *rig) parse(text string) *url.URL {
	r.t.Helper()
	u, err := url.Parse(text)
	r.must(err)
	return u
}

// buffer is a log file in memory.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// Sync implements zapcore.WriteSyncer.
func (b *buffer) Sync() error { return nil }

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
