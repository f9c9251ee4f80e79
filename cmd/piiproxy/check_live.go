package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/config"
)

// livePatience bounds each request of the live check.
const livePatience = 10 * time.Second

// certificateNotice is when a certificate that ends is worth a warning.
const certificateNotice = 14 * 24 * time.Hour

// live asks the world outside. What it prints holds no token and no query:
// of an error only its cause is told, because net/http quotes whole URLs.
type live struct {
	context context.Context
	report  *report
	config  *config.Config
	client  *http.Client
}

func checkLive(ctx context.Context, report *report, loaded *config.Config) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}
	l := &live{ctx, report, loaded, &http.Client{
		Transport: transport, Timeout: livePatience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	for i := range loaded.Apps {
		l.handshake(fmt.Sprintf("apps[%d]", i), &loaded.Apps[i])
	}
	asked := map[string]bool{}
	for i := range loaded.Accounts {
		account, key := &loaded.Accounts[i], fmt.Sprintf("accounts[%d]", i)
		if !asked[account.GraphURL] {
			asked[account.GraphURL] = true
			l.upstream(key, account)
		}
		l.issuer(key, account)
		l.token(key, account)
		l.bot(key, account)
	}
	for i := range loaded.Routes {
		l.vendor(fmt.Sprintf("routes[%d]", i), &loaded.Routes[i])
	}
}

func (l *live) complain(key, format string, args ...any) {
	l.report.add(l.config.Complaint(key, format, args...))
}

// answer is what a request of the check came back with.
type answer struct {
	status int
	body   []byte
	tls    *tls.ConnectionState
}

// answerMax is enough for every answer that is read.
const answerMax = 1 << 20

func (l *live) do(method, target string, body []byte, header http.Header) (answer, error) {
	request, err := http.NewRequestWithContext(l.context, method, target, bytes.NewReader(body))
	if err != nil {
		return answer{}, errors.New("is not a URL that can be asked")
	}
	if header != nil {
		request.Header = header
	}
	response, err := l.client.Do(request)
	if err != nil {
		return answer{}, errors.New(cause(err))
	}
	defer func() { _ = response.Body.Close() }() // read to its end or not wanted
	content, err := io.ReadAll(io.LimitReader(response.Body, answerMax))
	if err != nil {
		return answer{}, errors.New(cause(err))
	}
	return answer{response.StatusCode, content, response.TLS}, nil
}

// cause names why a request failed and what to do, without its URL.
func cause(err error) string {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		resolve  *net.DNSError
		timeout  net.Error
	)
	switch {
	case errors.As(err, &unknown):
		return "has an untrusted certificate: no authority that this machine trusts signed it; install the right chain there, or the authority here (SSL_CERT_FILE)"
	case errors.As(err, &hostname):
		return "has a certificate for another host name: correct the URL or the certificate"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "has a certificate that has expired or is not valid yet: renew it, and look at the clock"
	case errors.As(err, &invalid):
		return "has an invalid certificate: replace it"
	case errors.As(err, &resolve):
		return "has a host name that does not resolve: correct it, or look at DNS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refuses connections: start what should answer there, or correct the address"
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("did not answer within %s: look at firewalls and routes", livePatience)
	}
	return "cannot be reached: the connection broke before there was an answer"
}

// handshake does what the platform does when a webhook is registered: through
// the public URL, with the verify token.
func (l *live) handshake(key string, app *config.App) {
	if l.config.PublicURL == "" {
		l.report.note("live "+app.Name, "webhook handshake skipped: there is no public_url")
		return
	}
	challenge := rand.Text()
	query := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {app.VerifyToken.Reveal()}, "hub.challenge": {challenge}}
	hook := l.config.PublicURL + "/webhook/" + app.Name
	got, err := l.do(http.MethodGet, hook+"?"+query.Encode(), nil, nil)
	switch {
	case err != nil:
		l.complain("public_url", "%s %v", withoutQuery(hook), err)
		return
	case got.status != http.StatusOK || string(got.body) != challenge:
		l.complain(key, "the webhook handshake at %s failed with status %d: is piiproxy serve running with this verify_token, and does public_url lead to listen.public?", withoutQuery(hook), got.status)
		return
	}
	l.expiry("public_url", got.tls)
	query.Set("hub.verify_token", rand.Text())
	if got, err := l.do(http.MethodGet, hook+"?"+query.Encode(), nil, nil); err == nil && got.status/100 == 2 {
		l.complain(key, "the webhook handshake at %s takes any verify token: something else than piiproxy answers there", withoutQuery(hook))
		return
	}
	l.report.note("live "+app.Name, "webhook handshake at %s", withoutQuery(hook))
}

func (l *live) expiry(key string, state *tls.ConnectionState) {
	if state == nil || len(state.PeerCertificates) == 0 {
		return
	}
	if left := time.Until(state.PeerCertificates[0].NotAfter); left < certificateNotice {
		warning := l.config.Complaint(key, "its certificate ends in %d days: renew it", int(left.Hours()/24))
		warning.Warning = true
		l.report.add(warning)
	}
}

// upstream asks the platform for anything: what matters is that TLS holds.
func (l *live) upstream(key string, account *config.Account) {
	if _, err := l.do(http.MethodGet, account.GraphURL+"/", nil, nil); err != nil {
		l.complain(key+".graph_url", "the platform's API at %s %v", withoutQuery(account.GraphURL), err)
		return
	}
	l.report.note("live", "the platform's API at %s answers", withoutQuery(account.GraphURL))
}

// scopes are the permissions of which an account's token needs one.
var scopes = map[string][]string{
	"messenger": {"pages_messaging"},
	"instagram": {"instagram_business_manage_messages", "instagram_manage_messages"},
	"whatsapp":  {"whatsapp_business_messaging"},
}

// tokenFacts is the part of debug_token's answer that is looked at.
type tokenFacts struct {
	Data struct {
		AppID   json.RawMessage `json:"app_id"` // a text, or a number in old answers
		IsValid bool            `json:"is_valid"`
		Scopes  []string        `json:"scopes"`
	} `json:"data"`
}

// token asks the platform about the account's token, and through it about the
// app's registered webhook.
func (l *live) token(key string, account *config.Account) {
	if !account.AccessToken.IsSet() {
		l.report.note("live "+account.Name, "token and registered webhook skipped: the account has no access_token")
		return
	}
	token := account.AccessToken.Reveal()
	header := http.Header{"Authorization": {"Bearer " + token}}
	got, err := l.do(http.MethodGet, account.GraphURL+"/debug_token?"+url.Values{"input_token": {token}}.Encode(), nil, header)
	if err != nil {
		return // upstream said so
	}
	var facts tokenFacts
	if got.status != http.StatusOK || json.Unmarshal(got.body, &facts) != nil {
		l.complain(key+".access_token", "the platform refuses the token with status %d: make a new one", got.status)
		return
	}
	needed := scopes[account.Channel]
	switch {
	case !facts.Data.IsValid:
		l.complain(key+".access_token", "the platform says that the token is not valid (expired or revoked): make a new one")
		return
	case !slices.ContainsFunc(needed, func(scope string) bool { return slices.Contains(facts.Data.Scopes, scope) }):
		l.complain(key+".access_token", "the token lacks the permission %s: make one that has it", strings.Join(needed, " or "))
	default:
		l.report.note("live "+account.Name, "token valid")
	}
	l.registered(key, account, strings.Trim(string(facts.Data.AppID), `"`))
}

// subscriptions is the answer of /{app-id}/subscriptions.
type subscriptions struct {
	Data []struct {
		Object      string `json:"object"`
		CallbackURL string `json:"callback_url"`
		Active      bool   `json:"active"`
	} `json:"data"`
}

var objects = map[string]string{"messenger": "page", "instagram": "instagram", "whatsapp": "whatsapp_business_account"}

// registered compares the webhook that the app has at the platform with ours.
func (l *live) registered(key string, account *config.Account, appID string) {
	app := slices.IndexFunc(l.config.Apps, func(app config.App) bool { return app.Name == account.App })
	if strings.Trim(appID, "0123456789") != "" || appID == "" || l.config.PublicURL == "" || app < 0 {
		l.report.note("live "+account.Name, "registered webhook skipped: the platform did not tell the app's id, or there is no public_url")
		return
	}
	header := http.Header{"Authorization": {"Bearer " + appID + "|" + l.config.Apps[app].AppSecret[0].Reveal()}}
	got, err := l.do(http.MethodGet, account.GraphURL+"/"+appID+"/subscriptions", nil, header)
	if err != nil {
		return
	}
	var listed subscriptions
	if got.status != http.StatusOK || json.Unmarshal(got.body, &listed) != nil {
		l.complain(fmt.Sprintf("apps[%d].app_secret", app), "the platform refuses the app secret with status %d: compare it with the dashboard, and that the token is of the same app", got.status)
		return
	}
	want := l.config.PublicURL + "/webhook/" + account.App
	for _, subscription := range listed.Data {
		switch {
		case subscription.Object != objects[account.Channel]:
			continue
		case subscription.CallbackURL != want:
			l.complain(key+".app", "the app's webhook for %s leads to another address than %s: set it in the dashboard, or the bot is reached around piiproxy", subscription.Object, withoutQuery(want))
		case !subscription.Active:
			l.complain(key+".app", "the app's webhook for %s is not active: switch it on in the dashboard", subscription.Object)
		default:
			l.report.note("live "+account.Name, "registered webhook is %s", withoutQuery(want))
		}
		return
	}
	l.complain(key+".app", "the app has no webhook for %s: set it to %s in the dashboard", objects[account.Channel], withoutQuery(want))
}

// issuer asks an account's OpenID provider about itself (OpenID Connect Discovery
// 1.0, 4): what a sign-in does first.
func (l *live) issuer(key string, account *config.Account) {
	if account.Form.StepUp != capture.OIDC {
		return
	}
	issuer := account.Form.OIDC.Issuer
	got, err := l.do(http.MethodGet, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", nil, nil)
	var says struct {
		Issuer string `json:"issuer"`
		Auth   string `json:"authorization_endpoint"`
		Token  string `json:"token_endpoint"`
	}
	at := key + ".form.oidc.issuer"
	switch {
	case err != nil:
		l.complain(at, "the OpenID provider %v", err)
	case got.status != http.StatusOK || json.Unmarshal(got.body, &says) != nil || says.Auth == "" || says.Token == "":
		l.complain(at, "no OpenID provider answers there (status %d): its /.well-known/openid-configuration must say where to sign in; compare the URL with the provider's documentation", got.status)
	case says.Issuer != issuer:
		l.complain(at, "the OpenID provider calls itself by another URL: write it exactly as its issuer says, also the slash at the end")
	default:
		l.report.note("live "+account.Name, "the OpenID provider answers")
	}
}

// bot sends a delivery without any entry, signed like a real one.
func (l *live) bot(key string, account *config.Account) {
	secret := account.BotSecret.Reveal()
	if !account.BotSecret.IsSet() {
		for _, app := range l.config.Apps {
			if app.Name == account.App {
				secret = app.AppSecret[0].Reveal()
			}
		}
	}
	body := []byte(`{"object":"` + objects[account.Channel] + `","entry":[]}`)
	header := http.Header{"Content-Type": {"application/json"}}
	channel.Sign(secret, body, header)
	got, err := l.do(http.MethodPost, account.BotURL, body, header)
	where := withoutQuery(account.BotURL)
	switch {
	case err != nil:
		l.complain(key+".bot_url", "the bot at %s %v", where, err)
	case got.status == http.StatusUnauthorized || got.status == http.StatusForbidden:
		l.complain(key+".bot_secret", "the bot at %s refuses the signature of an empty delivery with status %d: it must verify with bot_secret, or with the app's secret where there is none", where, got.status)
	case got.status/100 != 2:
		l.complain(key+".bot_url", "the bot at %s answers an empty delivery with status %d instead of 200: correct the path, or look at the bot's log", where, got.status)
	default:
		l.report.note("live "+account.Name, "the bot at %s takes an empty delivery", where)
	}
}

// withoutQuery is a URL as it may be shown.
func withoutQuery(text string) string {
	shown, _, _ := strings.Cut(text, "?")
	return shown
}
