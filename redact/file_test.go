package redact_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// file rewrites a file's text with nobody's conversation.
func file(t testing.TB, text string, change ...func(*redact.Scope)) redact.Result {
	t.Helper()
	e, _ := engine(t)
	for range 5 { // a busy machine may need another try
		result, err := e.File(t.Context(), text, scope(t, append(change, func(s *redact.Scope) { s.Aliases = nil })...))
		if err != nil {
			t.Fatal(err)
		}
		if !result.Overrun {
			return result
		}
	}
	t.Fatal("the rules do not end in time")
	return redact.Result{}
}

// Wherever a value stands in a long text, over the end of a page too, it is
// hidden, and every other byte stays.
func TestFileFindsEverywhere(t *testing.T) {
	const filler, page = "and the order is on its way to you ", 4 << 10
	for name, separator := range map[string]string{"lines": "\n", "words": " ", "one word": "x"} {
		text := strings.ReplaceAll(strings.Repeat(filler, 2*page/len(filler)), " ", separator)
		for _, at := range []int{0, 1, page - 60, page - 20, page - 19, page - 10, page - 1, page, page + 1, page + 40, len(text)} {
			for at > 0 && at < len(text) && name == "lines" && text[at-1] != '\n' {
				at++
			}
			in := text[:at] + " my card is " + card + ". " + text[at:]
			want := text[:at] + " my card is [CREDIT_CARD]. " + text[at:]
			if got := file(t, in); string(got.Bytes) != want || !got.Edited {
				t.Errorf("%s, at %d: not hidden, or more than that", name, at)
			}
		}
		if got := file(t, text); got.Edited || string(got.Bytes) != text {
			t.Errorf("%s: a clean text changed", name)
		}
	}
}

// A phrase at the end of a page says what stands on the next.
func TestFileKnowsWhatStandsBefore(t *testing.T) {
	before := strings.Repeat("the order is on its way\n", 169) // 4,056 bytes
	in := before + "my social security number is\n078 05 1120\n" + strings.Repeat("and thanks\n", 500)
	want := before + "my social security number is\n[SSN]\n" + strings.Repeat("and thanks\n", 500)
	if got := file(t, in); string(got.Bytes) != want {
		t.Errorf("%.80q", got.Bytes[len(before):])
	}
}

// Contact cards in a file are read property by property, each for itself.
func TestFileOfCards(t *testing.T) {
	one := func(name, phone string) string {
		return "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:" + name + "\r\nTEL:" + phone + "\r\nPHOTO:" + strings.Repeat("QUJD", 2000) + "\r\nEND:VCARD\r\n"
	}
	allow := func(s *redact.Scope) {
		s.Policy = defaults(t, func(tables *redact.Tables) { tables.Inbound["person"] = "redact" })
	}
	got := string(file(t, "my friends\n"+one("Ann", "12")+one("Bob", "34")+"BEGIN:VCARD\nmy card is "+card+"\n", allow).Bytes)
	want := "my friends\n" + one("[PERSON]", "[PHONE]") + one("[PERSON]", "[PHONE]") + "BEGIN:VCARD\nmy card is [CREDIT_CARD]\n"
	if got != want {
		t.Errorf("%q", strings.ReplaceAll(got, "QUJD", ""))
	}
}

// Off is off, and a file that policy blocks is refused.
func TestFileByPolicy(t *testing.T) {
	if got := file(t, card, func(s *redact.Scope) { s.Mode = rules.Off }); string(got.Bytes) != card {
		t.Errorf("off: %q", got.Bytes)
	}
	block := func(s *redact.Scope) {
		s.Policy = defaults(t, func(tables *redact.Tables) { tables.Inbound["credit_card"] = "block" })
	}
	if got := file(t, card, block); got.Refusals[0] != redact.PolicyBlock {
		t.Errorf("block: %v", got.Refusals)
	}
}

// Whatever a text holds, pages neither overlap nor leave anything out.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{"", card, "BEGIN:VCARD\nTEL:1\nEND:VCARD\n", "\n\nBEGIN:VCARD"} {
		f.Add(seed, "")
	}
	f.Add(card, "filler ")
	f.Add("x", "éfille")
	e := bare()
	s := scope(f, func(s *redact.Scope) { s.Aliases = nil })
	f.Fuzz(func(t *testing.T, text, filler string) {
		text = strings.ToValidUTF8(text, "")
		if len(text) > 500 {
			return
		}
		// More than a page costs what a long message does: a few of them will do.
		if filler = strings.ToValidUTF8(filler, ""); len(filler)%16 == 7 && len(filler) < 4200 {
			text += strings.Repeat(filler, 4200/len(filler)) + text
		}
		result, err := e.File(t.Context(), text, s)
		if err != nil {
			t.Fatal(err)
		}
		if !result.Edited && string(result.Bytes) != text {
			t.Fatal("it changed without an edit")
		}
	})
}
