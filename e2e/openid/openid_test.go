// Package openid signs people in at a real OpenID provider, a certified library
// run in process, to open a form (accounts[].form.step_up: oidc). It is a module of
// its own, so that nothing else depends on that provider.
package openid

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"github.com/piiproxy/piiproxy/capture/stepup"
)

const (
	callback = "https://chat.example.com/c/signed-in"
	client   = "piiproxy"
	secret   = "client-secret"
)

// provider serves the library's own provider, with its login page and its users.
func provider(t *testing.T) (issuer string) {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	issuer = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	storage.RegisterClients(storage.WebClient(client, secret, callback))
	handler = exampleop.SetupServer(issuer, storage.NewStorage(storage.NewUserStore(issuer)), slog.New(slog.DiscardHandler), false)
	return issuer
}

// signIn is a person with a browser: it gives where the provider sends them.
func signIn(t *testing.T, issuer, address string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var back *url.URL
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(callback, "https://"+r.URL.Host+"/") {
			back = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	answer, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindSubmatch(page)
	if id == nil {
		t.Fatalf("no login page: %d", answer.StatusCode)
	}
	in, err := browser.PostForm(issuer+"/login/username", url.Values{"id": {string(id[1])}, "username": {"test-user@localhost"}, "password": {"verysecure"}})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Body.Close()
	if back == nil {
		t.Fatalf("the provider sent nobody back: %d", in.StatusCode)
	}
	return back.Query()
}

// TestRealProvider: who signed in is who the provider says; a strength that was
// asked for and that the provider does not confirm is none.
func TestRealProvider(t *testing.T) {
	issuer := provider(t)
	for name, test := range map[string]struct {
		acr     []string
		subject string
		err     error
	}{
		"any strength":     {nil, issuer + " id1", nil},
		"a named strength": {[]string{"urn:example:strong"}, "", stepup.ErrToken},
	} {
		desk := stepup.New(stepup.Config{Issuers: func(string) (stepup.Issuer, bool) {
			return stepup.Issuer{URL: issuer, ClientID: client, Secret: secret, ACR: test.acr, MaxAge: time.Hour}, true
		}})
		address, ticket, err := desk.Begin(t.Context(), "shop", callback)
		if err != nil {
			t.Fatal(err)
		}
		if asks := strings.Contains(address, "acr_values="); asks != (test.acr != nil) {
			t.Errorf("%s: the address asks for one: %v", name, asks)
		}
		subject, err := desk.Finish(t.Context(), "shop", callback, ticket, signIn(t, issuer, address))
		if subject != test.subject || !errors.Is(err, test.err) {
			t.Errorf("%s: %q, %v", name, subject, err)
		}
	}
}
