package form

import (
	"net/http"
	"strings"
)

// Headers sets what every page is sent with: nothing but our own script, style
// and pictures is loaded, nobody frames it but the ancestors (origins of a
// channel's webview; none: nobody), nothing is stored, no address leaks. A form
// may be posted to this site and to the issuers (origins that a post redirects
// to).
func Headers(h http.Header, ancestors []string, issuers ...string) {
	frames, resource := "'none'", "same-origin"
	if len(ancestors) > 0 {
		frames, resource = strings.Join(ancestors, " "), "cross-origin"
	}
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
		"form-action " + strings.Join(append([]string{"'self'"}, issuers...), " "),
		"base-uri 'none'", "frame-ancestors " + frames, "require-trusted-types-for 'script'", "trusted-types 'none'",
	}, "; "))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive, nosnippet")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=(), browsing-topics=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", resource)
	if len(ancestors) == 0 {
		h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	}
}
