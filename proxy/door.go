package proxy

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strings"
)

// answer writes a refusal the way a listener's callers expect.
type answer func(w http.ResponseWriter, f Refusal, trace string)

// door lets plain requests in: origin-form targets, known methods, bounded
// heads, no upgrades (threats.md O1, O5, O7 and fact 6). Hop-by-hop headers
// end here, before anything can act on them.
func (p *Proxy) door(next http.Handler, refuse answer) http.Handler {
	return p.doorFor(graphMethods, next, refuse)
}

// Methods that pass a door.
var (
	graphMethods = []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodHead}
	routeMethods = append([]string{http.MethodPut, http.MethodPatch}, graphMethods...)
)

// doorFor is a door for these methods.
func (p *Proxy) doorFor(methods []string, next http.Handler, refuse answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f, refused := p.plain(r, methods); refused {
			trace := newTrace()
			w.Header().Set("Connection", "close")
			p.config.Metrics.refuse(f.Reason)
			p.config.Log.Warn("", doorFields(f, trace)...)
			refuse(w, f, trace)
			return
		}
		if len(r.TransferEncoding) > 0 {
			// Go lets chunked win over a Content-Length that it hides: what is
			// left on the connection must not be read as a second request.
			w.Header().Set("Connection", "close")
		}
		stripHopHeaders(r.Header)
		defer p.recovered(w, refuse)
		next.ServeHTTP(w, r)
	})
}

// recovered answers a panic without printing what it holds.
func (p *Proxy) recovered(w http.ResponseWriter, refuse answer) {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler {
		panic(cause) // net/http's own way to end a response
	}
	refuse(w, refuseInternal, p.notePanic())
}

// caught turns a panic of a goroutine of ours into a refusal.
func (p *Proxy) caught(refusal **Refusal) {
	if recover() != nil {
		p.notePanic()
		*refusal = &refuseInternal
	}
}

// notePanic logs and counts a panic under the trace that it returns.
func (p *Proxy) notePanic() (trace string) {
	trace = newTrace()
	p.config.Metrics.refuse(refuseInternal.Reason)
	p.config.Log.Error("", panicFields(trace)...)
	return trace
}

// plain says whether a request may come in.
func (p *Proxy) plain(r *http.Request, methods []string) (Refusal, bool) {
	if !slices.Contains(methods, r.Method) {
		if r.Method == http.MethodConnect {
			return refuseTarget, true
		}
		return refuseMethod, true
	}
	target := r.RequestURI
	switch {
	case !strings.HasPrefix(target, "/"), strings.HasPrefix(target, "//"), r.URL.IsAbs(), r.URL.User != nil,
		strings.ContainsAny(target, "\\#\x00"):
		return refuseTarget, true
	case len(target) > p.config.Limits.URL:
		return refuseURL, true
	case headerLines(r.Header) > p.config.Limits.Headers:
		return refuseHeaders, true
	case twice(r.Header):
		return refuseTwice, true
	case r.Header.Get("Upgrade") != "" || tokenIn(r.Header["Connection"], "upgrade"):
		return refuseUpgrade, true
	case overridesMethod(r.Header):
		return refuseMethod, true
	}
	return Refusal{}, false
}

// overridesMethod says that a header asks for another method. Servers that make
// variables of headers (RFC 3875, 4.1.18) take an underscore for a dash.
func overridesMethod(h http.Header) bool {
	for name := range h {
		if len(name) < len("X-Http-Method") || name[0] != 'X' {
			continue
		}
		switch strings.ToLower(strings.ReplaceAll(name, "_", "-")) {
		case "x-http-method-override", "x-method-override", "x-http-method":
			return true
		}
	}
	return false
}

// once are headers of which every server reads one only, be it the first, the
// last, or both in one: with two of them nobody knows who is meant (RFC 9110, 5.3). A second
// Content-Type or Content-Encoding is refused with the body.
var once = []string{"Authorization", "Content-Disposition", "File_offset", "Offset"}

// twice says that a header is there twice that must not be.
func twice(h http.Header) bool {
	for _, name := range once {
		if len(h[name]) > 1 {
			return true
		}
	}
	return false
}

func headerLines(h http.Header) int {
	n := 0
	for _, values := range h {
		n += len(values)
	}
	return n
}

// tokenIn says that a comma-separated header names a token.
func tokenIn(values []string, token string) bool {
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// hopHeaders belong to one connection (RFC 9110, 7.6.1) or to a proxy.
var hopHeaders = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Authenticate": true, "Proxy-Authorization": true, "Proxy-Connection": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// kept are headers that a Connection header may not remove: else a caller
// could strip the platform's credentials or our own signature.
var kept = map[string]bool{
	"Authorization": true, "Content-Type": true, "Content-Length": true, "Content-Encoding": true, "Host": true,
	"X-Hub-Signature": true, "X-Hub-Signature-256": true,
}

// stripHopHeaders removes what ends at this connection.
func stripHopHeaders(h http.Header) {
	for _, value := range h["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			if name = http.CanonicalHeaderKey(strings.TrimSpace(name)); name != "" && !kept[name] {
				h.Del(name)
			}
		}
	}
	dropHeaders(h, hopHeaders)
}

// dropHeaders removes the headers that are named. Requests have few headers and
// the lists are long, so it goes through the request's.
func dropHeaders(h http.Header, names map[string]bool) {
	for name := range h {
		if names[name] {
			delete(h, name)
		}
	}
}

// readBody reads a body that is going to be inspected.
// What it holds counts against a gate until held.leave.
func (p *Proxy) readBody(w http.ResponseWriter, r *http.Request, h *held) ([]byte, *Refusal) {
	limit := int64(p.config.Limits.Payload.Bytes)
	if r.ContentLength > limit {
		return nil, &refuseTooLarge
	}
	for _, coding := range r.Header["Content-Encoding"] {
		if coding != "" && !strings.EqualFold(coding, "identity") {
			return nil, &refuseCoding
		}
	}
	body, err := readAll(countedBody{http.MaxBytesReader(w, r.Body, limit), h}, r.ContentLength)
	if refused := unreadable(err); refused != nil {
		return nil, refused
	}
	return body, h.enter()
}

// promised is up to how many bytes an announced size is believed before they
// come.
const promised = 64 << 10

// readAll is io.ReadAll with the size known beforehand, when it is.
func readAll(from io.Reader, size int64) ([]byte, error) {
	if size <= 0 || size > promised {
		body, err := readPieces(from)
		if err == nil && size > 0 && int64(len(body)) != size {
			err = io.ErrUnexpectedEOF
		}
		return body, err
	}
	body := make([]byte, size)
	n, err := io.ReadFull(from, body)
	if err != nil {
		return nil, err
	}
	return body[:n], nil
}

// The pieces in which a body of unknown size is read: most fit into the first.
const (
	firstPiece = 2 << 10
	mostPiece  = 1 << 20
)

// readPieces is io.ReadAll for bodies that may be large: they are put together once,
// where io.ReadAll would copy what it has at each step and leave five times the
// body behind.
func readPieces(from io.Reader) ([]byte, error) {
	var full [][]byte
	for size := firstPiece; ; size = min(2*size, mostPiece) {
		piece, err := readPiece(from, make([]byte, 0, size))
		switch {
		case err == nil:
			full = append(full, piece)
		case err != io.EOF:
			return nil, err
		case full == nil:
			return piece, nil
		default:
			return bytes.Join(append(full, piece), nil), nil
		}
	}
}

// readPiece fills a piece. The error of a reader is its own, also when it is
// io.ErrUnexpectedEOF: a body that was cut off must not look whole.
func readPiece(from io.Reader, piece []byte) ([]byte, error) {
	for len(piece) < cap(piece) {
		n, err := from.Read(piece[len(piece):cap(piece)])
		piece = piece[:len(piece)+n]
		if err != nil {
			return piece, err
		}
	}
	return piece, nil
}

// newTrace makes a request_id: 96 random bits in hex.
func newTrace() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}
