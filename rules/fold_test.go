package rules

import (
	"testing"
	"unicode"
)

func TestFoldRune(t *testing.T) {
	for from, to := range map[rune]rune{
		'a': 'a', '7': '7', '\n': '\n', 0: removed, 0x7f: removed, '\v': ' ',
		'é': 'é', 'ß': 'ß', 'я': 'я', '卡': '卡', '€': '€', '👋': '👋', 0x301: 0x301,
		'７': '7', 'Ａ': 'A', '＠': '@', '﹫': '@', '．': '.', '。': '.', '｡': '.', '·': '.', '•': '.',
		'٣': '3', '۴': '4', '५': '5', '๖': '6', '𝟕': '7', '𝟢': '0', '🯱': '1', '①': '1', '²': '2', '₃': '3',
		'–': '-', '—': '-', '−': '-', '‐': '-', '﹣': '-', '－': '-',
		'\u00a0': ' ', '\u2009': ' ', '\u202f': ' ', '\u3000': ' ',
		'\u00ad': removed, '\u200b': removed, '\u200d': removed, '\u202e': removed, '\u2060': removed, '\ufe0f': removed,
		'\ufeff': removed, '\u20e3': removed, '\u061c': removed, '\u3164': removed,
		'\u212a': 'K', 'ſ': 's',
	} {
		if got := foldRune(from); got != to {
			t.Errorf("U+%04X reads as %q, want %q", from, got, to)
		}
	}
}

// TestFoldDigits tries every decimal digit of Unicode: ten in a row, from zero.
func TestFoldDigits(t *testing.T) {
	count := 0
	for r := range unicode.MaxRune {
		if !unicode.Is(unicode.Nd, r) {
			continue
		}
		if want := '0' + rune(count%10); foldRune(r) != want {
			t.Fatalf("U+%04X reads as %q, want %q", r, foldRune(r), want)
		}
		count++
	}
	if count < 650 {
		t.Errorf("%d digits", count)
	}
}

// TestFoldTwice wants folded characters to stay as they are.
func TestFoldTwice(t *testing.T) {
	for r := range unicode.MaxRune {
		if once := foldRune(r); once != removed && foldRune(once) != once {
			t.Fatalf("U+%04X folds to U+%04X and then to U+%04X", r, once, foldRune(once))
		}
	}
}

func TestFoldSpans(t *testing.T) {
	tests := []struct {
		text, folded string
		start, end   int // of folded characters
		want         string
	}{
		{"é４２", "é42", 1, 3, "４２"},
		{"4\u200b2", "42", 0, 2, "4\u200b2"},
		{"4\u200b2", "42", 0, 1, "4"},
		{"4️⃣2️⃣ ok", "42 ok", 0, 2, "4️⃣2️⃣"},
		{"\u202e42\u202c", "42", 0, 2, "42"},
		{"e\u0301x", "ex", 0, 1, "e\u0301"},
		{"4\u0332\u03322", "42", 0, 1, "4\u0332\u0332"},
		{"4\u200b\u03322", "42", 0, 1, "4"},
		{"я\u0301b", "я\u0301b", 0, 1, "я"},
	}
	for _, test := range tests {
		var b body
		b.fold(test.text)
		start, end := b.span(test.start, test.end)
		if got := b.slice(0, b.length()); got != test.folded || test.text[start:end] != test.want {
			t.Errorf("%q reads %q, span %q; want %q, %q", test.text, got, test.text[start:end], test.folded, test.want)
		}
	}
}

func TestWordsOf(t *testing.T) {
	for text, want := range map[string][]string{
		"Número de CRÉDITO":     {"numero", "de", "credito"},
		"nu\u0301mero, l'iban!": {"numero", "l", "iban"},
		"e-mail straße":         {"e", "mail", "straße"},
		"":                      {},
	} {
		got := wordsOf(text)
		if len(got) != len(want) {
			t.Errorf("%q: %q", text, got)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q: %q, want %q", text, got, want)
			}
		}
	}
	for name, want := range map[string]int{"cardNumber": 2, "card_number": 2, "CARD-number": 2, "ssn": 1, "": 0} {
		if got := fieldWords(name); len(got) != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}
