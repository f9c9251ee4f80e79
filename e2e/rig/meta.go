package rig

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"unicode/utf16"
)

// App is an app at Meta: what signs its webhooks and what its callback must
// show in the handshake.
type App struct {
	Name, Secret, VerifyToken string
	SHA1                      bool // piiproxy takes sha1 signatures alone
}

// Sign sets the two headers that Meta sends with a webhook.
func (a App) Sign(body []byte, header http.Header) {
	header.Set("X-Hub-Signature-256", "sha256="+a.MAC256(body))
	header.Set("X-Hub-Signature", "sha1="+a.MAC1(body))
}

// MAC256 is the hexadecimal HMAC-SHA256 of body.
func (a App) MAC256(body []byte) string {
	mac := hmac.New(sha256.New, []byte(a.Secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// MAC1 is the hexadecimal HMAC-SHA1 of body.
func (a App) MAC1(body []byte) string {
	mac := hmac.New(sha1.New, []byte(a.Secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// Object is a JSON object; List is a JSON array.
type (
	Object = map[string]any
	List   = []any
)

// Marshal writes JSON as Meta's serializer does: compact, ASCII only, with
// \u00e4, \/, \u003C, % as \u0025 and @ as \u0040.
func Marshal(value any) []byte {
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(fmt.Sprintf("a payload of a test is no JSON: %v", err))
	}
	return Escape(bytes.TrimSuffix(plain.Bytes(), []byte("\n")))
}

// Escape rewrites a JSON document in Meta's style. None of the characters it
// changes can stand outside a string.
func Escape(document []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(document) {
		switch {
		case r == '/':
			out.WriteString(`\/`)
		case r == '<':
			out.WriteString(`\u003C`)
		case r == '%' || r == '@':
			fmt.Fprintf(&out, `\u%04x`, r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		case r > 0x7E:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.Bytes()
}
