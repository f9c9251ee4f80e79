package proxy

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/media"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// App is an app at Meta. Secrets are functions because their files are read
// again when they change.
type App struct {
	Name        string
	Secrets     func() []string // the first signs, all verify
	VerifyToken func() string
	SHA1        map[channel.Name]bool // channels whose webhooks may carry sha1 alone
	Deletion    bool                  // Meta's data deletion requests are answered
}

// Account is a page, an Instagram account or a phone number, and its bot.
type Account struct {
	Name, ID, Business string
	Host               string
	App                *App
	Channel            *channel.Channel
	AccessToken        func() string
	Bot                Bot
	Graph              *url.URL
	Spool              bool
	Judgement
	Conduct
	override        atomic.Pointer[Override]
	calls, webhooks load
}

// Bot is where an account's webhooks go and what signs them.
type Bot struct {
	URL    *url.URL
	Secret func() string
}

// Judgement is how an account's words are judged, beside the rules.
type Judgement struct {
	Policy           *redact.Policy
	Mode             rules.Mode
	Region, Language string
	Media            Media
}

// Media says which files pass, by direction, and how.
type Media struct {
	Inbound, Outbound map[string]string
	// Direct says that the bot fetches files from the platform itself.
	Direct bool
	// KeepMetadata leaves in pictures what they say beside the picture.
	KeepMetadata bool
}

// passes says that policy lets a file through: every kind that it may be.
func (m Media) passes(inbound bool, t media.Type) bool {
	table := m.Outbound
	if inbound {
		table = m.Inbound
	}
	return !slices.ContainsFunc(t.Kinds(), func(kind string) bool { return !passes(table, kind) })
}

// passes looks a media type up: its own entry, or the default.
func passes(table map[string]string, kind string) bool {
	if action, ok := table[kind]; ok {
		return action == pass
	}
	return table["default"] == pass
}

const pass = "pass"

// passesAll says that no type is kept back: what kind of file an upload holds is
// not looked at, so one type that is blocked blocks them all.
func passesAll(table map[string]string) bool {
	for _, action := range table {
		if action != pass {
			return false
		}
	}
	return table["default"] == pass
}

// Override is break glass: another mode until a time.
type Override struct {
	Mode  rules.Mode
	Until time.Time
	All   bool // card numbers and security codes too
}

// alwaysEnforced are the kinds that break glass leaves hidden unless it says
// all (PCI DSS 4.0.1, 3.3.1 and 4.2.2).
var alwaysEnforced = []string{"credit_card", "cvv"}

// SetOverride changes the account's mode until the override ends; nil ends it.
func (a *Account) SetOverride(o *Override) { a.override.Store(o) }

// mode is the mode that holds now, the kinds that it does not touch, and
// whether it is an operator's for a while.
func (a *Account) mode(now func() time.Time) (mode rules.Mode, enforced []string, interim bool) {
	o := a.override.Load()
	if o == nil || now().After(o.Until) {
		return a.Mode, nil, false
	}
	if o.All {
		return o.Mode, nil, true
	}
	return o.Mode, alwaysEnforced, true
}

// Tenants are all apps and accounts, and the ways to find them.
type Tenants struct {
	rules    atomic.Pointer[Rulebook]
	apps     map[string]*App
	accounts []*Account
	byName   map[string]*Account
	byHost   map[string]*Account
	byID     map[string]*Account
	business map[string][]*Account
}

// NewTenants indexes apps and accounts, which begin with these rules. That they
// can be told apart has been checked where they were read; a name, host or id
// that stands twice is an error here too.
func NewTenants(apps []*App, accounts []*Account, book *Rulebook) (*Tenants, error) {
	t := &Tenants{
		apps: map[string]*App{}, accounts: accounts, byName: map[string]*Account{},
		byHost: map[string]*Account{}, byID: map[string]*Account{}, business: map[string][]*Account{},
	}
	for _, app := range apps {
		t.apps[app.Name] = app
	}
	for _, a := range accounts {
		for _, index := range []struct {
			of  map[string]*Account
			key string
		}{{t.byName, a.Name}, {t.byHost, strings.ToLower(a.Host)}, {t.byID, a.ID}} {
			if index.key == "" {
				continue
			}
			if other := index.of[index.key]; other != nil {
				return nil, fmt.Errorf("accounts %s and %s cannot be told apart", other.Name, a.Name)
			}
			index.of[index.key] = a
		}
		if a.Business != "" {
			t.business[a.Business] = append(t.business[a.Business], a)
		}
	}
	if err := t.SetRules(book); err != nil {
		return nil, err
	}
	return t, nil
}

// Accounts lists the accounts in the order of the configuration.
func (t *Tenants) Accounts() []*Account { return t.accounts }

// Account finds an account by name.
func (t *Tenants) Account(name string) (*Account, bool) {
	a, ok := t.byName[name]
	return a, ok
}

// part finds the account of a part of a delivery to an app: by its id, by its
// business, or because the app has one account of the channel, without an id.
func (t *Tenants) part(app *App, ch *channel.Channel, part channel.Part) *Account {
	if a := t.byID[part.Account]; a != nil {
		return ownedBy(a, app, ch)
	}
	var candidates []*Account
	for _, a := range t.accounts {
		if a.App == app && a.Channel == ch {
			candidates = append(candidates, a)
		}
	}
	if len(candidates) == 1 && candidates[0].ID == "" {
		return candidates[0]
	}
	for _, a := range candidates {
		// Events of a business as a whole name no number: any of its will do.
		if part.Account == "" && part.Business != "" && a.Business == part.Business {
			return a
		}
	}
	return nil
}

// owners finds the account of every part; nil where none names it. What stands
// in an entry beside its events has no address of its own and goes with them.
func (t *Tenants) owners(app *App, ch *channel.Channel, parts []channel.Part) []*Account {
	owners := make([]*Account, len(parts))
	for i, part := range slices.Backward(parts) {
		if !around(parts, i) {
			owners[i] = t.part(app, ch, part)
			continue
		}
		for j := i + 1; j < len(parts) && parts[j].Entry == part.Entry && owners[i] == nil; j++ {
			owners[i] = owners[j]
		}
	}
	return owners
}

// around says that a part is what stands in an entry beside its events.
func around(parts []channel.Part, i int) bool {
	return parts[i].Root == parts[i].Entry && i+1 < len(parts) && parts[i+1].Entry == parts[i].Entry
}

// ownedBy keeps an account out of another app's deliveries: the secret that
// signed fixes the tenant (threats.md W9).
func ownedBy(a *Account, app *App, ch *channel.Channel) *Account {
	if a.App != app || a.Channel != ch {
		return nil
	}
	return a
}

// call finds the account of a call in the contract's order: host, first path
// segment, an id in the path, the access token, or because there is only one.
// It returns the path without the account's segment.
func (t *Tenants) call(r *http.Request, path string) (*Account, string) {
	if a := t.byHost[hostname(r.Host)]; a != nil {
		return a, path
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if a := t.byName[first]; a != nil {
		return a, "/" + rest
	}
	return t.named(path), path
}

// named finds an account by an id in a path.
func (t *Tenants) named(path string) *Account {
	for segment := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if a := t.byID[segment]; a != nil {
			return a
		}
		if shared := t.business[segment]; len(shared) == 1 {
			return shared[0]
		}
	}
	return nil
}

// token finds an account by the access token of a call, or because there is
// only one account; not certain: they are of several accounts. Tokens are compared by their MACs, so that the time it
// takes says nothing.
func (t *Tenants) token(keys Keys, tokens []string) (account *Account, certain bool) {
	if len(t.accounts) == 1 {
		return t.accounts[0], true // whatever the token: there is no other
	}
	var found *Account
	for _, token := range tokens {
		owner := t.owner(keys, token)
		if owner != nil && found != nil && owner != found {
			return nil, false
		}
		if owner != nil {
			found = owner
		}
	}
	return found, true
}

// owner is the account of an access token; nil: nobody's.
func (t *Tenants) owner(keys Keys, token string) *Account {
	mac := keys.PRF("access token", token)
	for _, a := range t.accounts {
		if own := a.AccessToken(); own != "" && string(keys.PRF("access token", own)) == string(mac) {
			return a
		}
	}
	return nil
}

// hostname is a Host header without its port, in lower case.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
