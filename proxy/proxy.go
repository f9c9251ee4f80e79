// Package proxy is the door: it takes what the platform and the bot send,
// refuses what is not plain, lets redact rewrite the rest, and passes it on.
// What cannot be read with certainty is not forwarded; nothing that was
// acknowledged is lost; an answer of ours looks like one of Graph's.
//
// The way of a webhook: door -> signature -> document -> parts -> accounts ->
// redact -> sign -> deliver. The way of a call: door -> account -> document ->
// redact -> forward -> answer -> redact. goproxy is imported here only.
package proxy

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/authority"
	"github.com/piiproxy/piiproxy/guard"
	"github.com/piiproxy/piiproxy/media"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/store"
)

// Keys seals what the proxy itself keeps, and hashes what its logs show.
type Keys interface {
	Seal(plain, ad []byte) ([]byte, error)
	Open(sealed, ad []byte) ([]byte, error)
	PRF(label string, parts ...string) []byte
}

// Auditor takes decisions; an administrative one is durable when it returns.
type Auditor interface {
	Record(e audit.Event) error
	RecordDurable(e audit.Event) error
}

// Conversations is what the door needs of the book of conversations, beside
// what redact needs of it.
type Conversations interface {
	redact.Conversations
	// Learn adds an alias to a person that is known by another one.
	Learn(ctx context.Context, account, known, alias string) error
	// Hash is what logs show in the place of a person's id.
	Hash(account, alias string) string
}

// Records are what the proxy keeps, and who keeps it.
type Records struct {
	Store store.Store
	// Alone says that no other process writes to the store: an embedded one.
	Alone         bool
	Keys          Keys
	Conversations Conversations
	Audit         Auditor
}

// Config is what a proxy is made of. Read-only after New.
type Config struct {
	Tenants *Tenants
	Engine  *redact.Engine
	Records Records
	Limits  Limits
	Log     *zap.Logger
	Metrics *Metrics
	Reviews Reviews // nil: nothing is kept for review
	Chats   Chats
	Routes  Routes // nil: there are none
	Fetch   Fetch
	// Extractor reads files that the rules cannot read; nil: nobody does.
	Extractor *media.Extractor
	// PublicURL is how the platform reaches the webhook listener, without a
	// slash at the end; empty: calls that register a webhook are refused.
	PublicURL string
	// Authorities are those that piiproxy impersonates the platform with: a
	// platform that shows a certificate of theirs is piiproxy itself.
	Authorities []*authority.Authority
	Now         func() time.Time
}

// Limits bound what one message may cost (threats.md, last section).
type Limits struct {
	Payload    payload.Limits
	Bodies     BodyLimits
	Media      int64 // bytes of a file that is streamed through
	URL        int   // bytes of the request target
	Headers    int   // header lines of a request
	BotTimeout time.Duration
	Upstream   Upstream
	Outbox     OutboxLimits
	Admission  AdmissionLimits
	Rates      RateLimits
	Circuit    CircuitLimits
	// TrustedProxies are networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
}

// BodyLimits bound what a body unpacks to, and what it is made of.
type BodyLimits struct {
	Unpacked   int64 // bytes of a compressed body, or of an answer, once it is unpacked
	Ratio      int   // unpacked bytes for each compressed one
	Parts      int   // of a multipart body
	PartHeader int   // bytes of the head of one part
	BatchItems int   // calls in a batch
}

// Upstream bounds calls to the platform.
type Upstream struct{ Dial, TLS, Header, Total time.Duration }

// OutboxLimits bound what waits for a bot that is down, per account.
type OutboxLimits struct {
	Bytes int64
	Age   time.Duration
}

// Proxy serves the listeners. Make it with New, end it with Close.
type Proxy struct {
	config     Config
	public     gate // of webhooks
	calls      gate // of the bot's
	persons    *crowd
	circuits   *circuits
	delivery   *delivery
	quarantine *quarantine
	forward    *forwarder
	guard      *guard.Guard // of what is fetched
	sent       *sentIDs     // messages that passed, or that we sent
	said       *sentIDs     // messages that we sent
	failures   *failures
	handshakes *guesses
	links      Links          // nil: there are none
	speaking   sync.WaitGroup // messages of our own that are being sent
	voices     chan struct{}  // one for each of them
	turns      turns
	peers      *peers     // other instances; nil: there are none
	modes      sync.Mutex // one order of an operator at a time
	retrying   sync.Mutex // one item of the quarantine at a time
	erasing    Erasing    // nil: nobody is erased
	wished     wished
}

// New makes a proxy and starts its outbox, which first takes up what an
// earlier process left.
func New(ctx context.Context, config Config) (*Proxy, error) {
	p := &Proxy{
		config:     config,
		public:     gate{room: config.Limits.Admission.room(config.Limits.Admission.Webhooks), limit: config.Limits.Admission.Held},
		calls:      gate{room: config.Limits.Admission.room(config.Limits.Admission.Calls), limit: config.Limits.Admission.Held},
		persons:    newCrowd(config.Limits.Rates.Person),
		circuits:   newCircuits(config),
		quarantine: &quarantine{records: config.Records, metrics: config.Metrics, log: config.Log, now: config.Now},
		sent:       newSentIDs(config.Records.Keys, config.Now()),
		said:       newSentIDs(config.Records.Keys, config.Now()),
		failures:   newFailures(config.Now),
		handshakes: newGuesses(config.Now),
		voices:     make(chan struct{}, maxVoices),
		turns:      turns{taken: map[string]*turn{}},
	}
	p.guard = newGuard(config)
	p.forward = newForwarder(p)
	if err := p.loadOverrides(ctx); err != nil {
		return nil, err
	}
	if config.Chats.Erasing != nil {
		var err error
		if p.erasing, err = config.Chats.Erasing(p); err != nil {
			return nil, err
		}
	}
	d, err := newDelivery(ctx, config, p.quarantine, p.circuits)
	if err != nil {
		return nil, err
	}
	p.delivery = d
	if !config.Records.Alone {
		if p.peers, err = startPeers(ctx, p); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	if config.Chats.Links != nil {
		if p.links, err = config.Chats.Links(p); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

// Close waits for deliveries under way and stops the outbox; what is in it
// stays in the store. Call it after the listeners have drained.
func (p *Proxy) Close() error {
	p.speaking.Wait()
	return errors.Join(p.peers.close(), p.delivery.close(), p.forward.close())
}

// Public serves the platform: webhooks and their handshake.
func (p *Proxy) Public() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /webhook/{app}", p.handshake)
	mux.HandleFunc("POST /webhook/{app}", p.webhook)
	if p.links != nil {
		mux.Handle("/c/", p.links.Handler())
	}
	if p.erasing != nil && p.config.PublicURL != "" {
		mux.HandleFunc("POST /deletion/{app}", p.deletion)
		mux.HandleFunc("GET /deletion/{app}/{code}", p.deletionStatus)
	}
	return p.door(mux, plainRefusal)
}

// Bot serves the bot: Graph calls, and those to routes.
func (p *Proxy) Bot() http.Handler {
	graph := p.door(http.HandlerFunc(p.call), graphRefusal)
	if p.config.Routes == nil {
		return graph
	}
	routes := p.doorFor(routeMethods, http.HandlerFunc(p.route), routeRefusal)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isRoute(r) {
			routes.ServeHTTP(w, r)
			return
		}
		graph.ServeHTTP(w, r)
	})
}
