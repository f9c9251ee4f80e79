package vault_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/piiproxy/piiproxy/vault"
)

func BenchmarkTokens(b *testing.B) {
	bench := newBench(b)
	v, c := bench.vault(b), bench.chat(b, "shop", "psid:1")
	var n atomic.Int64
	create := func(b *testing.B) {
		if _, err := v.Tokens(b.Context(), c, []vault.Value{card(fmt.Sprintf("%016d", n.Add(1)))}); err != nil {
			b.Error(err)
		}
	}
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			create(b)
		}
	})
	b.Run("new/parallel=32", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				create(b)
			}
		})
	})
	// Known values come by other messages than the first one.
	hit := func(value vault.Value) func(b *testing.B) {
		return func(b *testing.B) {
			for _, message := range []string{"mid.1", "mid.2"} {
				if _, err := v.Tokens(b.Context(), c, []vault.Value{by(message, value)}); err != nil {
					b.Fatal(err)
				}
			}
			values := []vault.Value{by("mid.3", value)}
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := v.Tokens(b.Context(), c, values); err != nil {
						b.Error(err)
					}
				}
			})
		}
	}
	b.Run("hit", hit(card("4111111111111111")))
	b.Run("drawn", hit(random(card("4111111111111111"))))
}

func BenchmarkResolve(b *testing.B) {
	bench := newBench(b)
	v, c := bench.vault(b), bench.chat(b, "shop", "psid:1")
	tokens, err := v.Tokens(b.Context(), c, []vault.Value{card("4111111111111111")})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Resolve(b.Context(), c, tokens[0]); err != nil {
			b.Fatal(err)
		}
	}
}
