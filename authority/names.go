package authority

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// PlatformNames are the hosts that bots have built in: the Graph APIs, uploads,
// and media (graph-video and rupload take large files).
func PlatformNames() []string {
	return []string{"graph.facebook.com", "graph.instagram.com", "graph-video.facebook.com", "rupload.facebook.com", "lookaside.fbsbx.com"}
}

// hostName is a DNS name as certificates and Host headers spell it (RFC 1123,
// 2.1): labels of letters, digits and hyphens, lower case, no dot at the end.
// One label alone would permit a whole top-level domain.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// CheckName says what is wrong with a host name to be intercepted.
func CheckName(name string) error {
	_, address := netip.ParseAddr(name)
	switch {
	case strings.HasPrefix(name, "*."):
		return errors.New("has a wildcard: write out each host")
	case address == nil:
		return errors.New("is an IP address: only host names are impersonated")
	case len(name) > 253 || !hostName.MatchString(name):
		return errors.New("is no full host name in lower case: write it like graph.facebook.com, without https://, port and dot at the end")
	}
	return nil
}

func checkNames(names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, errors.New("a CA needs at least one host name")
	}
	var kept []string
	for _, name := range names {
		if err := CheckName(name); err != nil {
			return nil, fmt.Errorf("%q %w", name, err)
		}
		if !slices.Contains(kept, name) {
			kept = append(kept, name)
		}
	}
	return kept, nil
}
