package rules_test

import (
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

// TestTellsHowToType keeps apart what tells people to type and what does not.
func TestTellsHowToType(t *testing.T) {
	for text, want := range map[string]bool{
		// en
		"Reply with the 16 digits without spaces.": true,
		"Type it here":                              true,
		"Please type it below 👇":                    true,
		"Format: MM/YY":                             true,
		"Use the format DD/MM/YYYY.":                true,
		"Example: 12/27":                            true,
		"Just reply to this chat with the number.":  true,
		"Please send it here.":                      true,
		"Digits only, please.":                      true,
		"You can type it here.":                     true,
		"Enter the 3 digits.":                       true,
		"No spaces or dashes.":                      true,
		"Type 1 for menu":                           false,
		"Reply STOP to unsubscribe.":                false,
		"Reply with YES to confirm.":                false,
		"Type your question below.":                 false,
		"Never type it here.":                       false,
		"We will never ask you to type it here.":    false,
		"I'm here to help.":                         false,
		"We'll send it here tomorrow.":              false,
		"Which type of card do you have here?":      false,
		"It is on the back of the card.":            false,
		"We need it to secure your booking.":        false,
		"Your order is on its way.":                 false,
		"Tap the button below to enter the code.":   false,
		"For example, you get 20% off every order.": false,
		"Thanks for your answer!":                   false,
		// es, pt, fr, de, it
		"Escríbelo aquí.":                                true,
		"Escribe los 16 dígitos sin espacios.":           true,
		"Responde con el número.":                        true,
		"Formato: MM/AA":                                 true,
		"Nunca lo escribas aquí.":                        false,
		"Escribe 1 para volver al menú.":                 false,
		"Estamos aquí para ayudarte.":                    false,
		"Digite aqui, sem espaços.":                      true,
		"Responda com os 11 números.":                    true,
		"Por exemplo: 12/27":                             true,
		"Digite 2 para falar com um atendente.":          false,
		"Nunca digite a senha aqui.":                     false,
		"Tapez-le ici.":                                  true,
		"Répondez avec les 16 chiffres.":                 true,
		"Ne le tapez pas ici.":                           false,
		"Tapez 1 pour continuer.":                        false,
		"Bitte hier eintippen.":                          true,
		"Geben Sie die 16 Ziffern ohne Leerzeichen ein.": true,
		"Bitte schreiben Sie es hier in den Chat.":       true,
		"Schreiben Sie es bitte nicht hier.":             false,
		"Antworten Sie mit 1, um fortzufahren.":          false,
		"Wir sind gern hier für Sie da.":                 false,
		"Scrivilo qui sotto.":                            true,
		"Rispondi con le 16 cifre.":                      true,
		"Non scriverlo qui.":                             false,
		// Hindi and Indonesian in Latin letters
		"Yahan likhiye.":                       true,
		"Bina space ke 16 digits likhiye.":     true,
		"Yahan mat likhiye.":                   false,
		"Ketik di sini.":                       true,
		"Balas dengan 16 digit tanpa spasi.":   true,
		"Jangan ketik di sini.":                false,
		"Ketik 1 untuk kembali.":               false,
		"Terima kasih sudah menghubungi kami.": false,
		"":                                     false,
	} {
		if got := rules.TellsHowToType(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestSentenceOfAsk cuts the asking sentence out of a message.
func TestSentenceOfAsk(t *testing.T) {
	set := view(t, load(t, "builtin"), rules.View{})
	for text, want := range map[string]string{
		"Please type your card number":                             "Please type your card number",
		"Hi! 👋 To pay, please type your card number. Thanks!":      "To pay, please type your card number.",
		"Hola.\n¿Cuál es el número de tu tarjeta? Gracias.":        "¿Cuál es el número de tu tarjeta?",
		"Gracias, ¿cuál es el número de tu tarjeta?":               "¿cuál es el número de tu tarjeta?",
		"Total: 12.50. *What is your card number?* It is safe.":    "*What is your card number?*",
		"Your total is € 12.50 – please enter your card number!!":  "Your total is € 12.50 – please enter your card number!!",
		"Thanks.\r\nPlease enter your card no. or ask us.\r\nBye.": "Please enter your card no. or ask us.",
		"*Almost there!* Please type your card number. 💳 Thanks":   "Please type your card number. 💳",
		"👉 Your card number?":                                      "👉 Your card number?",
		"ок. Ｐlease type your card number… Done":                   "Ｐlease type your card number…",
	} {
		asks := scan(t, set, text, rules.Context{Direction: rules.Outbound}).Asks
		if len(asks) == 0 {
			t.Errorf("%q: no ask", text)
			continue
		}
		if got := text[asks[0].From:asks[0].To]; got != want {
			t.Errorf("%q: sentence %q, want %q", text, got, want)
		}
	}
}
