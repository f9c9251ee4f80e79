// Package guard keeps what piiproxy fetches on a bot's behalf within the
// platform: it knows which links lead there, however they are spelled, which of
// them may be fetched, and lets no connection reach an address inside.
//
// It reads broadly and fetches strictly. A link that any client could take for
// one to the platform counts as one (Kind); only one that every client reads the
// same way is fetched (Target); and the address is judged when it is dialled,
// after DNS, so that a name that changes its mind leads nowhere (threats.md O4).
package guard

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Kind says what a link leads to.
type Kind byte

// The kinds of links.
const (
	Elsewhere Kind = 0   // not the platform's: none of our business
	Graph     Kind = 'g' // a page of the platform's API
	Media     Kind = 'm' // a file of the platform's
)

// Errors of Target and of dialling. None holds the link or the address.
var (
	ErrTarget  = errors.New("following a link: it does not lead to a host of the platform over https on port 443")
	ErrAddress = errors.New("connecting: the host has an address that is not public; if that is meant, name the host with its port in fetch.hosts")
)

// graphHosts are the API's own names (graph-api.md, section 1).
var graphHosts = []string{"graph.facebook.com", "graph.instagram.com", "graph-video.facebook.com"}

// mediaHosts hold pictures, recordings and files; "*." stands for any names
// before it.
var mediaHosts = []string{"*.fbsbx.com", "*.fbcdn.net", "*.cdninstagram.com", "*.whatsapp.net"}

// lookaside is the one media host that wants the access token.
const lookaside = "lookaside.fbsbx.com"

// Config says what is the platform's beside its own names.
type Config struct {
	// Graph are the addresses of the API as the configuration has them. They are
	// the operator's choice: where they lead is not judged, unless they are the
	// platform's own names.
	Graph []*url.URL
	// Hosts are further hosts of files: name, *.name or name:port. One with a port
	// may lead to any address, and be http on this machine; the API's own names
	// may be among them.
	Hosts []string
	// Resolver asks DNS; nil: the machine's.
	Resolver *net.Resolver
}

// Guard judges links and connections. It may be used by any number of
// goroutines.
type Guard struct {
	graph    []string // host:port of the configured API
	names    []string // of files: exact
	suffixes []string // of files: with the dot in front
	vouched  []string // host:port that may lead anywhere
	resolver *net.Resolver
}

// New makes a guard.
func New(c Config) *Guard {
	g := &Guard{resolver: c.Resolver}
	for _, u := range c.Graph {
		place := hostPort(u)
		g.graph = append(g.graph, place)
		if !slices.Contains(graphHosts, strings.ToLower(u.Hostname())) {
			g.vouched = append(g.vouched, place)
		}
	}
	for _, host := range slices.Concat(mediaHosts, c.Hosts) {
		host = strings.ToLower(host)
		if suffix, any := strings.CutPrefix(host, "*"); any {
			g.suffixes = append(g.suffixes, suffix)
		} else if _, _, err := net.SplitHostPort(host); err == nil {
			g.vouched = append(g.vouched, host)
		} else {
			g.names = append(g.names, host)
		}
	}
	return g
}

// Kind says what a link leads to for any client that could follow it.
func (g *Guard) Kind(link string) Kind {
	for _, host := range hostsOf(link) {
		if kind := g.kind(host); kind != Elsewhere {
			return kind
		}
	}
	return Elsewhere
}

// kind is what a host is, with or without a port. An address of IPv6 can end like a
// name, because its zone may be any text (RFC 6874).
func (g *Guard) kind(place string) Kind {
	host, port, err := net.SplitHostPort(place)
	if err != nil {
		host = strings.Trim(place, "[]")
	}
	switch {
	case slices.Contains(g.graph, place), slices.Contains(graphHosts, host):
		return Graph
	case slices.Contains(g.names, host), port != "" && slices.Contains(g.vouched, place),
		!strings.ContainsAny(host, ":%") && slices.ContainsFunc(g.suffixes, func(s string) bool { return strings.HasSuffix(host, s) }):
		return Media
	}
	return Elsewhere
}

// Platform says whether a URL has one of the API's own names.
func (g *Guard) Platform(u *url.URL) bool {
	return slices.Contains(graphHosts, strings.ToLower(u.Hostname()))
}

// MediaHost says whether a Host header names a host of files.
func (g *Guard) MediaHost(host string) bool {
	if !strings.Contains(host, ":") {
		host += ":443"
	} else if _, _, err := net.SplitHostPort(host); err != nil {
		host = net.JoinHostPort(strings.Trim(host, "[]"), "443")
	}
	return g.kind(strings.ToLower(host)) == Media
}

// Target is the link as a URL, if it may be fetched: ErrTarget otherwise.
func (g *Guard) Target(link string) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil || u.User != nil || u.Opaque != "" || u.Fragment != "" || u.Host == "" || !plain(link) {
		return nil, ErrTarget
	}
	place := hostPort(u)
	loopback := u.Scheme == "http" && slices.Contains(g.vouched, place) && isLoopback(u.Hostname())
	if !loopback && u.Scheme != "https" || g.kind(place) == Elsewhere {
		return nil, ErrTarget
	}
	if !g.reachable(place) {
		return nil, ErrTarget
	}
	return u, nil
}

// reachable says whether a host:port may be dialled at all.
func (g *Guard) reachable(place string) bool {
	if slices.Contains(g.vouched, place) || slices.Contains(g.graph, place) {
		return true
	}
	host, port, err := net.SplitHostPort(place)
	return err == nil && port == "443" && g.kind(host) != Elsewhere
}

// Credentials says whether a host may see the caller's access token: the API, and
// the one host of files that asks for it. URLs of the others are signed.
func (g *Guard) Credentials(u *url.URL) bool {
	return g.kind(hostPort(u)) == Graph || strings.EqualFold(u.Hostname(), lookaside) || slices.Contains(g.vouched, hostPort(u))
}

// plain says that every client reads the bytes of a link the same way.
func plain(link string) bool {
	for _, c := range []byte(link) {
		if c <= ' ' || c >= 0x7f || c == '\\' {
			return false
		}
	}
	return true
}

// hostPort is where a URL leads, in lower case, always with a port.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80"}[u.Scheme]
	}
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
