package config

import (
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// check compares the parts of a decoded configuration with one another. What
// decoding already complained about is left out of it: empty means missing.
func (c *Config) check() []Complaint {
	found := &findings{config: c}
	found.listeners()
	found.roads()
	found.publicURL()
	found.apps()
	found.accounts()
	found.twins()
	found.callers()
	found.routes()
	found.fetch()
	found.overrides()
	found.policies()
	found.store()
	found.extractor()
	found.erasure()
	found.audit()
	found.limits()
	return found.complaints
}

// findings collects the complaints of the cross checks.
type findings struct {
	config     *Config
	complaints []Complaint
}

func (f *findings) complain(key, format string, args ...any) {
	f.complaints = append(f.complaints, f.config.Complaint(key, format, args...))
}

func (f *findings) warn(key, format string, args ...any) {
	f.complain(key, format, args...)
	f.complaints[len(f.complaints)-1].Warning = true
}

// Complaint is one about a key, with the line of the key, or of the nearest
// key around it that is written. format and args must hold no secret.
func (c *Config) Complaint(key, format string, args ...any) Complaint {
	line, at := 0, key
	for line == 0 && at != "" {
		line = c.lines[at]
		at = at[:max(strings.LastIndexAny(at, ".["), 0)]
	}
	return Complaint{File: c.file, Line: line, Key: key, Text: fmt.Sprintf(format, args...)}
}

// plainName is what apps, accounts and policies may be called: the name
// stands in URLs, logs and metrics.
var plainName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

func (f *findings) listeners() {
	listen := f.config.Listen
	first := map[string]string{}
	for _, l := range []struct {
		key      string
		endpoint Endpoint
	}{
		{"listen.public", listen.Public},
		{"listen.bot", listen.Bot},
		{"listen.admin", listen.Admin},
		{"listen.ops", listen.Ops},
		{"listen.forward", Endpoint{Addr: listen.Forward.Addr}}, // roads looks at the rest
	} {
		if l.key == "listen.forward" && !listen.Forward.On() {
			continue
		}
		f.tls(l.key, l.endpoint.TLS)
		host, ok := f.address(l.key, l.endpoint.Addr)
		if !ok {
			continue
		}
		f.hosts(l.key, l.endpoint.Hosts)
		f.botURL(l.key, l.endpoint)
		if l.key == "listen.admin" && !loopback(host) && !l.endpoint.TLS.On() {
			f.complain(l.key, "the admin listener is open to the network without TLS: use a loopback address, or set tls")
		}
		if strings.HasSuffix(l.endpoint.Addr, ":0") {
			continue // each gets a port of its own
		}
		if other, ok := first[l.endpoint.Addr]; ok {
			f.complain(l.key, "has the same address as %s: give each listener its own", other)
			continue
		}
		first[l.endpoint.Addr] = l.key
	}
}

// address checks host:port and returns the host.
func (f *findings) address(key, addr string) (string, bool) {
	host, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		f.complain(key, `must be host:port with a port from 0 to 65535, for example "127.0.0.1:8080"`)
		return "", false
	}
	return host, true
}

func (f *findings) tls(key string, files TLS) {
	switch {
	case !files.On(), files.CA != "": // roads looks at the latter
		return
	case files.Cert == "" || files.Key == "":
		f.complain(key+".tls", "needs both cert and key")
		return
	}
	if _, err := Certificate(files.Cert, files.Key); err != nil {
		f.complain(key+".tls", "%v", err)
	}
	if files.ClientCA == "" {
		return
	}
	if _, err := ClientCA(files.ClientCA); err != nil {
		f.complain(key+".tls.client_ca", "%v", err)
	}
}

func (f *findings) publicURL() {
	if f.config.PublicURL == "" {
		return
	}
	u, problem := webURL(f.config.PublicURL)
	switch {
	case problem != "":
		f.complain("public_url", "%s", problem)
	case u.RawQuery != "":
		f.complain("public_url", "has a query: write scheme and host only")
	case u.Path != "" && u.Path != "/":
		f.complain("public_url", "has a path, and forms and webhooks stand at the root: write scheme and host only")
	}
}

func (f *findings) apps() {
	if len(f.config.Apps) == 0 {
		f.complain("apps", "there is no app: piiproxy init writes a configuration to start from")
	}
	var names []string
	for i, app := range f.config.Apps {
		key := "apps[" + itoa(i) + "]"
		f.name(key+".name", app.Name, names)
		names = append(names, app.Name)
		secrets := app.AppSecret.Reveal()
		for j, secret := range secrets {
			if secret != "" && slices.Contains(secrets[:j], secret) {
				f.complain(fmt.Sprintf("%s.app_secret[%d]", key, j), "is the same secret as one before it: keep one")
			}
		}
		if token := app.VerifyToken.Reveal(); token != "" && slices.Contains(secrets, token) {
			f.complain(key+".verify_token", "is the same as app_secret, and the platform sends it in a URL: make another one")
		}
	}
}

// name checks a name and that no earlier one is the same.
func (f *findings) name(key, name string, earlier []string) {
	switch {
	case name == "": // decoding said so
	case !plainName.MatchString(name) || len(name) > 64:
		f.complain(key, "must begin with a letter and go on with letters, digits, - and _, 64 at most, because it stands in URLs and logs")
	case slices.Contains(earlier, name):
		f.complain(key, "stands twice: give each its own name")
	}
}

func (f *findings) overrides() {
	var ids []string
	for i, override := range f.config.Overrides {
		key := "overrides[" + itoa(i) + "]"
		if override.ID != "" && slices.Contains(ids, override.ID) {
			f.complain(key+".id", "the rule has an override already: put both into one")
		}
		ids = append(ids, override.ID)
		written := f.config.written(key + ".threshold")
		switch {
		case written && (override.Threshold <= 0 || override.Threshold > 1):
			f.complain(key+".threshold", "must be over 0 and at most 1")
		case !written && override.Mode == "" && override.ID != "":
			f.complain(key, "changes nothing: set mode or threshold")
		}
	}
}

// kindName is the form of a kind that a rule may declare.
var kindName = regexp.MustCompile(`^[a-z0-9_]+$`)

var mediaKinds = []string{"image", "audio", "video", "file", "sticker", "default"}

func (f *findings) policies() {
	builtin := BuiltinPolicy()
	for _, name := range slices.Sorted(maps.Keys(f.config.Policies)) {
		policy := f.config.Policies[name]
		f.name("policies."+shown(name), name, nil)
		f.conduct("policies."+shown(name), &policy)
		f.forget("policies."+shown(name)+".erasure", policy.Erasure)
		f.lifetimes("policies."+shown(name)+".lifetimes", &policy)
		f.destroy("policies."+shown(name)+".destroy", &policy)
		for _, t := range policy.tables(builtin) {
			for _, kind := range slices.Sorted(maps.Keys(t.entries)) {
				f.policyEntry("policies."+shown(name)+"."+t.key, t, kind)
			}
		}
	}
}

// neverShown are kinds that must not go back into a chat: PCI DSS 4.2.2 for
// card numbers, 3.3.1 for what may not be kept at all.
var neverShown = []string{"credit_card", "cvv", "otp", "password"}

func (f *findings) policyEntry(at string, t table, kind string) {
	key := at + "." + shown(kind)
	switch media := strings.HasPrefix(t.key, "media."); {
	case media && !slices.Contains(mediaKinds, kind):
		f.complain(key, "no such media; it is one of %s%s", strings.Join(mediaKinds, ", "), didYouMean(kind, mediaKinds))
	case !media && !kindName.MatchString(kind):
		f.complain(key, "is no kind: kinds are written with a-z, 0-9 and _")
	}
	if t.key == "tokens" && t.entries[kind] == "restore" && slices.Contains(neverShown, kind) {
		f.warn(key, "restores %s into the chat, where the platform keeps it: mask is the right action for almost everybody", kind)
	}
}

// own adds the lines of an account's own file to its values and patterns.
func (f *findings) own(key string, own *Own) {
	if own.File == "" {
		return
	}
	content, err := readBounded(own.File, fileMax)
	if err != nil {
		f.complain(key, "%v", fileError(own.File, err))
		return
	}
	if !utf8.Valid(content) {
		f.complain(key, "%s is not UTF-8: save it as UTF-8", own.File)
		return
	}
	for line := range strings.Lines(string(content)) {
		line, _, _ = strings.Cut(line, "#")
		switch line = strings.TrimSpace(line); {
		case line == "":
		case strings.ContainsAny(line, "*?"):
			own.Patterns = append(own.Patterns, line)
		default:
			own.Values = append(own.Values, line)
		}
	}
}

// CheckFaults complains about every secret whose file has changed into
// something that cannot be used, so that a running proxy can say so before
// the old value stops working.
func (c *Config) CheckFaults() []Complaint {
	var complaints []Complaint
	add := func(key string, secret Secret) {
		if err := secret.Fault(); err != nil {
			complaints = append(complaints, c.Complaint(key, "%v; the last good value stays in use", err))
		}
	}
	for _, listener := range []struct {
		key   string
		files TLS
	}{{"public", c.Listen.Public.TLS}, {"bot", c.Listen.Bot.TLS}, {"admin", c.Listen.Admin.TLS}, {"ops", c.Listen.Ops.TLS}, {"forward", c.Listen.Forward.TLS}} {
		if _, err := listener.files.Server(); listener.files.On() && listener.files.CA == "" && err != nil {
			complaints = append(complaints, c.Complaint("listen."+listener.key+".tls", "%v; the last good certificate stays in use", err))
		}
	}
	complaints = append(complaints, c.roadFaults()...)
	for _, token := range c.Listen.Forward.Token {
		add("listen.forward.token", token)
	}
	add("store.url", c.Store.URL)
	add("store.keys_url", c.Store.KeysURL)
	for i, app := range c.Apps {
		key := "apps[" + itoa(i) + "]"
		add(key+".verify_token", app.VerifyToken)
		for _, secret := range app.AppSecret {
			add(key+".app_secret", secret)
		}
	}
	for i, account := range c.Accounts {
		key := "accounts[" + itoa(i) + "]"
		add(key+".access_token", account.AccessToken)
		add(key+".bot_secret", account.BotSecret)
	}
	add("keys.kek.vault.token", c.Keys.KEK.Vault.Token)
	c.routeFaults(add)
	return complaints
}

// loopback reports whether a host can only be reached from this machine.
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// metaPatience is how long the platform waits for a webhook's answer.
const metaPatience = 20 * time.Second
