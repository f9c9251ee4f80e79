package console

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Access says who gets in.
type Access struct {
	// Keys sign the orders of piiproxy's own commands, which may do everything.
	Keys Keys
	// Callers are machines with a token.
	Callers []Caller
	// Hosts are the names of the listener beside IP addresses and localhost. A
	// request under any other name is refused: it may come from a page that has
	// bound its own name to this address (DNS rebinding).
	Hosts []string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Observe counts callers that were turned away; nil counts nothing.
	Observe func(reason string)
}

// Caller is a machine that may call some endpoints, for some accounts.
type Caller struct {
	Name string
	// Token is the SHA-256 of its token; zero for none. Tokens are random, so a
	// plain hash of one tells nothing about it.
	Token [sha256.Size]byte
	// Certificate is the SHA-256 of the public key (SubjectPublicKeyInfo) of its
	// client certificate, which the listener has verified; zero for none. Who has
	// both must show both.
	Certificate [sha256.Size]byte
	Scopes      []string
	Grant       Grant
}

// SourceOf is the address that an order came from, for desks that get no Who.
func SourceOf(ctx context.Context) string { return whoOf(ctx).Source }

// Reasons why a request is turned away, as Access.Observe gets them.
const (
	DeniedHost  = "host"  // under a name that is not the listener's
	DeniedToken = "token" // no signature, token or certificate that is known
	DeniedScope = "scope" // a token that is for something else
	DeniedRate  = "rate"  // too many requests
)

const (
	// callsPerMinute is how much one caller may ask, all at once or one by one.
	callsPerMinute = 600
	// wrongPerMinute is how many requests with a wrong token are looked at; it
	// keeps nobody out who has a right one.
	wrongPerMinute = 120
)

// door lets in who is allowed to, to what is theirs.
type door struct {
	access Access
	guard  *guard
	all    *http.ServeMux            // what commands may do
	scopes map[string]*http.ServeMux // what a caller with a scope may do
	calls  map[string]*meter         // by caller
	tokens map[string]*meter         // by caller
	wrong  *meter
}

func newDoor(access Access, all *http.ServeMux, scopes map[string]*http.ServeMux) *door {
	if access.Now == nil {
		access.Now = time.Now
	}
	if access.Observe == nil {
		access.Observe = func(string) {}
	}
	d := &door{
		access: access, guard: newGuard(access.Keys), all: all, scopes: scopes,
		calls: map[string]*meter{}, tokens: map[string]*meter{}, wrong: newMeter(wrongPerMinute, time.Minute),
	}
	for _, caller := range access.Callers {
		d.calls[caller.Name] = newMeter(callsPerMinute, time.Minute)
		if caller.Grant.Tokens > 0 {
			d.tokens[caller.Name] = newMeter(caller.Grant.Tokens, caller.Grant.Time)
		}
	}
	return d
}

// ServeHTTP answers whoever may not come in the same way, and tells nobody why.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if !d.named(r.Host) {
		d.access.Observe(DeniedHost)
		write(w, http.StatusMisdirectedRequest, Problem{Error: "this listener has another name: call it by its address, or add the name to listen.admin.hosts"})
		return
	}
	authorization := r.Header.Get("Authorization")
	if token, ok := strings.CutPrefix(authorization, "Bearer "); ok || authorization == "" && certificateOf(r) != nil {
		d.caller(w, r, token)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrder))
	if err != nil || !d.guard.allows(r, body, d.access.Now()) {
		d.unknown(w)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	d.all.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), whoKey{}, Who{command: true, Source: sourceOf(r)})))
}

// unknown turns away who has neither a signature nor a token.
func (d *door) unknown(w http.ResponseWriter) {
	d.access.Observe(DeniedToken)
	if !d.wrong.allow(d.access.Now()) {
		tooMany(w)
		return
	}
	write(w, http.StatusUnauthorized, Problem{Error: "send the token of a caller as Authorization: Bearer, show its client certificate, or use piiproxy's own commands, which sign their orders under the key set"})
}

// caller serves what a caller's scopes have. Everything else is not for it,
// whether or not it is there.
func (d *door) caller(w http.ResponseWriter, r *http.Request, token string) {
	caller, ok := d.find(token, certificateOf(r))
	if !ok {
		d.unknown(w)
		return
	}
	if !d.calls[caller.Name].allow(d.access.Now()) {
		d.access.Observe(DeniedRate)
		tooMany(w)
		return
	}
	ctx := context.WithValue(r.Context(), whoKey{}, d.who(caller, r))
	if second := r.Header.Get(approvalHeader); second != "" {
		if ctx, ok = d.approved(ctx, r, second); !ok {
			d.unknown(w)
			return
		}
	}
	for _, scope := range caller.Scopes {
		if mux := d.scopes[scope]; mux != nil {
			if _, pattern := mux.Handler(r); pattern != "" {
				mux.ServeHTTP(w, r.WithContext(ctx))
				return
			}
		}
	}
	d.access.Observe(DeniedScope)
	write(w, http.StatusForbidden, Problem{Error: "this token is not for this endpoint and method: docs/operate.md lists what a scope has"})
}

// approvalHeader has the token of a second caller, where one is not enough.
const approvalHeader = "Piiproxy-Approval"

type secondKey struct{}

// secondOf is the second caller of a request, who may do what the endpoint does;
// nobody without one.
func secondOf(ctx context.Context) Who {
	who, _ := ctx.Value(secondKey{}).(Who)
	return who
}

// approved adds the second caller, if the token is that of one with a scope for the
// endpoint. One that has a certificate beside its token can only be the first: a
// connection shows one.
func (d *door) approved(ctx context.Context, r *http.Request, authorization string) (context.Context, bool) {
	token, ok := strings.CutPrefix(authorization, "Bearer ")
	if !ok || token == "" {
		return ctx, false
	}
	second, ok := d.find(token, nil)
	if !ok {
		return ctx, false
	}
	for _, scope := range second.Scopes {
		if mux := d.scopes[scope]; mux != nil {
			if _, pattern := mux.Handler(r); pattern != "" {
				return context.WithValue(ctx, secondKey{}, d.who(second, r)), true
			}
		}
	}
	return ctx, true // it is somebody, and not for this
}

// leastToken is how long a token is at least, in bytes: 128 bits in base32. What
// somebody chose in the place of one that was made is no secret.
const leastToken = 26

// find compares a token's hash, and that of a certificate's key, with those of all
// callers, each in full. Who shows a token is one of those that have one.
func (d *door) find(token string, certificate []byte) (found Caller, ok bool) {
	if token != "" && len(token) < leastToken {
		return Caller{}, false
	}
	var none, hash, pin [sha256.Size]byte
	if token != "" {
		hash = sha256.Sum256([]byte(token))
	}
	if certificate != nil {
		pin = sha256.Sum256(certificate)
	}
	for _, caller := range d.access.Callers {
		shown := subtle.ConstantTimeCompare(pin[:], caller.Certificate[:])
		if caller.Certificate == none && caller.Token != none {
			shown = 1 // its token is enough
		}
		if subtle.ConstantTimeCompare(hash[:], caller.Token[:])&shown == 1 && (caller.Token != none || caller.Certificate != none) {
			found, ok = caller, true
		}
	}
	return found, ok
}

// who is a caller that asks.
func (d *door) who(caller Caller, r *http.Request) Who {
	return Who{name: caller.Name, Grant: caller.Grant, Source: sourceOf(r), tokens: d.tokens[caller.Name], now: d.access.Now}
}

// certificateOf is the public key of the client certificate that the listener
// verified; nil without one.
func certificateOf(r *http.Request) []byte {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 || len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.TLS.PeerCertificates[0].RawSubjectPublicKeyInfo
}

// sourceOf is the address that a request came from, without port and zone.
func sourceOf(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return from.Addr().Unmap().WithZone("").String()
}

func tooMany(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	write(w, http.StatusTooManyRequests, Problem{Error: "too many requests: wait a second"})
}

// named says whether a Host header is one of the listener's names. An address is:
// a page can bind its name to one, and not be called by it.
func (d *door) named(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host == "localhost" || slices.Contains(d.access.Hosts, host)
}
