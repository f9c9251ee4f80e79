package capture_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/capture/form"
)

// BenchmarkOpen is a page of the form, without TLS.
func BenchmarkOpen(b *testing.B) {
	bench := newBench(b)
	book := bench.book()
	handler := book.Handler()
	path := "/c/" + bench.issue(book, order(bench.person("psid:1"), "credit_card", "card_expiry", "cvv")).ID
	b.ReportAllocs()
	for b.Loop() {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil))
		if answer.Code != http.StatusOK {
			b.Fatal(answer.Code)
		}
	}
}

// BenchmarkFill is a link made and filled in: five durable writes and a line of
// the audit.
func BenchmarkFill(b *testing.B) {
	bench := newBench(b)
	book := bench.book()
	card := []form.Value{{Kind: "credit_card", Text: visa}}
	for i := 0; b.Loop(); i++ {
		issued, err := book.API().Create(b.Context(), capture.CreateOrder{Account: "shop", Conversation: bench.person(fmt.Sprintf("psid:%d/%d", b.N, i)), Fields: []capture.Field{{Kind: "credit_card"}}})
		if err != nil {
			b.Fatal(err)
		}
		if err := book.API().Fill(b.Context(), issued.ID, card); err != nil {
			b.Fatal(err)
		}
	}
}
