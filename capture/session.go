package capture

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
)

// What a browser has proved about its user, in a session.
const (
	provedNothing byte = iota
	provedChat         // has the code that was sent into the chat
	provedSubject      // signed in at the issuer
)

const (
	nonceSize = 16
	macSize   = 16
	// proofFor is how long a page that was opened can be posted.
	proofFor = 24 * time.Hour
)

// session is what one browser has for one link, in a signed cookie: no cookie of
// a link is good for another, and none outlives the browser.
type session struct {
	nonce  [nonceSize]byte
	proved byte
}

func newSession(proved byte) session {
	s := session{proved: proved}
	rand.Read(s.nonce[:]) // never fails (crypto/rand)
	return s
}

// cookieName names a cookie; the prefix makes browsers refuse it from another
// host, without TLS, and for a part of the site (RFC 6265bis, 4.1.3.2).
func (b *Book) cookieName(what string, parts ...string) string {
	prefix := "__Host-"
	if b.loopback {
		prefix = ""
	}
	return prefix + what + "-" + encoding.EncodeToString(b.keys.PRF("capture cookie "+what, parts...)[:10])
}

func (b *Book) sessionMAC(id string, s session) []byte {
	return b.keys.PRF("capture session", id, string(s.nonce[:]), string(s.proved))[:macSize]
}

// session returns what the browser has for a link; false when it has nothing
// that we gave it.
func (b *Book) session(r *http.Request, id string) (session, bool) {
	var s session
	raw, ok := cookieBytes(r, b.cookieName("form", id))
	if !ok || len(raw) != nonceSize+1+macSize {
		return s, false
	}
	copy(s.nonce[:], raw)
	s.proved = raw[nonceSize]
	return s, subtle.ConstantTimeCompare(raw[nonceSize+1:], b.sessionMAC(id, s)) == 1
}

// keepSession gives the browser a session.
func (b *Book) keepSession(w http.ResponseWriter, account Account, id string, s session) {
	raw := append(append(s.nonce[:], s.proved), b.sessionMAC(id, s)...)
	b.setCookie(w, account, b.cookieName("form", id), raw, 0)
}

// setCookie sets a cookie that scripts do not see; age zero ends it with the
// browser, and one below at once. In a frame of the channel's webview only a partitioned cookie is kept
// (CHIPS), and SameSite=Lax would not be sent.
func (b *Book) setCookie(w http.ResponseWriter, account Account, name string, raw []byte, age time.Duration) {
	cookie := &http.Cookie{
		Name: name, Value: base64.RawURLEncoding.EncodeToString(raw), Path: "/", Secure: true, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, MaxAge: int(age / time.Second),
	}
	if age < 0 {
		cookie.MaxAge = -1
	}
	switch {
	case b.loopback: // a browser takes no such cookie without TLS
		cookie.Secure = false
	case account.Framed:
		cookie.SameSite, cookie.Partitioned = http.SameSiteNoneMode, true
	}
	http.SetCookie(w, cookie)
}

func cookieBytes(r *http.Request, name string) ([]byte, bool) {
	cookie, err := r.Cookie(name)
	if err != nil {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	return raw, err == nil
}

// proof is the token of one view of a page: it holds for this link, with this
// session, for a day.
func (b *Book) proof(id string, s session) string {
	raw := make([]byte, 16, 16+macSize)
	rand.Read(raw[:8]) // never fails (crypto/rand)
	binary.BigEndian.PutUint64(raw[8:], uint64(b.now().Unix()))
	return base64.RawURLEncoding.EncodeToString(append(raw, b.proofMAC(id, s, raw)...))
}

func (b *Book) proofMAC(id string, s session, view []byte) []byte {
	return b.keys.PRF("capture proof", id, string(s.nonce[:]), string(view))[:macSize]
}

func (b *Book) proves(id string, s session, proof string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(proof)
	if err != nil || len(raw) != 16+macSize {
		return false
	}
	age := b.now().Unix() - int64(binary.BigEndian.Uint64(raw[8:16]))
	return subtle.ConstantTimeCompare(raw[16:], b.proofMAC(id, s, raw[:16])) == 1 && age <= int64(proofFor/time.Second)
}

// The cookie of a remembered device holds until when it is; only the
// conversation can make it, so it ends with it.
func (b *Book) deviceName(c *conversation.Conversation) string {
	return b.cookieName("device", c.Account, c.ID)
}

func (b *Book) rememberDevice(w http.ResponseWriter, account Account, c *conversation.Conversation) {
	raw := make([]byte, 16, 16+macSize)
	rand.Read(raw[:8]) // never fails (crypto/rand)
	binary.BigEndian.PutUint64(raw[8:], uint64(b.now().Add(account.StepUp.Remember).Unix()))
	b.setCookie(w, account, b.deviceName(c), append(raw, deviceMAC(c, raw)...), account.StepUp.Remember)
}

func deviceMAC(c *conversation.Conversation, raw []byte) []byte {
	return c.Derive("piiproxy capture device", c.Account, string(raw))[:macSize]
}

// remembered says that this browser has proved the chat before. A shorter time
// in the configuration counts at once.
func (b *Book) remembered(r *http.Request, account Account, c *conversation.Conversation) bool {
	raw, ok := cookieBytes(r, b.deviceName(c))
	if !ok || len(raw) != 16+macSize || account.StepUp.Remember <= 0 {
		return false
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(raw[8:16])), 0)
	now := b.now()
	return subtle.ConstantTimeCompare(raw[16:], deviceMAC(c, raw[:16])) == 1 && until.After(now) && !until.After(now.Add(account.StepUp.Remember+time.Second))
}
