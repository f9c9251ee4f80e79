package proxy_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// alike makes look-alikes of what bots validate.
func alike(p *plan) {
	p.policy.Format = map[string]string{"credit_card": "like", "email": "like", "phone": "like"}
}

// luhn is ISO/IEC 7812-1, annex B.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// words gives the text of the n-th delivery that the bot got.
func (r *rig) words(n int) string {
	r.t.Helper()
	_, words, _ := strings.Cut(r.bots["bot"].bodies()[n], `"text":"`)
	words, _, _ = strings.Cut(words, `"`)
	return strings.ReplaceAll(words, `\u0040`, "@")
}

// A look-alike passes a bot's own checks, is the same for the same value, and
// comes back as policy says, in its own conversation only.
func TestLookAlikes(t *testing.T) {
	r := newRig(t, alike)
	const number, mail, phone = "4539 5787 6362 1486", "jane.doe@corp.example", "(415) 555-2671"
	for range 2 {
		for _, words := range []string{number, mail, phone} {
			if got := r.hook(page(entry(shopID, text(shopID, anna, words)))); got.status != http.StatusOK {
				t.Fatalf("answered %d", got.status)
			}
		}
	}
	likeCard, likeMail, likePhone := r.words(0), r.words(1), r.words(2)
	if !regexp.MustCompile(`^4539 57\d\d \d\d\d\d 1486$`).MatchString(likeCard) || !luhn(strings.ReplaceAll(likeCard, " ", "")) || likeCard == number {
		t.Errorf("the card became %s", likeCard)
	}
	if !regexp.MustCompile(`^[a-z2-7]{16}@example\.com$`).MatchString(likeMail) {
		t.Errorf("the e-mail became %s", likeMail)
	}
	if strings.Contains(likePhone, "2671") || !strings.Contains(likePhone, "555") {
		t.Errorf("the phone number became %s", likePhone)
	}
	if r.words(3) != likeCard || r.words(4) != likeMail || r.words(5) != likePhone {
		t.Error("the same value got another form")
	}
	for _, test := range []struct{ name, person, words, want string }{
		{"card", anna, "charged " + likeCard, "charged ***1486"},
		{"card without spaces", anna, strings.ReplaceAll(likeCard, " ", ""), "***1486"},
		{"e-mail", anna, "to " + likeMail, `to jane.doe\u0040corp.example`},
		{"e-mail in capitals", anna, strings.ToUpper(likeMail), `jane.doe\u0040corp.example`},
		{"phone, too few forms", anna, likePhone, "***71"},
		{"e-mail to another person", bert, likeMail, likeMail[:1] + `***\u0040example.com`},
		{"card to another person", bert, likeCard, "***1486"},
	} {
		if got := r.sentText(test.person, test.words); got != sent(test.person, test.want) {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, sent(test.person, test.want))
		}
	}
}

// A restored value that comes back in an echo becomes its token again, also
// where only the field it came in said what it is.
func TestEchoOfRestoredValue(t *testing.T) {
	r := newRig(t)
	place := waba(change(lineID, waMessage(annaPhone, `"type":"location","location":{"latitude":52.5,"longitude":13.4,"address":"the old mill"}`)))
	if got := r.hook(place); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	token := tokenIn.FindString(r.only(r.bots["bot"]).body)
	r.call("/"+lineID+"/messages", `{"to":"`+annaPhone+`","text":{"body":"we deliver to `+token+`"}}`)
	if got := r.only(r.platform).body; !strings.Contains(got, "we deliver to the old mill") {
		t.Fatalf("the platform got %s", got)
	}
	echo := func(to, words string) string {
		return waba(change(lineID, `"message_echoes":[{"from":"15550783881","to":"`+to+`","id":"wamid.out1","timestamp":"1","type":"text","text":{"body":"`+words+`"}}]`))
	}
	r.hook(echo(annaPhone, "we deliver to the old mill"))
	if got, want := r.bots["bot"].bodies()[1], echo(annaPhone, "we deliver to "+token); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	r.hook(echo("15559998877", "we deliver to the old mill"))
	if got := r.bots["bot"].bodies()[2]; strings.Contains(got, "pii_") {
		t.Errorf("another person's echo: %s", got)
	}
}
