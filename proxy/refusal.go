package proxy

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/vault"
)

// Refusal is an answer of ours in the place of the platform's or the bot's.
type Refusal struct {
	Reason    string // from the closed list in docs/reasons.md
	Status    int
	Code      int // Graph's error code
	Transient bool
	Message   string // for the person who reads the bot's log; never a value
}

// Graph's error codes as our answers use them.
const (
	codeTemporary = 2
	codePolicy    = 100
	codeToken     = 190
	codeOverload  = 80007
)

// The refusals that callers meet, one a reason. docs/reasons.md explains each.
var (
	refuseTarget     = Refusal{"target", http.StatusMisdirectedRequest, codePolicy, false, "only origin-form requests are served here, not proxy requests; set the API base URL to piiproxy's address"}
	refuseMethod     = Refusal{"method", http.StatusMethodNotAllowed, codePolicy, false, "this method is not served; use GET, POST or DELETE"}
	refuseURL        = Refusal{"url_too_long", http.StatusRequestURITooLong, codePolicy, false, "the request target is too long"}
	refuseHeaders    = Refusal{"headers", http.StatusRequestHeaderFieldsTooLarge, codePolicy, false, "the request has too many headers"}
	refuseTwice      = Refusal{"header_twice", http.StatusBadRequest, codePolicy, false, "a header that is read once is there twice; send it once"}
	refuseUpgrade    = Refusal{"upgrade", http.StatusBadRequest, codePolicy, false, "connections are not upgraded"}
	refuseTooLarge   = Refusal{"too_large", http.StatusRequestEntityTooLarge, codePolicy, false, "the body is larger than piiproxy inspects; see limits.bodies.inspected"}
	refuseMediaSize  = Refusal{"media_too_large", http.StatusRequestEntityTooLarge, codePolicy, false, "the file is larger than piiproxy streams; see limits.bodies.media"}
	refuseSlowBody   = Refusal{"body_timeout", http.StatusRequestTimeout, codeTemporary, true, "the body did not come in time; see limits.server.read_timeout"}
	refuseBody       = Refusal{"body_incomplete", http.StatusBadRequest, codePolicy, false, "the body ended before it was complete"}
	refuseCoding     = Refusal{"content_coding", http.StatusUnsupportedMediaType, codePolicy, false, "of compressed bodies only the gzip of a call is read, packed once; send the body as it is"}
	refusePacked     = Refusal{"gzip", http.StatusBadRequest, codePolicy, false, "the body is no single gzip member, whole and with nothing behind it"}
	refuseUnpacked   = Refusal{"unpacked_too_large", http.StatusRequestEntityTooLarge, codePolicy, false, "the body is larger than piiproxy inspects once it is unpacked; see limits.bodies.unpacked"}
	refuseRatio      = Refusal{"unpacked_ratio", http.StatusRequestEntityTooLarge, codePolicy, false, "the body unpacks to too many times its size; see limits.bodies.ratio"}
	refuseParts      = Refusal{"parts", http.StatusRequestEntityTooLarge, codePolicy, false, "the multipart body has too many parts; see limits.bodies.parts"}
	refusePartHead   = Refusal{"part_header", http.StatusRequestEntityTooLarge, codePolicy, false, "the head of a part is too long; see limits.bodies.part_header"}
	refuseBatchItems = Refusal{"batch_items", http.StatusBadRequest, codePolicy, false, "the batch holds too many calls; see limits.bodies.batch_items"}
	refuseCharset    = Refusal{"charset", http.StatusUnsupportedMediaType, codePolicy, false, "bodies are read as UTF-8 only"}
	refuseMediaType  = Refusal{"media_type", http.StatusUnsupportedMediaType, codePolicy, false, "the body is not declared as one that is read; send the call as application/json or application/x-www-form-urlencoded"}
	refuseBatch      = Refusal{"batch", http.StatusBadRequest, codePolicy, false, "this batch cannot be read with certainty, or an item of it not be sent; the reason in brackets says which"}
	refuseQuery      = Refusal{"query", http.StatusBadRequest, codePolicy, false, "the query of this call cannot be read in one way only, or carries what belongs into a body; send it as JSON"}
	refuseOverride   = Refusal{"method_parameter", http.StatusBadRequest, codePolicy, false, "the parameter method is none of get, post and delete, is there twice, or contradicts the request's own method"}
	refuseMedia      = Refusal{"media_blocked", http.StatusForbidden, codePolicy, false, "policy lets no media through in this direction; see policies.*.media"}
	refuseMismatch   = Refusal{"media_mismatch", http.StatusUnsupportedMediaType, codePolicy, false, "the file is not what it is declared as; see docs/media.md"}
	refuseUnread     = Refusal{"media_unreadable", http.StatusUnsupportedMediaType, codePolicy, false, "the file cannot be read with certainty; see docs/media.md"}
	refuseBehind     = Refusal{"part_behind_file", http.StatusBadRequest, codePolicy, false, "a part behind the file has to be judged, and the body is larger than piiproxy holds (limits.bodies.inspected); put the file last"}
	refuseMultipart  = Refusal{"multipart", http.StatusBadRequest, codePolicy, false, "the multipart body can be read in more than one way, or not at all"}
	refuseSyntax     = Refusal{"parse", http.StatusBadRequest, codePolicy, false, "the body is not strictly what it is declared to be; docs/reasons.md says what each reason means"}
	refuseAccount    = Refusal{"account_unknown", http.StatusUnauthorized, codeToken, false, "piiproxy cannot tell which account this call is for; run piiproxy check to see the ways each account is found"}
	refusePolicy     = Refusal{"policy", http.StatusBadRequest, codePolicy, false, "the message holds personal data that policy does not let out; see the log line of this request"}
	refusePrompt     = Refusal{"prompt", http.StatusBadRequest, codePolicy, false, "the message asks for personal data in a way that cannot become a secure form; see the log line of this request"}
	refuseRegister   = Refusal{"registration", http.StatusForbidden, codePolicy, false, "a bot may not register a webhook around piiproxy; set public_url, or register in Meta's dashboard"}
	refuseSignature  = Refusal{"signature", http.StatusUnauthorized, codePolicy, false, "unauthorized"}
	refuseHandshake  = Refusal{"handshake", http.StatusForbidden, codePolicy, false, "forbidden"}
	refuseGuesses    = Refusal{"handshake_rate", http.StatusTooManyRequests, codeOverload, true, "too many requests"}
	refuseStore      = Refusal{"store_unavailable", http.StatusServiceUnavailable, codeTemporary, true, "piiproxy cannot reach its store; try again"}
	refuseTampered   = Refusal{"record_tampered", http.StatusServiceUnavailable, codeTemporary, false, "a sealed record does not open; see the runbook"}
	refuseUnkeepable = Refusal{"value_unkeepable", http.StatusBadRequest, codePolicy, false, "a value or an id in the message is longer than can be kept sealed; send less"}
	refuseOverrun    = Refusal{"rule_budget", http.StatusServiceUnavailable, codeTemporary, true, "the rules ran out of their time budget on this message; try again, and see docs/rules.md if it stays so"}
	refuseBotDown    = Refusal{"bot_unavailable", http.StatusServiceUnavailable, codeTemporary, true, "the bot cannot be reached; try again"}
	refuseBotSlow    = Refusal{"bot_timeout", http.StatusServiceUnavailable, codeTemporary, true, "the bot did not answer in time; try again"}
	refuseOutbox     = Refusal{"outbox_full", http.StatusServiceUnavailable, codeOverload, true, "the outbox of this account is full; try again"}
	refuseBusy       = Refusal{"overload", http.StatusServiceUnavailable, codeOverload, true, "too many bodies are held at once; try again"}
	refuseQueue      = Refusal{"queue_full", http.StatusServiceUnavailable, codeOverload, true, "too many requests wait already; try again"}
	refuseWaited     = Refusal{"queue_timeout", http.StatusServiceUnavailable, codeOverload, true, "too many requests are worked on; try again"}
	refuseCrowded    = Refusal{"account_busy", http.StatusServiceUnavailable, codeOverload, true, "too many requests of this account are worked on; try again"}
	refuseCalls      = Refusal{"account_rate", http.StatusTooManyRequests, codeOverload, true, "this account calls too often; try again later"}
	refuseWebhooks   = Refusal{"webhook_rate", http.StatusServiceUnavailable, codeOverload, true, "this account gets too many webhooks; try again"}
	refusePerson     = Refusal{"person_rate", http.StatusTooManyRequests, codeOverload, true, "too many calls send to this person; try again later"}
	refuseBotOpen    = Refusal{"bot_circuit", http.StatusServiceUnavailable, codeTemporary, true, "the bot has not answered lately and is not asked for a moment; try again"}
	refuseGraphOpen  = Refusal{"upstream_circuit", http.StatusServiceUnavailable, codeTemporary, true, "the platform has not answered lately and is not asked for a moment; nothing was sent, try again"}
	refuseInternal   = Refusal{"internal", http.StatusServiceUnavailable, codeTemporary, true, "piiproxy failed on this request; try again"}
	refuseUpstream   = Refusal{"upstream_unavailable", http.StatusBadGateway, codeTemporary, true, "the platform cannot be reached; it may or may not have the message"}
	refuseDial       = Refusal{"upstream_dial", http.StatusServiceUnavailable, codeTemporary, true, "the platform cannot be reached and has not got the message; try again"}
	refuseDialTime   = Refusal{"upstream_dial_timeout", http.StatusServiceUnavailable, codeTemporary, true, "the platform does not take connections and has not got the message; try again"}
	refuseTLSTime    = Refusal{"upstream_tls_timeout", http.StatusServiceUnavailable, codeTemporary, true, "the platform did not finish the TLS handshake and has not got the message; try again"}
	refuseSilent     = Refusal{"upstream_header_timeout", http.StatusBadGateway, codeTemporary, true, "the platform did not begin to answer in time; it may or may not have the message"}
	refuseLate       = Refusal{"upstream_timeout", http.StatusBadGateway, codeTemporary, true, "the platform's answer did not end in time; it may or may not have the message"}
	refuseTLS        = Refusal{"upstream_certificate", http.StatusBadGateway, codeTemporary, false, "the platform's certificate is not trusted, nothing was sent; check graph_url and the machine's certificate authorities"}
	refuseTruncated  = Refusal{"answer_truncated", http.StatusBadGateway, codeTemporary, true, "the platform's answer ended before it was complete"}
	refuseAnswer     = Refusal{"answer_unreadable", http.StatusBadGateway, codeTemporary, false, "the platform's answer cannot be read and is not passed on"}
	refuseAnswerSize = Refusal{"answer_too_large", http.StatusBadGateway, codeTemporary, false, "the platform's answer is larger than piiproxy inspects"}
	refuseAnswerFile = Refusal{"answer_media_too_large", http.StatusBadGateway, codeTemporary, false, "the platform's file is larger than piiproxy streams; see limits.bodies.media"}
	refuseAddress    = Refusal{"address_refused", http.StatusBadGateway, codeTemporary, false, "the platform's name leads to an address inside, or to a host that is not the platform's; nothing was sent; see fetch.hosts"}
	refuseFetch      = Refusal{"fetch_url", http.StatusNotFound, codePolicy, false, "this URL of piiproxy's has expired or is not one; make the call again that gave it"}
	refuseFile       = Refusal{"file_unavailable", http.StatusNotFound, codePolicy, false, "the platform does not give this file out: its URL has expired or wants another access token; ask for the URL again"}
	refuseRedirect   = Refusal{"redirect", http.StatusBadGateway, codeTemporary, false, "the platform answered with a redirect, which is not followed"}
)

// Refusals lists every refusal, for the table in docs/reasons.md.
func Refusals() []Refusal {
	return append(roadRefusals(),
		refuseTarget, refuseMethod, refuseURL, refuseHeaders, refuseTwice, refuseUpgrade, refuseTooLarge, refuseBody, refuseCoding, refuseMediaSize, refuseSlowBody,
		refusePacked, refuseUnpacked, refuseRatio, refuseParts, refusePartHead, refuseBatchItems,
		refuseCharset, refuseMediaType, refuseBatch, refuseQuery, refuseOverride, refuseMedia, refuseMismatch, refuseUnread,
		refuseBehind, refuseMultipart, refuseSyntax, refuseAccount, refusePolicy,
		refuseRegister, refuseSignature, refuseHandshake, refuseGuesses, refuseStore, refuseTampered, refuseUnkeepable, refuseOverrun, refuseBotDown, refuseBotSlow,
		refuseOutbox, refuseBusy, refuseQueue, refuseWaited, refuseCrowded, refuseCalls, refuseWebhooks, refusePerson,
		refuseBotOpen, refuseGraphOpen, refuseInternal, refuseUpstream, refuseDial, refuseDialTime, refuseTLSTime, refuseTLS, refuseSilent, refuseLate, refuseTruncated, refuseAnswer,
		refuseAnswerSize, refuseAnswerFile, refuseRedirect, refuseAddress, refuseFetch, refuseFile,
	)
}

// perhapsDone is the refusal of an answer to a call that the platform may have
// carried out.
func (f Refusal) perhapsDone() Refusal {
	f.Status, f.Transient = http.StatusBadGateway, false
	f.Message = "the platform may have carried out this call, and its answer is not passed on; do not send it again unless it may be done twice"
	return f
}

// exactReasons are those that take the place of a refusal's own.
func exactReasons() []string {
	reasons := []string{"value_in_query", reasonInFile, reasonServerName}
	reasons = append(reasons, batchReasons()...)
	reasons = append(reasons, swapReasons()...)
	for _, reason := range redact.Reasons() {
		reasons = append(reasons, string(reason))
	}
	for _, reason := range payload.Reasons() {
		reasons = append(reasons, parsePrefix+reason)
	}
	return reasons
}

// parsePrefix stands before the parser's reason.
const parsePrefix = "parse_"

// unsettled is the refusal for a payload that could not be rewritten: its store
// is out of reach, or a record in it was altered, which raises an alarm.
func unsettled(err error) *Refusal {
	switch {
	case errors.Is(err, vault.ErrTampered), errors.Is(err, conversation.ErrTampered):
		return &refuseTampered
	case errors.Is(err, vault.ErrValue), errors.Is(err, conversation.ErrAliases), errors.Is(err, store.ErrTooLarge):
		return &refuseUnkeepable
	}
	return &refuseStore
}

// again says that the caller is told when to come again.
func (f Refusal) again() bool {
	return f.Status == http.StatusServiceUnavailable || f.Status == http.StatusTooManyRequests
}

// because gives the refusal a more exact reason.
func (f Refusal) because(reason string) Refusal {
	f.Reason = reason
	return f
}

// graphError is the body that SDKs of Graph understand.
type graphError struct {
	Error graphErrorBody `json:"error"`
}

type graphErrorBody struct {
	Message   string `json:"message"`
	Type      string `json:"type"`
	Code      int    `json:"code"`
	Transient bool   `json:"is_transient"`
	Trace     string `json:"fbtrace_id"`
}

// body is the refusal as Graph would say it; trace is the log's request_id.
func (f Refusal) body(trace string) []byte {
	body, err := json.Marshal(graphError{graphErrorBody{f.Message + " (" + f.Reason + ")", "PiiproxyException", f.Code, f.Transient, trace}})
	if err != nil {
		return []byte(`{}`) // strings and numbers always marshal
	}
	return body
}

// graphRefusal answers a bot.
func graphRefusal(w http.ResponseWriter, f Refusal, trace string) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if f.again() {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write(f.body(trace)) // the caller may be gone
}

// plainRefusal answers the platform and strangers: the reason is theirs to
// guess, the log has it.
func plainRefusal(w http.ResponseWriter, f Refusal, _ string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, http.StatusText(f.Status)+"\n")
}
