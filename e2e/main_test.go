// Package e2e drives the real piiproxy binary between a platform and bots
// that were made with published libraries and know nothing of it. A test here
// asserts what a person, the platform and the bot can see, never how piiproxy
// does it.
package e2e

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

func TestMain(m *testing.M) { rig.Main(m) }

// The app and the people of the tests. Secrets are random text: piiproxy
// refuses placeholders.
var (
	mainApp  = rig.App{Name: "main", Secret: "5f2bd1f9c6a84d7d9e30b1c8a7f64e21", VerifyToken: "jX3-verify-9Qm"}
	otherApp = rig.App{Name: "other", Secret: "c0a9e64b7d1f4f33a2b85d6e90714c5a", VerifyToken: "pL8-verify-2Tz"}

	numberOne = rig.Number{Business: "102290129340398", ID: "106540352242922", Display: "15550783881"}
	numberTwo = rig.Number{Business: "102290129340398", ID: "215589313241560", Display: "15550783882"}
)

const (
	page        = "1906385232743451"
	secondPage  = "2017496343854562"
	instagramID = "17841405822304914"
	anna        = "7120348890214563" // Messenger ids
	bruno       = "6893412207756104"
	annaPhone   = "4915735985001" // WhatsApp ids
	brunoPhone  = "14155550137"
	shopToken   = "EAAGm0PX4ZCpsBAKz3shop7Yt"
	phoneToken  = "EAAJB8wqTnumber5kLmQ2vX"

	email = "anna.keller@example.org"
	card  = "4539 1488 0343 6467"
	last4 = "6467"
	// padded is a text with everything in it that Meta escapes and that a
	// careless proxy breaks, and with nothing that is anybody's.
	padded = `Grüße 👋🏽 "50%" off a\b/c <b> & 'so' — жук 猫`
)

// said is the words around an address and a card.
var said = padded + " write to " + email + " or charge my card " + card + " please"

var (
	emailToken = regexp.MustCompile(`pii_email_[a-z2-7]{26}`)
	cardToken  = regexp.MustCompile(`pii_creditcard_[a-z2-7]{26}`)
)

// veiled is text with the values of said replaced by what stands for them in
// the tests' expectations.
func veiled(text string) string {
	return strings.NewReplacer(email, "«email»", card, "«card»").Replace(text)
}

// unveiled is a text that the bot saw with its tokens replaced alike.
func unveiled(text string) string {
	return cardToken.ReplaceAllString(emailToken.ReplaceAllString(text, "«email»"), "«card»")
}

// absent fails the test when text holds one of the values.
func absent(t *testing.T, who, text string, values ...string) {
	t.Helper()
	for _, value := range values {
		if strings.Contains(text, value) {
			t.Errorf("%s must not see %q", who, value)
		}
	}
}

// valueless fails the test when bytes that somebody got hold one of the
// values in any spelling.
func valueless(t *testing.T, who string, text []byte, values ...string) {
	t.Helper()
	var canaries []rig.Canary
	for _, value := range values {
		canaries = append(canaries, rig.Canary{Place: value, Value: value})
	}
	for _, found := range rig.Find(who, text, canaries) {
		t.Error(found)
	}
}

// handshake asks piiproxy for the challenge as Meta's dashboard does.
func handshake(t *testing.T, p *rig.Proxy, app rig.App) {
	t.Helper()
	ask := func(token string) rig.Reply {
		query := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {token}, "hub.challenge": {"1158201444"}}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.Webhook(app)+"?"+query.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return rig.Do(http.DefaultClient, request)
	}
	if reply := ask(app.VerifyToken); reply.Status != http.StatusOK || string(reply.Body) != "1158201444" {
		t.Errorf("handshake: want the challenge, got %d %q (error: %v)", reply.Status, reply.Body, reply.Err)
	}
	if reply := ask("a guess"); reply.Status/100 != 4 || strings.Contains(string(reply.Body), "1158201444") {
		t.Errorf("handshake with a wrong token: want a refusal, got %d %q", reply.Status, reply.Body)
	}
}

// sends are the calls that carried a message to a person, not read marks or
// typing.
func sends(platform *rig.Platform) []rig.Call {
	var calls []rig.Call
	for _, call := range platform.Calls() {
		body := string(call.Body)
		if strings.HasSuffix(call.Path, "/messages") && !strings.Contains(body, `"sender_action"`) && !strings.Contains(body, `"status"`) {
			calls = append(calls, call)
		}
	}
	return calls
}

// awaitSend waits for the n-th message to a person, counted from one.
func awaitSend(t *testing.T, platform *rig.Platform, n int) rig.Call {
	t.Helper()
	rig.Eventually(t, func() bool { return len(sends(platform)) >= n }, func() string {
		return "the platform did not get the bot's message"
	})
	return sends(platform)[n-1]
}

// dig follows names and positions into a JSON document.
func dig(t *testing.T, document any, steps ...any) any {
	t.Helper()
	for _, step := range steps {
		switch at := step.(type) {
		case string:
			object, ok := document.(map[string]any)
			if !ok {
				t.Fatalf("no object at %v of %v", step, steps)
			}
			document = object[at]
		case int:
			list, ok := document.([]any)
			if !ok || at >= len(list) {
				t.Fatalf("no element %d of %v", at, steps)
			}
			document = list[at]
		}
	}
	return document
}

// same fails the test unless what is found at steps is want.
func same(t *testing.T, document any, want any, steps ...any) {
	t.Helper()
	if got := dig(t, document, steps...); got != want {
		t.Errorf("%v: want %v, got %v", steps, want, got)
	}
}
