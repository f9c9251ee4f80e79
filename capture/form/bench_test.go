package form_test

import (
	"io"
	"net/url"
	"testing"

	"github.com/piiproxy/piiproxy/capture/form"
)

func BenchmarkForm(b *testing.B) {
	pages, err := form.New()
	if err != nil {
		b.Fatal(err)
	}
	page := wrong(basis())
	for b.Loop() {
		if err := pages.Form(io.Discard, page); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	typed := url.Values{"credit_card": {"4111 1111 1111 1111"}, "card_expiry": {"08/29"}, "cvv": {"123"}, "email": {"anna@example.com"}}
	for b.Loop() {
		form.Read(cardFields, typed, "US")
	}
}
