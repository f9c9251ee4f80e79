package route

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/piiproxy/piiproxy/audit"
)

// Prefix stands before the name of a route in a path.
const Prefix = "/route/"

// exchange is one request on its way to the vendor and back.
type exchange struct {
	started  time.Time
	waited   time.Duration // for the vendor
	trace    string
	source   string // network address of who asks
	route    *served
	reading  *reading
	restored *restored
	judge    *judge
	answer   *answer
	peer     int  // the vendor's status; 0: it was not asked
	licensed bool // that values leave is in the audit
	sent     bool // the vendor may have the request
	bytesOut int
}

// Serve answers one request below Prefix. body reads the request's body, bounded;
// it is called once, and only for a caller that may use the route.
func (d *Desk) Serve(w http.ResponseWriter, request *http.Request, trace string, body func() ([]byte, *Refusal)) {
	x := &exchange{
		started: d.config.Reports.Now(), trace: trace, source: sourceOf(request.RemoteAddr), restored: &restored{},
	}
	// Not cancelled when the bot stops listening: the vendor may have the request
	// already, and what happened must be told.
	ctx, stop := context.WithTimeout(context.WithoutCancel(request.Context()), d.config.Limits.Total)
	defer stop()
	refused := d.handle(ctx, x, request, body)
	d.tell(x, refused)
	if refused != nil {
		refused.Write(w, trace)
		return
	}
	h := w.Header()
	for name, values := range x.answer.header {
		h[name] = values
	}
	if request.Method != http.MethodHead && x.answer.status != http.StatusNoContent && x.answer.status != http.StatusNotModified {
		h.Set("Content-Length", strconv.Itoa(len(x.answer.body)))
	}
	w.WriteHeader(x.answer.status)
	_, _ = w.Write(x.answer.body) // the caller may be gone
}

func (d *Desk) handle(ctx context.Context, x *exchange, request *http.Request, body func() ([]byte, *Refusal)) *Refusal {
	path, refused := d.admit(x, request)
	if refused != nil {
		return refused
	}
	x.reading = &reading{route: x.route, budget: maxDecoded}
	if refused := x.reading.read(request, path, body); refused != nil {
		return refused
	}
	found, refused := d.restore(ctx, x.reading)
	if refused != nil {
		return refused
	}
	x.restored = found
	if refused := d.license(ctx, x); refused != nil {
		return refused
	}
	return d.exchange(ctx, x, request, path)
}

// admit finds the route and says whether the caller may use it so. It returns the
// path below the route, as it is escaped.
func (d *Desk) admit(x *exchange, request *http.Request) (string, *Refusal) {
	rest, ok := strings.CutPrefix(request.URL.EscapedPath(), Prefix)
	if !ok {
		return "", &refuseTarget
	}
	name, path, slash := strings.Cut(rest, "/")
	if slash {
		path = "/" + path
	}
	r, ok := d.routes[name]
	if !ok {
		return "", &refuseRoute
	}
	x.route = r
	if r.Token != nil && !r.shows(request.Header[http.CanonicalHeaderKey(r.Credential)]) {
		return "", &refuseCredential
	}
	segments, ok := segmentsOf(strings.TrimSuffix(path, "/"))
	if !ok || path == "//" {
		return "", &refuseTarget
	}
	for _, allowed := range r.Allow {
		if allowed.takes(request.Method, segments) {
			return path, nil
		}
	}
	return "", &refuseAllow
}

// shows says whether a header holds the route's token: alone, after Bearer, or as
// name or password of Basic, as the vendor's own library sends a key. Hashes are
// compared, so that the time it takes says nothing.
func (r *Route) shows(values []string) bool {
	if len(values) != 1 {
		return false
	}
	candidates := []string{values[0]}
	if scheme, rest, ok := strings.Cut(values[0], " "); ok {
		switch rest = strings.TrimSpace(rest); {
		case strings.EqualFold(scheme, "Bearer"):
			candidates = []string{rest}
		case strings.EqualFold(scheme, "Basic"):
			plain, _ := base64.StdEncoding.DecodeString(rest)
			name, password, _ := strings.Cut(string(plain), ":")
			candidates = []string{name, password}
		}
	}
	right := 0
	for _, candidate := range candidates {
		hash := sha256.Sum256([]byte(candidate))
		right |= subtle.ConstantTimeCompare(hash[:], r.Token[:])
	}
	return right == 1
}

// license counts what is about to be restored and writes it into the audit. After
// it the values may leave.
func (d *Desk) license(ctx context.Context, x *exchange) *Refusal {
	if len(x.reading.finds) == 0 {
		return nil
	}
	err := d.config.Ledger.Take(ctx, x.route.Name, x.route.Restore.PerDay, x.restored.counts)
	switch {
	case errors.Is(err, ErrBudget):
		f, now := refuseBudget, d.config.Reports.Now().UTC()
		f.After = now.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now)
		return &f
	case err != nil:
		return &refuseStore
	}
	if !d.record(x.events(audit.Done, "")) {
		return &refuseAudit
	}
	x.licensed = true
	return nil
}

// exchange sends the request, with the values in their places, and takes the
// answer.
func (d *Desk) exchange(ctx context.Context, x *exchange, request *http.Request, path string) *Refusal {
	header := request.Header.Clone()
	body, err := x.reading.written(header)
	if err != nil {
		return &refuseInternal
	}
	x.bytesOut = len(body)
	asked := d.config.Reports.Now()
	var wrote atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	response, err := x.route.transport.RoundTrip(x.route.outgoing(traced, request, path, header, body))
	if err != nil {
		refused := unreachable(err)
		if wrote.Load() && (refused.Reason == refuseDial.Reason || refused.Reason == refuseTLS.Reason) {
			refused = &refuseUpstream // net/http asked again, after a connection that broke
		}
		x.sent = refused.Reason != refuseDial.Reason && refused.Reason != refuseTLS.Reason
		x.waited = d.config.Reports.Now().Sub(asked)
		return refused
	}
	defer func() { _ = response.Body.Close() }()
	x.sent, x.peer = true, response.StatusCode
	answer, judge, refused := d.received(ctx, x.route, x.restored, response)
	x.waited = d.config.Reports.Now().Sub(asked)
	x.answer, x.judge = answer, judge
	if refused != nil {
		return refused.late()
	}
	return nil
}
