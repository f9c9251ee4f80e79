package capture_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/capture"
)

// site is the public listener of a Book.
type site struct {
	*httptest.Server
	b    *bench
	book *capture.Book
}

func (b *bench) site() *site {
	b.t.Helper()
	book := b.book()
	server := httptest.NewTLSServer(book.Handler())
	b.t.Cleanup(server.Close)
	return &site{server, b, book}
}

// browser keeps cookies and follows redirects, as people's do.
type browser struct {
	t      testing.TB
	site   *site
	client *http.Client
	header http.Header
}

func (s *site) browser() *browser {
	s.b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.b.t.Fatal(err)
	}
	transport := s.Client().Transport.(*http.Transport).Clone()
	if s.TLS != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: transport.TLSClientConfig.RootCAs}
	}
	transport.MaxConnsPerHost = 16
	s.b.t.Cleanup(transport.CloseIdleConnections)
	return &browser{s.b.t, s, &http.Client{Jar: jar, Transport: transport}, http.Header{}}
}

// page is what came back.
type page struct {
	status int
	header http.Header
	body   string
	path   string // after redirects
}

func (w *browser) send(method, path string, body io.Reader) page {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.site.URL+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range w.header {
		r.Header[name] = values
	}
	answer, err := w.client.Do(r)
	if err != nil {
		w.t.Error(err)
		return page{}
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Error(err)
	}
	return page{answer.StatusCode, answer.Header, string(read), answer.Request.URL.RequestURI()}
}

func (w *browser) get(path string) page { w.t.Helper(); return w.send(http.MethodGet, path, nil) }

// post sends back a page that was opened before, with these pairs typed in.
func (w *browser) post(from page, path string, pairs ...string) page {
	w.t.Helper()
	typed := url.Values{"proof": {from.proof()}}
	for i := 0; i < len(pairs); i += 2 {
		typed.Set(pairs[i], pairs[i+1])
	}
	return w.send(http.MethodPost, path, strings.NewReader(typed.Encode()))
}

var proofInput = regexp.MustCompile(`name="proof" value="([A-Za-z0-9_-]+)"`)

func (p page) proof() string {
	if m := proofInput.FindStringSubmatch(p.body); m != nil {
		return m[1]
	}
	return ""
}

// want checks the status, and a text of the page.
func (p page) want(t testing.TB, doing string, status int, text string) {
	t.Helper()
	if p.status != status || !strings.Contains(p.body, text) {
		t.Errorf("%s: %d, want %d with %q:\n%s", doing, p.status, status, text, p.body)
	}
}

const (
	visa      = "4111 1111 1111 1111"
	sayForm   = "<form"
	sayDone   = "Your details have arrived safely"
	sayUsed   = "This link was already used"
	sayLate   = "This link has expired"
	sayNone   = "We do not know this link"
	sayAgain  = "Please open the form once more"
	sayLocked = "Too many tries"
	saySent   = "A new link is in your chat"
)
