package capture

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/piiproxy/piiproxy/audit"
)

const (
	// signedInPath is where issuers send people back to: one address for all
	// links, since issuers compare it letter by letter.
	signedInPath = "/c/signed-in"
	// signInFor is how long a sign-in may take.
	signInFor = 10 * time.Minute
)

// ticket is a sign-in under way, sealed in a cookie: only the browser that began
// it can end it, and for its own link.
type ticket struct {
	Link    string    `json:"link"`
	Expires time.Time `json:"expires"`
	StepUp  []byte    `json:"step_up"`
}

// The cookie has one name: the issuer's answer does not say which link it is
// for, and a browser signs in once at a time.
func (b *Book) ticketName() string { return b.cookieName("sign-in") }

func (b *Book) callback() string { return b.config.PublicURL + signedInPath }

// signIn sends the browser to the account's issuer. It writes nothing down. Only
// our own page begins a sign-in: another site could have one done unseen where
// people are signed in already, and make a link theirs.
func (v *visit) signIn() {
	b := v.book
	if v.tooFast() {
		return
	}
	if b.house.StepUp == nil {
		v.fail(errors.New("no account can sign people in"))
		return
	}
	address, inner, err := b.house.StepUp.Begin(v.r.Context(), v.account.Name, b.callback())
	if err != nil {
		v.fail(err)
		return
	}
	plain, err := json.Marshal(ticket{v.link.id, b.now().Add(signInFor), inner})
	if err != nil {
		v.fail(err)
		return
	}
	sealed, err := b.keys.Seal(plain, binding("piiproxy sign-in"))
	if err != nil {
		v.fail(err)
		return
	}
	b.setCookie(v.w, v.account, b.ticketName(), sealed, signInFor)
	v.redirect(address)
}

// signedIn takes up what an issuer sent a browser back with. Without a ticket of
// ours it is nothing.
func (b *Book) signedIn(w http.ResponseWriter, r *http.Request) {
	t, ok := b.ticket(r)
	if !ok {
		b.unknown(w, r)
		return
	}
	r.SetPathValue("link", t.Link)
	v := b.visit(w, r)
	if v == nil {
		return
	}
	if v.tooFast() {
		return
	}
	b.setCookie(w, v.account, b.ticketName(), nil, -1)
	if v.account.StepUp.Method != OIDC || b.house.StepUp == nil {
		b.unknown(w, r)
		return
	}
	subject, err := b.house.StepUp.Finish(r.Context(), v.account.Name, b.callback(), t.StepUp, r.URL.Query())
	if err != nil || subject == "" {
		b.observe(v.account.Name, eventStepUpFailed)
		v.prove(http.StatusForbidden, nil)
		return
	}
	if err := b.bind(r.Context(), v.link, subject); err != nil {
		b.observe(v.account.Name, eventStepUpFailed)
		v.fail(err)
		return
	}
	b.observe(v.account.Name, eventStepUp)
	b.keepSession(w, v.account, v.link.id, newSession(provedSubject))
	v.redirect(v.path())
}

// tooFast answers who signs in too often: each time the issuer is asked.
func (v *visit) tooFast() bool {
	b := v.book
	if b.meters.client.allow(caller(b.config.Client(v.r)), b.now()) && b.meters.link.allow(v.link.key, b.now()) {
		return false
	}
	b.limited(v.w, v.r, v.account.Name)
	return true
}

func (b *Book) ticket(r *http.Request) (ticket, bool) {
	var t ticket
	sealed, ok := cookieBytes(r, b.ticketName())
	if !ok {
		return t, false
	}
	plain, err := b.keys.Open(sealed, binding("piiproxy sign-in"))
	return t, err == nil && json.Unmarshal(plain, &t) == nil && t.Expires.After(b.now())
}

// bind makes a link that of the subject who signed in first, and records it;
// to anybody else it is no link.
func (b *Book) bind(ctx context.Context, l *link, subject string) error {
	ctx = context.WithoutCancel(ctx)
	c := l.conversation
	hash := encoding.EncodeToString(b.keys.PRF("capture subject", c.Account, subject)[:16])
	event := audit.Event{Actor: "piiproxy", Action: "link_sign_in", Account: c.Account, Conversation: b.house.Hash(c), Reason: "subject " + hash}
	if err := b.house.Audit.RecordDurable(event); err != nil {
		return err
	}
	_, err := b.change(ctx, l.id, func(l *link) error {
		if err := l.status(b.now(), b.limits.Tries); err != nil {
			return err
		}
		if l.Subject != "" && l.Subject != hash {
			return ErrNoLink
		}
		l.Subject = hash
		return nil
	})
	return err
}
