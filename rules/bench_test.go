package rules_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

func BenchmarkScan(b *testing.B) {
	library := load(b, "builtin")
	set := view(b, library, rules.View{Account: "shop", Channel: "messenger", Regions: []string{"US"}, Languages: []string{"en"}})
	for _, test := range []struct{ name, text string }{
		{"clean", "Hi there, I would like to know if the blue jacket is back in stock in size medium please?"},
		{"cleanUnicode", "¿Tienen la chaqueta azul en talla mediana? Gracias, la necesito para el viernes próximo 🙏."},
		{"number", "Hi, where is my order 389501? It should have arrived on 12 March, that is 4 days ago."},
		{"card", "I want to buy item #389501 my cc is 9999999999999999 exp 01/20"},
		{"cardAndEmail", "Hi, charge 4111 1111 1111 1111 and send the receipt to alice.smith@example.com please, thanks"},
		{"cleanLong", strings.Repeat("Just some words about a jacket. ", 2048)},
	} {
		for _, direction := range []rules.Direction{rules.Inbound, rules.Outbound} {
			b.Run(test.name+"/"+direction.String(), func(b *testing.B) {
				context := rules.Context{Direction: direction, Field: "text"}
				b.SetBytes(int64(len(test.text)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := set.Scan(test.text, context); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b, "builtin")
	}
}

func BenchmarkSet(b *testing.B) {
	library := load(b, "builtin")
	b.ReportAllocs()
	for b.Loop() {
		view(b, library, rules.View{Account: "shop", Regions: []string{"US"}})
	}
}
