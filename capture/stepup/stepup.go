// Package stepup signs people in at an account's own OpenID provider, so that a
// form is filled in by somebody the business knows, not by whoever has the link.
//
// It is the code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636). State,
// nonce and verifier are fresh for each sign-in and stay in a ticket that the
// caller keeps in the person's browser, sealed; nothing is kept here. An ID token
// counts when the provider's own keys signed it for this client, in time, with
// this nonce, by one of the ways of signing in that the account asks for. What a
// provider sent is never in an error: it may hold names and tokens.
package stepup

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/piiproxy/piiproxy/capture"
)

var _ capture.StepUp = (*OIDC)(nil)

var (
	// ErrUnknown says that an account has no issuer in the configuration.
	ErrUnknown = errors.New("the account has no OpenID issuer: set form.oidc")
	// ErrIssuer says that the issuer cannot be asked, or answers what no OpenID
	// provider does. It may pass.
	ErrIssuer = errors.New("the OpenID issuer does not answer as one: check its address, client id and secret")
	// ErrDenied says that the person was not signed in: they gave up, the issuer
	// refused, or the answer is not for this sign-in.
	ErrDenied = errors.New("the sign-in was refused, or belongs to another browser")
	// ErrToken says that the issuer's token does not hold.
	ErrToken = errors.New("the ID token does not hold: signature, issuer, audience, time, nonce or acr")
)

// Issuer is an account's OpenID provider.
type Issuer struct {
	// URL is the issuer identifier: https, or http on this machine.
	URL      string
	ClientID string
	// Secret is the client's; "" is a public client.
	Secret Secret
	// ACR are the authentication context classes that are good enough, best first
	// (acr_values); none accepts any.
	ACR []string
	// MaxAge bounds how long ago the person signed in, at whole seconds; zero
	// accepts any session that the issuer does.
	MaxAge time.Duration
}

// Secret is a client secret. It prints as <secret>.
type Secret string

const hidden = "<secret>"

// String hides the secret.
func (s Secret) String() string { return hidden }

// GoString hides the secret.
func (s Secret) GoString() string { return hidden }

// Format hides the secret from every verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(hidden)) }

// MarshalText hides the secret from JSON, YAML and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Config says what an OIDC stands on.
type Config struct {
	// Issuers returns the issuer of an account as it is configured now.
	Issuers func(account string) (Issuer, bool)
	// Transport reaches the issuers; nil takes http.DefaultTransport's settings.
	Transport http.RoundTripper
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// OIDC signs people in, for many goroutines.
type OIDC struct {
	config    Config
	client    *http.Client
	providers providers
}

// New makes an OIDC. It asks no issuer yet: one that is down must not keep the
// proxy from starting.
func New(config Config) *OIDC {
	if config.Now == nil {
		config.Now = time.Now
	}
	return &OIDC{config: config, client: newClient(config.Transport), providers: providers{known: map[string]provider{}}}
}

// ticket is what belongs to one sign-in.
type ticket struct {
	Account  string `json:"account"`
	Issuer   string `json:"issuer"`
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
}

// Begin returns where to send the browser, and the ticket that Finish needs.
// Errors: ErrUnknown, ErrIssuer.
func (o *OIDC) Begin(ctx context.Context, account, callback string) (string, []byte, error) {
	issuer, client, _, err := o.issuer(ctx, account, callback)
	if err != nil {
		return "", nil, err
	}
	t := ticket{account, issuer.URL, rand.Text(), rand.Text(), oauth2.GenerateVerifier()}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(t.Verifier), oidc.Nonce(t.Nonce)}
	if len(issuer.ACR) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(issuer.ACR, " ")))
	}
	if issuer.MaxAge > 0 {
		options = append(options, oauth2.SetAuthURLParam("max_age", fmt.Sprint(int64(issuer.MaxAge/time.Second))))
	}
	sealed, err := json.Marshal(t)
	if err != nil {
		return "", nil, errors.New("encoding a sign-in")
	}
	return client.AuthCodeURL(t.State, options...), sealed, nil
}

// Finish checks what the issuer sent the browser back with and returns who signed
// in: issuer and subject, which together never belong to anybody else (OpenID
// Connect Core 1.0, 5.7). Errors: ErrUnknown, ErrIssuer, ErrDenied, ErrToken.
func (o *OIDC) Finish(ctx context.Context, account, callback string, sealed []byte, answer url.Values) (string, error) {
	var t ticket
	if json.Unmarshal(sealed, &t) != nil || t.Account != account || t.State == "" {
		return "", ErrDenied
	}
	issuer, client, from, err := o.issuer(ctx, account, callback)
	if err != nil {
		return "", err
	}
	sender := answer.Get("iss") // RFC 9207: the answer of another issuer is none
	if t.Issuer != issuer.URL || sender != "" && sender != issuer.URL || answer.Has("error") || len(answer["code"]) != 1 ||
		subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(t.State)) != 1 {
		return "", ErrDenied
	}
	tokens, err := client.Exchange(oidc.ClientContext(ctx, o.client), answer.Get("code"), oauth2.VerifierOption(t.Verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) && refused.ErrorCode == "invalid_grant" {
			return "", ErrDenied
		}
		return "", ErrIssuer // what it says may quote
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return "", ErrIssuer
	}
	return o.subject(ctx, issuer, from, raw, t.Nonce)
}

// claims are those that go-oidc leaves to the caller.
type claims struct {
	ACR      string `json:"acr"`
	Party    string `json:"azp"`
	SignedIn int64  `json:"auth_time"`
}

// subject is who an ID token is about, if it holds (OpenID Connect Core 1.0,
// 3.1.3.7).
func (o *OIDC) subject(ctx context.Context, issuer Issuer, from *oidc.Provider, raw, nonce string) (string, error) {
	verifier := from.Verifier(&oidc.Config{ClientID: issuer.ClientID, Now: o.config.Now})
	token, err := verifier.Verify(oidc.ClientContext(ctx, o.client), raw)
	if err != nil {
		return "", ErrToken
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return "", ErrToken
	}
	oldest := o.config.Now().Add(-issuer.MaxAge - leeway).Unix()
	if token.Subject == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1 ||
		c.Party != "" && c.Party != issuer.ClientID || len(token.Audience) > 1 && c.Party == "" ||
		len(issuer.ACR) > 0 && !slices.Contains(issuer.ACR, c.ACR) ||
		issuer.MaxAge > 0 && c.SignedIn < oldest {
		return "", ErrToken
	}
	return issuer.URL + " " + token.Subject, nil
}

// leeway is how far the issuer's clock may be from ours.
const leeway = 30 * time.Second
