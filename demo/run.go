package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// pageAddress is where the page is when nobody says otherwise.
const pageAddress = "127.0.0.1:8090"

// Run plays the demo until the context ends: it prints where the page is and,
// before the user's own bot, what to set in it. An end by the context is no
// error.
func Run(ctx context.Context, w io.Writer, start Start, options Options) (err error) {
	options.forms = formsAddress(options.Address)
	s, err := openStage(ctx, start, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	own := options.BotURL != ""
	var waiting atomic.Pointer[string]
	note := ""
	waiting.Store(&note)
	if !own {
		if err := s.register(ctx); err != nil {
			return err
		}
	}
	listener, err := pageListener(options.Address)
	if err != nil {
		return fmt.Errorf("opening the page: %w", err)
	}
	defer listener.Close()
	handler, err := newPage(s, own, func() string { return *waiting.Load() })
	if err != nil {
		return err
	}
	if err := s.greet(w, browsable(listener.Addr()), options); err != nil {
		return err
	}
	var working sync.WaitGroup
	defer working.Wait()
	if own {
		working.Go(func() {
			s.meet(ctx, w, options.BotURL, func(note string) { waiting.Store(&note); s.pulse.beat() })
		})
	}
	return servePage(ctx, listener, handler)
}

func servePage(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends the event streams
	}
	failed := make(chan error, 1)
	var serving sync.WaitGroup
	serving.Go(func() { failed <- server.Serve(listener) })
	defer serving.Wait()
	select {
	case err := <-failed:
		return fmt.Errorf("serving the page: %w", err)
	case <-ctx.Done():
		return server.Close()
	}
}

// pageListener listens where the user says, or at the usual place or a free port.
func pageListener(address string) (net.Listener, error) {
	if address != "" {
		return net.Listen("tcp", address)
	}
	return listen(pageAddress)
}

// formsAddress is where forms are served beside a page at address: on the same
// interfaces, so that a container can publish both. Only loopback is reachable by
// plain HTTP for them: elsewhere browsers do not keep the cookie of a form.
func formsAddress(page string) string {
	host, port, err := net.SplitHostPort(page)
	if port == "0" {
		return anyPort
	}
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort(host, formsPort)
	}
	return net.JoinHostPort("127.0.0.1", formsPort)
}

// browsable is an address that a browser on this machine can open, also when
// the page listens on every interface.
func browsable(address net.Addr) string {
	host, port, err := net.SplitHostPort(address.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address.String()
}

// greet tells the terminal where the page is and what to do.
func (s *stage) greet(w io.Writer, page string, options Options) error {
	if options.BotURL == "" {
		_, err := fmt.Fprintf(w, `piiproxy demo: a platform, an order bot, and piiproxy between them.

  Open  http://%s
  Tap “Order an item”: the bot asks for the card, and a button to a form appears.
  Stop with Ctrl-C. Nothing is kept.
`, page)
		return err
	}
	messenger, whatsapp := s.settings.Accounts[0], s.settings.Accounts[1]
	_, err := fmt.Fprintf(w, `piiproxy demo: a platform and piiproxy before your bot at %s.

Set in your bot, and start it:

  Graph base URL          %s
  app secret              %s
  verify token            %s
  Messenger   page id     %s
              token       %s
  WhatsApp    number id   %s
              account id  %s
              token       %s

When it asks for something that belongs into a form, the person gets a button to
one at %s; when that is filled in, your bot gets the next message.
The platform's webhook, which you need not touch, is %s.

Then open  http://%s  and chat. Stop with Ctrl-C. Nothing is kept.
`, options.BotURL, s.graph.url, s.settings.AppSecret, s.settings.VerifyToken,
		messenger.ID, messenger.AccessToken, whatsapp.ID, whatsapp.Business, whatsapp.AccessToken,
		s.settings.PublicURL, s.proxy.WebhookURL(AppName), page)
	return err
}

// meet shakes hands with the user's bot as the platform would, again and again
// until it answers, and then lets deliveries flow.
func (s *stage) meet(ctx context.Context, w io.Writer, botURL string, tell func(string)) {
	last := ""
	for {
		err := s.platform.Handshake(ctx, botURL)
		if err == nil {
			err = s.register(ctx)
		}
		if err == nil {
			tell("")
			_, _ = fmt.Fprintln(w, "Your bot answered the handshake. Chat away.")
			return
		}
		if said := err.Error(); said != last && ctx.Err() == nil {
			last = said
			tell("Waiting for your bot: " + said)
			_, _ = fmt.Fprintf(w, "Waiting for your bot: %s\n", said)
		}
		pause := time.NewTimer(time.Second)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}
