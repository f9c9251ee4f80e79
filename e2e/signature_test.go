package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

func containsText(text []byte, part string) bool { return bytes.Contains(text, []byte(part)) }

// forgeries are the ways to sign a delivery wrongly (threats.md W1, W2).
func forgeries(body []byte) map[string]http.Header {
	right, right1 := "sha256="+mainApp.MAC256(body), "sha1="+mainApp.MAC1(body)
	const name, name1 = "X-Hub-Signature-256", "X-Hub-Signature"
	forged := map[string]http.Header{
		"no signature":           {},
		"empty":                  {name: {""}},
		"sha1 alone":             {name1: {right1}},
		"good sha1, bad sha256":  {name: {"sha256=" + strings.Repeat("0", 64)}, name1: {right1}},
		"good sha1, empty":       {name: {""}, name1: {right1}},
		"no prefix":              {name: {right[len("sha256="):]}},
		"wrong prefix":           {name: {"sha1=" + right[len("sha256="):]}},
		"sha1 in the new header": {name: {right1}},
		"truncated":              {name: {right[:len(right)-1]}},
		"half":                   {name: {right[:len(right)-32]}},
		"too long":               {name: {right + "00"}},
		"spaces inside":          {name: {"sha256= " + right[len("sha256="):]}},
		"twice, both right":      {name: {right, right}},
		"twice, one right":       {name: {"sha256=" + strings.Repeat("0", 64), right}},
		"a list":                 {name: {right + "," + right}},
		"not hexadecimal":        {name: {"sha256=" + strings.Repeat("z", 64)}},
		"underscores":            {"X_hub_signature_256": {right}},
		"another app":            {name: {"sha256=" + otherApp.MAC256(body)}, name1: {"sha1=" + otherApp.MAC1(body)}},
		"an empty secret":        {name: {"sha256=" + rig.App{}.MAC256(body)}},
		"another body":           {name: {"sha256=" + mainApp.MAC256(append([]byte(" "), body...))}},
	}
	for i := len("sha256="); i < len(right); i += 5 {
		flipped := []byte(right)
		flipped[i] = "0123456789abcdef"[(strings.IndexByte("0123456789abcdef", flipped[i])+1)%16]
		forged[fmt.Sprintf("character %d changed", i)] = http.Header{name: {string(flipped)}}
	}
	return forged
}

// Wrongly signed deliveries get 401 and not one byte of them reaches the bot.
func TestForgedSignatures(t *testing.T) {
	d := newDesk(t, func(s *rig.Setup) { s.Apps = append(s.Apps, otherApp) })
	body := rig.Page(rig.PageEntry(page, rig.Text(anna, page, "m_forged", "charge "+card)))
	for name, header := range forgeries(body) {
		if reply := d.platform.Post(t.Context(), d.webhook(), body, header); reply.Err != nil || reply.Status != http.StatusUnauthorized {
			t.Errorf("%s: want 401, got %d (error: %v)", name, reply.Status, reply.Err)
		}
	}
	header := http.Header{}
	mainApp.Sign(body, header)
	for i := 0; i < len(body); i += 7 {
		altered := bytes.Clone(body)
		altered[i] ^= 1
		if reply := d.platform.Post(t.Context(), d.webhook(), altered, header); reply.Status != http.StatusUnauthorized {
			t.Errorf("byte %d of the body changed: want 401, got %d", i, reply.Status)
		}
	}
	for _, app := range []string{"nobody", "other", ""} {
		webhook := d.proxy.Webhook(rig.App{Name: app})
		if reply := d.platform.Post(t.Context(), webhook, body, header); reply.Status/100 != 4 {
			t.Errorf("the webhook of app %q: want a refusal, got %d", app, reply.Status)
		}
	}
	if d.bot.Sockets().Accepted() != 0 || d.bot.Sockets().Bytes() != 0 {
		t.Errorf("the bot heard something: %d connections, %d bytes", d.bot.Sockets().Accepted(), d.bot.Sockets().Bytes())
	}
	if reply := d.platform.Post(t.Context(), d.webhook(), body, header); reply.Status != http.StatusOK {
		t.Errorf("the right signature: want 200, got %d", reply.Status)
	}
	got := d.bot.Await(t, 1)[0]
	if !got.Valid256 || !got.Valid1 || got.Length != int64(len(got.Body)) {
		t.Errorf("the bot's delivery: want both signatures and a Content-Length, got %v, %v, %d", got.Valid256, got.Valid1, got.Length)
	}
}

// An unknown app and a wrong signature look the same from outside.
func TestUnknownAppLooksLikeAWrongSignature(t *testing.T) {
	d := newDesk(t, nil)
	body := rig.Page(rig.PageEntry(page, rig.Text(anna, page, "m_x", "hello")))
	wrong := http.Header{"X-Hub-Signature-256": {"sha256=" + strings.Repeat("0", 64)}}
	known := d.platform.Post(t.Context(), d.webhook(), body, wrong)
	unknown := d.platform.Post(t.Context(), d.proxy.Webhook(rig.App{Name: "nobody"}), body, wrong)
	if known.Status != unknown.Status || !bytes.Equal(known.Body, unknown.Body) {
		t.Errorf("got %d %q and %d %q", known.Status, known.Body, unknown.Status, unknown.Body)
	}
}

// sha1 alone counts only where the operator allows it, and never against a
// sha256 that is wrong.
func TestAllowedSHA1(t *testing.T) {
	d := newDesk(t, func(s *rig.Setup) { s.Apps[0].SHA1 = true })
	body := rig.Page(rig.PageEntry(page, rig.Text(anna, page, "m_sha1", "hello")))
	alone := http.Header{"X-Hub-Signature": {"sha1=" + mainApp.MAC1(body)}}
	if reply := d.platform.Post(t.Context(), d.webhook(), body, alone); reply.Status != http.StatusOK {
		t.Errorf("sha1 alone: want 200, got %d", reply.Status)
	}
	both := http.Header{"X-Hub-Signature": {"sha1=" + mainApp.MAC1(body)}, "X-Hub-Signature-256": {"sha256=" + strings.Repeat("0", 64)}}
	if reply := d.platform.Post(t.Context(), d.webhook(), body, both); reply.Status != http.StatusUnauthorized {
		t.Errorf("good sha1 and bad sha256: want 401, got %d", reply.Status)
	}
}
