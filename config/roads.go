package config

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/authority"
)

// Forward is a proxy for bots that only honour HTTPS_PROXY: it opens tunnels to
// the listed hosts, which end at piiproxy. Off without an address.
type Forward struct {
	Addr  string   `yaml:"addr" expand:"yes" doc:"host:port; the bot's environment gets HTTPS_PROXY=http://bot:TOKEN@host:port"`
	TLS   TLS      `yaml:"tls" doc:"for bots that can speak TLS to their proxy: cert and key"`
	CA    string   `yaml:"ca" expand:"yes" path:"yes" doc:"folder made by piiproxy ca init; bots must trust its ca.pem"`
	Hosts []string `yaml:"hosts" doc:"hosts that are led to piiproxy, on port 443; everything else is refused; all of the CA's when absent"`
	Token Secrets  `yaml:"token" doc:"the password in HTTPS_PROXY, 32 characters or more; of a list all are taken"`
}

// On reports whether there is a forward proxy.
func (f Forward) On() bool { return f.Addr != "" }

// tokenLeast is what holds 128 bits in hex.
const tokenLeast = 32

// caNotice is when a CA that ends is worth a warning: every bot must be told.
const caNotice = 60 * 24 * time.Hour

// roads checks what leads bots here whose base URL is fixed.
func (f *findings) roads() {
	listen := f.config.Listen
	for _, l := range []struct {
		name string
		tls  TLS
	}{{"public", listen.Public.TLS}, {"admin", listen.Admin.TLS}, {"ops", listen.Ops.TLS}, {"forward", listen.Forward.TLS}} {
		if l.tls.CA != "" || len(l.tls.Names) > 0 {
			f.complain("listen."+l.name+".tls", "ca and names are for listen.bot: use cert and key here")
		}
	}
	switch tls := listen.Bot.TLS; {
	case tls.CA != "" && (tls.Cert != "" || tls.Key != "" || tls.ClientCA != ""):
		f.complain("listen.bot.tls", "has a ca and files of a certificate: ca makes certificates by itself, and bots whose base URL is fixed show none")
	case tls.CA != "":
		f.authority("listen.bot.tls.ca", tls.CA, "listen.bot.tls.names", tls.Names)
	case len(tls.Names) > 0:
		f.complain("listen.bot.tls.names", "needs ca, the folder that piiproxy ca init made")
	}
	if listen.Forward.On() || f.config.written("listen.forward") {
		f.forward(listen.Forward)
	}
	f.loops()
}

func (f *findings) forward(forward Forward) {
	const key = "listen.forward"
	host, _, err := net.SplitHostPort(forward.Addr)
	if forward.Addr == "" {
		f.complain(key+".addr", "is missing: the address of the proxy, for example \"127.0.0.1:8084\"")
	} else if err == nil && !loopback(host) && !forward.TLS.On() {
		f.warn(key, "is open to the network without TLS: the proxy's token crosses it in clear, and so do messages of clients that send whole URLs; use a loopback address, or set tls")
	}
	f.tls(key, forward.TLS)
	if forward.CA == "" {
		f.complain(key+".ca", "is missing: make a CA with piiproxy ca init, and name its folder here")
	} else {
		f.authority(key+".ca", forward.CA, key+".hosts", forward.Hosts)
	}
	if len(forward.Token) == 0 {
		f.complain(key+".token", "is missing: a proxy without credentials is everybody's; make one with openssl rand -hex 32")
	}
	for i, token := range forward.Token.Reveal() {
		switch {
		case token == "": // decoding said so
		case len(token) < tokenLeast:
			f.complain(f.element(key+".token", i), "is shorter than %d characters: make one with openssl rand -hex 32", tokenLeast)
		case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/?#@:%"`, r) }):
			f.complain(f.element(key+".token", i), "has characters that mean something in a URL, where it stands in HTTPS_PROXY: make one with openssl rand -hex 32")
		}
	}
}

// element is the key of an element of a list, which may be written without
// brackets when it is alone.
func (f *findings) element(key string, i int) string {
	if at := key + "[" + itoa(i) + "]"; f.config.written(at) {
		return at
	}
	return key
}

// authority checks a CA and that it covers the hosts.
func (f *findings) authority(key, folder, hostsKey string, hosts []string) {
	for i, host := range hosts {
		at := hostsKey + "[" + itoa(i) + "]"
		if err := authority.CheckName(host); err != nil {
			f.complain(at, "%v", err)
		} else if slices.Contains(hosts[:i], host) {
			f.complain(at, "stands twice")
		}
	}
	ca, err := authority.Open(folder, time.Now())
	if err != nil {
		f.complain(key, "%v", err)
		return
	}
	for i, host := range hosts {
		if authority.CheckName(host) == nil && !ca.Covers(host) {
			f.complain(hostsKey+"["+itoa(i)+"]", "the CA is for %s only: make another one in a new folder with --name for each host", strings.Join(ca.Names(), ", "))
		}
	}
	if time.Until(ca.Ends()) < caNotice {
		f.warn(key, "the CA ends on %s, and every bot must trust the next one before: see rotation in docs/roads.md", ca.Ends().UTC().Format(time.DateOnly))
	}
}

// loops finds graph_urls that are one of our own listeners: a call would come
// back to where it came from.
func (f *findings) loops() {
	listen := f.config.Listen
	for i, account := range f.config.Accounts {
		u, err := url.Parse(account.GraphURL)
		if err != nil {
			continue
		}
		own := []string{listen.Public.Addr, listen.Bot.Addr, listen.Admin.Addr, listen.Ops.Addr, listen.Forward.Addr}
		if u.Host != "" && slices.Contains(own, u.Host) {
			f.complain("accounts["+itoa(i)+"].graph_url", "is piiproxy's own address: calls would come back for ever; write the platform's")
		}
	}
}

// roadFaults complains about authorities that cannot be used any more, or not for
// long: the running proxy goes on with what it has.
func (c *Config) roadFaults() (complaints []Complaint) {
	for _, ca := range []struct{ key, folder string }{{"listen.bot.tls.ca", c.Listen.Bot.TLS.CA}, {"listen.forward.ca", c.Listen.Forward.CA}} {
		if ca.folder == "" {
			continue
		}
		if _, err := authority.Open(ca.folder, time.Now()); err != nil {
			complaints = append(complaints, c.Complaint(ca.key, "%v", err))
		}
	}
	return complaints
}
