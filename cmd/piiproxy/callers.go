package main

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
)

type callersCommand struct {
	Token callersTokenCommand `cmd:"" help:"Make a token for a caller of the admin API, and its hash for the configuration."`
	Cert  callersCertCommand  `cmd:"" help:"The line for the configuration that lets a client certificate in."`
}

type callersTokenCommand struct {
	Name     string   `arg:"" optional:"" default:"form-server" help:"The caller's name, for the printed lines."`
	Accounts []string `placeholder:"NAME" default:"shop" help:"Its accounts, for the printed lines."`
	Scopes   []string `placeholder:"SCOPE" default:"links" enum:"links,reveal,restore,erase,export" help:"Its scopes, for the printed lines: links, reveal, restore, erase, export."`
}

// Help is shown by --help.
func (callersTokenCommand) Help() string {
	return `Prints a fresh token of 256 random bits once, and the lines for the configuration.
Give the token to the caller alone; piiproxy keeps its hash and cannot show it again.

Examples:
  piiproxy callers token form-server --accounts shop
  piiproxy callers token chargebacks --accounts shop --scopes reveal`
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
    scopes: [%s]
    accounts: [%s]
%s`, token, c.Name, hex.EncodeToString(hash[:]), strings.Join(c.Scopes, ", "), strings.Join(c.Accounts, ", "), c.more())
	return err
}

// more are the lines of scopes that give values, the narrowest that are of use.
func (c callersTokenCommand) more() string {
	var lines string
	reveals := slices.Contains(c.Scopes, config.ScopeReveal)
	if reveals || slices.Contains(c.Scopes, config.ScopeRestore) {
		lines += "    kinds: [email]         # of which kinds; [all] is every kind\n"
	}
	if reveals && !slices.Contains(c.Scopes, config.ScopeRestore) {
		lines += "    level: masked          # full | masked | last4 | exists\n"
	}
	if reveals && slices.Contains(c.Scopes, config.ScopeRestore) {
		lines += "    level: full\n"
	}
	if reveals {
		lines += "    purposes: [support]    # it names one of these each time\n"
	}
	return lines
}

type callersCertCommand struct {
	File string `arg:"" help:"The client certificate, PEM."`
}

// Help is shown by --help.
func (callersCertCommand) Help() string {
	return `Prints the SHA-256 of the public key (SubjectPublicKeyInfo) of a client certificate,
the caller's own, not that of its authority. A certificate that is renewed with the
same key goes on working. It needs listen.admin.tls.client_ca.

Example:
  piiproxy callers cert client.pem`
}

// Run prints the pin of the first certificate in the file.
func (c callersCertCommand) Run(env *environment) error {
	content, err := os.ReadFile(c.File)
	if err != nil {
		return errors.New("the file cannot be read: correct the path, or its owner")
	}
	block, _ := pem.Decode(content)
	if block == nil || block.Type != "CERTIFICATE" {
		return errors.New("the file does not begin with a certificate in PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return errors.New("the file does not begin with a certificate in PEM")
	}
	pin := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	_, err = fmt.Fprintf(env.Stdout, "    client_cert: %s\n", hex.EncodeToString(pin[:]))
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

// callerOf turns a caller of the configuration into the console's. The hashes were
// checked when they were read.
func callerOf(c config.Caller) console.Caller {
	caller := console.Caller{Name: c.Name, Scopes: c.Scopes, Grant: console.Grant{
		Accounts: c.Accounts, Kinds: c.Kinds, AllKinds: slices.Contains(c.Kinds, config.AllKinds),
		Level: c.Level, Purposes: c.Purposes, Tokens: c.Rate.Count, Time: c.Rate.Per,
	}}
	_, _ = hex.Decode(caller.Token[:], []byte(c.TokenSHA256))
	_, _ = hex.Decode(caller.Certificate[:], []byte(c.ClientCert))
	return caller
}
