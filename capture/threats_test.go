package capture_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/store"
)

// The tests of this file are named after the threats that the forms face.

// TestC1Forged: a changed id, another link's record, an altered record and an
// invented link are one answer, byte for byte.
func TestC1Forged(t *testing.T) {
	b := newBench(t)
	b.limits.Rates.Guesses = 10_000
	s := b.site()
	w := s.browser()
	issued := b.issue(s.book, order(b.person("psid:1"), "credit_card"))
	unknown := w.get("/c/" + strings.Repeat("a", 26))
	unknown.want(t, "an invented link", http.StatusNotFound, sayNone)
	same := func(doing, path string) {
		t.Helper()
		if got := w.get(path); got.status != unknown.status || got.body != unknown.body {
			t.Errorf("%s: %d, not the one answer", doing, got.status)
		}
	}
	for i := range issued.ID {
		for _, letter := range []string{"a", "z", "7", "A", "%00", "1"} {
			if changed := issued.ID[:i] + letter + issued.ID[i+1:]; changed != issued.ID {
				same("changed at "+fmt.Sprint(i), "/c/"+changed)
			}
		}
	}
	for _, path := range []string{"/c/", "/c/" + issued.ID + "/", "/c/" + issued.ID + "/more", "/c/" + issued.ID[:25], "/c/" + issued.ID + "a", "/c/signed-in", "/other"} {
		same(path, path)
	}
	b.issue(s.book, order(b.person("psid:2"), "credit_card"))
	records := b.records("link/")
	swapped := []store.Record{records[0], records[1]}
	swapped[0].Value, swapped[1].Value = records[1].Value, records[0].Value
	if err := b.Put(t.Context(), swapped...); err != nil {
		t.Fatal(err)
	}
	same("a record in another's place", "/c/"+issued.ID)
	for _, record := range b.records("link/") {
		record.Value[len(record.Value)/2] ^= 1
		if err := b.Put(t.Context(), record); err != nil {
			t.Fatal(err)
		}
	}
	same("an altered record", "/c/"+issued.ID)
	if b.count("tampered") != 2 {
		t.Errorf("counted %v", b.events)
	}
}

// TestC2Race: of a hundred who fill a link in at once, one gets 200 and 99 get
// 410; one turn waits, and it holds the value.
func TestC2Race(t *testing.T) {
	b := newBench(t)
	sites := []*site{b.site(), b.site(), b.site()}
	issued := b.issue(sites[0].book, order(b.person("psid:1"), "credit_card"))
	browsers := make([]*browser, len(sites))
	opened := make([]page, len(sites))
	for i, s := range sites {
		browsers[i] = s.browser()
		opened[i] = browsers[i].get("/c/" + issued.ID)
	}
	counts, turns := map[int]int{}, b.count("reserved")
	var mutex sync.Mutex
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			got := browsers[i%3].post(opened[i%3], "/c/"+issued.ID, "credit_card", visa)
			mutex.Lock()
			defer mutex.Unlock()
			counts[got.status]++
		})
	}
	all.Wait()
	if len(counts) != 2 || counts[http.StatusOK] != 1 || counts[http.StatusGone] != 99 {
		t.Errorf("answers are %v, want one 200 and 99 times 410", counts)
	}
	b.one("psid:1")
	if made := b.count("reserved") - turns; b.count("settled_true") != 1 || b.count("settled_false") != made-1 || b.count("filled") != 1 {
		t.Errorf("counted %v", b.events)
	}
}

// agents fetch a link to show what it leads to, or to scan it.
var agents = []string{
	"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "facebookcatalog/1.0", "facebookexternalua", "meta-externalagent/1.1",
	"WhatsApp/2.23.20.0 A", "WhatsApp/2.2336.9 N", "Instagram 301.0.0.29.111 Android", "Mozilla/5.0 (iPhone) [FBAN/MessengerForiOS;FBAV/430.0]",
	"TelegramBot (like TwitterBot)", "Slackbot-LinkExpanding 1.0", "Googlebot/2.1", "Mozilla/5.0 (compatible; bingbot/2.0)", "Barracuda Sentinel", "curl/8.5.0", "",
}

// TestC3Previews: looking never changes a record, shows nothing of a person, and
// works as often as anybody likes; the form works after it.
func TestC3Previews(t *testing.T) {
	b := newBench(t)
	s := b.site()
	issued := b.issue(s.book, order(b.person("psid:1"), "credit_card"))
	before := fmt.Sprint(b.records(""))
	w := s.browser()
	for _, agent := range agents {
		for i := range 50 {
			preview := s.browser()
			preview.client = w.client
			preview.header.Set("User-Agent", agent)
			method := http.MethodGet
			switch i % 3 {
			case 1:
				method = http.MethodHead
			case 2:
				preview.header.Set("Sec-Purpose", "prefetch;prerender")
			}
			got := preview.send(method, "/c/"+issued.ID, nil)
			if got.status != http.StatusOK || !strings.Contains(got.header.Get("X-Robots-Tag"), "noindex") || strings.Contains(got.body, "og:") || strings.Contains(got.body, "psid") {
				t.Fatalf("%s: %d", agent, got.status)
			}
		}
	}
	if fmt.Sprint(b.records("")) != before || len(b.events) != 1 {
		t.Errorf("looking wrote something; counted %v", b.events)
	}
	w.post(w.get("/c/"+issued.ID), "/c/"+issued.ID, "credit_card", visa).want(t, "filling in after that", http.StatusOK, sayDone)
}

// TestC4Forwarded: who was sent somebody else's link reaches that person's chat
// only, sees nothing of it, and with a step-up does not get as far.
func TestC4Forwarded(t *testing.T) {
	b := newBench(t)
	s := b.site()
	victim := b.person("psid:1")
	issued := b.issue(s.book, order(victim, "credit_card"))
	stranger := s.browser()
	stranger.post(stranger.get("/c/"+issued.ID), "/c/"+issued.ID, "credit_card", visa).want(t, "without a step-up", http.StatusOK, sayDone)
	b.one("psid:1")
	if _, err := b.vault.Resolve(t.Context(), b.person("psid:2"), b.turns()[0]); err == nil {
		t.Error("the value is in another conversation, too")
	}
	account := b.accounts["shop"]
	account.StepUp.Method = capture.ChatCode
	b.accounts["shop"] = account
	guarded := b.issue(s.book, order(victim, "iban"))
	opened := stranger.get("/c/" + guarded.ID)
	opened.want(t, "with a step-up", http.StatusOK, "First, a code from your chat")
	stranger.post(opened, "/c/"+guarded.ID, "iban", "DE89370400440532013000").want(t, "without the code", http.StatusForbidden, "code")
	if n := len(b.turns()); n != 1 {
		t.Errorf("%d turns wait", n)
	}
}

// TestC5Leaks: no page tells anybody where it stands or loads anything from
// elsewhere.
func TestC5Leaks(t *testing.T) {
	b := newBench(t)
	s := b.site()
	issued := b.issue(s.book, order(b.person("psid:1"), "credit_card"))
	w := s.browser()
	opened := w.get("/c/" + issued.ID)
	pages := []page{
		opened, w.post(opened, "/c/"+issued.ID, "credit_card", "1"), w.post(opened, "/c/"+issued.ID, "credit_card", visa),
		w.get("/c/" + issued.ID), w.get("/c/" + strings.Repeat("a", 26)),
	}
	foreign := regexp.MustCompile(`(?i)(?:src|href|action|content|url)\s*[=(]\s*["']?(?:https?:)?//`)
	for i, p := range pages {
		if p.header.Get("Referrer-Policy") != "no-referrer" || foreign.MatchString(p.body) {
			t.Errorf("page %d may tell another site: %v", i, p.header)
		}
		if p.header.Get("Set-Cookie") != "" && strings.Contains(p.header.Get("Set-Cookie"), issued.ID) {
			t.Error("a cookie holds the link")
		}
	}
	for event := range b.events {
		if strings.Contains(event, issued.ID) {
			t.Error("an event holds the link")
		}
	}
}

// TestC7Markup: what comes from elsewhere is text, wherever it stands.
func TestC7Markup(t *testing.T) {
	b := newBench(t)
	hostile := `"><script>alert(1)</script>{{.Proof}}<img src=x onerror=alert(1)>`
	account := b.accounts["shop"]
	account.Look = capture.Look{Title: hostile, Color: `red;}</style><script>`}
	b.accounts["shop"] = account
	s := b.site()
	o := order(b.person("psid:1"), "email")
	o.Language = `en"><script>`
	issued := b.issue(s.book, o)
	w := s.browser()
	opened := w.get("/c/" + issued.ID)
	wrong := w.post(opened, "/c/"+issued.ID, "email", hostile)
	for name, p := range map[string]page{"form": opened, "error": wrong} {
		p.want(t, name, map[string]int{"form": 200, "error": 422}[name], "&lt;script&gt;alert(1)")
		if strings.Contains(p.body, "<script>") || strings.Contains(p.body, "<img src=x") || strings.Contains(p.body, "</style>") {
			t.Errorf("%s: markup came through", name)
		}
		if csp := p.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy is %s", name, csp)
		}
	}
}

// TestC8Framed: nobody frames a form but the channel's webview, where the account
// has one; there the cookie is partitioned.
func TestC8Framed(t *testing.T) {
	b := newBench(t)
	s := b.site()
	path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card")).ID
	if h := s.browser().get(path).header; !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") || h.Get("X-Frame-Options") != "DENY" {
		t.Errorf("framing: %v", h)
	}
	account := b.accounts["shop"]
	account.Framed = true
	b.accounts["shop"] = account
	h := s.browser().get(path).header
	if !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors https://www.messenger.com https://www.facebook.com;") || h.Get("X-Frame-Options") != "" {
		t.Errorf("framing in the webview: %v", h)
	}
	if set := h.Get("Set-Cookie"); !strings.Contains(set, "SameSite=None") || !strings.Contains(set, "Partitioned") {
		t.Errorf("the cookie in the webview: %s", set)
	}
	if h := s.browser().get("/c/" + strings.Repeat("a", 26)).header; h.Get("X-Frame-Options") != "DENY" {
		t.Error("a page of no account may be framed")
	}
}

// TestC9Kept: no page is kept, and neither back nor the page after sending shows
// what was sent.
func TestC9Kept(t *testing.T) {
	b := newBench(t)
	s := b.site()
	path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card", "cvv")).ID
	w := s.browser()
	opened := w.get(path)
	for _, p := range []page{
		opened, w.post(opened, path, "credit_card", "4111 1111 1111 1112", "cvv", "987"), w.post(opened, path, "credit_card", visa, "cvv", "987"), w.get(path), w.get(path + "?done"),
	} {
		if p.header.Get("Cache-Control") != "no-store" || strings.Contains(p.body, "4111") || strings.Contains(p.body, "987") {
			t.Errorf("kept as %q:\n%s", p.header.Get("Cache-Control"), p.body)
		}
	}
}

// TestC10Host: links are made from the configuration, whatever a request says its
// host is, and nothing in a request says where a browser goes next.
func TestC10Host(t *testing.T) {
	b := newBench(t)
	s := b.site()
	issued := b.issue(s.book, order(b.person("psid:1"), "credit_card"))
	b.move(time.Hour)
	w := s.browser().with("X-Forwarded-Host", "evil.example")
	w.header.Set("Forwarded", "host=evil.example")
	late := w.get("/c/" + issued.ID + "?next=https://evil.example")
	w.post(late, "/c/"+issued.ID+"?next=https://evil.example", "again", "yes", "next", "https://evil.example").want(t, "resending", http.StatusOK, saySent)
	if len(b.said) != 1 || !strings.HasPrefix(b.said[0].button.URL, "https://chat.example.com/c/") {
		t.Errorf("said %v", b.said)
	}
	for _, bad := range []string{"", "chat.example.com", "ftp://chat.example.com", "https://", "https://chat.example.com/path"} {
		config := b.config()
		config.PublicURL = bad
		if _, err := capture.New(config); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// TestC11Flood: ten thousand posts are five tries at most, and soon too many; so
// are guesses.
func TestC11Flood(t *testing.T) {
	b := newBench(t)
	b.limits.Rates.Link = 60
	s := b.site()
	path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card")).ID
	w := s.browser()
	counts := w.flood(w.get(path), path, 10_000)
	if counts[http.StatusUnprocessableEntity] != 4 || counts[http.StatusGone] > 60 || b.count("failed_try") != 5 || counts[http.StatusTooManyRequests] < 9_900 {
		t.Errorf("answers are %v, counted %v", counts, b.events)
	}
	b.move(time.Minute)
	w.post(w.get(path), path, "credit_card", visa).want(t, "a right value after five wrong ones", http.StatusGone, sayLate)
	if n := len(b.turns()); n != 0 {
		t.Errorf("%d turns", n)
	}
	for i := range 100 {
		want := http.StatusNotFound
		if i >= 60 {
			want = http.StatusTooManyRequests
		}
		if got := w.get("/c/" + strings.Repeat("a", 26)); got.status != want {
			t.Fatalf("guess %d: %d", i, got.status)
		}
	}
}

// flood posts a wrong value n times at once, without the cost of TLS, and counts
// the answers.
func (w *browser) flood(from page, path string, n int) map[int]int {
	handler := w.site.Config.Handler
	at, _ := url.Parse(w.site.URL)
	body := url.Values{"proof": {from.proof()}, "credit_card": {"4111111111111112"}}.Encode()
	counts := map[int]int{}
	var mutex sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range n / 8 {
				r := httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, path, strings.NewReader(body))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				for _, cookie := range w.client.Jar.Cookies(at) {
					r.AddCookie(cookie)
				}
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, r)
				mutex.Lock()
				counts[answer.Code]++
				mutex.Unlock()
			}
		})
	}
	all.Wait()
	return counts
}

// TestC12Values: values are judged on this side and kept in normal form, however
// they were typed.
func TestC12Values(t *testing.T) {
	b := newBench(t)
	s := b.site()
	path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card")).ID
	w := s.browser()
	opened := w.get(path)
	for _, wrong := range []string{"", "4111 1111 1111 1112", "not a card", "1234567890123456"} {
		w.post(opened, path, "credit_card", wrong).want(t, wrong, http.StatusUnprocessableEntity, "problem")
	}
	w.post(opened, path, "credit_card", "４１１１－１１１１－１１１１－１１１１").want(t, "in full width", http.StatusOK, sayDone)
	b.one("psid:1")
}
