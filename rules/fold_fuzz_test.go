package rules

import (
	"testing"
	"unicode/utf8"
)

// foldSeeds are spellings that refold takes apart.
var foldSeeds = []string{
	"", "hello", "é４２", "4\u200b2", "\u202e1111111111111114\u202c", "🔟⑳⒈⑴ ½ ﬁ ㎏", "e\u0301x 4\u0332", "G\u0430\u0435 а@b.example",
	"&#52;&#x31;&amp;#49;&commat;", "%34%31%31 %2534 %E2%80%8B4", "\\u0034\\x31\\\\u{1F600} \\064\\061\\061\\061", "=34=31=31=\n1",
	"41<wbr>11<!-- --> <b>4</b>", "四一一一 공일공일이삼사 ⠼⠁⠃", "fouroneoneone four one one one double five", "quatre-vingt-dix-sept un deux",
	"twenty one, thirty two dash forty three", "einundzwanzig zwei drei", "um um um um", "plus 44 20 7946 0958", "one thousand two hundred and twenty",
	"alice at example dot com", "alice [at] example [dot] com", "alice(hi)@example.com", "a.b @\nexample.com", "x@example.\ncom", "me @ work",
	"41l1 1111 1111 llll", "4x1x1x1x1x1x1x1x1x1", "4111, 1111, 1111, 1111", "536 (first) 22 8726", "no+12025550143thx", "4💳1💳1💳1💳1💳1💳1💳1💳1",
	"G B 8 2 W E S T 1 2 3 4 5 6 9 8 7 6 5 4 3 2", "34105552021+", "moc.elpmaxe@ecila", "23456789654321TSEW28BG", "34313131313131313131", "NDExMTExMTExMTExMTExMQ==",
	"000OOOOOOOOO", "um0um0um", "two dAsh fortYthree", "diX sept un", "00000(A )0000", "0@A .CA", "quAtrevingtdiX", "XCA0XCA0X0Au", "undZwAnZigZweidrei", "diX sept At un", "diX sept 00 un",
	"um um um00um", "000   (A)000000", "0@0\n.AE", "34 31 31 31 31 31 31 31 31", "536#22#8726", "4111 -> 1111 -> 1111",
	"GB82WESTl2345698765432", "\x00\x7f\v\b", "🇬🇧82", "090ー1234ー5678", "+\n1\n2\n3\n4\n5\n6\n7\n8\n9",
}

// FuzzFold wants folded characters to stand for whole characters of the text, in
// order, longer spans to stand for no less, and a folded text to stay as it is
// when it is folded again.
func FuzzFold(f *testing.F) {
	for _, text := range foldSeeds {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || len(text) > 4096 {
			return
		}
		var b body
		foldAny(&b, text)
		checkSpans(t, &b)
		folded := string(b.runes)
		for _, r := range b.runes {
			if foldRune(r) != r {
				t.Fatalf("%q reads %q, with U+%04X", text, folded, r)
			}
		}
		if b.refold() {
			return // more rounds than there are
		}
		var again body
		foldAny(&again, folded)
		if got := string(again.runes); got != folded {
			t.Fatalf("%q reads %q, which reads %q", text, folded, got)
		}
	})
}

func foldAny(b *body, text string) {
	if ascii(text) {
		b.foldPlain(text)
	} else {
		b.fold(text)
	}
}

func checkSpans(t *testing.T, b *body) {
	t.Helper()
	if len(b.from) != len(b.runes) || len(b.to) != len(b.runes) {
		t.Fatalf("%q: %d characters, %d and %d places", b.text, len(b.runes), len(b.from), len(b.to))
	}
	border := func(i int) bool { return i == len(b.text) || i >= 0 && i < len(b.text) && utf8.RuneStart(b.text[i]) }
	lastFrom, lastTo := 0, 0
	for i := range b.runes {
		from, to := b.span(i, i+1)
		if from >= to || !border(from) || !border(to) {
			t.Fatalf("%q: character %d of %q stands for %d to %d", b.text, i, string(b.runes), from, to)
		}
		if !b.turned && (from < lastFrom || to < lastTo) {
			t.Fatalf("%q: character %d of %q goes back", b.text, i, string(b.runes))
		}
		lastFrom, lastTo = from, to
		for _, reach := range []int{2, 7, 19} {
			if i+reach > len(b.runes) {
				continue
			}
			if start, end := b.span(i, i+reach); start > from || end < to {
				t.Fatalf("%q: characters %d to %d of %q stand for less than the first", b.text, i, i+reach, string(b.runes))
			}
		}
	}
}

// FuzzFoldHint wants a text that is not worth folding not to change by it.
func FuzzFoldHint(f *testing.F) {
	for _, text := range foldSeeds {
		if ascii(text) {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !ascii(text) || len(text) > 4096 {
			return
		}
		hint := hintOf(text)
		if hint.worthwhile && (hint.said || suspicious(text)) {
			return
		}
		var b body
		if b.foldPlain(text) {
			t.Fatalf("%q would read %q", text, string(b.runes))
		}
	})
}
