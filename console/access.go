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
	// Token is the SHA-256 of its token. Tokens are random, so a plain hash of one
	// tells nothing about it.
	Token    [sha256.Size]byte
	Scopes   []string
	Accounts []string
}

// Who is the one who asks: a caller, or one of the commands.
type Who struct {
	name     string
	accounts []string
	command  bool
}

// May says whether an account is there for whoever asks.
func (w Who) May(account string) bool { return w.command || slices.Contains(w.accounts, account) }

// Actor is the name for the audit log.
func (w Who) Actor() string {
	if w.command {
		return "command"
	}
	return "caller:" + w.name
}

type whoKey struct{}

func whoOf(ctx context.Context) Who {
	who, _ := ctx.Value(whoKey{}).(Who)
	return who
}

// Reasons why a request is turned away, as Access.Observe gets them.
const (
	DeniedHost  = "host"  // under a name that is not the listener's
	DeniedToken = "token" // no signature and no token that is known
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
	wrong  *meter
}

func newDoor(access Access, all *http.ServeMux, scopes map[string]*http.ServeMux) *door {
	if access.Now == nil {
		access.Now = time.Now
	}
	if access.Observe == nil {
		access.Observe = func(string) {}
	}
	d := &door{access: access, guard: newGuard(access.Keys), all: all, scopes: scopes, calls: map[string]*meter{}, wrong: newMeter(wrongPerMinute)}
	for _, caller := range access.Callers {
		d.calls[caller.Name] = newMeter(callsPerMinute)
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
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		d.caller(w, r, token)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrder))
	if err != nil || !d.guard.allows(r, body, d.access.Now()) {
		d.unknown(w)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	d.all.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), whoKey{}, Who{command: true})))
}

// unknown turns away who has neither a signature nor a token.
func (d *door) unknown(w http.ResponseWriter) {
	d.access.Observe(DeniedToken)
	if !d.wrong.allow(d.access.Now()) {
		tooMany(w)
		return
	}
	write(w, http.StatusUnauthorized, Problem{Error: "send the token of a caller as Authorization: Bearer, or use piiproxy's own commands, which sign their orders under the key set"})
}

// caller serves what a caller's scopes have. Everything else is not for it,
// whether or not it is there.
func (d *door) caller(w http.ResponseWriter, r *http.Request, token string) {
	caller, ok := d.find(token)
	if !ok {
		d.unknown(w)
		return
	}
	if !d.calls[caller.Name].allow(d.access.Now()) {
		d.access.Observe(DeniedRate)
		tooMany(w)
		return
	}
	ctx := context.WithValue(r.Context(), whoKey{}, Who{name: caller.Name, accounts: caller.Accounts})
	for _, scope := range caller.Scopes {
		if mux := d.scopes[scope]; mux != nil {
			if _, pattern := mux.Handler(r); pattern != "" {
				mux.ServeHTTP(w, r.WithContext(ctx))
				return
			}
		}
	}
	d.access.Observe(DeniedScope)
	write(w, http.StatusForbidden, Problem{Error: "this token is not for this endpoint and method: docs/forms.md lists what a scope has"})
}

// leastToken is how long a token is at least, in bytes: 128 bits in base32. What
// somebody chose in the place of one that was made is no secret.
const leastToken = 26

// find compares a token's hash with those of all callers, each in full.
func (d *door) find(token string) (found Caller, ok bool) {
	if len(token) < leastToken {
		return Caller{}, false
	}
	hash := sha256.Sum256([]byte(token))
	for _, caller := range d.access.Callers {
		if subtle.ConstantTimeCompare(hash[:], caller.Token[:]) == 1 {
			found, ok = caller, true
		}
	}
	return found, ok
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
