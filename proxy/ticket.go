package proxy

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/guard"
	"github.com/piiproxy/piiproxy/redact"
)

// Fetch is how the bot gets what the platform's URLs lead to: pages of answers and
// files. They become tickets, URLs of piiproxy's own, because clients fetch them
// as they stand, past any base URL that is set (threats.md O4).
type Fetch struct {
	// URL is how the bot reaches the bot listener, without a slash at the end;
	// empty: answers lead back to where they were asked for, webhooks to Local.
	URL, Local string
	// Pages and Files are how long a ticket can be used. The platform's own URL in
	// it may end before.
	Pages, Files time.Duration
	Hosts        []string // of files, beside the platform's: see guard.Config
	Resolver     *net.Resolver
}

// fetchPrefix is the path of tickets, before it the account's name where the
// bot's base URL has it.
const fetchPrefix = "/fetch/"

// ticket is what a URL of ours stands for. It is sealed as a whole: the target of a
// page holds the access token.
type ticket struct {
	kind    guard.Kind
	expires time.Time
	account string
	target  string
}

// ticketBinding keeps tickets apart from whatever else is sealed.
var ticketBinding = []byte("piiproxy fetch ticket 1")

// ticketText is base64url in its one spelling.
var ticketText = base64.RawURLEncoding.Strict()

// seal is the ticket as the last segment of a path.
func (t ticket) seal(keys Keys) (string, error) {
	plain := make([]byte, 0, 10+len(t.account)+len(t.target))
	plain = append(plain, byte(t.kind))
	plain = binary.BigEndian.AppendUint64(plain, uint64(t.expires.Unix()))
	plain = append(plain, byte(len(t.account))) // 64 at most (config)
	plain = append(append(plain, t.account...), t.target...)
	sealed, err := keys.Seal(plain, ticketBinding)
	if err != nil {
		return "", err
	}
	return ticketText.EncodeToString(sealed), nil
}

// openTicket opens what seal made. What was altered, or is of another
// installation, opens as nothing.
func openTicket(keys Keys, text string) (ticket, bool) {
	sealed, err := ticketText.DecodeString(text)
	if err != nil || len(text) != ticketText.EncodedLen(len(sealed)) { // line ends are passed over
		return ticket{}, false
	}
	plain, err := keys.Open(sealed, ticketBinding)
	if err != nil || len(plain) < 10 || len(plain) < 10+int(plain[9]) {
		return ticket{}, false
	}
	target := 10 + int(plain[9])
	return ticket{
		kind: guard.Kind(plain[0]), expires: time.Unix(int64(binary.BigEndian.Uint64(plain[1:9])), 0),
		account: string(plain[10:target]), target: string(plain[target:]),
	}, true
}

// ticketIn finds a ticket in the path of a URL: behind the last /fetch/.
func ticketIn(path string) (string, bool) {
	i := strings.LastIndex(path, fetchPrefix)
	if i < 0 {
		return "", false
	}
	text := strings.TrimSuffix(path[i+len(fetchPrefix):], "/")
	return text, text != "" && !strings.Contains(text, "/")
}

// tickets puts tickets in the place of the platform's URLs that go to the bot of
// an account, which reaches us at base; without one all stay.
func (p *Proxy) tickets(base string, owner func(stretch int) *Account) redact.Relink {
	if base == "" {
		return nil
	}
	return func(stretch int, link string) (string, redact.Reason) {
		a := owner(stretch)
		kind := p.guard.Kind(link)
		if kind == guard.Elsewhere || kind == guard.Media && a.Media.Direct {
			return "", ""
		}
		by, err := p.ticketFor(base, a, kind, link)
		if err != nil {
			return removed, "" // a URL that leads round us is worse than none
		}
		return by, ""
	}
}

// ticketsIn is tickets for a delivery: each part's are its own account's.
func (p *Proxy) ticketsIn(b bundle) redact.Relink {
	return p.tickets(cmp.Or(p.config.Fetch.URL, p.config.Fetch.Local), func(stretch int) *Account {
		if stretch == 0 {
			return b.account
		}
		return b.owners[stretch-1]
	})
}

// removed stands in the place of a URL for which there could be no ticket.
const removed = "about:blank"

// ticketFor makes a URL of ours.
func (p *Proxy) ticketFor(base string, a *Account, kind guard.Kind, link string) (string, error) {
	lives := p.config.Fetch.Files
	if kind == guard.Graph {
		lives = p.config.Fetch.Pages
	}
	sealed, err := ticket{kind, p.config.Now().Add(lives), a.Name, link}.seal(p.config.Records.Keys)
	return base + fetchPrefix + sealed, err
}

// untickets turns tickets that the bot sends back into what they stand for: it may
// forward a picture by its URL. Pages stay with the bot: their URLs hold its token.
func (p *Proxy) untickets(a *Account) redact.Relink {
	return func(_ int, link string) (string, redact.Reason) {
		if !strings.Contains(link, fetchPrefix) {
			return "", ""
		}
		u, err := url.Parse(link)
		if err != nil {
			return "", ""
		}
		text, ok := ticketIn(u.EscapedPath())
		if !ok {
			return "", ""
		}
		t, ok := openTicket(p.config.Records.Keys, text)
		switch {
		case !ok && !ticketShaped(text):
			return "", "" // somebody else's /fetch/
		case !ok, t.account != a.Name, t.kind != guard.Media:
			return "", redact.FetchForeign
		case p.config.Now().After(t.expires):
			return "", redact.FetchExpired
		}
		return t.target, ""
	}
}

// ticketShaped says that a text begins like something sealed by the keys package
// (02 for an envelope, 01 for Tink's prefix) and is as long as a ticket.
func ticketShaped(text string) bool {
	const least = 1 + 65 + 12 + 10 + 16 // envelope, data key, nonce, an empty ticket, tag
	return len(text) >= ticketText.EncodedLen(least) && text[:2] == "Ag" && text[2] >= 'E' && text[2] <= 'H'
}
