// Package route lets a bot that holds tokens use a vendor's API, and the vendor get
// the values, in the few places that the operator names.
//
// It promises four things. A token becomes a value only in a listed place of a
// request to the route's one upstream, only for a listed kind and account, and
// only when the whole place is the token (or prose that is listed as such); a
// token anywhere else, in whatever spelling, refuses the request, and nothing is
// forwarded. What is restored is in the audit before it leaves: no audit, no
// action. What comes back is redacted by the rules that hold for the chat, and the
// values that were restored come back as their tokens. And the route is counted:
// there is a budget for a day, and a report of which fields and kinds went where.
//
// The way of a request: credential -> method and path -> read -> tokens in their
// places -> values -> budget -> audit -> splice -> upstream -> answer -> redact.
package route

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/vault"
)

// Route is one vendor. Read-only after New.
type Route struct {
	Name     string
	Purpose  string
	Upstream Upstream
	// Token is the SHA-256 of what the bot shows in Credential; nil: nothing is
	// asked for.
	Token      *[sha256.Size]byte
	Credential string // name of the header
	Allow      []Allowed
	Restore    Restore
	Answer     Answer
}

// Upstream is where a route leads. The base's path stands before every path.
type Upstream struct {
	Base *url.URL
	// Headers are set on every request; their values are functions because their
	// files are read again when they change.
	Headers     map[string]func() string
	Certificate func() (*tls.Certificate, error) // nil: none is shown
	Authorities *x509.CertPool                   // nil: the machine's
}

// Restore says which tokens become values, and where.
type Restore struct {
	Accounts, Kinds []string
	JSON, Text      []Pointer
	Form, Headers   []string
	// Written restores values as the person wrote them, and not in their form for
	// machines.
	Written bool
	// Many lets tokens of several people stand in one request.
	Many bool
	// PerDay is how many values of one kind may be restored in a day.
	PerDay int
}

// Answer says how answers are redacted.
type Answer struct {
	Policy *redact.Policy // nil: the account's
	Keep   []Pointer
	Pass   []string // media types that are passed on unread
}

// Conversations opens what the vault has located.
type Conversations interface {
	// Open gives conversation.ErrUnknown when it was erased.
	Open(ctx context.Context, account, id string) (*conversation.Conversation, error)
	// Home gives the conversation that the person has now.
	Home(ctx context.Context, c *conversation.Conversation) (*conversation.Conversation, error)
	// HashOf is what logs show for the person.
	HashOf(ctx context.Context, c *conversation.Conversation) (string, error)
}

// Vault is what routes need of the vault, beside what redact needs of it.
type Vault interface {
	redact.Vault
	// Locate finds where a token belongs; vault.ErrNoToken when nowhere.
	Locate(ctx context.Context, token string) (vault.Owner, error)
}

// Auditor writes a line that is durable when it returns.
type Auditor interface {
	RecordDurable(e audit.Event) error
}

// Limits bound one request (threats.md, last section).
type Limits struct {
	Payload                  payload.Limits
	Dial, TLS, Header, Total time.Duration
}

// Config is what a Desk stands on. Read-only after New.
type Config struct {
	Routes        []*Route
	Vault         Vault
	Conversations Conversations
	// Toward gives how words are judged that go toward the bot of an account.
	Toward  func(account string) redact.Scope
	Ledger  *Ledger
	Audit   Auditor
	Limits  Limits
	Reports Reports
}

// Reports is where a desk tells what it does.
type Reports struct {
	Log     *zap.Logger
	Metrics *Metrics
	Now     func() time.Time
}

// Desk serves routes, for many goroutines. Make it with New, end it with Close.
type Desk struct {
	config Config
	routes map[string]*served
	engine *redact.Engine
}

// served is a route with what its requests share.
type served struct {
	*Route
	transport *http.Transport
	words     *channel.Table
	limits    payload.Limits
}

// New makes a desk.
func New(config Config) *Desk {
	d := &Desk{
		config: config, routes: make(map[string]*served, len(config.Routes)),
		engine: redact.New(located{config.Conversations}, config.Vault, answerLimits(config.Limits.Payload)),
	}
	for _, r := range config.Routes {
		kept := make([][]string, len(r.Answer.Keep))
		for i, pointer := range r.Answer.Keep {
			kept[i] = pointer.Steps()
		}
		d.routes[r.Name] = &served{Route: r, transport: newTransport(r.Upstream, config.Limits), words: channel.Words(kept), limits: config.Limits.Payload}
	}
	return d
}

// Close closes connections that are kept open.
func (d *Desk) Close() error {
	for _, r := range d.routes {
		r.transport.CloseIdleConnections()
	}
	return nil
}

// located finds conversations by their own id in the place of a person's.
type located struct{ book Conversations }

// Find implements redact.Conversations.
func (l located) Find(ctx context.Context, account string, ids []string) (*conversation.Conversation, error) {
	return l.book.Open(ctx, account, ids[0])
}

// Ensure implements redact.Conversations. It makes none: a token of it was there.
func (l located) Ensure(ctx context.Context, account string, ids []string) (*conversation.Conversation, error) {
	return l.book.Open(ctx, account, ids[0])
}
