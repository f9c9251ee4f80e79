package redact_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
)

// FuzzText puts a card between two arbitrary texts: nothing of it comes
// through, the result is UTF-8, and nothing panics. As the text of a message
// the same holds for the payload, which stays a strict document.
func FuzzText(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""},
		{"my card is", "thanks"},
		{"order 389501, card", "exp 01/20 cvv 737"},
		{`{"a":"`, `"}`},
		{`{"card":`, `}`},
		{"pii_email_aaaaaaaaaaaaaaaaaaaaaaaaaa", "x"},
		{"４１１１", "😀"},
		{`\u0034`, `\ud83d`},
		{"jane@corp.example,", "+1 415 555 2671"},
		{"[", "]"},
		{"é\u0301\u200b", "\u202e"},
		{"card\x00", "\x7f"},
		{"tracking ticket invoice order", "isbn imei serial"},
		{"4", "1"},
		{"0.", ".5"},
		{"a\nb\r\n", "\t"},
	} {
		f.Add(seed[0], seed[1])
	}
	inbound, out := scope(f), scope(f, outbound)
	f.Fuzz(func(t *testing.T, before, after string) {
		if !utf8.ValidString(before) || !utf8.ValidString(after) || len(before)+len(after) > 4096 {
			return
		}
		const canary = "4539578763621486"
		// A sentence of its own: what stands right beside digits may belong to them.
		text := before + "\n\nmy card is " + canary + " thanks\n\n" + after
		if leaked(before+after, canary) {
			return
		}
		for _, s := range []*redact.Scope{inbound, out} {
			got := words(t, bare(), text, s)
			if leaked(got.Text, canary) {
				t.Errorf("%s: %q became %q", s.Context.Direction, text, got.Text)
			}
			if !utf8.ValidString(got.Text) {
				t.Errorf("%s: %q became no UTF-8: %q", s.Context.Direction, text, got.Text)
			}
		}
		body := `{"object":"page","entry":[{"messaging":[{"message":{"text":"` + string(payload.AppendMeta(nil, text)) + `"}}]}]}`
		got := rewrite(t, bare(), "messenger", body, inbound)
		d, err := payload.Parse(got.Bytes, payload.DefaultLimits())
		if err != nil {
			t.Fatalf("%s became %s: %v", body, got.Bytes, err)
		}
		said := d.At(0, "entry") + 1
		said = d.At(d.Child(said, "messaging")+1, "message", "text")
		if leaked(d.Text(said), canary) {
			t.Errorf("%s became %s", body, got.Bytes)
		}
	})
}

// leaked says that a text shows half of a card's digits, twice what a mask may.
func leaked(text, canary string) bool {
	for i := 0; i+8 <= len(canary); i++ {
		if strings.Contains(text, canary[i:i+8]) {
			return true
		}
	}
	return false
}
