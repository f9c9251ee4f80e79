package proxy

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/store"
)

const (
	deletionPrefix = "deletion/"
	// deletionKept is how long a person can look up what became of their request.
	deletionKept = 180 * 24 * time.Hour
	// signedRequestFor is how old a request may be; the platform signs it anew each
	// time.
	signedRequestFor = 24 * time.Hour
	// signedRequestEarly is how far the platform's clock may be ahead.
	signedRequestEarly = 5 * time.Minute
	maxSignedRequest   = 16 << 10
)

// signedRequest is the payload that Meta signs (Meta, App Dashboard, Data Deletion
// Request Callback).
type signedRequest struct {
	Algorithm string      `json:"algorithm"`
	IssuedAt  int64       `json:"issued_at"` // seconds since 1970
	UserID    json.Number `json:"user_id"`
}

// parseSignedRequest reads SIGNATURE.PAYLOAD, both in base64url, signed with
// HMAC-SHA256 over PAYLOAD as it stands, under any of the secrets.
func parseSignedRequest(text string, secrets []string, now time.Time) (user string, ok bool) {
	signature, encoded, found := strings.Cut(text, ".")
	mac, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(signature, "="))
	if !found || err != nil {
		return "", false
	}
	for _, secret := range secrets {
		h := hmac.New(sha256.New, []byte(secret))
		h.Write([]byte(encoded))
		ok = hmac.Equal(mac, h.Sum(nil)) && secret != "" || ok
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if !ok || err != nil {
		return "", false
	}
	var request signedRequest
	if json.Unmarshal(payload, &request) != nil || !strings.EqualFold(request.Algorithm, "HMAC-SHA256") {
		return "", false
	}
	age := now.Sub(time.Unix(request.IssuedAt, 0))
	if age > signedRequestFor || age < -signedRequestEarly {
		return "", false
	}
	return request.UserID.String(), request.UserID != ""
}

// requestedDeletion is what is kept of a request: nothing of the person.
type requestedDeletion struct {
	App    string    `json:"app"`
	At     time.Time `json:"at"`
	Erased int       `json:"erased"` // accounts
}

// deletionAnswer is what Meta wants to have.
type deletionAnswer struct {
	URL  string `json:"url"`
	Code string `json:"confirmation_code"`
}

// deletion takes Meta's data deletion request: somebody removed the app from their
// account there and wants their data deleted.
func (p *Proxy) deletion(w http.ResponseWriter, r *http.Request) {
	app := p.config.Tenants.apps[r.PathValue("app")]
	holding := held{gate: &p.public}
	defer holding.leave()
	user, code, refused := p.deletionRequest(w, r, app, &holding)
	if refused != nil {
		p.refuseDoor(w, *refused, plainRefusal)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), p.config.Limits.BotTimeout)
	defer cancel()
	if err := p.deleteFor(ctx, app, user, code, newTrace()); err != nil {
		p.refuseDoor(w, refuseStore, plainRefusal)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(deletionAnswer{p.config.PublicURL + "/" + deletionPrefix + app.Name + "/" + code, code})
}

// deletionRequest reads and checks a request, and gives the code under which it is
// looked up. Whatever is wrong with it is one answer.
func (p *Proxy) deletionRequest(w http.ResponseWriter, r *http.Request, app *App, holding *held) (user, code string, refused *Refusal) {
	if app == nil || !app.Deletion || r.ContentLength > maxSignedRequest {
		return "", "", &refuseSignature
	}
	body, refused := p.readBody(w, r, holding)
	if refused != nil {
		return "", "", refused
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(body) > maxSignedRequest {
		return "", "", &refuseSignature
	}
	signed := form.Get("signed_request")
	user, ok := parseSignedRequest(signed, app.Secrets(), p.config.Now())
	if !ok {
		return "", "", &refuseSignature
	}
	return user, p.deletionCode(app, signed), nil
}

// deletionCode is 128 bits of a keyed hash of what was signed: the same request
// again is one, and nobody finds it out.
func (p *Proxy) deletionCode(app *App, signed string) string {
	_, payload, _ := strings.Cut(signed, ".")
	hash := p.config.Records.Keys.PRF("deletion code", app.Name, payload)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(hash[:16]))
}

// deleteFor erases whoever has this id in an account of the app, and keeps under
// the code what became of it. A request that comes again erases nobody who has
// written since. On WhatsApp ids are phone numbers, and never these.
func (p *Proxy) deleteFor(ctx context.Context, app *App, user, code, trace string) error {
	_, err := p.config.Records.Store.Get(ctx, p.deletionKey(app.Name, code))
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	event := audit.Event{Actor: "platform", Action: "deletion_request", Reason: "app " + app.Name, Request: trace, Result: audit.Done}
	if err := p.config.Records.Audit.RecordDurable(event); err != nil {
		p.config.Metrics.auditFailed()
		return err
	}
	request := requestedDeletion{App: app.Name, At: p.config.Now().UTC()}
	for _, a := range p.config.Tenants.accounts {
		aliases := a.Channel.PersonOf(user).Aliases
		if a.App != app || a.Channel.Name() == channel.WhatsApp || len(aliases) == 0 {
			continue
		}
		err := p.erasing.Begin(ctx, a.Name, aliases, erasure.Order{
			Actor: "platform", Way: "platform", Reason: "data deletion request of app " + app.Name, Request: trace,
		})
		switch {
		case err == nil:
			request.Erased++
		case !errors.Is(err, erasure.ErrNobody):
			return err
		}
	}
	err = p.keepDeletion(ctx, request, code)
	if err == nil {
		p.config.Log.Info("", zap.String("event", "deletion_request"), zap.String("app", app.Name), zap.Int("erased", request.Erased), zap.String("request_id", trace))
	}
	return err
}

// keepDeletion keeps a request under its code.
func (p *Proxy) keepDeletion(ctx context.Context, request requestedDeletion, code string) error {
	plain, err := json.Marshal(request)
	if err != nil {
		return err
	}
	key := p.deletionKey(request.App, code)
	sealed, err := p.config.Records.Keys.Seal(plain, []byte(key))
	if err != nil {
		return err
	}
	err = p.config.Records.Store.Put(ctx, store.Record{Key: key, Value: sealed, Expires: request.At.Add(deletionKept)})
	if errors.Is(err, store.ErrConflict) {
		return nil // it came twice at once
	}
	return err
}

func (p *Proxy) deletionKey(app, code string) string {
	return deletionPrefix + logHash(p.config.Records.Keys.PRF("deletion request", app, code))
}

// deletionStatus shows what became of a request.
func (p *Proxy) deletionStatus(w http.ResponseWriter, r *http.Request) {
	app := p.config.Tenants.apps[r.PathValue("app")]
	var found *requestedDeletion
	if app != nil && app.Deletion && printable(r.PathValue("code")) {
		record, err := p.config.Records.Store.Get(r.Context(), p.deletionKey(app.Name, strings.ToLower(r.PathValue("code"))))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			p.refuseDoor(w, refuseStore, plainRefusal)
			return
		}
		if err == nil {
			found = p.openDeletion(record)
		}
	}
	status := http.StatusOK
	if found == nil {
		status = http.StatusNotFound
		if !p.handshakes.allowed(p.Client(r)) {
			p.refuseDoor(w, refuseGuesses, plainRefusal)
			return
		}
	}
	for name, value := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
	} {
		w.Header().Set(name, value)
	}
	w.WriteHeader(status)
	_ = deletionPage.Execute(w, found) // the reader may be gone
}

func (p *Proxy) openDeletion(record store.Record) *requestedDeletion {
	plain, err := p.config.Records.Keys.Open(record.Value, []byte(record.Key))
	var request requestedDeletion
	if err != nil || json.Unmarshal(plain, &request) != nil {
		return nil
	}
	return &request
}

// deletionPage has no personal data: who has the code reads only what became of
// the request.
var deletionPage = template.Must(template.New("deletion").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Data deletion request</title></head>
<body><main><h1>Data deletion request</h1>
{{if not .}}<p>We do not know this request. Please check the address; requests can be looked up for 180 days.</p>
{{else}}<p>We received the request on {{.At.Format "2 January 2006, 15:04 MST"}}.</p>
{{if .Erased}}<p>What we kept of your messages has been erased.</p>
{{else}}<p>Nothing of your messages is kept under the id that came with the request. In chats Meta names you by other ids, which we cannot connect with this one. To have a chat erased, please ask for it in that chat, or ask the business that you wrote to.</p>
{{end}}<p>Messages that are still in your chat stay there until you delete them.</p>
{{end}}</main></body></html>
`))
