package rig

import (
	"crypto/hmac"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Delivery is one request that a bot received whole.
type Delivery struct {
	Method   string
	Header   http.Header
	Length   int64 // Content-Length; -1 when there was none
	Body     []byte
	Valid256 bool // X-Hub-Signature-256 fits the bytes
	Valid1   bool // X-Hub-Signature fits the bytes
	At       time.Time
}

// Bot is a bot of ours. It checks both signatures, records what it gets, and
// can be told to misbehave.
type Bot struct {
	URL string

	app        App
	sockets    *Sockets
	server     *httptest.Server
	mu         sync.Mutex
	deliveries []Delivery
	behave     func(http.ResponseWriter, *http.Request, Delivery)
}

// NewBot starts a bot that expects app's signatures and answers 200.
func NewBot(t testing.TB, app App) *Bot {
	b := &Bot{app: app}
	b.server = httptest.NewUnstartedServer(http.HandlerFunc(b.serve))
	b.sockets = &Sockets{Listener: b.server.Listener}
	b.server.Listener = b.sockets
	b.server.Start()
	b.URL = b.server.URL + "/webhook"
	t.Cleanup(func() {
		b.server.CloseClientConnections()
		b.server.Close()
	})
	return b
}

// Behave replaces the answer of the bot from now on; nil restores 200. The
// delivery is recorded before.
func (b *Bot) Behave(behave func(http.ResponseWriter, *http.Request, Delivery)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.behave = behave
}

// Deliveries are all requests so far, in the order they arrived.
func (b *Bot) Deliveries() []Delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Delivery(nil), b.deliveries...)
}

// Sockets tells what reached the bot below HTTP.
func (b *Bot) Sockets() *Sockets { return b.sockets }

// Seen is every byte of every request that reached the bot.
func (b *Bot) Seen() []byte {
	var seen []byte
	for _, delivery := range b.Deliveries() {
		for name, values := range delivery.Header {
			for _, value := range values {
				seen = append(seen, name+": "+value+"\n"...)
			}
		}
		seen = append(append(seen, delivery.Body...), '\n')
	}
	return seen
}

func (b *Bot) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // half a delivery is none
	}
	delivery := Delivery{
		Method: r.Method, Header: r.Header.Clone(), Length: r.ContentLength, Body: body, At: time.Now(),
		Valid256: hmac.Equal([]byte(r.Header.Get("X-Hub-Signature-256")), []byte("sha256="+b.app.MAC256(body))),
		Valid1:   hmac.Equal([]byte(r.Header.Get("X-Hub-Signature")), []byte("sha1="+b.app.MAC1(body))),
	}
	b.mu.Lock()
	b.deliveries = append(b.deliveries, delivery)
	behave := b.behave
	b.mu.Unlock()
	if behave != nil {
		behave(w, r, delivery)
	}
}

// Await waits until the bot has n deliveries.
func (b *Bot) Await(t testing.TB, n int) []Delivery {
	t.Helper()
	Eventually(t, func() bool { return len(b.Deliveries()) >= n }, func() string {
		return "the bot did not get all deliveries"
	})
	return b.Deliveries()
}

// patience is how long a test waits for what must happen. It is no measure of
// speed: a loaded machine may need most of it.
const patience = 30 * time.Second

// Eventually waits for a condition; complain says what is missing.
func Eventually(t testing.TB, holds func() bool, complain func() string) {
	t.Helper()
	Within(t, patience, holds, complain)
}

// Within is Eventually with another patience.
func Within(t testing.TB, limit time.Duration, holds func() bool, complain func() string) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited %s: %s", limit, complain())
}
