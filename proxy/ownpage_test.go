package proxy_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/conversation"
)

// Instagram's media edge publishes with a caption, which is read as any parameter;
// and so is JSON to an address for files.
func TestUploadsThatAreNone(t *testing.T) {
	r := newRig(t)
	form := "--b\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\nmy card " + card + "\r\n--b--\r\n"
	for _, target := range []string{"/gram/v23.0/" + gramID + "/media", "/gram/v23.0/me/media", "/v23.0/" + gramID + "/media", "/v23.0/me/media?access_token=" + gramToken} {
		got := r.ask("bot", "POST", target, form, "Content-Type: "+multipartType)
		r.refused(target, got, http.StatusBadRequest, "unlisted_value")
	}
	r.nothing(r.platform)
	for _, target := range []string{"/shop/v23.0/upload:MTphdHRhY2htZW50", "/" + lineID + "/media", "/shop/me/message_attachments", "/gram/v23.0/" + gramID + "/media"} {
		before := len(r.platform.requests())
		got := r.call(target, `{"caption":"my card `+card+` ","note":"`+digits+`"}`)
		for _, sent := range r.platform.bodies()[before:] {
			if strings.Contains(sent, "4111") {
				t.Errorf("%s: the platform got %s", target, sent)
			}
		}
		if got.status == http.StatusOK && len(r.platform.requests()) == before {
			t.Errorf("%s: answered 200 by nobody", target)
		}
	}
}

// What the platform tells of the account itself is nobody's conversation: values
// in it are hidden and get no token that the page itself would own.
func TestAnswerAboutOwnPage(t *testing.T) {
	r := newRig(t)
	nested := func(words string) string {
		return `{"id":"` + shopID + `","conversations":{"data":[{"id":"t_1","messages":{"data":[{"id":"m_1","message":"` + words + `","from":{"id":"` + anna + `"}}]}}]}}`
	}
	for _, test := range []struct{ target, answer, want string }{
		{"/shop/v23.0/" + shopID + "?fields=conversations", nested("card " + card + " " + email), nested("card [CREDIT_CARD] [EMAIL]")},
		{"/shop/v23.0/" + shopID + "?fields=about", `{"about":"mail ` + email + `","id":"` + shopID + `"}`, `{"about":"mail [EMAIL]","id":"` + shopID + `"}`},
		{"/shop/v23.0/me?fields=conversations", nested(email), nested("[EMAIL]")},
		{"/v23.0/" + shopID + "?fields=conversations", nested(email), nested("[EMAIL]")},
		{"/shop/v23.0/" + anna + "?fields=x", nested(email), nested("[EMAIL]")},
	} {
		r.platform.says(http.StatusOK, "application/json", test.answer)
		if got := r.ask("bot", "GET", test.target, ""); got.status != http.StatusOK || got.body != test.want {
			t.Errorf("%s: answered %d\n got %s\nwant %s", test.target, got.status, got.body, test.want)
		}
	}
	for _, alias := range []string{"psid:" + shopID, "psid:me", "psid:" + anna} {
		if _, err := r.book.Find(t.Context(), "shop", []string{alias}); !errors.Is(err, conversation.ErrUnknown) {
			t.Errorf("%s has a conversation: %v", alias, err)
		}
	}
	if got := r.records("value"); got != 0 {
		t.Errorf("%d values were kept", got)
	}
}

// The number of the account itself is no secret from its own bot.
func TestOwnNumberInAnswers(t *testing.T) {
	r := newRig(t)
	for target, answer := range map[string]string{
		lineID + "?fields=display_phone_number,verified_name": `{"verified_name":"Shop","display_phone_number":"+1 555-078-3881","id":"` + lineID + `"}`,
		lineBusiness + "/phone_numbers":                       `{"data":[{"verified_name":"Shop","display_phone_number":"+1 415-555-2671","quality_rating":"GREEN","id":"` + lineID + `"}]}`,
	} {
		r.platform.says(http.StatusOK, "application/json", answer)
		if got := r.ask("bot", "GET", "/line/v23.0/"+target, ""); got.status != http.StatusOK || got.body != answer {
			t.Errorf("%s: answered %d %s", target, got.status, got.body)
		}
	}
	body := waba(change(lineID, waText(annaPhone, "hi")))
	r.hook(body)
	if got := r.only(r.bots["bot"]).body; got != body {
		t.Errorf("the bot got %s", got)
	}
}

// Ids of apps have as many digits as cards, and some pass their check: they are
// ids all the same.
func TestIDsInDebugToken(t *testing.T) {
	r := newRig(t)
	random := rand.New(rand.NewPCG(7, 11))
	for range 200 {
		id := fmt.Sprintf("4%014d", random.Int64N(1e14))
		for digit := range 10 {
			if luhn(id + fmt.Sprint(digit)) {
				id += fmt.Sprint(digit)
				break
			}
		}
		if len(id) != 16 || !luhn(id) {
			t.Fatalf("%s is no number of a card", id)
		}
		answer := `{"data":{"app_id":"` + id + `","type":"PAGE","application":"Shop","expires_at":0,"is_valid":true,"issued_at":1732143422,"profile_id":"` + shopID + `","scopes":["pages_messaging"],"user_id":"` + id + `"}}`
		r.platform.says(http.StatusOK, "application/json; charset=UTF-8", answer)
		if got := r.ask("bot", "GET", "/shop/v23.0/debug_token?input_token="+shopToken, ""); got.status != http.StatusOK || got.body != answer {
			t.Fatalf("answered %d\n got %s\nwant %s", got.status, got.body, answer)
		}
	}
}
