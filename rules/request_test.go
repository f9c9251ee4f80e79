package rules_test

import (
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

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
