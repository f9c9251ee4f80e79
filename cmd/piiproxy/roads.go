package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/authority"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/proxy"
)

// roads are the authorities of the ways for bots whose base URL is fixed; nil
// where there is no such way.
type roads struct{ bot, forward *authority.Authority }

// openRoads opens what the configuration names. A key that others can read, a
// published one, or one that could vouch for more than its hosts keeps piiproxy
// from starting.
func openRoads(listen config.Listen) (r roads, err error) {
	for _, each := range []struct {
		key, folder string
		to          **authority.Authority
	}{{"listen.bot.tls.ca", listen.Bot.TLS.CA, &r.bot}, {"listen.forward.ca", listen.Forward.CA, &r.forward}} {
		if each.folder == "" {
			continue
		}
		if *each.to, err = authority.Open(each.folder, time.Now()); err != nil {
			return r, fmt.Errorf("%s: %w", each.key, err)
		}
	}
	return r, nil
}

// all are the authorities, for the proxy to know itself by.
func (r roads) all() (all []*authority.Authority) {
	for _, ca := range []*authority.Authority{r.bot, r.forward} {
		if ca != nil {
			all = append(all, ca)
		}
	}
	return all
}

// local is how a bot reaches the bot listener when the configuration does not say.
// Under the platform's names it has no other: its address is none that the
// certificates are for.
func (r roads) local(bot config.Endpoint) string {
	switch {
	case r.bot == nil:
		return bot.Local()
	case len(bot.TLS.Names) > 0:
		return "https://" + bot.TLS.Names[0]
	}
	return "https://" + r.bot.Names()[0]
}

// disguise has the bot listener serve the platform's names, where it is to.
func (s *service) disguise(bot *proxy.Listener) error {
	if s.roads.bot == nil {
		return nil
	}
	inner, err := s.proxy.Intercept(s.roads.bot, s.settings.Listen.Bot.TLS.Names)
	if err != nil {
		return fmt.Errorf("listen.bot.tls.names: %w", err)
	}
	bot.TLS, bot.Handler = inner.TLS(), inner
	return nil
}

// forward is the proxy for bots that only honour HTTPS_PROXY, where there is one.
func (s *service) forward() ([]proxy.Listener, error) {
	forward := s.settings.Listen.Forward
	if !forward.On() {
		return nil, nil
	}
	inner, err := s.proxy.Intercept(s.roads.forward, forward.Hosts)
	if err != nil {
		return nil, fmt.Errorf("listen.forward.hosts: %w", err)
	}
	own, err := serverTLS(forward.TLS)
	if err != nil {
		return nil, fmt.Errorf("listen.forward.tls: %w", err)
	}
	return s.proxy.Forward(inner, forward.Token.Reveal, s.settings.Limits.Server.Tunnels).Listeners(forward.Addr, own), nil
}

// checkRoads says what stands open for bots whose base URL is fixed.
func checkRoads(report *report, loaded *config.Config) {
	listen := loaded.Listen
	found, err := openRoads(listen)
	if err != nil {
		return // the configuration has complained
	}
	say := func(what string, ca *authority.Authority, hosts []string) {
		if ca == nil {
			return
		}
		if len(hosts) == 0 {
			hosts = ca.Names()
		}
		report.note("road", "%s for %s; the CA ends on %s", what, strings.Join(hosts, ", "), ca.Ends().UTC().Format(time.DateOnly))
	}
	say("bot over TLS", found.bot, listen.Bot.TLS.Names)
	if listen.Forward.On() {
		say("forward proxy", found.forward, listen.Forward.Hosts)
	}
}
