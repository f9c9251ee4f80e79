package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

type serveCommand struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (serveCommand) Help() string {
	return `Example:
  piiproxy serve -c piiproxy.yaml

It logs one JSON line a message to standard output. SIGTERM lets messages
under way finish, then ends. Secret files, certificates and rule files are read
again when they change; SIGHUP reads the rules at once. Rules that do not load, or
fail their own examples, leave the ones in force.`
}

// Run serves until it is told to stop.
func (c serveCommand) Run(env *environment) error {
	settings, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	for _, warning := range settings.Warnings() {
		_, _ = fmt.Fprintln(env.Stderr, "piiproxy:", warning)
	}
	set, err := openKeys(env.Context, settings)
	if err != nil {
		return err
	}
	hidden()
	roomy()
	log := newLog(env.Stdout, settings.Log)
	s, err := assemble(env.Context, settings, set, log, func(v *vault.Vault) redact.Vault { return v })
	if err != nil {
		return err
	}
	for _, warning := range pinWarnings(settings, s.rules.current.library) {
		_, _ = fmt.Fprintln(env.Stderr, "piiproxy:", warning)
	}
	return errors.Join(s.serve(env.Context), s.close(), ignoreSync(log))
}

// serve listens, and serves until the context ends.
func (s *service) serve(ctx context.Context) error {
	listeners, err := s.listeners()
	if err != nil {
		return err
	}
	server, err := proxy.Listen(ctx, listeners, timeoutsOf(s.settings.Limits.Server), s.log)
	if err != nil {
		return err
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { s.rules.watch(watching, hup, recheckRules) })
	watch.Go(func() { breathe(watching) })
	defer watch.Wait()
	defer stop()
	s.log.Info("", zap.String("event", "started"), zap.String("version", version), zap.Int("accounts", len(s.settings.Accounts)))
	s.rules.sayDrift()
	err = server.Serve(ctx)
	s.log.Info("", zap.String("event", "stopped"))
	return err
}

// listeners are the addresses and what they serve.
func (s *service) listeners() ([]proxy.Listener, error) {
	l := s.settings.Listen
	listeners := []proxy.Listener{
		{Name: "public", Handler: s.proxy.Public()},
		{Name: "bot", Handler: s.proxy.Bot()},
		{Name: "admin", Handler: s.admin()},
		{Name: "ops", Handler: proxy.Ops(s.ready, s.registry)},
	}
	for i, endpoint := range []config.Endpoint{l.Public, l.Bot, l.Admin, l.Ops} {
		listeners[i].Addr = endpoint.Addr
		if endpoint.TLS.CA != "" {
			continue // disguise makes it
		}
		var err error
		if listeners[i].TLS, err = serverTLS(endpoint.TLS); err != nil {
			return nil, fmt.Errorf("listen.%s.tls: %w", listeners[i].Name, err)
		}
	}
	if err := s.disguise(&listeners[1]); err != nil {
		return nil, err
	}
	forward, err := s.forward()
	return append(listeners, forward...), err
}

// admin is the operator's way in.
func (s *service) admin() http.Handler {
	desks := console.Desks{
		Operations: operations{s.proxy}, Rules: ruleDesk{s.rules}, Reviews: reviewDesk{s.reviews, s.rules.tenants, s.rules.audit},
		Prompts: promptDesk{s.core.asked, s.settings}, Routes: routeDesk{s.core.ledger, s.settings}, Reveals: newRevealDesk(s),
		People: peopleDesk{s.people, &s.core, s.keys},
	}
	desks.Keys = s.keyDesk()
	desks.Quarantine = quarantineDesk{s.proxy.Shelf(), s.rules.audit, s.proxy.Retry}
	desks.Transcripts = transcriptDesk{s.people.ender, s.core.tenants, s.core.audit}
	if s.core.links != nil {
		desks.Links = newLinkDesk(s)
	}
	return console.Handler(s.access(), desks)
}

func serverTLS(t config.TLS) (*tls.Config, error) {
	if !t.On() {
		return nil, nil
	}
	return t.Server()
}

func timeoutsOf(l config.Server) proxy.Timeouts {
	return proxy.Timeouts{Header: l.HeaderTimeout, Read: l.ReadTimeout, Write: l.WriteTimeout, Idle: l.IdleTimeout, MaxHeaderBytes: int(l.MaxHeaderBytes), Streams: l.HTTP2Streams}
}

// gcPercent trades memory for time: a message leaves some 20 KiB behind, and the
// heap that lives on is some 45 MiB, most of it the rules'. Under load it costs
// twice that again, and the heap is collected every few thousand messages.
const gcPercent = 200

// roomy sets the garbage collector's pace, unless the environment does (GOGC).
func roomy() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// newLog writes every line (no sampling: an SRE counts them), with the
// contract's keys and no message text.
func newLog(to io.Writer, l config.Log) *zap.Logger {
	encoding := zapcore.EncoderConfig{
		TimeKey: "ts", LevelKey: "level", EncodeTime: zapcore.RFC3339NanoTimeEncoder, EncodeLevel: zapcore.LowercaseLevelEncoder,
		EncodeDuration: zapcore.SecondsDurationEncoder, StacktraceKey: "", LineEnding: zapcore.DefaultLineEnding,
	}
	encoder := zapcore.NewJSONEncoder(encoding)
	if l.Format == "text" {
		encoder = zapcore.NewConsoleEncoder(encoding)
	}
	level, err := zapcore.ParseLevel(l.Level)
	if err != nil {
		level = zapcore.InfoLevel
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(to)), level), zap.WithClock(zapcore.DefaultClock))
}

// ignoreSync flushes the log; standard output cannot be synced on every system.
func ignoreSync(log *zap.Logger) error {
	_ = log.Sync()
	return nil
}

// operations is what the admin API may do.
type operations struct{ proxy *proxy.Proxy }

// SetMode implements console.Operations.
func (o operations) SetMode(ctx context.Context, order console.ModeOrder) error {
	mode, err := rules.ParseMode(order.Mode)
	if err != nil {
		return err
	}
	return heard(o.proxy.Break(ctx, proxy.BreakGlass{
		Account: order.Account, Mode: mode, For: order.For, All: order.All, Reason: order.Reason, Actor: order.Actor,
		Source: console.SourceOf(ctx),
	}))
}

// heard gives an operator's error the status of a fault that passes, where the
// audit log could not be written: nothing was wrong with the order.
func heard(err error) error {
	if errors.Is(err, proxy.ErrUnaudited) {
		return refuse(http.StatusServiceUnavailable, err.Error())
	}
	return err
}

// ConversationHash implements console.Operations.
func (o operations) ConversationHash(account, id, actor, source string) (string, error) {
	hash, err := o.proxy.ConversationHash(account, id, actor, source)
	return hash, heard(err)
}
