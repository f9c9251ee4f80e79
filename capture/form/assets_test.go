package form_test

import (
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/capture/form"
)

func get(t *testing.T, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	form.Assets().ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

// TestAssets fetches everything that a page loads, by any colour, and checks it
// as a browser does.
func TestAssets(t *testing.T) {
	page := basis()
	page.Brand.Logo = ""
	loaded := 0
	for _, color := range []string{"", "#ffe100", "#FFE100", "red", "#0b57d0;}body{display:none}"} {
		page.Brand.Color = color
		for _, n := range elements(pageOf(t, "form", page)) {
			path := attribute(n, "src") + attribute(n, "href")
			if n.Data != "link" && n.Data != "script" {
				continue
			}
			w := get(t, http.MethodGet, path)
			sum := sha512.Sum384(w.Body.Bytes())
			integrity := attribute(n, "integrity")
			if w.Code != http.StatusOK || integrity != "" && integrity != "sha384-"+base64.StdEncoding.EncodeToString(sum[:]) {
				t.Errorf("%s: %d, or not what the page wants", path, w.Code)
			}
			if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
				t.Errorf("%s is kept as %q", path, got)
			}
			if head := get(t, http.MethodHead, path); head.Code != http.StatusOK || head.Body.Len() != 0 {
				t.Errorf("HEAD %s: %d, %d bytes", path, head.Code, head.Body.Len())
			}
			loaded++
		}
	}
	if loaded != 5*4 {
		t.Errorf("%d files", loaded)
	}
	for path, want := range map[string]int{
		form.AssetPath: 404, form.AssetPath + "form.css": 404, form.AssetPath + "brand-0b57d0.000000000000.css": 404,
		form.AssetPath + "../texts.tsv": 404, form.AssetPath + "brand-0b57dg.000000000000.css": 404,
	} {
		if w := get(t, http.MethodGet, path); w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestAssetsAreSmall bounds style and script, and wants nothing in them that
// keeps, sends, or reads what is not the form's.
func TestAssetsAreSmall(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|[lL]ocalStorage|sessionStorage|indexedDB|cookie|clipboard|fetch\(|XMLHttp|WebSocket|sendBeacon|https?:|@import|url\(`)
	for _, n := range elements(pageOf(t, "form", basis())) {
		if n.Data != "link" && n.Data != "script" || attribute(n, "rel") == "icon" {
			continue
		}
		path := attribute(n, "src") + attribute(n, "href")
		body := get(t, http.MethodGet, path).Body.String()
		if len(body) > 10<<10 {
			t.Errorf("%s has %d bytes", path, len(body))
		}
		if found := forbidden.FindString(body); found != "" {
			t.Errorf("%s has %s", path, found)
		}
	}
}

func TestHeaders(t *testing.T) {
	h := http.Header{}
	form.Headers(h, nil)
	policy := h.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
	} {
		if !strings.Contains(policy+";", want+";") {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Cross-Origin-Opener-Policy": "same-origin", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	h = http.Header{}
	form.Headers(h, []string{"https://www.messenger.com", "https://www.facebook.com"}, "https://id.example")
	policy = h.Get("Content-Security-Policy")
	if !strings.Contains(policy, "frame-ancestors https://www.messenger.com https://www.facebook.com;") ||
		!strings.Contains(policy, "form-action 'self' https://id.example;") || h.Get("X-Frame-Options") != "" {
		t.Errorf("the webview may not frame it, or the form not go to the issuer: %s", policy)
	}
}
