package route

import (
	"context"
	"net/http"
	"slices"
	"unicode/utf8"
)

// structured are headers of answers that hold no words.
var structured = []string{
	"Content-Type", "Date", "Etag", "Expires", "Last-Modified", "Cache-Control", "Pragma", "Vary", "Retry-After", "Age", "Server",
	"Strict-Transport-Security", "X-Content-Type-Options", "Allow",
}

// unfit are headers of answers that mean something between the vendor and its own
// clients only, lead round piiproxy, or no longer fit the body.
var unfit = []string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length",
	"Set-Cookie", "Alt-Svc", "Location", "Content-Location", "Refresh", "Link", "Digest", "Content-Digest", "Repr-Digest", "Content-Md5",
	"Content-Range", "Accept-Ranges", "Content-Disposition", "Www-Authenticate",
}

// headers redacts what headers of an answer say, and drops those that cannot be
// read.
func (j *judge) headers(ctx context.Context, h http.Header) *Refusal {
	for _, name := range unfit {
		h.Del(name)
	}
	for name, values := range h {
		if j.says(name) || slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) || j.says(v) }) {
			h.Del(name)
			continue
		}
		if slices.Contains(structured, name) {
			continue
		}
		for i, value := range values {
			text, refused := j.text(ctx, value)
			if refused != nil {
				return refused
			}
			values[i] = text
		}
	}
	return nil
}
