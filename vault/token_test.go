package vault_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/vault"
)

const (
	look  = "pii_email_abcdefghijklmnopqrstuvwxyz"
	other = "pii_creditcard_22222222222222222222222222"
)

// pattern is the grammar once more, as a regular expression.
var pattern = regexp.MustCompile(`[pP][iI][iI]_[a-zA-Z0-9]{1,64}_[a-zA-Z2-7]{26}`)

func TestFindTokens(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"no token here, but _ and pii_ and PII_x_", nil},
		{look, []string{look}},
		{strings.ToUpper(look) + " and " + other + "!", []string{strings.ToUpper(look), other}},
		{look + other, []string{look, other}},
		{"x" + look + "7_", []string{look}},
		{"__" + look + "__", []string{look}},
		{"pii_pii_" + look, []string{look}},
		{"é" + look + "é", []string{look}},
		{look[:len(look)-1], nil},
		{look[:len(look)-1] + "1", nil},
		{look[:len(look)-1] + "é", nil},
		{"pii__" + strings.Repeat("a", 26), nil},
		{"pii_a_b_" + strings.Repeat("a", 26), nil},
		{"pii_" + strings.Repeat("k", 64) + "_" + strings.Repeat("a", 26), []string{"pii_" + strings.Repeat("k", 64) + "_" + strings.Repeat("a", 26)}},
		{"pii_" + strings.Repeat("k", 65) + "_" + strings.Repeat("a", 26), nil},
		{"pıi_email_" + strings.Repeat("a", 26), nil},
		{"ii_email_" + strings.Repeat("a", 26), nil},
	} {
		if got := found(test.text); fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("in %q found %q, want %q", test.text, got, test.want)
		}
	}
}

func found(text string) []string {
	var tokens []string
	for _, span := range vault.FindTokens(text) {
		tokens = append(tokens, text[span[0]:span[1]])
	}
	return tokens
}

func TestParseToken(t *testing.T) {
	for text, want := range map[string]string{
		look: "email", strings.ToUpper(other): "creditcard", "PiI_Cvv_" + strings.Repeat("z", 26): "cvv",
		"": "", "pii": "", "pii_": "", "pii_email": "", look + "a": "", " " + look: "", look[1:]: "", "xii" + look[3:]: "",
	} {
		if kind, ok := vault.ParseToken(text); kind != want || ok != (want != "") {
			t.Errorf("%q is of kind %q (%v), want %q", text, kind, ok, want)
		}
	}
}

// TestFindTokensAllocatesNothing on clean text: it runs on every string.
func TestFindTokensAllocatesNothing(t *testing.T) {
	for _, text := range []string{"", clean, strings.Repeat("pii_", 1000), "snake_case_word and PII_"} {
		if n := testing.AllocsPerRun(100, func() { vault.FindTokens(text) }); n != 0 {
			t.Errorf("%v allocations on %.20q", n, text)
		}
	}
}

const clean = "Hi! My order 389501 still has not come, and the tracking page says it was delivered on Tuesday. Can you help?"

func FuzzToken(f *testing.F) {
	for _, seed := range []string{"", look, strings.ToUpper(look), look + other, "pii_pii_" + look, "x" + look + "é", look[:20], "pii__" + look[10:], clean} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spans := vault.FindTokens(text)
		if want := pattern.FindAllStringIndex(text, -1); fmt.Sprint(spans) != fmt.Sprint(want) {
			t.Fatalf("in %q found %v, want %v", text, spans, want)
		}
		for _, span := range spans {
			token := text[span[0]:span[1]]
			kind, ok := vault.ParseToken(token)
			lower, okLower := vault.ParseToken(strings.ToLower(token))
			if !ok || !okLower || kind != lower || !strings.HasPrefix(strings.ToLower(token), "pii_"+kind+"_") {
				t.Fatalf("%q is of kind %q (%v)", token, kind, ok)
			}
		}
		whole := len(spans) == 1 && spans[0] == [2]int{0, len(text)}
		if _, ok := vault.ParseToken(text); ok != whole {
			t.Fatalf("%q parses: %v", text, ok)
		}
	})
}

func BenchmarkFindTokens(b *testing.B) {
	for name, text := range map[string]string{"clean": clean, "token": clean + " " + look} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				vault.FindTokens(text)
			}
		})
	}
}
