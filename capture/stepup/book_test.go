package stepup_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/vault"
)

// house is what a Book needs of the rest, as small as it can be.
type house struct {
	*vault.Vault
	said int
}

func (h *house) Show(ctx context.Context, _ string, c *conversation.Conversation, values []vault.Value) ([]string, error) {
	return h.Tokens(ctx, c, values)
}

func (h *house) Resume(_ context.Context, t capture.Turn) (capture.Reservation, error) {
	return turn{store.Record{Key: "outbox/1", Value: []byte(t.Text), Expires: time.Now().Add(time.Hour)}}, nil
}

func (h *house) Say(context.Context, string, *conversation.Conversation, string, *capture.Button) error {
	h.said++
	return nil
}

type turn struct{ record store.Record }

func (t turn) Records() []store.Record { return []store.Record{t.record} }
func (t turn) Settle(bool)             {}

// site is a Book that asks for a sign-in, on a server of its own.
type site struct {
	*httptest.Server
	t       testing.TB
	desk    *desk
	book    *capture.Book
	store   *bolt.Store
	persons *conversation.Book
	log     string
}

func newSite(t testing.TB) *site {
	t.Helper()
	folder := t.TempDir()
	s := &site{t: t, desk: newDesk(t), log: filepath.Join(folder, "audit.jsonl")}
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	if s.store, err = bolt.Open(bolt.Config{Path: filepath.Join(folder, "store.db")}); err != nil {
		t.Fatal(err)
	}
	log, err := audit.Open(s.log)
	if err != nil {
		t.Fatal(err)
	}
	s.persons = conversation.NewBook(s.store, set, nil)
	h := &house{Vault: vault.New(vault.Config{Store: s.store})}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.book.Handler().ServeHTTP(w, r) }))
	s.StartTLS()
	t.Cleanup(func() {
		s.Close()
		for _, closing := range []func() error{h.Close, log.Close, s.store.Close} {
			if err := closing(); err != nil {
				t.Error(err)
			}
		}
	})
	s.book, err = capture.New(capture.Config{
		Records: capture.Records{Store: s.store, Keys: set}, PublicURL: s.URL,
		House: capture.House{Conversations: s.persons, Shower: h, Outbox: h, Speaker: h, Audit: log, StepUp: s.desk},
		Accounts: func(name string) (capture.Account, bool) {
			return capture.Account{Name: "shop", StepUp: capture.Requirement{Method: capture.OIDC}}, name == "shop"
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) link() string {
	s.t.Helper()
	c, err := s.persons.Ensure(s.t.Context(), "shop", []string{"psid:1"})
	if err != nil {
		s.t.Fatal(err)
	}
	issued, err := s.book.Issue(s.t.Context(), capture.Order{Account: "shop", Conversation: c, Fields: []capture.Field{{Kind: "credit_card"}}, Language: "en", Source: capture.Prompt})
	if err != nil {
		s.t.Fatal(err)
	}
	return issued.URL
}

// browser keeps cookies, follows redirects, and trusts the site and its issuer.
func (s *site) browser() *http.Client {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	roots.AddCert(s.desk.issuer.Certificate())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport}
}

func (s *site) ask(client *http.Client, method, address string, body url.Values) (int, string, *url.URL) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, address, strings.NewReader(body.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(read), answer.Request.URL
}

var proof = regexp.MustCompile(`name="proof" value="([^"]+)"`)

// TestForm: the form stands behind the sign-in; whoever signed in first keeps the
// link, and the audit knows them by a keyed hash.
func TestForm(t *testing.T) {
	s := newSite(t)
	link, first := s.link(), s.browser()
	status, body, _ := s.ask(first, http.MethodGet, link, nil)
	if status != http.StatusOK || !strings.Contains(body, "Please sign in first") || strings.Contains(body, "credit_card") {
		t.Fatalf("before: %d\n%s", status, body)
	}
	status, body, at := s.ask(first, http.MethodGet, link+"?sign-in", nil)
	if status != http.StatusOK || !strings.Contains(body, `name="credit_card"`) || at.String() != link {
		t.Fatalf("signed in: %d at %s\n%s", status, at, body)
	}
	s.desk.issuer.lie = func(claims map[string]any) { claims["sub"] = "somebody-else" }
	second := s.browser()
	if status, body, _ := s.ask(second, http.MethodGet, link+"?sign-in", nil); status != http.StatusNotFound {
		t.Errorf("somebody else: %d\n%s", status, body)
	}
	if _, body, _ := s.ask(second, http.MethodGet, link, nil); strings.Contains(body, "credit_card") {
		t.Error("somebody else sees the form")
	}
	typed := url.Values{"proof": {proof.FindStringSubmatch(body)[1]}, "credit_card": {"4111 1111 1111 1111"}}
	status, body, _ = s.ask(first, http.MethodPost, link, typed)
	if status != http.StatusOK || !strings.Contains(body, "arrived safely") {
		t.Errorf("filling in: %d\n%s", status, body)
	}
	log, err := os.ReadFile(s.log)
	if err != nil || bytes.Count(log, []byte(`"link_sign_in"`)) != 2 || !bytes.Contains(log, []byte("subject ")) || bytes.Contains(log, []byte("canary")) {
		t.Errorf("the audit log is %s (%v)", log, err)
	}
}

// TestSignInRefused: a sign-in that was refused, came back without its ticket or
// to another browser leads to no form.
func TestSignInRefused(t *testing.T) {
	s := newSite(t)
	link := s.link()
	s.desk.issuer.lie = func(claims map[string]any) { claims["acr"] = "pwd" }
	if status, body, _ := s.ask(s.browser(), http.MethodGet, link+"?sign-in", nil); status != http.StatusForbidden || !strings.Contains(body, "Please sign in first") {
		t.Errorf("a token that does not hold: %d\n%s", status, body)
	}
	s.desk.issuer.lie = nil
	victim := s.browser()
	victim.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.Path, "/c/signed-in") {
			return http.ErrUseLastResponse
		}
		return nil
	}
	s.ask(victim, http.MethodGet, link+"?sign-in", nil)
	if status, _, _ := s.ask(s.browser(), http.MethodGet, s.URL+"/c/signed-in?code=x&state=y", nil); status != http.StatusNotFound {
		t.Errorf("without a ticket: %d", status)
	}
	if status, body, _ := s.ask(victim, http.MethodGet, s.URL+"/c/signed-in?code=x&state=y", nil); status != http.StatusForbidden || strings.Contains(body, "credit_card") {
		t.Errorf("with another's answer: %d", status)
	}
	if status, body, _ := s.ask(victim, http.MethodPost, link, url.Values{"credit_card": {"4111 1111 1111 1111"}}); status != http.StatusForbidden {
		t.Errorf("posting without a sign-in: %d\n%s", status, body)
	}
}

// TestSignInBegins: no other site begins a sign-in in a browser, and nobody does
// as often as they like.
func TestSignInBegins(t *testing.T) {
	s := newSite(t)
	link := s.link()
	w := s.browser()
	w.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	begin := func(site string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link+"?sign-in", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", site)
		answer, err := w.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	for _, site := range []string{"cross-site", "same-site", "none"} {
		if status := begin(site); status != http.StatusOK {
			t.Errorf("%s: %d, want the page that offers it", site, status)
		}
	}
	for i := range 120 {
		if status := begin("same-origin"); status != http.StatusSeeOther {
			t.Fatalf("our own page: %d at the %dth", status, i+1)
		}
	}
	// Who waits may begin again: a slow machine gets some more before it is too much.
	for range 120 {
		if begin("same-origin") == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("there is no end to it")
}
