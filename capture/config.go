package capture

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// Store is what a Book needs of a store.Store.
type Store interface {
	Get(ctx context.Context, key string) (store.Record, error)
	Put(ctx context.Context, records ...store.Record) error
	Delete(ctx context.Context, key string, version uint64) error
	Lease(ctx context.Context, prefix string, now time.Time, lease time.Duration, limit int) ([]store.Record, error)
}

// Keys is what a Book needs of a key set. *keys.Set is one.
type Keys interface {
	Seal(plain, ad []byte) ([]byte, error)
	Open(sealed, ad []byte) ([]byte, error)
	PRF(label string, parts ...string) []byte
}

// Auditor records what was done before it is done. *audit.Log is one.
type Auditor interface {
	RecordDurable(audit.Event) error
}

// Config says what a Book stands on. It is read-only after New.
type Config struct {
	Records Records
	House   House
	// Accounts returns an account by its name, as it is configured now.
	Accounts func(name string) (Account, bool)
	Limits   Limits
	// PublicURL is where people reach the public listener, without a path:
	// "https://chat.example.com". Links are made from it and never from what a
	// request says its host is.
	PublicURL string
	// Client is the address that a request comes from, behind the proxies that
	// are trusted; nil takes the connection's.
	Client func(*http.Request) netip.Addr
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Observe counts what happens, for metrics and logs; the events are in
	// Events. Nil counts nothing.
	Observe func(account, event string)
}

// Records is where links are kept.
type Records struct {
	Store Store
	Keys  Keys
}

// House is what the rest of the house does for a Book.
type House struct {
	Conversations Conversations
	Shower        Shower
	Outbox        Outbox
	Speaker       Speaker
	Audit         Auditor
	// Hash is what logs and the audit show for a conversation, in a-z2-7; nil
	// takes a keyed hash of its id.
	Hash func(*conversation.Conversation) string
	// StepUp signs people in at an account's own issuer; nil when no account asks
	// for it.
	StepUp StepUp
}

// Limits bound a link's life. Zero takes the default.
type Limits struct {
	Unopened  time.Duration // from its making until nobody has tried it: 60 minutes
	Tried     time.Duration // from the first submitted try: 15 minutes
	Tries     int           // how many tries: 5
	PerPerson int           // open links of one person: 5
	Rates     Rates
}

// Rates are bounds of submissions, each instance for itself. Zero takes the
// default; each allows as many at once as it has in a minute.
type Rates struct {
	Client  int // submissions a minute of one address (IPv6: of one /64): 240
	Guesses int // unknown links a minute of one address: 60
	Link    int // submissions a minute of one link: 120
	Account int // submissions a minute of one account: 6000
	Resends int // new links and codes an hour into one chat: 5
}

// Account is what a Book needs to know of an account.
type Account struct {
	Name string
	Look Look
	// Regions are ISO 3166 codes, the default first, for values that differ by
	// country.
	Regions []string
	// Framed says that the channel's webview shows the form in a frame
	// (Messenger).
	Framed bool
	// Unfilled is the text of the turn that the bot gets when a link expires; ""
	// gives none.
	Unfilled string
	// External is the customer's own form: links point there with the id as its
	// "link" parameter, or in place of {link}; "" is the form of this package.
	External string
	StepUp   Requirement
	// Texts has the account's own words before the built-in ones.
	Texts form.Texts
	// Kept says how long values of a kind are kept, for the form to say so; nil:
	// as long as the vault does.
	Kept func(kind string) time.Duration
}

// Look is how the form presents who asks.
type Look struct {
	Title string // shown as text
	Color string // "#rrggbb"
	Logo  []byte // PNG, JPEG or WebP; nil is none
}

// The ways a person can be asked to prove more than having the link.
const (
	None     = ""          // the link is enough
	ChatCode = "chat_code" // a code sent into the chat: proves the chat, not the person
	OIDC     = "oidc"      // a sign-in at the account's own issuer
)

// Requirement is an account's step-up.
type Requirement struct {
	Method string // None, ChatCode or OIDC
	// Remember is how long a device that proved the chat need not do so again in
	// this conversation; zero never remembers.
	Remember time.Duration
}

// StepUp signs a person in at the issuer of an account. capture/stepup has one.
type StepUp interface {
	// Begin returns where to send the browser, and a ticket that Finish needs. The
	// ticket is kept sealed, with the link, in a cookie of this browser; the
	// issuer is to send the person back to callback.
	Begin(ctx context.Context, account, callback string) (address string, ticket []byte, err error)
	// Finish checks what the issuer sent back against the ticket and returns who
	// signed in: the issuer's stable subject. Its errors never quote.
	Finish(ctx context.Context, account, callback string, ticket []byte, answer url.Values) (subject string, err error)
}

// Events are what Config.Observe is called with.
var Events = []string{
	eventIssued, eventReused, eventRefused, eventStalled, eventFilled, eventFailedTry, eventExpired, eventResent,
	eventStepUp, eventStepUpFailed, eventLimited, eventTampered, eventUnsent, eventFault,
}

const (
	eventIssued       = "issued"
	eventReused       = "reused"
	eventRefused      = "refused" // over the cap of a person
	eventStalled      = "stalled"
	eventFilled       = "filled"
	eventFailedTry    = "failed_try"
	eventExpired      = "expired"
	eventResent       = "resent"
	eventStepUp       = "step_up"        // a person proved more
	eventStepUpFailed = "step_up_failed" // a wrong code, or a sign-in that did not hold
	eventLimited      = "limited"        // over a rate
	eventTampered     = "tampered"       // a record does not open: alarm
	eventUnsent       = "unsent"         // a message of ours that could not be said
	eventFault        = "fault"          // store, vault, audit or outbox: somebody was asked to try again
)

func (c Config) check() (Config, error) {
	h := c.House
	if c.Records.Store == nil || c.Records.Keys == nil || h.Conversations == nil || h.Shower == nil || h.Outbox == nil ||
		h.Speaker == nil || h.Audit == nil || c.Accounts == nil {
		return c, errors.New("preparing capture links: store, keys, accounts or a part of the house is missing")
	}
	public, err := url.Parse(c.PublicURL)
	if err != nil || public.Host == "" || public.Path != "" && public.Path != "/" ||
		public.Scheme != "https" && public.Scheme != "http" {
		return c, errors.New("preparing capture links: set public_url to the https address of the public listener, without a path")
	}
	c.PublicURL = originOf(public)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Observe == nil {
		c.Observe = func(string, string) {}
	}
	if c.Client == nil {
		c.Client = connection
	}
	if h.Hash == nil {
		c.House.Hash = func(of *conversation.Conversation) string {
			return encoding.EncodeToString(c.Records.Keys.PRF("capture log", of.Account, of.ID)[:10])
		}
	}
	c.Limits = c.Limits.withDefaults()
	return c, nil
}

// Prefix is what the links of a Book with this public URL begin with, up to the
// id: not always as the configuration has it. It is "" for what New refuses.
func Prefix(publicURL string) string {
	public, err := url.Parse(publicURL)
	if err != nil || public.Host == "" {
		return ""
	}
	return originOf(public) + "/c/"
}

// originOf writes an address as browsers write its origin (RFC 6454, 6.2).
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		return "https://" + strings.TrimSuffix(host, ":443")
	}
	return "http://" + strings.TrimSuffix(host, ":80")
}

// loopback says that an address is one of this machine, without TLS.
func loopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		return false
	}
	at, err := netip.ParseAddr(u.Hostname())
	return err == nil && at.IsLoopback() || u.Hostname() == "localhost"
}

func (l Limits) withDefaults() Limits {
	l.Unopened = either(l.Unopened, time.Hour)
	l.Tried = either(l.Tried, 15*time.Minute)
	l.Tries = either(l.Tries, 5)
	l.PerPerson = either(l.PerPerson, 5)
	l.Rates.Client = either(l.Rates.Client, 240)
	l.Rates.Guesses = either(l.Rates.Guesses, 60)
	l.Rates.Link = either(l.Rates.Link, 120)
	l.Rates.Account = either(l.Rates.Account, 6000)
	l.Rates.Resends = either(l.Rates.Resends, 5)
	return l
}

// either is value, or what stands for one that is not positive.
func either[T int | time.Duration](value, otherwise T) T {
	if value > 0 {
		return value
	}
	return otherwise
}

// connection is the address of the connection itself.
func connection(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}
