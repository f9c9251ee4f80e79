// Package platform is Meta's side of a chat, in memory and on loopback: enough
// of the Graph API and of webhooks that a bot for Messenger or WhatsApp cannot
// tell the difference, with people to speak for.
//
// It keeps every byte that it would store, so that a reader can see what the
// platform sees, and it knows nothing of piiproxy: it escapes, signs, batches
// and tries again as Meta does, in its own code, so that it can disagree.
package platform

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// The channels that the simulator speaks.
const (
	Messenger = "messenger"
	WhatsApp  = "whatsapp"
)

// kept bounds every list of the simulator; the oldest entries go first.
const kept = 4000

// Account is a page or a phone number with its own access token.
type Account struct {
	Channel     string
	ID          string // page id or phone-number id
	Business    string // WhatsApp business account; empty on Messenger
	Phone       string // display number, digits; empty on Messenger
	AccessToken string
}

// Config describes one app on the platform.
type Config struct {
	AppID       string
	AppSecret   string
	VerifyToken string
	Accounts    []Account
	Batch       time.Duration   // events within it share one POST; 0 means 40 ms
	Retries     []time.Duration // waits after the first two failed attempts; nil means 0.1 s growing to 5 s
	Changed     func()          // told after every change; must not block; may be nil
}

// Person is somebody who chats with one account.
type Person struct {
	Channel string
	Account string // the account's id
	ID      string // PSID or wa_id
	Name    string
}

// Platform is a running simulator. Its methods may be called at the same time.
type Platform struct {
	config Config
	client *http.Client
	server *http.Server
	url    string
	ctx    context.Context
	stop   context.CancelFunc
	work   sync.WaitGroup
	queues map[string]*queue // by account id

	mu         sync.Mutex
	webhook    string
	persons    map[string]Person
	records    []Record
	calls      []Call
	deliveries []Delivery
	media      map[string]media
	order      int
	pending    int
	changed    chan struct{} // closed and replaced at every change
}

// Open starts a simulator on a free loopback port. The caller closes it.
func Open(config Config) (*Platform, error) {
	if config.AppSecret == "" || config.VerifyToken == "" || len(config.Accounts) == 0 {
		return nil, errors.New("platform: app secret, verify token and an account are needed")
	}
	if config.Batch == 0 {
		config.Batch = 40 * time.Millisecond
	}
	if config.Retries == nil {
		config.Retries = []time.Duration{100 * time.Millisecond, 300 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening the platform: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	p := &Platform{
		config:  config,
		client:  deliveryClient(),
		url:     "http://" + listener.Addr().String(),
		ctx:     ctx,
		stop:    stop,
		queues:  map[string]*queue{},
		persons: map[string]Person{},
		media:   map[string]media{},
		changed: make(chan struct{}),
	}
	p.server = &http.Server{Handler: http.HandlerFunc(p.serveGraph), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second}
	p.work.Go(func() { _ = p.server.Serve(listener) })
	for _, account := range config.Accounts {
		q := &queue{wake: make(chan struct{}, 1)}
		p.queues[account.ID] = q
		p.work.Go(func() { p.dispatch(account, q) })
	}
	return p, nil
}

// deliveryClient waits 20 s, as long as Meta does, and follows no redirect.
func deliveryClient() *http.Client {
	return &http.Client{
		Timeout:       20 * time.Second,
		Transport:     &http.Transport{Proxy: nil},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// URL is the base of the simulated Graph API, without a version.
func (p *Platform) URL() string { return p.url }

// Close ends all deliveries, closes the listener and waits for both.
func (p *Platform) Close() error {
	p.stop()
	err := p.server.Close()
	p.work.Wait()
	p.client.CloseIdleConnections()
	return err
}

// Join makes a new person who chats with the account.
func (p *Platform) Join(account, name string) (Person, error) {
	known, ok := p.account(account)
	if !ok {
		return Person{}, errors.New("platform: no such account")
	}
	person := Person{Channel: known.Channel, Account: account, Name: name}
	p.mu.Lock()
	defer p.mu.Unlock()
	for person.ID == "" || p.persons[person.ID].ID != "" {
		person.ID = newPersonID(known.Channel)
	}
	p.persons[person.ID] = person
	return person, nil
}

// Settled returns when every event so far was delivered or given up, and nil
// then; the context's error when that does not happen in time.
func (p *Platform) Settled(ctx context.Context) error {
	for {
		p.mu.Lock()
		pending, changed := p.pending, p.changed
		p.mu.Unlock()
		if pending == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *Platform) account(id string) (Account, bool) {
	for _, account := range p.config.Accounts {
		if account.ID == id {
			return account, true
		}
	}
	return Account{}, false
}

func (p *Platform) accountByToken(token string) (Account, bool) {
	for _, account := range p.config.Accounts {
		if token != "" && account.AccessToken == token {
			return account, true
		}
	}
	return Account{}, false
}

// update changes the state under the lock and tells whoever waits.
func (p *Platform) update(change func()) {
	p.mu.Lock()
	change()
	close(p.changed)
	p.changed = make(chan struct{})
	p.mu.Unlock()
	if p.config.Changed != nil {
		p.config.Changed()
	}
}
