package rules

import "testing"

// BenchmarkFold folds chat messages of about 200 bytes.
func BenchmarkFold(b *testing.B) {
	for _, test := range []struct{ name, text string }{
		{"spanish", "¿Tienen la chaqueta azul en talla mediana? Gracias, la necesito para el viernes próximo 🙏. También quería saber si hacen envíos a domicilio los sábados por la mañana o solo entre semana, ¡saludos!"},
		{"emoji", "Hi there 👋 I would like to know if the blue jacket is back in stock in size medium 😊 please? I saw it last week in the shop and now it’s gone 😢 but my sister really wants one for her birthday 🎂🎉"},
		{"russian", "Здравствуйте, подскажите пожалуйста, есть ли в наличии синяя куртка среднего размера? Мне нужно к пятнице."},
		{"hindi", "नमस्ते, क्या नीली जैकेट मध्यम आकार में उपलब्ध है? मुझे शुक्रवार तक चाहिए।"},
		{"card", "Hola, mi tarjeta es ４１１１ １１１１ １１１１ １１１１ y vence el 12/29, mi correo es josé@example.com y el teléfono +34 612 345 678, ¿pueden confirmar que el pago se ha hecho? Muchas gracias de antemano"},
	} {
		b.Run(test.name, func(b *testing.B) {
			var folded body
			folded.fold(test.text)
			b.SetBytes(int64(len(test.text)))
			b.ReportAllocs()
			for b.Loop() {
				folded.fold(test.text)
			}
		})
	}
}

// BenchmarkFoldASCII folds ASCII messages of about 200 bytes, with one pass over
// the bytes to compare with.
func BenchmarkFoldASCII(b *testing.B) {
	b.Run("pass", func(b *testing.B) {
		text := "Hi there, I would like to know if the blue jacket is back in stock in size medium please? I saw it last week in the shop and now it is gone but my sister really wants one for her birthday next month, ok?"
		var s survey
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			for i := range len(text) {
				s.add(rune(text[i]))
			}
		}
	})
	for _, test := range []struct{ name, text string }{
		{"clean", "Hi there, I would like to know if the blue jacket is back in stock in size medium please? I saw it last week in the shop and now it is gone but my sister really wants one for her birthday next month, ok?"},
		{"order", "Hi, where is my order 389501? It should have arrived on 12 March, that is 4 days ago. I have asked two times by now and nobody has told me anything at all, which I find a bit strange for such a shop."},
		{"spoken", "Hi, my card is four one one one one one one one one one one one one one one one and I would like to pay for the blue jacket in size medium please, thank you very much and have a nice day, bye for now"},
		{"dense", "Hi, charge 4111 1111 1111 1111 and send the receipt to alice.smith@example.com please, or call me on +1 202 555 0143 when it is done, thank you very much and have a nice day, bye for now and see you soon"},
	} {
		b.Run(test.name, func(b *testing.B) {
			var folded body
			hint := hintOf(test.text).foldHint
			folded.foldASCII(test.text, hint)
			b.SetBytes(int64(len(test.text)))
			b.ReportAllocs()
			for b.Loop() {
				folded.foldASCII(test.text, hint)
			}
		})
	}
}
