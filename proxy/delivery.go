package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/piiproxy/piiproxy/channel"
)

// parcel is a rewritten delivery for one bot.
type parcel struct {
	account *Account
	body    []byte
	lanes   []string // keyed hashes of the conversations in it
	header  http.Header
	trace   string
	held    string    // id of the message, where it waits for the rest of a value
	due     time.Time // held: when it goes out
	past    []string  // keys of held messages that this one takes the place of
	behind  bool      // something waits before it
	// glance tells whether something waits before it; nil: look.
	glance func() (bool, error)
	// accepted is when it was taken, where that is not now.
	accepted time.Time
	strong   string // the sha256 header, when the body is as it came and the bot shares the app's secret
}

// delivery is the one seam between what was rewritten and the bot: it hands
// the bot's status back, or seals, acknowledges and sends in order later.
type delivery struct {
	transport *http.Transport
	deadlines *deadlines
	now       func() time.Time
	outbox    *outbox
	circuits  *circuits
}

// newDelivery opens the outbox and starts its worker.
func newDelivery(ctx context.Context, config Config, q *quarantine, c *circuits) (*delivery, error) {
	d := &delivery{now: config.Now, circuits: c, deadlines: newDeadlines(config.Limits.BotTimeout), transport: &http.Transport{
		Proxy:               nil, // HTTP_PROXY is not for webhooks
		DialContext:         (&net.Dialer{Timeout: config.Limits.Upstream.Dial}).DialContext,
		TLSHandshakeTimeout: config.Limits.Upstream.TLS,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost: 128,
		IdleConnTimeout:     75 * time.Second,
		DisableCompression:  true,
		ForceAttemptHTTP2:   true,
	}}
	later := func(ctx context.Context, p parcel) (int, error) {
		ctx, cancel := context.WithTimeout(ctx, config.Limits.BotTimeout)
		defer cancel()
		return d.send(ctx, p)
	}
	o, err := newOutbox(ctx, config, q, later)
	if err != nil {
		return nil, err
	}
	d.outbox = o
	return d, nil
}

func (d *delivery) close() error {
	err := d.outbox.close()
	d.deadlines.close()
	d.transport.CloseIdleConnections()
	return err
}

// delivered is what the platform is told, and what the bot said: nothing yet
// when the parcel waits in the outbox.
type delivered struct{ status, peer int }

// deliver passes a parcel through to its bot and gives the bot's status, until the
// context ends, which is when the webhook came and the bot's time together. An
// account that spools, and a conversation with an undelivered parcel, go
// through the outbox instead: 200 once the parcel is durable.
func (d *delivery) deliver(ctx context.Context, p parcel) (delivered, *Refusal) {
	waits, err := p.account.Spool, error(nil)
	switch {
	case waits:
	case p.glance != nil:
		waits, err = p.glance()
	default:
		waits, err = d.outbox.ahead(ctx, p.lanes, p.past)
	}
	if err != nil {
		return delivered{}, &refuseStore
	}
	if waits {
		p.behind = !p.account.Spool // else nobody has looked
		status, refusal := d.outbox.add(ctx, p)
		return delivered{status: status}, refusal
	}
	status, err := d.send(ctx, p)
	var timeout net.Error
	switch {
	case err == nil:
		return delivered{status, status}, nil
	case errors.Is(err, errCircuit):
		return delivered{}, &refuseBotOpen
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return delivered{}, &refuseBotSlow
	}
	return delivered{}, &refuseBotDown
}

// maxBotAnswer bounds what is read of a bot's answer, which goes nowhere: the
// platform looks at the status only.
const maxBotAnswer = 64 << 10

// send signs a parcel and posts it. Errors never hold the URL: callers decide
// by kind.
func (d *delivery) send(ctx context.Context, p parcel) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.account.Bot.URL.String(), bytes.NewReader(p.body))
	if err != nil {
		return 0, errors.New("building the bot's request")
	}
	for _, name := range []string{"User-Agent", "Accept"} {
		if value := p.header.Get(name); value != "" {
			request.Header.Set(name, value)
		}
	}
	plainAgent(request.Header)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Request-Id", p.trace)
	if p.strong != "" {
		channel.SignAgain(p.account.Bot.Secret(), p.strong, p.body, request.Header)
	} else {
		channel.Sign(p.account.Bot.Secret(), p.body, request.Header)
	}
	try, ok := d.circuits.bots[p.account].begin(d.now())
	if !ok {
		return 0, errCircuit
	}
	response, err := d.transport.RoundTrip(request) // no client: it would follow redirects
	if err != nil {
		try.failed(err, d.now(), ctx.Err() != nil)
		return 0, err
	}
	try.answered()
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBotAnswer)) // lets the connection be used again
	return response.StatusCode, nil
}

// noAgent is what net/http takes for no User-Agent at all.
var noAgent = []string{""}

// plainAgent keeps net/http from naming itself where the sender named nobody.
func plainAgent(h http.Header) {
	if _, named := h["User-Agent"]; !named {
		h["User-Agent"] = noAgent
	}
}
