// Package demo shows in one minute why anyone would want piiproxy: a platform,
// an ordinary order bot and the proxy, in one process, with nothing to install.
//
// It promises that what it shows is what happened. Every view is made of bytes
// that were really on a wire: the platform's from its own records, the bot's
// from a tap before its door, the vault's from the records it sealed. The same
// bytes are searched by Headless, which fails when a value shows where policy
// says it must not, and names it.
//
// The proxy is not part of this package: whoever starts the demo hands it in.
package demo

import (
	"context"
	"net"
	"time"

	"github.com/piiproxy/piiproxy/demo/platform"
)

// Row is one record of the vault: everything about it but the value.
type Row struct {
	Kind    string    `json:"kind"`
	Token   string    `json:"token"`
	Sealed  string    `json:"sealed"` // the stored bytes, in hex; empty for kinds that are kept in memory only
	Expires time.Time `json:"expires"`
	Form    bool      `json:"form"` // it came by a secure form, past the platform
}

// Proxy is what the demo needs of the real proxy (wired in cmd/piiproxy).
type Proxy interface {
	// WebhookURL is where the platform sends the deliveries of an app.
	WebhookURL(app string) string
	// BotURL is the base URL that a bot uses in place of Graph's.
	BotURL() string
	// Vault lists what the vault holds, never a value.
	Vault(ctx context.Context) ([]Row, error)
	// Close stops the proxy and everything it started.
	Close() error
}

// Account is one page or phone number on the simulated platform.
type Account struct {
	Name        string // also a first path segment on the bot listener
	Channel     string // messenger or whatsapp
	ID          string // page id or phone-number id
	Business    string // the WhatsApp business account; empty on Messenger
	AccessToken string // each account has its own, as on the real platform
}

// Settings say what a proxy has to stand between.
type Settings struct {
	GraphURL      string // the simulated platform's API
	BotWebhookURL string // where deliveries go
	AppSecret     string // signs deliveries, for the bot too
	VerifyToken   string // of the webhook handshake, for the bot too
	Accounts      []Account
	Public        net.Listener // of the proxy's public side; the proxy serves it
	PublicURL     string       // where a browser reaches Public
	Shop          string       // whose name forms show
	Rules         []string     // as in the configuration; empty means the built-in ones
	Enforce       bool         // false: every account is in mode off
}

// Start starts a proxy by settings. The demo closes it.
type Start func(ctx context.Context, s Settings) (Proxy, error)

// AppName is the one app of the demo, as in Proxy.WebhookURL.
const AppName = "demo"

// Options change what Run and Headless do. The zero value is the plain demo.
type Options struct {
	Address string   // of the page; empty means 127.0.0.1:8090 or, if taken, a free port
	BotURL  string   // webhook of the user's own bot; empty means the order bot
	Rules   []string // handed on to the proxy
	Off     bool     // the proxy hides nothing, so that a check can be seen to fail
	forms   string   // address of the proxy's public side; empty means a free loopback port

	batch time.Duration // of the platform; zero is its own
	grace time.Duration // how long an answer of the bot may take; zero is answerGrace
}

// channels in the order in which they are shown and played.
var channels = [...]string{platform.Messenger, platform.WhatsApp}
