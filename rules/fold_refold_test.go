package rules

import "testing"

// reads is a text and what it reads as, "" when it stays as it is.
type reads struct{ text, want string }

func checkReads(t *testing.T, tests []reads) {
	t.Helper()
	for _, test := range tests {
		var b body
		foldAny(&b, test.text)
		if test.want == "" {
			test.want = test.text
		}
		if got := string(b.runes); got != test.want {
			t.Errorf("%q reads %q, want %q", test.text, got, test.want)
		}
		checkSpans(t, &b)
	}
}

// TestFoldEscapes reads escapes and markup.
func TestFoldEscapes(t *testing.T) {
	checkReads(t, []reads{
		{"&#52;&#x31;&amp;#49;&#0000049", "4111"},
		{"alice&commat;b&period;c", "alice@b.c"},
		{"R&amp;D &nope; AT&T", "R&D &nope; AT&T"},
		{"%34%31%31%31", "4111"},
		{"4111%201111", "4111 1111"},
		{"100% of 20%", ""},
		{"50%20off", "50 off"},
		{"a%40b.c", "a@b.c"},
		{"%2B1202", "+1202"},
		{"%EF%BC%94%EF%BC%91", "41"},
		{"%25343", "43"},
		{"\\u0034\\u0031 \\x34\\x31 \\\\u0034 \\u{34} \\ud835\\udfd2", "41 41 4 4 4"},
		{"\\064\\061\\061\\061", "4111"},
		{"4111\\1111\\1111", ""},
		{"C:\\users\\x", ""},
		{"=34=31=31", "411"},
		{"a=10", ""},
		{"41<wbr>11 <b>41</b>11 <br/>x", "4111 4111 \nx"},
		{"<alice@b.c> <b 4111> a<b", ""},
		{"41<!-- x -->11", "4111"},
	})
}

// TestFoldSigns reads numerals and signs that stand for digits.
func TestFoldSigns(t *testing.T) {
	checkReads(t, []reads{
		{"四一一一", "4111"},
		{"一个 三月", ""},
		{"공일공 일이삼사", "010 1234"},
		{"이 사람", ""},
		{"⠼⠙⠁⠁⠁", "4111"},
		{"❹❶❶❶ ⓿ ➀ ➊ ⓵ ⑳ 🔟 ㉑", "4111 0 1 1 1 20 10 21"},
		{"𝟜𝟙 ⒋⒈ ⑷⑴ ４１ ٤١", "41 41 41 41 41"},
		{"🅰🅱 🄰 ⓐ ⒜", "AB A a a"},
		{"4111–1111—1111−1111", "4111-1111-1111-1111"},
		{"4111…1111", "4111...1111"},
	})
}

// TestFoldSpoken reads dictated digits.
func TestFoldSpoken(t *testing.T) {
	checkReads(t, []reads{
		{"four one one one", "4111"},
		{"Four-One-One-One", "4111"},
		{"four, one; one one", "4 1 11"},
		{"one or two", ""},
		{"for one two of us", ""},
		{"double five triple zero one", "550001"},
		{"forty two forty two", "4242"},
		{"twenty-four hours", ""},
		{"nineteen eighty-four", "1984"},
		{"oh seven nine four six oh", "079460"},
		{"two oh two five five five oh one four three", "2025550143"},
		{"four 1 one 1 one", "4 1 1 1 1"},
		{"one hundred and twenty three dollars", ""},
		{"one thousand two hundred", ""},
		{"five five five dash one two three four", "555-1234"},
		{"cuatro uno uno uno", "4111"},
		{"treinta y cinco cuarenta y dos", "3542"},
		{"quatre un un un", "4111"},
		{"zéro six douze trente-quatre cinquante-six soixante-dix-huit", "0612345678"},
		{"quatre-vingt-dix-sept quatre-vingts dix", "9790"},
		{"vier eins eins eins", "4111"},
		{"einundzwanzig zweiundvierzig drei", "21423"},
		{"quatro um um um", "4111"},
		{"quattro uno uno ventuno", "41121"},
		{"char ek ek ek", "4111"},
		{"main do baje aunga", ""},
		{"fouroneoneone", "4111"},
		{"FourOneOneOne", "4111"},
		{"plusonetwozerotwofivefivefive", "+1202555"},
		{"plus one two zero two", "+1202"},
		{"plus 44 20 7946 0958", "+44 20 7946 0958"},
		{"5 plus 12345678", ""},
		{"четыре один один один", "4111"},
		{"vier één één één", "4111"},
		{"won for to two three four five", "won for to 2345"},
		{"one two for three four", "12434"},
		{"four one one one, two two two two, three three three three, four four four four", "4111 2222 3333 4444"},
		{"four one one one one one one one one one one one one one one one twelve twenty nine", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 12 29"},
		{"someone phone done", ""},
		{"please wait one, two, three", "please wait 1 2 3"},
	})
}

// TestFoldAddresses reads addresses in words.
func TestFoldAddresses(t *testing.T) {
	checkReads(t, []reads{
		{"alice at example dot com", "alice@example.com"},
		{"alice.smith [at] example [dot] com", "alice.smith@example.com"},
		{"alice(at)example.org", "alice@example.org"},
		{"x arroba example punto com", "x@example.com"},
		{"bob ät example punkt de", "bob@example.de"},
		{"see you at 5 dot com was a joke", ""},
		{"i bought it at amazon.com", ""},
		{"write to alice at gmail.com", "write to alice@gmail.com"},
		{"alice@example dot com", "alice@example.com"},
		{"alice (at home) @example.com", ""},
		{"alice(hi)@example.com", "alice@example.com"},
		{"alice@\nexample.com", "alice@example.com"},
		{"me @ work", ""},
		{"alice.b @ example . com", "alice.b@example.com"},
		{"my e-mail is jo dot li underscore 9 at example dot co dot uk", "my e-mail is jo.li_9@example.co.uk"},
		{"alice-at-example-dot-com", "alice@example.com"},
		{"alice@example.com. Then we go", ""},
		{"meet me at noon dot it is fine", ""},
		{"alice[@]example[.]com", "alice@example.com"},
	})
}

// TestFoldLookalikes reads letters of other scripts.
func TestFoldLookalikes(t *testing.T) {
	checkReads(t, []reads{
		{"аlісе@ехаmрlе.соm", "alice@example.com"},
		{"иван@почта.рф", ""},
		{"josé@example.com", "jose@example.com"},
		{"o’brien@example.org", "o'brien@example.org"},
		{"GВ82WЕЅТ1234", "GB82WEST1234"},
		{"Привет, как дела", ""},
		{"Α1 in Greece", "A1 in Greece"},
		{"СН 123450", ""},
		{"🇬🇧82WEST 🇺🇸 ok", "GB82WEST 🇺🇸 ok"},
		{"vitаmin", "vitamin"},
	})
}

// TestFoldLetters reads letters for digits.
func TestFoldLetters(t *testing.T) {
	checkReads(t, []reads{
		{"41l1 1111 1111 llll", "4111 1111 1111 1111"},
		{"4lllllllllllllll", "4111111111111111"},
		{"4Ol2BBBBBBBBlBBl", "4012888888881881"},
		{"2l9-O9-9999", "219-09-9999"},
		{"+l2O2SSSOl43", "+12025550143"},
		{"O1234-010190-08", ""},
		{"45829103-I", ""},
		{"11223344l", "112233441"},
		{"40355819-l", ""}, // the check letter of a DNI
		{"4857392l", ""},   // and of a PPS number
		{"I 4111 1111 1111 1111", ""},
		{"is 536 22 8726 so", ""},
		{"GB82WESTl2345698765432", "GB82WEST12345698765432"},
		{"RO49 AAAA 1B31 0075 9384 0000", ""},
		{"10 lbs of 5 oz", ""},
	})
}

// TestFoldSeparators reads what stands between digits.
func TestFoldSeparators(t *testing.T) {
	checkReads(t, []reads{
		{"4💳1💳1💳1💳1💳1💳1💳1💳1", "4 1 1 1 1 1 1 1 1"},
		{"4111 🎉 1111 🎉 1111 🎉 1111", "4111 1111 1111 1111"},
		{"I have 2 🍕 and 3 🍔", ""},
		{"090ー1234ー5678", "090-1234-5678"},
		{"4x1x1x1x1x1x1x1x1x1", "4 1 1 1 1 1 1 1 1 1"},
		{"4111x1111x1111x1111", "4111 1111 1111 1111"},
		{"1920x1080", ""},
		{"+x1x2x0x2x5x5x5x0x1x4x3", "+1 2 0 2 5 5 5 0 1 4 3"},
		{"4111, 1111, 1111, 1111", "4111,1111,1111,1111"},
		{"536...22...8726", "536 22 8726"},
		{"536\n\n22\n\n8726", "536 22 8726"},
		{"(4111)(1111)(1111)(1111)", "(4111 1111 1111 1111)"},
		{"536 (first) 22 8726", "536 22 8726"},
		{"+1 (202) 555-0143", ""},
		{"1, 2, 3", ""},
		{"10 - 12 - 2026 and 5", ""},
		{"no4111111111111111thx", "no 4111111111111111 thx"},
		{"no+12025550143thx", "no +12025550143 thx"},
		{"ref123456789012", "ref 123456789012"},
		{"9f86d081884c7d659a2f", ""},
		{"RX123456789CN", ""},
		{"4111111111111111aaaabbbb", ""},
	})
}

// TestFoldOtherReadings reads values that are encoded, spaced out or backwards.
func TestFoldOtherReadings(t *testing.T) {
	checkReads(t, []reads{
		{"G B 8 2 W E S T 1 2 3 4 5 6 9 8 7 6 5 4 3 2", "GB82WEST12345698765432"},
		{"4\n1\n1\n1\n1\n1\n1\n1\n1\n1", "4 1 1 1 1 1 1 1 1 1"},
		{"34313131313131313131313131313131", "4111111111111111"},
		{"616c6963652e736d697468406578616d706c652e636f6d", "alice.smith@example.com"},
		{"NDExMTExMTExMTExMTExMQ==", "4111111111111111"},
		{"YWxpY2VAZXhhbXBsZS5jb20=", "alice@example.com"},
		{"41424344454647484950", ""},
		{"34105552021+", "34105552021+\"+12025550143\""},
		{"moc.elpmaxe@htims.ecila", "alice.smith@example.com"},
		{"23456789654321TSEW28BG", "GB82WEST12345698765432"},
		{"\u202e1111111111111114\u202c ok", "1111111111111114\"4111111111111111\" ok"},
		{"\u202ehello\u202c", "hello"},
		{"5+", ""},
	})
}
