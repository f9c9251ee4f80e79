package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/demo"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/vault"
)

type demoCommand struct {
	Headless bool     `help:"Play a scripted conversation, print the four views, and exit 1 if a value shows where it must not."`
	Bot      string   `placeholder:"URL" help:"Stand before your own bot: the URL of its webhook."`
	Rules    []string `placeholder:"FILE" sep:"none" help:"Rule files beside the built-in ones, or in their place: none switches all rules off."`
	Address  string   `placeholder:"HOST:PORT" help:"Where the page is; 127.0.0.1:8090, or a free port, when absent."`
}

// Help is shown by --help.
func (demoCommand) Help() string {
	return `A platform, an order bot and the proxy in one process; nothing to install, no
account at Meta, nothing leaves this machine.

Examples:
  piiproxy demo                                   chat in the browser
  piiproxy demo --headless                        the scripted conversation
  piiproxy demo --rules my-rules.yaml             with your rules
  piiproxy demo --rules none --headless           what happens without any: exit 1
  piiproxy demo --bot http://127.0.0.1:3000/hook  before your own bot`
}

// noRules switches every rule off, so that the demo's own check can be seen to
// fail.
const noRules = "none"

// Run plays the demo.
func (c demoCommand) Run(env *environment) error {
	options := demo.Options{Address: c.Address, BotURL: c.Bot}
	if len(c.Rules) == 1 && c.Rules[0] == noRules {
		options.Off = true
	} else if len(c.Rules) > 0 {
		options.Rules = append([]string{"builtin"}, c.Rules...)
	}
	if !c.Headless {
		return demo.Run(env.Context, env.Stdout, startDemo, options)
	}
	err := demo.Headless(env.Context, env.Stdout, startDemo, options)
	var leak *demo.Failure
	if errors.As(err, &leak) {
		_, _ = fmt.Fprintln(env.Stderr, "piiproxy:", leak)
		return errFound
	}
	return err
}

// demoProxy is the real proxy between the demo's platform and bot.
type demoProxy struct {
	service *service
	watch   *watchedVault
	server  *proxy.Server
	folder  string
	cancel  context.CancelFunc
	done    sync.WaitGroup
	failure error
}

// startDemo starts the proxy by the demo's settings, with keys of its own and a
// store in a temporary folder.
func startDemo(ctx context.Context, settings demo.Settings) (demo.Proxy, error) {
	folder, err := os.MkdirTemp("", "piiproxy-demo-")
	if err != nil {
		return nil, fmt.Errorf("making the demo's folder: %w", err)
	}
	p := &demoProxy{folder: folder}
	if err := p.start(ctx, settings); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *demoProxy) start(ctx context.Context, settings demo.Settings) error {
	set, err := keys.Ephemeral()
	if err != nil {
		return err
	}
	ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	c := demoConfig(settings, p.folder)
	wrap := func(v *vault.Vault) redact.Vault {
		p.watch = &watchedVault{Vault: v}
		return p.watch
	}
	p.service, err = assemble(ctx, c, set, newLog(io.Discard, c.Log), wrap)
	if err != nil {
		return err
	}
	listeners, err := p.service.listeners()
	if err != nil {
		return err
	}
	listeners[0].Socket = settings.Public
	p.server, err = proxy.Listen(ctx, listeners, timeoutsOf(c.Limits.Server), p.service.log)
	if err != nil {
		return err
	}
	p.done.Go(func() { p.failure = p.server.Serve(ctx) })
	return nil
}

// demoConfig is the configuration that a reader would write for the demo.
func demoConfig(settings demo.Settings, folder string) *config.Config {
	c := config.Default()
	for _, endpoint := range []*config.Endpoint{&c.Listen.Public, &c.Listen.Bot, &c.Listen.Admin, &c.Listen.Ops} {
		endpoint.Addr = "127.0.0.1:0"
	}
	if len(settings.Rules) > 0 {
		c.Rules = settings.Rules
	}
	c.PublicURL = settings.PublicURL
	c.Store.Path, c.Keys.Path = filepath.Join(folder, "piiproxy.db"), filepath.Join(folder, "keys")
	c.Apps = []config.App{{
		Name: demo.AppName, AppSecret: config.Secrets{config.Literal(settings.AppSecret)}, VerifyToken: config.Literal(settings.VerifyToken),
	}}
	mode := "enforce"
	if !settings.Enforce {
		mode = "off"
	}
	for _, a := range settings.Accounts {
		c.Accounts = append(c.Accounts, config.Account{
			Name: a.Name, App: demo.AppName, Channel: a.Channel, ID: a.ID, BusinessID: a.Business, AccessToken: config.Literal(a.AccessToken),
			BotURL: settings.BotWebhookURL, GraphURL: settings.GraphURL, Regions: []string{"US", "GB", "DE"}, Languages: []string{"en"},
			Policy: config.DefaultPolicyName, Mode: mode, Delivery: "direct", Form: config.Form{Title: settings.Shop, Color: "#3652c9", StepUp: "none"},
		})
	}
	return c
}

// WebhookURL implements demo.Proxy.
func (p *demoProxy) WebhookURL(app string) string {
	return p.service.settings.PublicURL + "/webhook/" + app
}

// BotURL implements demo.Proxy.
func (p *demoProxy) BotURL() string { return "http://" + p.server.Addr("bot") }

// Vault implements demo.Proxy.
func (p *demoProxy) Vault(ctx context.Context) ([]demo.Row, error) { return p.watch.rows(ctx) }

// Close implements demo.Proxy.
func (p *demoProxy) Close() error {
	if p.cancel != nil {
		p.cancel()
		p.done.Wait()
	}
	err := p.failure
	if p.service != nil {
		err = errors.Join(err, p.service.close())
	}
	return errors.Join(err, os.RemoveAll(p.folder))
}
