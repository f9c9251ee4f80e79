package erasure_test

import (
	"fmt"
	"testing"

	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/vault"
)

// BenchmarkErase erases one person after another of many on the embedded store,
// with ten values each.
func BenchmarkErase(b *testing.B) {
	i := newHouse(b).instance()
	for n := range b.N {
		c, err := i.book.Ensure(b.Context(), "shop", []string{fmt.Sprint("psid:", n)})
		if err != nil {
			b.Fatal(err)
		}
		values := make([]vault.Value, 10)
		for v := range values {
			address := fmt.Sprintf("%d.%d@x.example", n, v)
			values[v] = vault.Value{Kind: "email", Canonical: address, Text: address, Origin: vault.Chat}
		}
		if _, err := i.vault.Tokens(b.Context(), c, values); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for n := range b.N {
		if _, err := i.eraser.Erase(b.Context(), "shop", []string{fmt.Sprint("psid:", n)}, erasure.Order{Actor: "bench"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad starts where a thousand people were erased: what each tombstone costs
// a start.
func BenchmarkLoad(b *testing.B) {
	const people = 1000
	i := newHouse(b).instance()
	for n := range people {
		if _, err := i.book.Ensure(b.Context(), "shop", []string{fmt.Sprint("psid:", n)}); err != nil {
			b.Fatal(err)
		}
		if err := i.eraser.Begin(b.Context(), "shop", []string{fmt.Sprint("psid:", n)}, erasure.Order{Actor: "bench"}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := i.eraser.Load(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/people, "µs/tombstone")
}
