package config

import (
	"net"
	"regexp"
	"strings"
	"time"
)

// Fetch says how the bot gets what the platform's URLs lead to: the next pages of
// answers, and files. It gets URLs of the bot listener in their place.
type Fetch struct {
	Pages time.Duration `yaml:"pages" doc:"how long the URL of a page can be used"`
	Files time.Duration `yaml:"files" doc:"how long the URL of a file can be used; the platform's own may end before"`
	Hosts []string      `yaml:"hosts" doc:"hosts of files beside the platform's: name, *.name, or name:port, which may have a private address"`
}

// fileHost is a name, *.name or name:port.
var fileHost = regexp.MustCompile(`^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$`)

func (f *findings) fetch() {
	fetch := f.config.Fetch
	for key, lives := range map[string]time.Duration{"fetch.pages": fetch.Pages, "fetch.files": fetch.Files} {
		if lives <= 0 || lives > durationMax {
			f.complain(key, "must be over 0 and at most %s", durationMax)
		}
	}
	for i, host := range fetch.Hosts {
		key := "fetch.hosts[" + itoa(i) + "]"
		switch suffix, any := strings.CutPrefix(host, "*."); {
		case !fileHost.MatchString(host):
			f.complain(key, "must be a host name in small letters, *. and a name, or a name and a port, without https:// and path")
		case any && strings.Contains(host, ":"):
			f.complain(key, "has *. and a port: a host with a port may have a private address, so name it in full")
		case any && !strings.Contains(suffix, "."):
			f.complain(key, "stands for too much: write at least two names after *.")
		}
	}
}

// botURL checks how the bot reaches its listener.
func (f *findings) botURL(key string, endpoint Endpoint) {
	if key != "listen.bot" {
		if endpoint.URL != "" {
			f.complain(key+".url", "is for listen.bot only: take it away")
		}
		return
	}
	if endpoint.URL == "" {
		if host, _, err := net.SplitHostPort(endpoint.Addr); err == nil && isEveryone(host) {
			f.warn(key, "listens on every address, and URLs in webhooks lead to this machine's loopback address: set listen.bot.url to where the bot reaches it")
		}
		return
	}
	switch u, problem := webURL(endpoint.URL); {
	case problem != "":
		f.complain(key+".url", "%s", problem)
	case u.RawQuery != "":
		f.complain(key+".url", "has a query: write scheme, host and path only")
	}
}

// isEveryone says that a listener takes calls to any address of the machine.
func isEveryone(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}

// Local is the URL of a listener for callers on this machine, or for all where it
// listens on one address; "" when its port is not known before it listens.
func (e Endpoint) Local() string {
	host, port, err := net.SplitHostPort(e.Addr)
	if err != nil || port == "0" {
		return ""
	}
	if isEveryone(host) {
		host = "127.0.0.1"
	}
	scheme := "http://"
	if e.TLS.On() {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port)
}
