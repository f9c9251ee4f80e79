package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"net"
	"strings"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
)

type callersCommand struct {
	Token callersTokenCommand `cmd:"" help:"Make a token for a caller of the admin API, and its hash for the configuration."`
}

type callersTokenCommand struct {
	Name     string   `arg:"" optional:"" default:"form-server" help:"The caller's name, for the printed lines."`
	Accounts []string `placeholder:"NAME" default:"shop" help:"Its accounts, for the printed lines."`
}

// Help is shown by --help.
func (callersTokenCommand) Help() string {
	return `Prints a fresh token of 256 random bits once, and the lines for the configuration.
Give the token to the caller alone; piiproxy keeps its hash and cannot show it again.

Example:
  piiproxy callers token form-server --accounts shop`
}

// tokenPrefix tells scanners for secrets, and people, what a text is.
const tokenPrefix = "ppx_"

// Run prints a token and its hash. Nothing is written.
func (c callersTokenCommand) Run(env *environment) error {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	token := tokenPrefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random[:]))
	hash := sha256.Sum256([]byte(token))
	_, err := fmt.Fprintf(env.Stdout, `# for the caller, shown this once:
%s

# for the configuration:
callers:
  - name: %s
    token_sha256: %s
    scopes: [links]
    accounts: [%s]
`, token, c.Name, hex.EncodeToString(hash[:]), strings.Join(c.Accounts, ", "))
	return err
}

// access says who may call the admin API.
func (s *service) access() console.Access {
	endpoint := s.settings.Listen.Admin
	access := console.Access{Keys: s.keys, Hosts: append([]string{}, endpoint.Hosts...), Observe: s.core.metrics.Denied}
	if host, _, err := net.SplitHostPort(endpoint.Addr); err == nil && host != "" {
		access.Hosts = append(access.Hosts, strings.ToLower(host))
	}
	for _, c := range s.settings.Callers {
		access.Callers = append(access.Callers, callerOf(c))
	}
	return access
}

// callerOf turns a caller of the configuration into the console's. The hash was
// checked when it was read.
func callerOf(c config.Caller) console.Caller {
	caller := console.Caller{Name: c.Name, Scopes: c.Scopes, Accounts: c.Accounts}
	_, _ = hex.Decode(caller.Token[:], []byte(c.TokenSHA256))
	return caller
}
