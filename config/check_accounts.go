package config

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var (
	graphVersion = regexp.MustCompile(`^v[0-9]+$`) // v21.0 is no plain name anyway
	digits       = regexp.MustCompile(`^[0-9]{1,32}$`)
	hostName     = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)
)

// graphWords begin Graph paths, or paths of our own on the bot listener: an
// account of that name would hide them.
var graphWords = []string{"me", "route", "fetch", "debug_token", "oauth", "app", "search"}

func (f *findings) accounts() {
	if len(f.config.Accounts) == 0 {
		f.complain("accounts", "there is no account: piiproxy init writes a configuration to start from")
	}
	var names []string
	for i := range f.config.Accounts {
		account, key := &f.config.Accounts[i], "accounts["+itoa(i)+"]"
		f.name(key+".name", account.Name, names)
		names = append(names, account.Name)
		if slices.Contains(graphWords, strings.ToLower(account.Name)) || graphVersion.MatchString(account.Name) {
			f.complain(key+".name", "is the beginning of Graph paths, so /%s/ on the bot listener would not find the account: choose another name", shown(account.Name))
		}
		f.references(key, account)
		f.identity(key, account)
		f.addresses(key, account)
		f.form(key+".form", account)
		f.places(key, account)
		f.own(key+".own.file", &account.Own)
		f.capture(key, account)
	}
}

// references checks that what an account names is there.
func (f *findings) references(key string, account *Account) {
	var apps []string
	for _, app := range f.config.Apps {
		apps = append(apps, app.Name)
	}
	if account.App != "" && !slices.Contains(apps, account.App) {
		f.complain(key+".app", "there is no app%s%s", quoted(account.App), didYouMean(account.App, apps))
	}
	policies := slices.Sorted(maps.Keys(f.config.Policies))
	if !slices.Contains(policies, account.Policy) {
		f.complain(key+".policy", "there is no policy%s%s", quoted(account.Policy), didYouMean(account.Policy, policies))
	}
}

func (f *findings) identity(key string, account *Account) {
	if account.ID != "" && !digits.MatchString(account.ID) {
		f.complain(key+".id", "must be digits: the page, Instagram or phone-number id, not a name and not the phone number itself")
	}
	switch {
	case account.BusinessID == "":
	case account.Channel == "messenger" || account.Channel == "instagram":
		f.complain(key+".business_id", "is for whatsapp: take it away")
	case !digits.MatchString(account.BusinessID):
		f.complain(key+".business_id", "must be digits: the id of the WhatsApp business account")
	}
	if account.Host != "" && !hostName.MatchString(account.Host) {
		f.complain(key+".host", "must be a host name as the bot sends it, without https:// and path")
	}
}

func (f *findings) addresses(key string, account *Account) {
	if account.BotURL != "" {
		if _, problem := webURL(account.BotURL); problem != "" {
			f.complain(key+".bot_url", "%s", problem)
		}
	}
	u, problem := webURL(account.GraphURL)
	switch {
	case problem != "":
		f.complain(key+".graph_url", "%s", problem)
	case u.RawQuery != "":
		f.complain(key+".graph_url", "has a query: write scheme, host and path only")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		f.complain(key+".graph_url", "must be https: over http everybody on the way reads messages and access tokens")
	}
}

// webURL checks an http or https URL. The problem never quotes it, because
// people put credentials into URLs.
func webURL(text string) (*url.URL, string) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, "is not a URL: write it like https://host/path"
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, "must begin with https:// or http:// and name a host"
	case u.User != nil:
		return nil, "holds credentials (user:password@): take them away, URLs end up in logs"
	case u.Fragment != "":
		return nil, "has a fragment (#…): take it away"
	}
	return u, ""
}

func (f *findings) places(key string, account *Account) {
	if len(account.Regions) == 0 {
		f.warn(key+".regions", "names no country, so the rules of every country apply and find more than they should, and phone numbers need their country code: write for example [US]")
	}
	for i, region := range account.Regions {
		if !knownCountry(region) {
			f.complain(key+".regions["+itoa(i)+"]", "unknown country%s: write ISO 3166-1 letters like US, GB or BR%s", quoted(region), countryHint(region))
		}
	}
	for i, language := range account.Languages {
		if !knownLanguage(language) {
			f.complain(key+".languages["+itoa(i)+"]", "unknown language%s: write ISO 639-1 letters like en, es or pt", quoted(language))
		} else if !slices.Contains(builtinLanguages, language) {
			f.warn(key+".languages["+itoa(i)+"]", "the built-in phrases know %s: write rules of your own for %s", strings.Join(builtinLanguages, ", "), language)
		}
	}
}

// capture complains when an account's policy needs secure links that nobody
// could open.
func (f *findings) capture(key string, account *Account) {
	policy, ok := f.config.Policies[account.Policy]
	if !ok || account.Name == "" || account.Mode == "off" || !slices.Contains(slices.Collect(maps.Values(policy.Prompts)), "capture") {
		return
	}
	const action = "policy %s answers prompts with capture, which sends a link to %s: set public_url to the https address that leads to listen.public, or change the prompts of the policy"
	if f.config.PublicURL == "" {
		if f.config.written("public_url") {
			return // it could not be read, and that was said
		}
		f.complain(key+".policy", action, account.Policy, "public_url, and there is none")
		return
	}
	u, problem := webURL(f.config.PublicURL)
	switch {
	case problem != "" || u.Scheme == "https":
	case loopback(u.Hostname()):
		f.warn(key+".policy", action, account.Policy, "public_url, and that opens on this machine only")
	default:
		f.complain(key+".policy", action, account.Policy, "public_url, and that is not https")
	}
}

// twins complains about accounts that a webhook or a call of a bot could not
// tell apart. Guessing would put one customer's messages before another's bot.
func (f *findings) twins() {
	for j := range f.config.Accounts {
		for i := range j {
			f.twin("accounts["+itoa(j)+"]", &f.config.Accounts[i], &f.config.Accounts[j])
		}
	}
}

func (f *findings) twin(key string, a, b *Account) {
	const apart = "this account and %s cannot be told apart: "
	sameHook := a.App == b.App && a.Channel == b.Channel
	switch {
	case a.ID != "" && a.ID == b.ID:
		f.complain(key+".id", apart+"they have the same id", shown(a.Name))
	case sameHook && a.ID == "" && b.ID == "" && a.BusinessID != "" && a.BusinessID == b.BusinessID:
		f.complain(key+".business_id", apart+"they have the same business_id and no id: give each its phone-number id", shown(a.Name))
	case sameHook && (a.ID == "" && a.BusinessID == "" || b.ID == "" && b.BusinessID == ""):
		f.complain(key, apart+"they are of one app and one channel, and at least one has no id: give each its id", shown(a.Name))
	}
	if a.Host != "" && a.Host == b.Host {
		f.complain(key+".host", apart+"they have the same host", shown(a.Name))
	}
}
