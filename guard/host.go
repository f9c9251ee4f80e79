package guard

import (
	"net"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// hostsOf are the hosts that a link names, in lower case, with the port where it
// names one or its scheme has one. Clients differ about backslashes (RFC 3986
// against the WHATWG URL standard, 4.4), so there can be two; none when it is no
// absolute link of the web.
func hostsOf(link string) []string {
	rest, port, ok := afterScheme(link)
	if !ok {
		return nil
	}
	hosts := []string{hostIn(cut(rest, `/?#\`), port)}
	if strings.ContainsRune(rest, '\\') {
		hosts = append(hosts, hostIn(cut(rest, `/?#`), port))
	}
	return hosts
}

// afterScheme is a link from its authority on, and the scheme's port. Browsers
// drop tabs and line ends, trim blanks and take any number of slashes.
func afterScheme(link string) (rest, port string, ok bool) {
	link = strings.Trim(link, blanks)
	if strings.ContainsAny(link, "\t\r\n") {
		link = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(link)
	}
	for scheme, port := range map[string]string{"https:": "443", "http:": "80"} {
		if len(link) > len(scheme) && strings.EqualFold(link[:len(scheme)], scheme) {
			return strings.TrimLeft(link[len(scheme):], `/\`), port, true
		}
	}
	if strings.HasPrefix(strings.ReplaceAll(link[:min(len(link), 2)], `\`, "/"), "//") {
		return strings.TrimLeft(link, `/\`), "443", true // of the page that it stands in
	}
	return "", "", false
}

// blanks are what browsers trim: controls and spaces.
const blanks = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f "

// cut is a text up to the first of some characters.
func cut(text, ends string) string {
	if i := strings.IndexAny(text, ends); i >= 0 {
		return text[:i]
	}
	return text
}

// hostIn reads an authority: without user and password, without the dot that ends
// a full name, in ASCII as DNS is asked for it.
func hostIn(authority, port string) string {
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	host := authority
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		if host, authority = authority[:i], authority[i+1:]; authority != "" {
			port = authority
		}
	}
	if decoded, err := url.PathUnescape(host); err == nil {
		host = decoded
	}
	if ascii, err := lookup.ToASCII(host); err == nil {
		host = ascii
	}
	return net.JoinHostPort(strings.TrimRight(strings.ToLower(strings.Trim(host, "[]")), "."), port)
}

// lookup maps names as browsers do (UTS 46): full-width letters, other dots.
var lookup = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// isLoopback says that a host can only be this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
