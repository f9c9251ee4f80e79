package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

// TestAsksExactly: a phrase inside a longer phrase of another rule does not
// count, and choices in words are written out.
func TestAsksExactly(t *testing.T) {
	set := view(t, load(t, "builtin"), rules.View{})
	for text, want := range map[string][]string{
		"What is your identity card number?":                     {"national_id"},
		"Please type your card number":                           {"credit_card"},
		"Please type your card number and expiry date":           {"card_expiry", "credit_card"},
		"Please send us your card details":                       {"card_expiry", "credit_card", "cvv"},
		"Escribe tu dirección de correo":                         {"email"},
		"What is your National Insurance number?":                {"national_id"},
		"Enter your email address to get the offer":              {"email"},
		"Quel est le numéro de votre carte d'identité ?":         {"national_id"},
		"Please type the security code we sent":                  {"otp"},
		"Please share: name, phone, address":                     {"address", "person", "phone"},
		"Type the verification code we sent to your mobile, now": {"otp"},
	} {
		var got []string
		for _, ask := range scan(t, set, text, rules.Context{Direction: rules.Outbound}).Asks {
			got = append(got, ask.Asks...)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%q: asks %v, want %v", text, got, want)
		}
	}
}

// TestAlternatives: what cannot be written out is refused by name.
func TestAlternatives(t *testing.T) {
	for _, word := range []string{"(a|b(c|d)) number", "(a|b number", "a|b number", "(|)", strings.Repeat("(a|b)", 9)} {
		_, err := loadText(t, "prompts:\n  - {id: ask_badge, asks: [username], words: ['"+word+"']}\n")
		if err == nil {
			t.Errorf("%q is accepted", word)
		}
	}
}

// TestRequests asks for one thing in many ways.
func TestRequests(t *testing.T) {
	library, err := loadText(t, "prompts:\n  - {id: ask_badge, asks: [username], words: [badge number, número de placa, dienstnummer]}\n")
	if err != nil {
		t.Fatal(err)
	}
	set := view(t, library, rules.View{})
	for text, want := range map[string]bool{
		"Badge number?":                                                            true,
		"badge number please":                                                      true,
		"What is your badge number?":                                               true,
		"Please type your badge number.":                                           true,
		"I need your badge number to go on":                                        true,
		"Can I have a badge number":                                                true,
		"Do you have a badge number?":                                              true,
		"Thanks! And the badge number is?":                                         true,
		"Please send the following:\n1. City\n2. Badge number":                     true,
		"Please tell me:\n- **Badge number** (optional)\n- city":                   true,
		"I can't find you, what is your badge number?":                             true,
		"I can't find you but please send me your badge number":                    true,
		"¿Cuál es su número de placa?":                                             true,
		"¿Número de placa?":                                                        true,
		"Bitte geben Sie Ihre Dienstnummer ein":                                    true,
		"Apna badge number bataiye":                                                true,
		"Mohon masukkan badge number Anda":                                         true,
		"Never send your badge number here":                                        false,
		"Please do not send your name, city or badge number":                       false,
		"You don't need a badge number":                                            false,
		"A badge number is not needed":                                             false,
		"We will send your badge number by post":                                   false,
		"I'll send you the badge number":                                           false,
		"Your badge number has changed":                                            false,
		"Badge number: 4821":                                                       false,
		"Please check:\nBadge number: 4821\nCity: Bonn":                            false,
		"What is our badge number?":                                                false,
		"Is your badge number still 4821?":                                         false,
		"Our badge number is on the page":                                          false,
		"The badge number of a guard who works here has six digits, did you know?": false,
		"Nunca envíe su número de placa":                                           false,
		"Senden Sie niemals Ihre Dienstnummer":                                     false,
		"We'll need your badge number":                                             true,
		"Please send your account no and badge number":                             true,
		"Mohon kirim no HP dan badge number":                                       true,
		"Please send your badge number, we never share it":                         true,
		"Type it without spaces please: your badge number":                         true,
		"Haben Sie Ihre Dienstnummer zur Hand?":                                    true,
		"Share your badge numbers: first one, then the other":                      false,
		"Send me your badge number: all six digits":                                true,
		"Why do you need my badge number?":                                         false,
		"Warum fragen wir nach der Dienstnummer?":                                  false,
		"You'll need your badge number at the door":                                false,
		"Puede cambiar su número de placa en la web":                               false,
		"Do you want to change your badge number?":                                 false,
		"Would you like me to send it to your badge number?":                       false,
		"We need to check your badge number":                                       false,
		"Click the link to confirm your badge number":                              false,
		"Apna badge number kisi ke saath share na karein":                          false,
		"Mohon tunggu, badge number Anda sedang dicek":                             false,
		"Your badge number should never be shared":                                 false,
	} {
		result := scan(t, set, text, rules.Context{Direction: rules.Outbound})
		if got := len(result.Asks) > 0; got != want {
			t.Errorf("%q: asks %v, want %v", text, got, want)
		}
		if want && len(result.Asks) > 0 && result.Asks[0].End <= result.Asks[0].Start {
			t.Errorf("%q: %+v", text, result.Asks[0])
		}
	}
}
