package capture

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/capture/form"
)

// A one-time code (NIST SP 800-63B, 5.1.3.2: at least six digits of a CSPRNG, at
// most ten minutes, once, throttled).
const (
	codeFor  = 10 * time.Minute
	codeMost = 5 // failures of a link, of whichever code
)

// code is the one-time code that was sent into the chat last; only its keyed hash
// is kept.
type code struct {
	Hash     []byte    `json:"hash"` // nil: it was used
	Expires  time.Time `json:"expires"`
	Failures int       `json:"failures"` // of all codes of the link
}

func (b *Book) codeHash(l *link, digits string) []byte {
	return b.keys.PRF("capture code", l.Serial, digits)
}

// newCode writes down a new code for a link and returns it.
func (b *Book) newCode(ctx context.Context, id string) (string, error) {
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // never fails (crypto/rand)
	digits := fmt.Sprintf("%06d", n)
	_, err := b.change(ctx, id, func(l *link) error {
		if err := l.status(b.now(), b.limits.Tries); err != nil {
			return err
		}
		next := &code{Hash: b.codeHash(l, digits), Expires: b.now().Add(codeFor)}
		if l.Code != nil {
			next.Failures = l.Code.Failures
		}
		l.Code = next
		return nil
	})
	return digits, err
}

// errCode says that a code is wrong, old, or was used.
var errCode = errors.New("the code is not right")

// checkCode uses up a code, or counts a failure; the fifth ends the link.
// Errors: errCode, ErrExpired, and those of change.
func (b *Book) checkCode(ctx context.Context, id, digits string) error {
	var verdict error
	_, err := b.change(ctx, id, func(l *link) error {
		if err := l.status(b.now(), b.limits.Tries); err != nil {
			return err
		}
		verdict = b.judgeCode(l, digits)
		return nil
	})
	if err != nil {
		return err
	}
	return verdict
}

// judgeCode writes its verdict into the link.
func (b *Book) judgeCode(l *link, digits string) error {
	if l.Code == nil {
		l.Code = &code{}
	}
	right := subtle.ConstantTimeCompare(l.Code.Hash, b.codeHash(l, digits)) == 1
	if right && l.Code.Expires.After(b.now()) {
		l.Code.Hash = nil
		return nil
	}
	l.Code.Failures++
	if l.Code.Failures >= codeMost {
		l.Expires = b.now()
		return ErrExpired
	}
	return errCode
}

// waits says that a code was sent and can still be entered.
func (l *link) waits(now time.Time) bool {
	return l.Code != nil && l.Code.Hash != nil && l.Code.Expires.After(now)
}

// prove is the page that asks for more than the link.
func (v *visit) prove(status int, problems map[string]string) {
	page, b := v.data(), v.book
	switch {
	case v.account.StepUp.Method == OIDC:
		page.Action = v.path() + "?sign-in"
		b.page(v.w, status, &v.account, page, b.pages.SignIn)
	case problems != nil || v.link.waits(b.now()):
		page.Problems, page.Remember = problems, v.account.StepUp.Remember > 0
		v.posting(status, page, b.pages.Code)
	default:
		v.posting(status, page, b.pages.Prove)
	}
}

// sendCode sends a new code into the chat.
func (v *visit) sendCode() {
	b, ctx := v.book, context.WithoutCancel(v.r.Context())
	if !b.meters.resends.allow(v.link.conversation.Path(), b.now()) {
		b.limited(v.w, v.r, v.account.Name)
		return
	}
	digits, err := b.newCode(ctx, v.link.id)
	if err == nil {
		err = b.say(ctx, v.link.conversation, v.link.Language, "chat.code", "", "code", digits)
	}
	if err != nil {
		v.fail(err)
		return
	}
	v.redirect(v.path())
}

// enterCode checks a code, and lets the browser in.
func (v *visit) enterCode(typed url.Values) {
	b := v.book
	digits := strings.Join(strings.Fields(typed.Get(form.InputCode)), "")
	err := b.checkCode(v.r.Context(), v.link.id, digits)
	switch {
	case errors.Is(err, errCode):
		b.observe(v.account.Name, eventStepUpFailed)
		v.prove(http.StatusUnprocessableEntity, map[string]string{form.InputCode: "code"})
	case errors.Is(err, ErrExpired):
		b.observe(v.account.Name, eventStepUpFailed)
		v.locked()
	case err != nil:
		v.fail(err)
	default:
		b.observe(v.account.Name, eventStepUp)
		b.keepSession(v.w, v.account, v.link.id, newSession(provedChat))
		if typed.Get(form.InputRemember) != "" && v.account.StepUp.Remember > 0 {
			b.rememberDevice(v.w, v.account, v.link.conversation)
		}
		v.redirect(v.path())
	}
}
