package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/route"
	"github.com/piiproxy/piiproxy/vault"
)

type routesCommand struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"The configuration."`
}

// Help is shown by --help.
func (routesCommand) Help() string {
	return `Says what went to each vendor: in which places of requests, which kinds, how many
values today (UTC) and in the last 400 days, and since when. Asks the running serve.

Example:
  piiproxy routes -c piiproxy.yaml`
}

// Run asks the running serve.
func (c routesCommand) Run(env *environment) error {
	var report console.RouteReport
	if err := get(env.Context, c.Config, "/v1/routes", &report); err != nil {
		return err
	}
	table := tabwriter.NewWriter(env.Stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "route\tpurpose\tplace\tkind\ttoday\tper day\tall\tsince")
	for _, r := range report.Routes {
		if len(r.Restored) == 0 {
			_, _ = fmt.Fprintf(table, "%s\t%s\t-\t-\t0\t%d\t0\t-\n", r.Route, r.Purpose, r.PerDay)
		}
		for _, l := range r.Restored {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", r.Route, r.Purpose, l.Place, l.Kind, l.Today, r.PerDay, l.Count, l.Since)
		}
	}
	return table.Flush()
}

// routeDesk answers what routes restored.
type routeDesk struct {
	ledger   *route.Ledger
	settings *config.Config
}

// Routes implements console.Routes.
func (d routeDesk) Routes(ctx context.Context) (console.RouteReport, error) {
	report := console.RouteReport{Routes: []console.RouteLines{}}
	for i := range d.settings.Routes {
		r := &d.settings.Routes[i]
		lines, err := d.ledger.Report(ctx, r.Name)
		if err != nil {
			return report, errNotNow
		}
		of := console.RouteLines{Route: r.Name, Purpose: r.Purpose, PerDay: r.Restore.PerDay, Restored: []console.RouteLine{}}
		for _, l := range lines {
			of.Restored = append(of.Restored, console.RouteLine{Place: l.Place, Kind: l.Kind, Today: l.Today, Count: l.Count, Since: l.Since.Format(time.DateOnly)})
		}
		report.Routes = append(report.Routes, of)
	}
	return report, nil
}

// openRoutes makes the desk of routes; nil when the configuration has none.
func (s *service) openRoutes(values *vault.Vault, limits proxy.Limits, policies map[string]*redact.Policy) (proxy.Routes, error) {
	s.core.ledger = route.NewLedger(s.stores.values, s.keys, time.Now)
	if len(s.settings.Routes) == 0 {
		return nil, nil
	}
	routes, err := routesOf(s.settings, policies)
	if err != nil {
		return nil, err
	}
	tenants := s.core.tenants
	desk := route.New(route.Config{
		Routes: routes, Vault: values, Conversations: s.core.book, Ledger: s.core.ledger, Audit: s.core.audit,
		Toward: func(account string) redact.Scope { return tenants.Toward(account, time.Now) },
		Limits: route.Limits{
			Payload: limits.Payload, Dial: limits.Upstream.Dial, TLS: limits.Upstream.TLS, Header: limits.Upstream.Header, Total: limits.Upstream.Total,
		},
		Reports: route.Reports{Log: s.log, Metrics: route.NewMetrics(s.registry, routes, s.core.metrics.AuditFailed), Now: time.Now},
	})
	s.closers = append(s.closers, desk.Close)
	return desk, nil
}

// routesOf turns the configuration's routes into those that are served.
func routesOf(settings *config.Config, policies map[string]*redact.Policy) ([]*route.Route, error) {
	var routes []*route.Route
	for i := range settings.Routes {
		r, err := routeOf(&settings.Routes[i], policies)
		if err != nil {
			return nil, fmt.Errorf("routes[%d]: %w", i, err)
		}
		routes = append(routes, r)
	}
	return routes, nil
}

func routeOf(c *config.Route, policies map[string]*redact.Policy) (*route.Route, error) {
	r := &route.Route{
		Name: c.Name, Purpose: c.Purpose, Credential: c.Caller.Header,
		Restore: route.Restore{
			Accounts: c.Restore.Accounts, Kinds: c.Restore.Kinds, Form: c.Restore.Fields.Form, Headers: c.Restore.Fields.Headers,
			Written: c.Restore.Spelling == "written", Many: c.Restore.Conversations == "many", PerDay: c.Restore.PerDay,
		},
		Answer: route.Answer{Policy: policies[c.Answer.Policy], Pass: c.Answer.Pass},
	}
	if c.Caller.Credential == "token" {
		hash, err := hex.DecodeString(c.Caller.TokenSHA256)
		if err != nil || len(hash) != 32 {
			return nil, fmt.Errorf("caller.token_sha256 is no SHA-256 in hex")
		}
		r.Token = (*[32]byte)(hash)
	}
	for _, text := range c.Allow {
		allowed, err := route.ParseAllowed(text)
		if err != nil {
			return nil, fmt.Errorf("allow: %w", err)
		}
		r.Allow = append(r.Allow, allowed)
	}
	for _, list := range []struct {
		from []string
		to   *[]route.Pointer
	}{{c.Restore.Fields.JSON, &r.Restore.JSON}, {c.Restore.Fields.Text, &r.Restore.Text}, {c.Answer.Keep, &r.Answer.Keep}} {
		for _, text := range list.from {
			pointer, err := route.ParsePointer(text)
			if err != nil {
				return nil, err
			}
			*list.to = append(*list.to, pointer)
		}
	}
	var err error
	r.Upstream, err = upstreamOf(&c.Upstream)
	return r, err
}

func upstreamOf(c *config.RouteUpstream) (route.Upstream, error) {
	base, err := parsed(c.URL)
	if err != nil {
		return route.Upstream{}, fmt.Errorf("upstream.url %w", err)
	}
	u := route.Upstream{Base: base, Headers: map[string]func() string{}}
	for name, secret := range c.Headers {
		u.Headers[name] = secret.Reveal
	}
	if c.Cert != "" {
		pair, err := config.Certificate(c.Cert, c.Key)
		if err != nil {
			return u, fmt.Errorf("upstream.cert: %w", err)
		}
		u.Certificate = func() (*tls.Certificate, error) { return pair.GetCertificate(nil) }
	}
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		if err != nil {
			return u, fmt.Errorf("upstream.ca: %w", err)
		}
		u.Authorities = x509.NewCertPool()
		if !u.Authorities.AppendCertsFromPEM(pem) {
			return u, fmt.Errorf("upstream.ca: %s holds no certificate in PEM", c.CA)
		}
	}
	return u, nil
}
