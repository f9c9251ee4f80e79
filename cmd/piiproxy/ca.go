package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/authority"
)

type caCommand struct {
	Init caInitCommand `cmd:"" help:"Make a private CA for the hosts that a bot has built in; never overwrites one."`
}

type caInitCommand struct {
	Out  string   `default:"./data/ca" placeholder:"DIR" help:"The folder to make it in."`
	Name []string `sep:"none" placeholder:"HOST" help:"A host to vouch for; may be given several times. Default: the platform's."`
}

// Help is shown by --help.
func (caInitCommand) Help() string {
	return `Examples:
  piiproxy ca init
  piiproxy ca init --out /etc/piiproxy/ca --name graph.facebook.com --name lookaside.fbsbx.com

For bots whose base URL is fixed (docs/roads.md): they must trust this CA, and
reach piiproxy under the platform's names by the hosts file (listen.bot.tls) or
as a proxy (listen.forward). The CA can vouch for the hosts given here and for no
other, not even if its key is stolen. The default is ` + strings.Join(authority.PlatformNames(), ", ") + `.
The CA is valid for three years; the certificates that it signs live in memory
and for a week at most.`
}

// Run makes the CA and says what to do with it.
func (c caInitCommand) Run(env *environment) error {
	names := c.Name
	if len(names) == 0 {
		names = authority.PlatformNames()
	}
	a, err := authority.Make(c.Out, names, time.Now())
	if err != nil {
		return err
	}
	certificate, err := filepath.Abs(filepath.Join(c.Out, authority.CertificateFile))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, caSteps, c.Out, a.Ends().UTC().Format(time.DateOnly), a.Fingerprint(), strings.Join(a.Names(), ", "),
		certificate, strings.Join(hostsOf(a.Names()), " "), c.Out, c.Out)
	return err
}

// hostsOf are the names for a bot's hosts file. What it sends to the hosts of large
// uploads would go to graph_url instead (docs/roads.md).
func hostsOf(names []string) []string {
	kept := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return name == "graph-video.facebook.com" || name == "rupload.facebook.com"
	})
	if len(kept) == 0 {
		return names
	}
	return kept
}

// caSteps is what to set where. The order of its values is Run's.
const caSteps = `wrote %[1]s/ca.pem (public) and %[1]s/ca.key (secret: it stays on this machine)
valid until %[2]s, SHA-256 %[3]s
vouches for %[4]s

The bot must trust it. Copy ca.pem to the bot's machine, and set in the bot's environment:
  Node.js          NODE_EXTRA_CA_CERTS=%[5]s
  Python requests  REQUESTS_CA_BUNDLE=BUNDLE  (pip's certifi and ca.pem in one file)
  Python httpx, Go, Ruby, PHP, curl
                   SSL_CERT_FILE=BUNDLE       (the system's authorities and ca.pem in one file)
  Java             keytool -importcert -noprompt -alias piiproxy -file %[5]s -keystore truststore.p12 -storepass changeit
                   and -Djavax.net.ssl.trustStore=truststore.p12
  BUNDLE:          cat /etc/ssl/certs/ca-certificates.crt %[5]s > BUNDLE
Do not install it for the whole machine: piiproxy itself need not trust it.

Then one road of the two (docs/roads.md):
  hosts file       listen: {bot: {addr: "0.0.0.0:443", tls: {ca: %[7]s}}}
                   and on the bot's machine, with piiproxy's address in the place of 192.0.2.10:
                   192.0.2.10 %[6]s
  proxy            listen: {forward: {addr: "127.0.0.1:8084", ca: %[8]s, token: ${FORWARD_TOKEN}}}
                   and in the bot's environment HTTPS_PROXY=http://bot:TOKEN@127.0.0.1:8084
`
