package capture_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/capture"
)

// TestC6CrossSite: a post that does not come from a page of ours, in this
// browser, for this link, of today, does nothing.
func TestC6CrossSite(t *testing.T) {
	b := newBench(t)
	s := b.site()
	c := b.person("psid:1")
	path := "/c/" + b.issue(s.book, order(c, "credit_card")).ID
	other := "/c/" + b.issue(s.book, order(c, "iban")).ID
	w := s.browser()
	opened, elsewhere := w.get(path), w.get(other)
	set := opened.header.Get("Set-Cookie")
	for _, part := range []string{"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(set, part) || strings.Contains(set, "Domain") || !strings.HasPrefix(set, "__Host-") {
			t.Errorf("the cookie is set with %s", set)
		}
	}
	stolen := s.browser()
	stolen.take(set, elsewhere.header.Get("Set-Cookie"))
	for name, post := range map[string]func() page{
		"no cookie":              func() page { return s.browser().post(opened, path, "credit_card", visa) },
		"a stolen cookie":        func() page { return stolen.post(opened, path, "credit_card", visa) },
		"no proof":               func() page { return w.post(page{}, path, "credit_card", visa) },
		"another link's proof":   func() page { return w.post(elsewhere, path, "credit_card", visa) },
		"another browser's page": func() page { return w.post(s.browser().get(path), path, "credit_card", visa) },
		"an altered proof":       func() page { return w.post(opened, path, "credit_card", visa, "proof", "A"+opened.proof()[1:]) },
		"cross-site":             func() page { return w.with("Sec-Fetch-Site", "cross-site").post(opened, path, "credit_card", visa) },
		"same-site":              func() page { return w.with("Sec-Fetch-Site", "same-site").post(opened, path, "credit_card", visa) },
		"another origin":         func() page { return w.with("Origin", "https://evil.example").post(opened, path, "credit_card", visa) },
	} {
		post().want(t, name, http.StatusForbidden, sayAgain)
	}
	if n := b.count("failed_try") + len(b.turns()); n != 0 {
		t.Errorf("%d of these counted", n)
	}
	real := w.with("Sec-Fetch-Site", "same-origin")
	real.header.Set("Origin", "null") // as browsers send it with no-referrer
	real.post(w.get(path), path, "credit_card", visa).want(t, "the real one", http.StatusOK, sayDone)
}

// take keeps the value of one cookie under the name of another.
func (w *browser) take(name, value string) {
	name, _, _ = strings.Cut(name, "=")
	_, value, _ = strings.Cut(value, "=")
	value, _, _ = strings.Cut(value, ";")
	at, _ := url.Parse(w.site.URL)
	w.client.Jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: true}})
}

// TestBodies: one kind of body is read, bounded, and without a name twice.
func TestBodies(t *testing.T) {
	b := newBench(t)
	s := b.site()
	path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card")).ID
	w := s.browser()
	w.get(path)
	for name, with := range map[string]struct {
		body, kind, coding string
		status             int
	}{
		"not a form": {"proof=%zz", "application/x-www-form-urlencoded", "", http.StatusBadRequest},
		"twice":      {"credit_card=1&credit_card=2", "application/x-www-form-urlencoded", "", http.StatusBadRequest},
		"too large":  {"a=" + strings.Repeat("x", 64<<10), "application/x-www-form-urlencoded", "", http.StatusRequestEntityTooLarge},
		"JSON":       {"{}", "application/json", "", http.StatusUnsupportedMediaType},
		"no kind":    {"a=1", "", "", http.StatusUnsupportedMediaType},
		"packed":     {"a=1", "application/x-www-form-urlencoded", "gzip", http.StatusUnsupportedMediaType},
	} {
		sender := w.with("Content-Type", with.kind)
		if with.coding != "" {
			sender.header.Set("Content-Encoding", with.coding)
		}
		sender.send(http.MethodPost, path, strings.NewReader(with.body)).want(t, name, with.status, "")
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch} {
		w.send(method, path, nil).want(t, method, http.StatusMethodNotAllowed, "")
	}
}

// with is the same browser, that sends another header.
func (w *browser) with(name, value string) *browser {
	other := *w
	other.header = w.header.Clone()
	other.header.Set(name, value)
	return &other
}

// TestLoopback: on this machine the form works without TLS, by a plain client.
func TestLoopback(t *testing.T) {
	b := newBench(t)
	config := b.config()
	config.PublicURL = "http://127.0.0.1:8080"
	book, err := capture.New(config)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{httptest.NewServer(book.Handler()), b, book}
	t.Cleanup(s.Close)
	path := "/c/" + b.issue(book, order(b.person("psid:1"), "credit_card")).ID
	w := s.browser()
	w.post(w.get(path), path, "credit_card", visa).want(t, "filling in", http.StatusOK, sayDone)
}
