package proxy_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/channel"
)

// deliver posts a delivery with the headers given and nothing else.
func (r *rig) deliver(app, body string, headers ...string) reply {
	r.t.Helper()
	return r.ask("public", "POST", "/webhook/"+app, body, append([]string{"Content-Type: application/json"}, headers...)...)
}

// What is not signed by the app, exactly once and exactly so, is answered 401
// with one answer for all, and nothing of it is parsed, stored or forwarded.
func TestForgedWebhook(t *testing.T) {
	r := newRig(t)
	body := page(entry(shopID, text(shopID, anna, "my card is "+card)))
	good := sign256(appSecret, body)
	raw, err := hex.DecodeString(good[len("sha256="):])
	r.must(err)
	tries := map[string][]string{
		"missing":              {},
		"empty":                {"X-Hub-Signature-256: "},
		"no prefix":            {"X-Hub-Signature-256: " + good[7:]},
		"other prefix":         {"X-Hub-Signature-256: sha1=" + good[7:]},
		"upper-case prefix":    {"X-Hub-Signature-256: SHA256=" + good[7:]},
		"space within":         {"X-Hub-Signature-256: sha256= " + good[7:]},
		"truncated":            {"X-Hub-Signature-256: " + good[:len(good)-2]},
		"half a byte less":     {"X-Hub-Signature-256: " + good[:len(good)-1]},
		"longer":               {"X-Hub-Signature-256: " + good + "00"},
		"base64":               {"X-Hub-Signature-256: sha256=" + base64.StdEncoding.EncodeToString(raw)},
		"not hexadecimal":      {"X-Hub-Signature-256: sha256=" + strings.Repeat("zz", 32)},
		"twice":                {"X-Hub-Signature-256: " + good, "X-Hub-Signature-256: " + good},
		"twice, one forged":    {"X-Hub-Signature-256: sha256=" + strings.Repeat("00", 32), "X-Hub-Signature-256: " + good},
		"in a list":            {"X-Hub-Signature-256: " + good + ", " + good},
		"underscores":          {"X_Hub_Signature_256: " + good},
		"another app's secret": {"X-Hub-Signature-256: " + sign256("other secret", body)},
		"empty secret":         {"X-Hub-Signature-256: " + sign256("", body)},
		"the placeholder":      {"X-Hub-Signature-256: " + sign256("no such app", body)},
		"the bot's secret":     {"X-Hub-Signature-256: " + sign256("secret of bot", body)},
		"another body":         {"X-Hub-Signature-256: " + sign256(appSecret, body+" ")},
		"an empty body's":      {"X-Hub-Signature-256: " + sign256(appSecret, "")},
		"sha1 only":            {"X-Hub-Signature: " + sign1(appSecret, body)},
		"good sha1, bad sha256": {
			"X-Hub-Signature: " + sign1(appSecret, body), "X-Hub-Signature-256: sha256=" + strings.Repeat("00", 32),
		},
		"good sha256, sha1 twice": {
			"X-Hub-Signature-256: " + good, "X-Hub-Signature: " + sign1(appSecret, body), "X-Hub-Signature: " + sign1(appSecret, body),
		},
	}
	for bit := range len(raw) * 8 {
		flipped := append([]byte(nil), raw...)
		flipped[bit/8] ^= 1 << (bit % 8)
		tries[fmt.Sprintf("bit %d", bit)] = []string{"X-Hub-Signature-256: sha256=" + hex.EncodeToString(flipped)}
	}
	records := r.records("")
	for name, headers := range tries {
		got := r.deliver("main", body, headers...)
		if got.status != http.StatusUnauthorized || got.body != "Unauthorized\n" {
			t.Errorf("%s: answered %d %q", name, got.status, got.body)
		}
	}
	for _, app := range []string{"nobody", "MAIN", "main2", "other"} {
		if got := r.deliver(app, body, "X-Hub-Signature-256: "+good); got.status != http.StatusUnauthorized || got.body != "Unauthorized\n" {
			t.Errorf("app %s: answered %d %q", app, got.status, got.body)
		}
	}
	if got := r.deliver("nobody", body, "X-Hub-Signature-256: "+sign256("no such app", body)); got.status != http.StatusUnauthorized {
		t.Errorf("an unknown app takes the placeholder's signature: %d", got.status)
	}
	r.nothing(r.bots["bot"])
	if got := r.records(""); got != records {
		t.Errorf("%d records were made", got-records)
	}
	if got, want := r.counter(`piiproxy_refused_total{reason="signature"}`), float64(len(tries)+5); got != want {
		t.Errorf("counted %v refusals, want %v", got, want)
	}
	if got := r.hook(body); got.status != http.StatusOK {
		t.Errorf("the right signature: answered %d", got.status)
	}
}

// While the secret is being changed, every one of the list verifies.
func TestSeveralSecrets(t *testing.T) {
	r := newRig(t, func(p *plan) { p.secret = func() []string { return []string{"new", "", "old"} } })
	body := page(entry(shopID, text(shopID, anna, "hi")))
	for secret, want := range map[string]int{"new": 200, "old": 200, "": 401, appSecret: 401} {
		if got := r.deliver("main", body, "X-Hub-Signature-256: "+sign256(secret, body)); got.status != want {
			t.Errorf("%q: answered %d, want %d", secret, got.status, want)
		}
	}
}

// An app without a secret takes nothing.
func TestNoSecret(t *testing.T) {
	for _, secrets := range [][]string{nil, {""}} {
		r := newRig(t, func(p *plan) { p.secret = func() []string { return secrets } })
		body := page(entry(shopID, text(shopID, anna, "hi")))
		if got := r.deliver("main", body, "X-Hub-Signature-256: "+sign256("", body)); got.status != http.StatusUnauthorized {
			t.Errorf("answered %d", got.status)
		}
		r.nothing(r.bots["bot"])
	}
}

// A sha1 signature alone counts on the channels it is switched on for.
func TestSHA1(t *testing.T) {
	r := newRig(t, func(p *plan) { p.sha1 = map[channel.Name]bool{"instagram": true} })
	fb, ig, bad := page(entry(shopID, text(shopID, anna, "hi"))), instagram(entry(gramID, text(gramID, anna, "hi"))), `{"object":"insta`
	for _, test := range []struct {
		name, body, header string
		want               int
	}{
		{"switched on", ig, "X-Hub-Signature: " + sign1(appSecret, ig), 200},
		{"another channel", fb, "X-Hub-Signature: " + sign1(appSecret, fb), 401},
		{"no channel", bad, "X-Hub-Signature: " + sign1(appSecret, bad), 401},
		{"wrong", ig, "X-Hub-Signature: " + sign1("x", ig), 401},
		{"sha256 in the sha1 header", ig, "X-Hub-Signature: " + sign256(appSecret, ig), 401},
		{"sha1 in the sha256 header", ig, "X-Hub-Signature-256: " + sign1(appSecret, ig), 401},
	} {
		if got := r.deliver("main", test.body, test.header); got.status != test.want {
			t.Errorf("%s: answered %d, want %d", test.name, got.status, test.want)
		}
	}
	got := r.deliver("main", ig, "X-Hub-Signature: "+sign1(appSecret, ig), "X-Hub-Signature-256: sha256="+strings.Repeat("00", 32))
	if got.status != http.StatusUnauthorized {
		t.Errorf("a wrong sha256 beside a good sha1: answered %d", got.status)
	}
	signedForBot(t, r.only(r.bots["bot"]), "bot")
}

// One app's secret opens no other app's accounts, at whichever address.
func TestForeignTenant(t *testing.T) {
	r := newRig(t, twoBots)
	body := page(entry("3001", text("3001", anna, "hi")))
	if got := r.deliver("main", body, "X-Hub-Signature-256: "+sign256(appSecret, body)); got.status != http.StatusOK {
		t.Errorf("answered %d", got.status)
	}
	if got := r.deliver("other", body, "X-Hub-Signature-256: "+sign256(appSecret, body)); got.status != http.StatusUnauthorized {
		t.Errorf("answered %d", got.status)
	}
	r.nothing(r.bots["alien"])
	if got := r.deliver("other", body, "X-Hub-Signature-256: "+sign256("other secret", body)); got.status != http.StatusOK {
		t.Errorf("its own secret: answered %d", got.status)
	}
	if got := r.only(r.bots["alien"]).body; got != body {
		t.Errorf("got %s", got)
	}
}

// Bodies that a signature must cover byte for byte. The large one is 132 kB: the
// budget of a scan is real time, and under the race detector a megabyte of words
// takes more of it than there is.
func TestSignedBytes(t *testing.T) {
	r := newRig(t)
	for name, words := range map[string]string{
		"UTF-8": "Grüße 😀 日本", "escapes": `\u00e4 \/ \"`, "empty": "", "large": strings.Repeat("all work and no play. ", 6_000),
	} {
		before := len(r.bots["bot"].requests())
		body := page(entry(shopID, text(shopID, anna, words)))
		if got := r.hook(body); got.status != http.StatusOK {
			t.Errorf("%s: answered %d", name, got.status)
			continue
		}
		got := r.bots["bot"].requests()[before]
		if got.body != body {
			t.Errorf("%s: changed on its way", name)
		}
		signedForBot(t, got, "bot")
	}
}
