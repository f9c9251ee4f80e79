package proxy_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/vault"
)

// sentText sends a text to a person and gives the body that the platform got.
func (r *rig) sentText(person, words string) string {
	r.t.Helper()
	before := len(r.platform.requests())
	if got := r.send(person, words); got.status != http.StatusOK {
		r.t.Fatalf("answered %d %s", got.status, got.body)
	}
	sent := r.platform.bodies()[before]
	if tokenIn.MatchString(strings.ToLower(sent)) {
		r.t.Errorf("the platform got a token: %s", sent)
	}
	return sent
}

// sent is a send with other words.
func sent(person, words string) string {
	return `{"recipient":{"id":"` + person + `"},"message":{"text":"` + words + `"}}`
}

// In its own conversation a token becomes what policy says for its kind.
func TestTokensOut(t *testing.T) {
	r := newRig(t)
	mail, number, phone := r.token(anna, email), r.token(anna, card), r.token(anna, "call me at (415) 555-2671")
	for _, test := range []struct{ name, words, want string }{
		{"restored", "we write to " + mail, `we write to jane.doe\u0040corp.example`},
		{"masked", "charged " + number, "charged ***1111"},
		{"phone", phone, "(415) 555-2671"},
		{"several", mail + " " + number + "/" + mail, `jane.doe\u0040corp.example ***1111/jane.doe\u0040corp.example`},
		{"upper case", strings.ToUpper(mail), `jane.doe\u0040corp.example`},
		{"glued", "x" + mail + ".", `xjane.doe\u0040corp.example.`},
		{"escaped", `\u0070ii` + mail[3:] + `\/`, `jane.doe\u0040corp.example\/`},
		{"made up", "pii_email_" + strings.Repeat("a", 26), "your e-mail"},
		{"made up, unknown kind", "pii_shoesize_" + strings.Repeat("a", 26), "[UNKNOWN]"},
	} {
		if got := r.sentText(anna, test.words); got != sent(anna, test.want) {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, sent(anna, test.want))
		}
	}
}

// Policy may hide, mask or block every token.
func TestTokenPolicies(t *testing.T) {
	for action, want := range map[string]string{"restore": `jane.doe\u0040corp.example`, "mask": `j***\u0040corp.example`, "redact": "[EMAIL]", "block": ""} {
		r := newRig(t, func(p *plan) { p.policy.Tokens["email"] = action })
		mail := r.token(anna, email)
		if want == "" {
			r.refused(action, r.send(anna, "to "+mail), http.StatusBadRequest, "policy_block")
			r.nothing(r.platform)
		} else if got := r.sentText(anna, "to "+mail); got != sent(anna, "to "+want) {
			t.Errorf("%s: the platform got %s", action, got)
		}
	}
}

// Somebody else's token, or one of another account, is worth nothing (V2).
func TestForeignToken(t *testing.T) {
	r := newRig(t, func(p *plan) {
		p.accounts = append(p.accounts, account{name: "store", channel: "messenger", id: "1002", app: "main", bot: "bot"})
	})
	mail := r.token(anna, email)
	r.token(bert, "bert@corp.example")
	if got := r.sentText(bert, "to "+mail); got != sent(bert, "to your e-mail") {
		t.Errorf("to another person: %s", got)
	}
	if got := r.sentText("5550009", "to "+mail); got != sent("5550009", "to your e-mail") {
		t.Errorf("to a person nobody knows: %s", got)
	}
	before := len(r.platform.requests())
	r.call("/store/me/messages", sent(anna, "to "+mail))
	if got := r.platform.bodies()[before]; got != sent(anna, "to your e-mail") {
		t.Errorf("in another account: %s", got)
	}
	r.until("the log says that tokens stood for nothing", func() bool {
		return strings.Count(r.logged.String(), `"unresolved":1,`) == 3
	})
	// A person who types somebody's token gets no more by the bot's echo of it.
	r.hook(page(entry(shopID, text(shopID, bert, "my mail is "+mail))))
	bodies := r.bots["bot"].bodies()
	if strings.Contains(bodies[len(bodies)-1], mail) {
		t.Error("a typed token reached the bot")
	}
}

// Who is nobody in particular gets masks and nothing restored.
func TestNoOnePerson(t *testing.T) {
	r := newRig(t)
	mail := r.token(anna, email)
	for name, recipient := range map[string]string{
		"user_ref": `{"user_ref":"x"}`, "comment": `{"comment_id":"1_2"}`, "post": `{"post_id":"1_2"}`, "phone": `{"phone_number":"+15551230001"}`,
		"notification": `{"notification_messages_token":"x"}`, "two ways": `{"id":"` + anna + `","user_ref":"x"}`, "none": `{}`, "list": `["` + anna + `"]`,
	} {
		before := len(r.platform.requests())
		got := r.call("/shop/me/messages", `{"recipient":`+recipient+`,"message":{"text":"`+mail+` `+card+`"}}`)
		if got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
		} else if sent := r.platform.bodies()[before]; sent != `{"recipient":`+recipient+`,"message":{"text":"your e-mail ***1111"}}` {
			t.Errorf("%s: the platform got %s", name, sent)
		}
	}
	group := `{"messaging_product":"whatsapp","recipient_type":"group","to":"` + annaPhone + `","text":{"body":"` + mail + `"}}`
	if r.call("/line/me/messages", group); !strings.Contains(r.platform.bodies()[len(r.platform.bodies())-1], `"body":"your e-mail"`) {
		t.Errorf("a group got %s", r.platform.bodies()[len(r.platform.bodies())-1])
	}
	for name, recipient := range map[string]string{"JSON text": `"{\"id\":\"` + anna + `\"}"`, "a number": `{"id":` + anna + `}`} {
		before := len(r.platform.requests())
		r.call("/shop/me/messages", `{"recipient":`+recipient+`,"message":{"text":"`+mail+`"}}`)
		if sent := r.platform.bodies()[before]; !strings.Contains(sent, `"jane.doe\u0040corp.example"`) {
			t.Errorf("%s: the platform got %s", name, sent)
		}
	}
}

// Where a token can no longer be resolved, words in the account's language
// say what it stood for.
func TestLostTokens(t *testing.T) {
	r := newRig(t, func(p *plan) { p.accounts[0].language = "de" })
	mail, code := r.token(anna, email), r.token(anna, "my cvv is 737")
	if got := r.sentText(anna, mail+" "+code); got != sent(anna, `jane.doe\u0040corp.example ***`) {
		t.Errorf("at first: %s", got)
	}
	r.clock.advance(16 * time.Minute)
	if got := r.sentText(anna, mail+" "+code); got != sent(anna, `jane.doe\u0040corp.example die Pr\u00fcfnummer Ihrer Karte`) {
		t.Errorf("when the code is over: %s", got)
	}
	r.clock.advance(31 * 24 * time.Hour)
	if got := r.sentText(anna, mail); got != sent(anna, "Ihre E-Mail-Adresse") {
		t.Errorf("when all is over: %s", got)
	}
}

// Erasing a conversation ends its tokens; codes do not survive a restart.
func TestErasedTokens(t *testing.T) {
	r := newRig(t)
	mail, code := r.token(anna, email), r.token(anna, "my cvv is 737")
	r.restart()
	if got := r.sentText(anna, mail+" "+code); got != sent(anna, `jane.doe\u0040corp.example your card's security code`) {
		t.Errorf("after a restart: %s", got)
	}
	_, err := r.people.DeletePrefix(t.Context(), "conversation")
	r.must(err)
	r.restart()
	if got := r.sentText(anna, mail); got != sent(anna, "your e-mail") {
		t.Errorf("after erasing: %s", got)
	}
}

// What came through a form never goes back into a chat, whatever policy says.
func TestFormValueIsNotRestored(t *testing.T) {
	r := newRig(t)
	r.token(anna, "hello "+card)
	c, err := r.book.Find(t.Context(), "shop", []string{"psid:" + anna})
	r.must(err)
	tokens, err := r.vault.Tokens(t.Context(), c, []vault.Value{{Kind: "email", Canonical: "form@corp.example", Text: "form@corp.example", Origin: vault.Form}})
	r.must(err)
	if got := r.sentText(anna, tokens[0]); got != sent(anna, `f***\u0040corp.example`) {
		t.Errorf("the platform got %s", got)
	}
}

// The names of a person learned from the platform's answer lead to the same
// conversation: Brazil's ninth digit.
func TestLearnedAlias(t *testing.T) {
	r := newRig(t)
	const written, real = "5511987654321", "551187654321"
	r.platform.says(200, "application/json", `{"messaging_product":"whatsapp","contacts":[{"input":"`+written+`","wa_id":"`+real+`"}],"messages":[{"id":"wamid.1"}]}`)
	if got := r.hook(waba(change(lineID, waText(written, email)))); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	mail := tokenIn.FindString(r.only(r.bots["bot"]).body)
	to := func(number string) string {
		before := len(r.platform.requests())
		r.call("/line/me/messages", `{"to":"`+number+`","text":{"body":"`+mail+`"}}`)
		return r.platform.bodies()[before]
	}
	if got := to(real); !strings.Contains(got, "your e-mail") {
		t.Errorf("before it is learned: %s", got)
	}
	if got := to("+55 (11) 98765-4321"); !strings.Contains(got, `jane.doe\u0040`) {
		t.Errorf("another spelling: %s", got)
	}
	if got := to(real); !strings.Contains(got, `jane.doe\u0040`) {
		t.Errorf("once it is learned: %s", got)
	}
}
