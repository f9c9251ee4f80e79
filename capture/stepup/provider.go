package stepup

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// trusted is how long what an issuer says of itself is believed.
	trusted = time.Hour
	// patience bounds one question to an issuer.
	patience = 10 * time.Second
	// maxAnswer is how much of an issuer's answer is read, in bytes.
	maxAnswer = 1 << 20
)

// providers remembers what issuers said of themselves.
type providers struct {
	mu    sync.Mutex
	known map[string]provider
}

type provider struct {
	*oidc.Provider
	asked time.Time
}

// issuer returns an account's issuer, as a client of it.
func (o *OIDC) issuer(ctx context.Context, account, callback string) (Issuer, *oauth2.Config, *oidc.Provider, error) {
	issuer, ok := o.config.Issuers(account)
	if !ok {
		return issuer, nil, nil, ErrUnknown
	}
	from, err := o.provider(ctx, issuer.URL)
	if err != nil {
		return issuer, nil, nil, err
	}
	endpoint := from.Endpoint()
	var says struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := from.Claims(&says); err != nil {
		return issuer, nil, nil, ErrIssuer
	}
	// Basic is the default (OpenID Connect Discovery 1.0, 3). Trying both, as
	// oauth2 does by itself, would use up the code.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if issuer.Secret == "" || len(says.Methods) > 0 && !slices.Contains(says.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	client := &oauth2.Config{
		ClientID: issuer.ClientID, ClientSecret: string(issuer.Secret), Endpoint: endpoint, RedirectURL: callback, Scopes: []string{oidc.ScopeOpenID},
	}
	return issuer, client, from, nil
}

// provider asks an issuer about itself (OpenID Connect Discovery 1.0), once an
// hour.
func (o *OIDC) provider(ctx context.Context, issuer string) (*oidc.Provider, error) {
	now := o.config.Now()
	o.providers.mu.Lock()
	known, ok := o.providers.known[issuer]
	o.providers.mu.Unlock()
	if ok && now.Sub(known.asked) < trusted {
		return known.Provider, nil
	}
	if !secure(issuer) {
		return nil, ErrIssuer
	}
	// Its keys are fetched later with this context: it must not end with a request.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), o.client)
	asked, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, ErrIssuer // what it says may quote
	}
	var says struct {
		Keys string `json:"jwks_uri"`
	}
	endpoint := asked.Endpoint()
	if asked.Claims(&says) != nil || !secure(endpoint.AuthURL) || !secure(endpoint.TokenURL) || !secure(says.Keys) {
		return nil, ErrIssuer
	}
	o.providers.mu.Lock()
	defer o.providers.mu.Unlock()
	o.providers.known[issuer] = provider{asked, now}
	return asked, nil
}

// secure says that an address is https, or on this machine.
func secure(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && slices.Contains([]string{"127.0.0.1", "::1", "localhost"}, u.Hostname())
}

// newClient makes the client that asks issuers: it follows no redirects, waits
// and reads only so long.
func newClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &http.Client{
		Transport:     bounded{transport},
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded reads only so much of an answer.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	return answer, nil
}
