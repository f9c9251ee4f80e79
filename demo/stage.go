package demo

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/demo/bot"
	"github.com/piiproxy/piiproxy/demo/platform"
)

// The app and its accounts. Ids have the length of real ones.
const (
	appID          = "1294857360918273"
	pageID         = "1906385232743451"
	numberID       = "106540352242922"
	businessID     = "102290129340398"
	displayNumber  = "15550783881"
	botGraphPort   = "127.0.0.1:8091" // of the base URL for the user's own bot
	formsPort      = "8092"           // of links to forms
	anyPort        = "127.0.0.1:0"
	personName     = "Maria Lopez"
	fixedAppSecret = "5d1a9d0c7e2b4f6d8a3c1b0e9f7d6c5a" // for --bot, so that it is set once
	fixedVerify    = "piiproxy-demo-verify-token"
	fixedPage      = "EAAdemoMessengerPageAccessToken"
	fixedNumber    = "EAAdemoWhatsAppAccessToken"
)

// stage holds everything that plays: platform, proxy, bot, and two taps.
type stage struct {
	platform *platform.Platform
	proxy    Proxy
	settings Settings
	hooks    *tap // before the bot's door
	graph    *tap // before the bot's way out
	order    *bot.Bot
	log      *logBook
	pulse    *pulse
	grace    time.Duration  // for the bot's answer
	closers  []func() error // run last to first

	mu      sync.Mutex
	persons map[string]platform.Person // by channel
}

// openStage starts the platform, the taps, the proxy and, unless the user
// brought one, the order bot. On an error nothing is left running.
func openStage(ctx context.Context, start Start, options Options) (_ *stage, err error) {
	s := &stage{log: &logBook{}, pulse: newPulse(), persons: map[string]platform.Person{}, grace: cmp.Or(options.grace, answerGrace)}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	s.settings = newSettings(options)
	if err := s.openPlatform(options.batch); err != nil {
		return nil, err
	}
	if err := s.openPublic(options.forms); err != nil {
		return nil, err
	}
	target, listener := options.BotURL, net.Listener(nil)
	if target == "" {
		if listener, err = net.Listen("tcp", anyPort); err != nil {
			return nil, fmt.Errorf("opening the bot: %w", err)
		}
		s.closers = append(s.closers, func() error { _ = listener.Close(); return nil })
		target = "http://" + listener.Addr().String() + "/webhook"
	}
	if err := s.openProxy(ctx, start, target, options.BotURL != ""); err != nil {
		return nil, err
	}
	if listener != nil {
		s.openBot(listener)
	}
	for _, channel := range channels {
		if err := s.join(channel); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func newSettings(options Options) Settings {
	settings := Settings{AppSecret: random(), VerifyToken: random(), Rules: options.Rules, Enforce: !options.Off, Shop: "Paper Lantern"}
	page, number := "EAA"+random()+random(), "EAA"+random()+random()
	if options.BotURL != "" {
		settings.AppSecret, settings.VerifyToken, page, number = fixedAppSecret, fixedVerify, fixedPage, fixedNumber
		settings.Shop = "Your shop"
	}
	settings.Accounts = []Account{
		{Name: "page", Channel: platform.Messenger, ID: pageID, AccessToken: page},
		{Name: "number", Channel: platform.WhatsApp, ID: numberID, Business: businessID, AccessToken: number},
	}
	return settings
}

func (s *stage) openPlatform(batch time.Duration) error {
	config := platform.Config{AppID: appID, AppSecret: s.settings.AppSecret, VerifyToken: s.settings.VerifyToken, Batch: batch, Changed: s.pulse.beat}
	for _, a := range s.settings.Accounts {
		account := platform.Account{Channel: a.Channel, ID: a.ID, Business: a.Business, AccessToken: a.AccessToken}
		if a.Channel == platform.WhatsApp {
			account.Phone = displayNumber
		}
		config.Accounts = append(config.Accounts, account)
	}
	opened, err := platform.Open(config)
	if err != nil {
		return err
	}
	s.platform, s.settings.GraphURL = opened, opened.URL()
	s.closers = append(s.closers, opened.Close)
	return nil
}

// openPublic takes the address of the proxy's public side, so that the proxy
// knows it before it starts: links to forms lead there.
func (s *stage) openPublic(address string) error {
	listener, err := listen(cmp.Or(address, anyPort))
	if err != nil {
		return fmt.Errorf("opening the forms: %w", err)
	}
	s.closers = append(s.closers, func() error { _ = listener.Close(); return nil }) // the proxy has closed it by then
	s.settings.Public, s.settings.PublicURL = listener, "http://"+browsable(listener.Addr())
	return nil
}

// openProxy sets a tap before the bot at target, the proxy before the tap, and
// a second tap before the proxy.
func (s *stage) openProxy(ctx context.Context, start Start, target string, own bool) error {
	webhook, err := url.Parse(target)
	if err != nil {
		return errors.New("reading the bot's URL: not a URL; write it like http://127.0.0.1:3000/webhook")
	}
	base := url.URL{Scheme: webhook.Scheme, Host: webhook.Host}
	if s.hooks, err = openTap(anyPort, base.String(), s.pulse.beat); err != nil {
		return fmt.Errorf("reading the bot's URL: %w", err)
	}
	s.closers = append(s.closers, s.hooks.Close)
	s.settings.BotWebhookURL = s.hooks.url + webhook.RequestURI()
	if s.proxy, err = start(ctx, s.settings); err != nil {
		return fmt.Errorf("starting the proxy: %w", err)
	}
	s.closers = append(s.closers, s.proxy.Close)
	address := anyPort
	if own {
		address = botGraphPort
	}
	if s.graph, err = openTap(address, s.proxy.BotURL(), s.pulse.beat); err != nil {
		return fmt.Errorf("reading the proxy's URL: %w", err)
	}
	s.closers = append(s.closers, s.graph.Close)
	return nil
}

func (s *stage) openBot(listener net.Listener) {
	client := &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{Proxy: nil}}
	s.order = bot.New(bot.Config{
		GraphURL:       s.graph.url,
		AppSecret:      s.settings.AppSecret,
		VerifyToken:    s.settings.VerifyToken,
		MessengerToken: s.settings.Accounts[0].AccessToken,
		WhatsAppToken:  s.settings.Accounts[1].AccessToken,
		WhatsAppNumber: s.settings.Accounts[1].ID,
		Client:         client,
		Log:            s.log,
	})
	server := &http.Server{Handler: s.order, ReadHeaderTimeout: 5 * time.Second}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	s.closers = append(s.closers, func() error {
		err := server.Close()
		serving.Wait()
		client.CloseIdleConnections()
		return err
	})
}

// register lets the platform deliver to the proxy.
func (s *stage) register(ctx context.Context) error {
	return s.platform.Register(ctx, s.proxy.WebhookURL(AppName))
}

// join gives the channel a new person, and so a new conversation.
func (s *stage) join(channel string) error {
	for _, account := range s.settings.Accounts {
		if account.Channel == channel {
			person, err := s.platform.Join(account.ID, personName)
			if err != nil {
				return err
			}
			s.mu.Lock()
			s.persons[channel] = person
			s.mu.Unlock()
			s.pulse.beat()
		}
	}
	return nil
}

func (s *stage) person(channel string) platform.Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.persons[channel]
}

// Close ends all that openStage began: the platform first, so that nothing new
// comes, then what stands behind it.
func (s *stage) Close() error {
	var problems []error
	if s.platform != nil {
		problems = append(problems, s.platform.Close())
		s.closers = s.closers[1:]
	}
	for i := len(s.closers) - 1; i >= 0; i-- {
		problems = append(problems, s.closers[i]())
	}
	return errors.Join(problems...)
}

// random is a secret of 32 letters and digits.
func random() string { return strings.ToLower((rand.Text() + rand.Text())[:32]) }

// logBook keeps what the bot logs, the newest megabytes of it.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

var _ io.Writer = (*logBook)(nil)

func (l *logBook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text.Len() > longestTapped {
		l.text.Next(longestTapped / 2)
	}
	return l.text.Write(line)
}

// lines returns all lines so far.
func (l *logBook) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.text.String()), "\n")
}
