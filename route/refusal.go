package route

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Refusal is an answer of ours in the place of the vendor's.
type Refusal struct {
	Reason    string // from the closed list in docs/reasons.md
	Status    int
	Transient bool          // the same request may pass later
	Message   string        // for the person who reads the bot's log; never a value
	After     time.Duration // when it may pass; 0: nobody knows
	Place     string        // where in the request, as far as it is a place of the configuration; never a value
}

// The refusals of this package, one a reason. docs/reasons.md explains each.
var (
	refuseRoute      = Refusal{Reason: "route_unknown", Status: http.StatusNotFound, Message: "there is no such route; the base URL of a route is /route/NAME on the bot listener"}
	refuseCredential = Refusal{Reason: "route_credential", Status: http.StatusUnauthorized, Message: "the route's token is missing or wrong"}
	refuseAllow      = Refusal{Reason: "route_not_allowed", Status: http.StatusForbidden, Message: "the route does not allow this method and path; see routes[].allow"}
	refusePlace      = Refusal{Reason: "route_place", Status: http.StatusBadRequest, Message: "a token stands where the route restores none; it must be the whole value of a place in routes[].restore.fields, as it was given out"}
	refuseToken      = Refusal{Reason: "route_token", Status: http.StatusForbidden, Message: "a token cannot be restored here"}
	refusePeople     = Refusal{Reason: "route_people", Status: http.StatusBadRequest, Message: "the tokens are of more than one person; send one request for each, or set routes[].restore.conversations"}
	refuseBudget     = Refusal{Reason: "route_budget", Status: http.StatusTooManyRequests, Message: "the route has restored as many values of a kind as it may in a day (UTC)"}
	refuseAudit      = Refusal{Reason: "audit_unavailable", Status: http.StatusServiceUnavailable, Transient: true, Message: "the audit cannot be written, so nothing is restored"}
	refuseEncodings  = Refusal{Reason: "route_encodings", Status: http.StatusBadRequest, Message: "the request has more in encodings than is read"}
	refuseTokens     = Refusal{Reason: "route_tokens", Status: http.StatusBadRequest, Message: "the request has more tokens than one may have"}
	refuseOverride   = Refusal{Reason: "method", Status: http.StatusMethodNotAllowed, Message: "a parameter that overrides the method is not passed on; send the request with its real method"}
	refuseTarget     = Refusal{Reason: "target", Status: http.StatusMisdirectedRequest, Message: "the path is not plain"}
	refuseQuery      = Refusal{Reason: "query", Status: http.StatusBadRequest, Message: "the query cannot be read"}
	refuseType       = Refusal{Reason: "media_type", Status: http.StatusUnsupportedMediaType, Message: "only JSON and url-encoded forms are read; send the body as one of them"}
	refuseCharset    = Refusal{Reason: "charset", Status: http.StatusUnsupportedMediaType, Message: "bodies are read as UTF-8 only"}
	refuseParse      = Refusal{Reason: "parse", Status: http.StatusBadRequest, Message: "the body is not strictly what it declares to be"}
	refuseStore      = Refusal{Reason: "store_unavailable", Status: http.StatusServiceUnavailable, Transient: true, Message: "piiproxy cannot reach its store; try again"}
	refuseTampered   = Refusal{Reason: "record_tampered", Status: http.StatusServiceUnavailable, Message: "a sealed record does not open; see the runbook"}
	refuseInternal   = Refusal{Reason: "internal", Status: http.StatusServiceUnavailable, Transient: true, Message: "piiproxy failed on this request; try again"}
	refuseDial       = Refusal{Reason: "upstream_dial", Status: http.StatusServiceUnavailable, Transient: true, Message: "the vendor cannot be reached and has not got the request; try again"}
	refuseTLS        = Refusal{Reason: "upstream_certificate", Status: http.StatusBadGateway, Message: "the vendor's certificate is not trusted, nothing was sent"}
	refuseUpstream   = Refusal{Reason: "upstream_unavailable", Status: http.StatusBadGateway, Message: "the vendor broke off; it may or may not have the request"}
	refuseSlow       = Refusal{Reason: "upstream_timeout", Status: http.StatusBadGateway, Message: "the vendor did not answer in time; it may or may not have the request"}
	refuseCut        = Refusal{Reason: "answer_truncated", Status: http.StatusBadGateway, Message: "the vendor's answer ended before it was complete; the request was sent"}
	refuseAnswer     = Refusal{Reason: "answer_unreadable", Status: http.StatusBadGateway, Message: "the vendor's answer cannot be read or redacted and is not passed on; the request was sent"}
	refuseAnswerSize = Refusal{Reason: "answer_too_large", Status: http.StatusBadGateway, Message: "the vendor's answer is larger than piiproxy inspects; the request was sent"}
	refuseRedirect   = Refusal{Reason: "redirect", Status: http.StatusBadGateway, Message: "the vendor answered with a redirect, which is not followed"}
	refuseOverrun    = Refusal{Reason: "rule_budget", Status: http.StatusBadGateway, Message: "the rules ran out of their time budget on the vendor's answer; the request was sent"}
)

// Refusals lists every refusal, for docs/reasons.md and the metrics.
func Refusals() []Refusal {
	return []Refusal{
		refuseRoute, refuseCredential, refuseAllow, refusePlace, refuseToken, refusePeople, refuseBudget, refuseAudit, refuseEncodings,
		refuseTokens, refuseOverride, refuseTarget, refuseQuery, refuseType, refuseCharset, refuseParse, refuseStore, refuseTampered,
		refuseInternal, refuseDial, refuseTLS, refuseUpstream, refuseSlow, refuseCut, refuseAnswer, refuseAnswerSize, refuseRedirect, refuseOverrun,
	}
}

// in says where in the request.
func (f Refusal) in(place string) *Refusal {
	f.Place = place
	return &f
}

// because gives the refusal a more exact reason.
func (f Refusal) because(reason string) *Refusal {
	f.Reason = reason
	return &f
}

// late is the refusal of a request that the vendor has: whoever sends it again has
// it done twice.
func (f Refusal) late() *Refusal {
	if f.Status == http.StatusServiceUnavailable {
		f.Status, f.Transient, f.Message = http.StatusBadGateway, false, "piiproxy failed on the vendor's answer; the request was sent"
	}
	return &f
}

// problem is the body of a refusal.
type problem struct {
	Error   string `json:"error"`
	Reason  string `json:"reason"`
	Place   string `json:"place,omitempty"`
	Request string `json:"request_id"`
}

// Write answers with the refusal; trace is the log's request_id.
func (f Refusal) Write(w http.ResponseWriter, trace string) {
	body, err := json.Marshal(problem{f.Message, f.Reason, f.Place, trace})
	if err != nil {
		body = []byte(`{}`) // texts always marshal
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if f.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="piiproxy"`)
	}
	switch {
	case f.After > 0:
		h.Set("Retry-After", strconv.Itoa(int(f.After/time.Second)+1))
	case f.Transient:
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write(body) // the caller may be gone
}
