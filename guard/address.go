package guard

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
)

// DialContext dials like a net.Dialer with these settings, but only to where the
// guard lets it, and only to public addresses; ErrTarget and ErrAddress
// otherwise, in a *net.OpError of a dial.
func (g *Guard) DialContext(settings net.Dialer) func(ctx context.Context, network, address string) (net.Conn, error) {
	open, closed := settings, settings
	if g.resolver != nil {
		open.Resolver, closed.Resolver = g.resolver, g.resolver
	}
	closed.ControlContext = public
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		address = strings.ToLower(address)
		switch {
		case slices.Contains(g.vouched, address):
			return open.DialContext(ctx, network, address)
		case g.reachable(address):
			return closed.DialContext(ctx, network, address)
		}
		return nil, &net.OpError{Op: "dial", Net: network, Err: ErrTarget}
	}
}

// public lets a socket connect to public addresses only. It runs after names are
// resolved, for each address that is tried.
func public(_ context.Context, _, address string, _ syscall.RawConn) error {
	place, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(place.Addr()) {
		return ErrAddress
	}
	return nil
}

// inside are the IPv4 networks that are not of the internet (IANA's registry of
// special-purpose addresses, RFC 6890, with multicast and class E).
var inside = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)

// In IPv6 only 2000::/3 is handed out. Of that, some is special, and Teredo and
// 6to4 hold another address that nobody has judged (RFC 4380, RFC 3056).
var (
	internet6 = netip.MustParsePrefix("2000::/3")
	inside6   = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
	// nat64 stands for the IPv4 address in its last four bytes (RFC 6052, 2.1).
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// isPublic says that an address is of the internet, whichever form it has.
func isPublic(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	if nat64.Contains(a) {
		bytes := a.As16()
		a = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	in := func(p netip.Prefix) bool { return p.Contains(a) }
	if a.Is4() {
		return !slices.ContainsFunc(inside, in)
	}
	return internet6.Contains(a) && !slices.ContainsFunc(inside6, in)
}
