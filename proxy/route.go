package proxy

import (
	"net/http"
	"strings"

	"github.com/piiproxy/piiproxy/route"
)

// Routes serves requests below /route/: a vendor's API in the place of the
// platform's.
type Routes interface {
	// Serve answers a request. body reads its body, bounded; it is called once at
	// most.
	Serve(w http.ResponseWriter, r *http.Request, trace string, body func() ([]byte, *route.Refusal))
}

// route takes a request to a route through the same door and the same gate as a
// call of Graph.
func (p *Proxy) route(w http.ResponseWriter, r *http.Request) {
	holding := held{gate: &p.calls}
	defer holding.leave()
	p.config.Routes.Serve(w, r, newTrace(), func() ([]byte, *route.Refusal) {
		raw, refused := p.readBody(w, r, &holding)
		if refused != nil {
			f := refused.ofRoute()
			return nil, &f
		}
		return raw, nil
	})
}

// isRoute says that a path is a route's and not Graph's.
func isRoute(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, route.Prefix) }

// ofRoute is a refusal as callers of routes get it: they are no clients of Graph.
func (f Refusal) ofRoute() route.Refusal {
	return route.Refusal{Reason: f.Reason, Status: f.Status, Transient: f.Transient, Message: f.Message}
}

// routeRefusal answers a caller of a route.
func routeRefusal(w http.ResponseWriter, f Refusal, trace string) { f.ofRoute().Write(w, trace) }
