package stepup_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/capture/stepup"
)

const callback = "https://chat.example.com/c/signed-in"

// desk is an OIDC for one account of one issuer.
type desk struct {
	*stepup.OIDC
	t      testing.TB
	issuer *issuer
	is     stepup.Issuer
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{t: t, issuer: newIssuer(t)}
	d.is = stepup.Issuer{URL: d.issuer.URL, ClientID: d.issuer.client, Secret: stepup.Secret(d.issuer.secret), ACR: []string{"phr"}, MaxAge: time.Hour}
	d.OIDC = stepup.New(stepup.Config{
		Issuers:   func(account string) (stepup.Issuer, bool) { return d.is, account == "shop" },
		Transport: d.issuer.Client().Transport,
	})
	return d
}

// visit sends the browser to the issuer and returns the ticket and what comes
// back.
func (d *desk) visit() ([]byte, url.Values) {
	d.t.Helper()
	address, ticket, err := d.Begin(d.t.Context(), "shop", callback)
	if err != nil {
		d.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	answer, err := d.issuer.Client().Transport.RoundTrip(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	to, err := answer.Location()
	if err != nil || !strings.HasPrefix(to.String(), callback+"?") {
		d.t.Fatalf("the issuer sends to %v (%v)", to, err)
	}
	return ticket, to.Query()
}

// TestSignIn: whoever signs in is the same subject each time.
func TestSignIn(t *testing.T) {
	for _, post := range []bool{false, true} {
		d := newDesk(t)
		d.issuer.post = post
		for range 2 {
			ticket, answer := d.visit()
			subject, err := d.Finish(t.Context(), "shop", callback, ticket, answer)
			if err != nil || subject != d.issuer.URL+" canary-subject" {
				t.Fatalf("signed in as %q (%v)", subject, err)
			}
			if _, err := d.Finish(t.Context(), "shop", callback, ticket, answer); !errors.Is(err, stepup.ErrDenied) {
				t.Errorf("the same answer again: %v", err)
			}
		}
	}
}

// TestAnswers: an answer that is not for this sign-in is none.
func TestAnswers(t *testing.T) {
	d := newDesk(t)
	other, _ := d.visit()
	for name, change := range map[string]func(ticket *[]byte, account *string, answer url.Values){
		"another state":   func(_ *[]byte, _ *string, a url.Values) { a.Set("state", "x") },
		"no state":        func(_ *[]byte, _ *string, a url.Values) { a.Del("state") },
		"another issuer":  func(_ *[]byte, _ *string, a url.Values) { a.Set("iss", "https://evil.example") },
		"an error":        func(_ *[]byte, _ *string, a url.Values) { a.Set("error", "access_denied") },
		"no code":         func(_ *[]byte, _ *string, a url.Values) { a.Del("code") },
		"two codes":       func(_ *[]byte, _ *string, a url.Values) { a.Add("code", "x") },
		"an unknown code": func(_ *[]byte, _ *string, a url.Values) { a.Set("code", "x") },
		"another browser": func(k *[]byte, _ *string, _ url.Values) { *k = other },
		"no ticket":       func(k *[]byte, _ *string, _ url.Values) { *k = nil },
		"an empty ticket": func(k *[]byte, _ *string, _ url.Values) { *k = []byte("{}") },
		"another account": func(_ *[]byte, a *string, _ url.Values) { *a = "support" },
		"another verifier": func(k *[]byte, _ *string, _ url.Values) {
			*k = []byte(strings.Replace(string(*k), `"verifier":"`, `"verifier":"x`, 1))
		},
	} {
		ticket, answer := d.visit()
		account := "shop"
		change(&ticket, &account, answer)
		if subject, err := d.Finish(t.Context(), account, callback, ticket, answer); !errors.Is(err, stepup.ErrDenied) || subject != "" {
			t.Errorf("%s: %q, %v", name, subject, err)
		}
	}
}

// TestTokens: a token that does not hold signs nobody in.
func TestTokens(t *testing.T) {
	d := newDesk(t)
	for name, lie := range map[string]func(map[string]any){
		"another issuer":   func(c map[string]any) { c["iss"] = "https://evil.example" },
		"another audience": func(c map[string]any) { c["aud"] = "somebody" },
		"two audiences":    func(c map[string]any) { c["aud"] = []string{"piiproxy", "somebody"} },
		"another party":    func(c map[string]any) { c["azp"] = "somebody" },
		"expired":          func(c map[string]any) { c["exp"] = time.Now().Add(-time.Hour).Unix() },
		"another nonce":    func(c map[string]any) { c["nonce"] = "x" },
		"no nonce":         func(c map[string]any) { delete(c, "nonce") },
		"no subject":       func(c map[string]any) { delete(c, "sub") },
		"a weaker way":     func(c map[string]any) { c["acr"] = "pwd" },
		"no way named":     func(c map[string]any) { delete(c, "acr") },
		"too long ago":     func(c map[string]any) { c["auth_time"] = time.Now().Add(-2 * time.Hour).Unix() },
		"no time":          func(c map[string]any) { delete(c, "auth_time") },
		"wrong types":      func(c map[string]any) { c["acr"] = []int{1} },
	} {
		d.issuer.lie = lie
		ticket, answer := d.visit()
		if subject, err := d.Finish(t.Context(), "shop", callback, ticket, answer); !errors.Is(err, stepup.ErrToken) || subject != "" {
			t.Errorf("%s: %q, %v", name, subject, err)
		}
	}
	d.issuer.lie = nil
	mallory := newIssuer(t)
	for name, forge := range map[string]func(string) string{
		"no signature": func(s string) string { return s[:strings.LastIndex(s, ".")+1] },
		"algorithm none": func(s string) string {
			return encode([]byte(`{"alg":"none"}`)) + "." + strings.Split(s, ".")[1] + "."
		},
		"another key": func(string) string {
			return mallory.sign(map[string]any{"iss": d.issuer.URL, "sub": "x", "aud": "piiproxy", "exp": time.Now().Add(time.Minute).Unix()})
		},
		"no token": func(string) string { return "canary" },
	} {
		d.issuer.forge = forge
		ticket, answer := d.visit()
		if _, err := d.Finish(t.Context(), "shop", callback, ticket, answer); !errors.Is(err, stepup.ErrToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPlainKeys: keys that anybody on the way may change sign nobody in.
func TestPlainKeys(t *testing.T) {
	d := newDesk(t)
	d.issuer.jwks = "http://issuer.example/keys"
	if _, _, err := d.Begin(t.Context(), "shop", callback); !errors.Is(err, stepup.ErrIssuer) {
		t.Errorf("keys without TLS: %v", err)
	}
}

// TestIssuers: an issuer that is not there, not itself or not safe to ask is an
// error that tells nothing of what it said.
func TestIssuers(t *testing.T) {
	d := newDesk(t)
	ticket, answer := d.visit()
	right := d.is
	for name, change := range map[string]func(){
		"another secret": func() { d.is.Secret = "wrong" },
		"plain http":     func() { d.is.URL = "http://issuer.example" },
		"no address":     func() { d.is.URL = "" },
		"not itself":     func() { d.is.URL = right.URL + "/tenant" },
	} {
		d.is = right
		change()
		_, _, beginErr := d.Begin(t.Context(), "shop", callback)
		_, err := d.Finish(t.Context(), "shop", callback, ticket, answer)
		if !errors.Is(err, stepup.ErrIssuer) || name != "another secret" && !errors.Is(beginErr, stepup.ErrIssuer) {
			t.Errorf("%s: %v, %v", name, beginErr, err)
		}
		if strings.Contains(fmt.Sprint(beginErr, err), "canary") {
			t.Errorf("%s: the error quotes", name)
		}
	}
	if _, _, err := d.Begin(t.Context(), "support", callback); !errors.Is(err, stepup.ErrUnknown) {
		t.Errorf("an account without an issuer: %v", err)
	}
}

func TestSecretPrintsNothing(t *testing.T) {
	d := newDesk(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, d.is); strings.Contains(got, "canary") || strings.Contains(got, "63616e617279") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
