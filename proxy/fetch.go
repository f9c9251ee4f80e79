package proxy

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/guard"
)

// newGuard lets calls go to where the accounts' APIs are, and files come from the
// platform.
func newGuard(config Config) *guard.Guard {
	c := guard.Config{Hosts: config.Fetch.Hosts, Resolver: config.Fetch.Resolver}
	for _, a := range config.Tenants.Accounts() {
		c.Graph = append(c.Graph, a.Graph)
	}
	return guard.New(c)
}

// fetches says that a request is for a ticket, or for a file of the platform
// under its own name, as a bot asks whose traffic is led here (docs/connect-your-bot.md).
func (p *Proxy) fetches(r *http.Request) bool {
	return strings.Contains(r.URL.Path, fetchPrefix) || p.guard.MediaHost(r.Host)
}

// fetch finds what a request stands for and leaves it ready to be sent to the
// address that is returned. The query of a ticket is the caller's addition and
// means nothing; that of a file's own URL is its signature.
func (p *Proxy) fetch(r *http.Request, x *exchange) (*url.URL, *Refusal) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil, &refuseMethod
	}
	x.record.event = "fetch"
	t, account := p.asked(r)
	if account == nil {
		return nil, &refuseFetch
	}
	x.own(account, p)
	_, path := p.config.Tenants.call(r, r.URL.EscapedPath())
	x.from.prefix = strings.TrimSuffix(r.URL.EscapedPath(), path)
	r.Body, r.ContentLength, r.TransferEncoding = http.NoBody, 0, nil
	to, err := p.guard.Target(t.target)
	if err != nil {
		return nil, &refuseFetch
	}
	if t.kind == guard.Graph {
		if refused := p.free(x); refused != nil {
			return nil, refused
		}
		return p.page(to, x)
	}
	x.call.Kind, x.file = channel.CallRead, true
	if !p.guard.Credentials(to) {
		delete(r.Header, "Authorization")
	}
	return to, nil
}

// asked is the ticket that a request has, with its account; nil when it has none
// that is good. That it is expired, another account's or made up is one answer. A
// ticket stays one under the name of a host of files: it may have been given there.
func (p *Proxy) asked(r *http.Request) (ticket, *Account) {
	path := r.URL.EscapedPath()
	text, _ := ticketIn(path)
	t, ok := openTicket(p.config.Records.Keys, text)
	if !ok && p.guard.MediaHost(r.Host) {
		link := "https://" + r.Host + r.URL.RequestURI()
		account, _ := p.config.Tenants.token(p.config.Records.Keys, tokensOf(r, nil, nil))
		return ticket{kind: guard.Media, target: link}, account
	}
	if !ok || p.config.Now().After(t.expires) {
		return ticket{}, nil
	}
	account, known := p.config.Tenants.Account(t.account)
	if through, _ := p.config.Tenants.call(r, path); !known || through != nil && through != account {
		return ticket{}, nil
	}
	return t, account
}

// page is a page of an answer: a Graph call of the account, which goes where its
// other calls go, whatever host the platform wrote. It reads, and nothing of it has
// been judged: a link that asks for another method is no page, but a call that
// somebody would have the bot make.
func (p *Proxy) page(to *url.URL, x *exchange) (*url.URL, *Refusal) {
	if !onlyReads(to.RawQuery) {
		return nil, &refuseFetch
	}
	graph, path := x.account.Graph, to.EscapedPath()
	if strings.EqualFold(to.Host, graph.Host) {
		if rest, below := strings.CutPrefix(path, strings.TrimSuffix(graph.EscapedPath(), "/")); below {
			path = rest
		}
	} else if p.guard.Platform(to) && p.guard.Platform(graph) {
		graph = &url.URL{Scheme: to.Scheme, Host: to.Host}
	}
	call, err := channel.ParseCall(http.MethodGet, path)
	if err != nil {
		return nil, &refuseFetch
	}
	x.call = call
	return target(graph, path, to.RawQuery), nil
}

// onlyReads says that no parameter makes another method of GET. Pages repeat the
// parameters of the call, and some SDKs say method=get.
func onlyReads(query string) bool {
	for parameter := range strings.FieldsFuncSeq(query, func(c rune) bool { return c == '&' || c == ';' }) {
		name, value, _ := strings.Cut(parameter, "=")
		decoded, err := url.QueryUnescape(name)
		if err != nil || strings.EqualFold(strings.Trim(decoded, "_ "), "method") && !strings.EqualFold(value, http.MethodGet) {
			return false
		}
	}
	return true
}

// origin is where a call came to: the name and scheme that the bot used, and the
// account's segment before the path.
type origin struct {
	host, prefix string
	secure       bool
}

// base is where the bot reaches us, for URLs in the answer to a call: what the
// configuration says, or where the call itself came to.
func (p *Proxy) base(x *exchange) string {
	switch {
	case p.config.Fetch.URL != "":
		return p.config.Fetch.URL + x.from.prefix
	case x.from.secure:
		return "https://" + x.from.host + x.from.prefix
	}
	return "http://" + x.from.host + x.from.prefix
}

// relocate lets a redirect of a read lead to a file: to a ticket for it. Nothing is
// followed here, so nobody's credentials are sent anywhere by it (threats.md O3).
func (p *Proxy) relocate(response *http.Response, r *http.Request, x *exchange) *Refusal {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return &refuseRedirect
	}
	to, err := response.Location()
	if err != nil {
		return &refuseRedirect
	}
	link := to.String()
	if _, err := p.guard.Target(link); err != nil || p.guard.Kind(link) != guard.Media {
		return &refuseRedirect
	}
	if x.location, err = p.ticketFor(p.base(x), x.account, guard.Media, link); err != nil {
		return &refuseRedirect
	}
	replaceBody(response, nil)
	return nil
}
