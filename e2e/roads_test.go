package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// proxyToken is the password in HTTPS_PROXY.
const proxyToken = "5be0c7a1d94f4e6f8a3b2c1d0e9f8a7b"

// A library whose base URL is fixed is redacted in both directions without a line
// of it or of its bot being changed, on either road: as a client of the forward
// proxy, by its environment only, and under the platform's own names.
func TestFixedBaseURL(t *testing.T) {
	for name, road := range map[string]struct {
		setup   func(p *rig.Proxy) rig.Setup
		environ func(p *rig.Proxy) []string
	}{
		"HTTPS_PROXY": {
			func(*rig.Proxy) rig.Setup { return rig.Setup{Forward: "ca: ./ca, token: " + proxyToken} },
			func(p *rig.Proxy) []string {
				return []string{"HTTPS_PROXY=http://bot:" + proxyToken + "@" + p.ForwardSide()}
			},
		},
		"hosts file": {
			func(*rig.Proxy) rig.Setup { return rig.Setup{BotTLS: "{ca: ./ca}"} },
			func(p *rig.Proxy) []string {
				return []string{"NODE_OPTIONS=--import ./hosts.mjs", "HOSTS=graph.facebook.com lookaside.fbsbx.com", "HOSTS_TO=" + p.BotSide()}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			platform, proxy := rig.NewPlatform(t), rig.NewProxy(t)
			if output, err := proxy.Command("ca", "init", "--out", filepath.Join(proxy.Dir, "ca")); err != nil {
				t.Fatalf("piiproxy ca init: %v\n%s", err, output)
			}
			bot := rig.StartNode(t, "whatsapp-business.mjs", rig.Access{
				Graph: "unused", Token: phoneToken, Secret: botApp.Secret, Phone: numberOne.ID,
				Clear:   "Ask " + clearAddress + " or charge card " + clearCard,
				Environ: append(road.environ(proxy), "NODE_EXTRA_CA_CERTS="+filepath.Join(proxy.Dir, "ca", "ca.pem")),
			})
			setup := road.setup(proxy)
			setup.Apps = []rig.App{mainApp}
			setup.Accounts = []rig.Account{{
				Name: "line", App: "main", Channel: "whatsapp", ID: numberOne.ID, Business: numberOne.Business,
				Bot: bot.URL, BotSecret: botApp.Secret, Graph: platform.URL,
			}}
			proxy.Start(t, setup)
			platform.MustDeliver(t, proxy.Webhook(mainApp), mainApp, rig.WhatsApp(numberOne.Entry(annaPhone, "Anna", rig.Message(annaPhone, rig.NewID("wamid."), "text", rig.Object{"body": "write to " + email}))))
			heard := bot.Await(t, "the message", func(h rig.Happening) bool { return h.Event == "message" })
			if strings.Contains(heard.Text, email) || !strings.HasPrefix(heard.Text, "write to pii_email_") {
				t.Errorf("the bot saw %q", heard.Text)
			}
			bot.Await(t, "the answer", func(h rig.Happening) bool { return h.Event == "sent" || h.Event == "failed" })
			noComplaints(t, bot)
			everySendReturnedItsID(t, bot)
			text := string(awaitSend(t, platform, 1).Body)
			if strings.Contains(text, clearCard) || strings.Contains(text, clearAddress) || !strings.Contains(text, " or charge card ") {
				t.Errorf("the platform got %q", text)
			}
		})
	}
}

// A file in a webhook has a URL that the bot can fetch over its road: under a name
// that its hosts file leads to piiproxy, and that the CA vouches for.
func TestFilesUnderThePlatformsName(t *testing.T) {
	platform, proxy, bot := rig.NewPlatform(t), rig.NewProxy(t), rig.NewBot(t, mainApp)
	folder := filepath.Join(proxy.Dir, "ca")
	if output, err := proxy.Command("ca", "init", "--out", folder); err != nil {
		t.Fatalf("piiproxy ca init: %v\n%s", err, output)
	}
	proxy.Start(t, rig.Setup{BotTLS: "{ca: ./ca}", Apps: []rig.App{mainApp}, Accounts: []rig.Account{{
		Name: "shop", App: "main", Channel: "messenger", ID: page, Token: shopToken, Bot: bot.URL, Graph: platform.URL,
	}}})
	picture := rig.Object{"type": "image", "payload": rig.Object{"url": "https://scontent.xx.fbcdn.net/v/picture.jpg?oh=1"}}
	event := rig.Event("7120348890699999", page, rig.Object{"message": rig.Object{"mid": rig.NewID("m_"), "attachments": rig.List{picture}}})
	platform.MustDeliver(t, proxy.Webhook(mainApp), mainApp, rig.Page(rig.PageEntry(page, event)))
	body := strings.ReplaceAll(string(bot.Await(t, 1)[0].Body), `\/`, "/")
	link := regexp.MustCompile(`https?://[^"]+/fetch/[^"]+`).FindString(body)
	if !strings.HasPrefix(link, "https://graph.facebook.com/") {
		t.Fatalf("the bot's hosts file does not lead to %q in %s", link, body)
	}
	roots := x509.NewCertPool()
	if content, err := os.ReadFile(filepath.Join(folder, "ca.pem")); err != nil || !roots.AppendCertsFromPEM(content) {
		t.Fatal("reading ca.pem", err)
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, proxy.BotSide())
		},
	}}
	defer client.CloseIdleConnections()
	response, err := client.Get(link + "A") // no good ticket, so that nothing is fetched from the internet
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if said, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusNotFound || !strings.Contains(string(said), "fetch_url") {
		t.Errorf("%d %s", response.StatusCode, said)
	}
}
