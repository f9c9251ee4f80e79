package rules

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// heard returns what one said item takes from a text.
func heard(text string, item saidYAML) []string {
	var b body
	if ascii(text) {
		b.plain(text)
	} else {
		b.fold(text)
	}
	var values []string
	newSaid([]saidYAML{item}).match(&b, 0, b.length(), 0, b.length(), func(start, end int, _ float64) {
		from, to := b.span(start, end)
		values = append(values, text[from:to])
	})
	return values
}

func TestSaidName(t *testing.T) {
	named := saidYAML{Take: "name", After: []string{"my name is", "me llamo", "ich heiße"}}
	for text, want := range map[string]string{
		"my name is jane":                                   "jane",
		"My name is Jane Doe.":                              "Jane Doe",
		"MY NAME IS JANE DOE AND I AM HERE":                 "JANE DOE",
		"my name is jane and my account number is 4821":     "jane",
		"my name is jane account number 4821":               "jane",
		"my name is: Jane van der Berg, from Delft":         "Jane van der Berg",
		"my  name\tis  Jane":                                "Jane",
		"my name is dr. Jane O'Neil-Kováč":                  "Jane O'Neil-Kováč",
		"my name is John F. Kennedy":                        "John F. Kennedy",
		"my name is nathan e pierson":                       "nathan e pierson",
		"my name is Anne-Marie":                             "Anne-Marie",
		"my name is Jane's":                                 "Jane",
		"me llamo María de la Cruz y quiero pagar":          "María de la Cruz",
		"Ich heiße Jürgen Groß":                             "Jürgen Groß",
		"my name is Ludwig Mies van der Rohe Foo Bar Baz":   "Ludwig Mies van der Rohe Foo",
		"my name is not on the list":                        "",
		"my name is spelled wrong":                          "",
		"my name is 4821":                                   "",
		"my name is jane@example.org":                       "",
		"my name is. Jane came":                             "",
		"what was my name is it?":                           "",
		"my name is":                                        "",
		"my name island":                                    "",
		"my name\n\n\n\n\n\n\n\nis jane":                    "",
		"my name? is Jane here":                             "",
		"my name is " + strings.Repeat("x", 3*maxKey):       "",
		"my name is \u200bJ\u200bane":                       "J\u200bane",
		"my name is Jane I need help":                       "Jane",
		"my name is عمر":                                    "عمر",
		"my name is 王小明":                                    "王小明",
		"my name is jane doe the last 4 of my card is 4821": "jane doe",
	} {
		got := strings.Join(heard(text, named), "|")
		if got != want {
			t.Errorf("%q: took %q, want %q", text, got, want)
		}
	}
}

func TestSaidTakes(t *testing.T) {
	for _, test := range []struct {
		item saidYAML
		text string
		want string
	}{
		{saidYAML{Take: "known_name", After: []string{"i m"}}, "I'm Priya and I want tea", "Priya"},
		{saidYAML{Take: "known_name", After: []string{"i m"}}, "I’m Priya", "Priya"},
		{saidYAML{Take: "known_name", After: []string{"i m"}}, "I'm Rose", ""},
		{saidYAML{Take: "known_name", After: []string{"i m"}}, "I'm Rose Carter", "Rose Carter"},
		{saidYAML{Take: "known_name", After: []string{"i m"}}, "I'm happy", ""},
		{saidYAML{Take: "known_name", After: []string{"i m"}}, "I'm Xq Zzt", ""},
		{saidYAML{Take: "known_name", After: []string{"i m"}}, "I'm Xqilo Zzterna", "Xqilo Zzterna"},
		{saidYAML{Take: "likely_name", After: []string{"^name"}}, "name kaviraj 4821", "kaviraj"},
		{saidYAML{Take: "likely_name", After: []string{"^name"}}, "hello, name kaviraj", "kaviraj"},
		{saidYAML{Take: "likely_name", After: []string{"^name"}}, "the name kaviraj", ""},
		{saidYAML{Take: "likely_name", After: []string{"^name"}}, "name change", ""},
		{saidYAML{Take: "likely_name", After: []string{"name:"}}, "Name : Kaviraj", "Kaviraj"},
		{saidYAML{Take: "likely_name", After: []string{"name:"}}, "Name\nKaviraj", "Kaviraj"},
		{saidYAML{Take: "likely_name", After: []string{"name:"}}, "Name Kaviraj", ""},
		{saidYAML{Take: "proper_name", After: []string{"regards,"}}, "Regards,\nHrishi", "Hrishi"},
		{saidYAML{Take: "proper_name", After: []string{"regards,"}}, "regards to Hrishi", ""},
		{saidYAML{Take: "proper_name", After: []string{"mr."}}, "Mr. Quill and mr right", "Quill"},
		{saidYAML{Take: "listed_name", After: []string{"dr."}}, "Dr. Quillon or Dr Garcia", "Garcia"},
		{saidYAML{Take: "likely_name", Before: []string{"is my name"}}, "Lajos Kiraly is my name", "Lajos Kiraly"},
		{saidYAML{Take: "likely_name", Before: []string{"is my name"}}, "why is my name wrong", ""},
		{saidYAML{Take: "known_name", Before: []string{"speaking"}}, "hey Ingrid Berg speaking", "Ingrid Berg"},
		{saidYAML{Take: "known_name", Before: []string{"speaking"}}, "an English speaking agent", ""},
		{saidYAML{Take: "word", After: []string{"password is"}}, `my password is "hunter2!".`, "hunter2"},
		{saidYAML{Take: "word", After: []string{"password is"}}, "my password is not working", ""},
		{saidYAML{Take: "word", After: []string{"password is"}}, "password is: s3cr€t+x ok", "s3cr€t+x"},
		{saidYAML{Take: "word", After: []string{"password is"}}, "password is ", ""},
		{saidYAML{Take: "answer"}, "it's for jane doe please", "jane doe"},
		{saidYAML{Take: "answer"}, "first name jane last name doe", "jane|doe"},
		{saidYAML{Take: "answer"}, "j a n e", "j a n e"},
		{saidYAML{Take: "answer"}, "Doe, Jane", "Doe, Jane"},
		{saidYAML{Take: "answer"}, "jane@example.org", ""},
		{saidYAML{Take: "answer"}, "send it to my uncle Albert", "uncle Albert"},
		{saidYAML{Take: "answer"}, "I will", ""},
		{saidYAML{Take: "answer"}, "will", "will"},
		{saidYAML{Take: "answer"}, "J. Smith", "J. Smith"},
		{saidYAML{Take: "answer"}, "van der Berg", "van der Berg"},
		{saidYAML{Take: "answer"}, "", ""},
	} {
		if got := strings.Join(heard(test.text, test.item), "|"); got != test.want {
			t.Errorf("%s of %q: took %q, want %q", test.item.Take, test.text, got, test.want)
		}
	}
}

func TestSaidLiterals(t *testing.T) {
	s := newSaid([]saidYAML{{Take: "name", After: []string{"my name is", "i m", "ñandú"}}})
	if got := s.literals(); !slices.Contains(got, border+"name"+border) || !slices.Contains(got, border+"m"+border) {
		t.Errorf("literals %q", got)
	}
	if got := newSaid([]saidYAML{{Take: "answer"}}).literals(); got != nil {
		t.Errorf("an answer needs %q", got)
	}
	if newSaid(nil) != nil {
		t.Error("nothing said is something")
	}
}

func TestCheckSaid(t *testing.T) {
	for _, test := range []struct {
		item saidYAML
		want string
	}{
		{saidYAML{Take: "name", After: []string{"my name is"}}, ""},
		{saidYAML{Take: "answer"}, ""},
		{saidYAML{Take: "nam", After: []string{"x"}}, "take"},
		{saidYAML{Take: "name"}, "announces"},
		{saidYAML{Take: "answer", After: []string{"x"}}, "whole text"},
		{saidYAML{Take: "word", Before: []string{"x"}}, "use after"},
		{saidYAML{Take: "name", After: []string{"!"}}, "needs a letter"},
	} {
		problems := checkSaid([]saidYAML{test.item})
		if test.want == "" && problems != nil || test.want != "" && (len(problems) != 1 || !strings.Contains(problems[0].Error(), test.want)) {
			t.Errorf("%+v: %v, want %q", test.item, problems, test.want)
		}
	}
}

// FuzzSaid wants spans inside the text, on character borders and not empty, and
// never a panic.
func FuzzSaid(f *testing.F) {
	for _, seed := range []string{"my name is Jane van der Berg", "im jane", "j a n e", "name: \u0301x", "ich heiße\u200bJörg", "regards,\nA. B", "is my name", "Doe, J.", "'''", "i’m", "\u00ad", "my name is \U0001F600"} {
		f.Add(seed)
	}
	var items []saidYAML
	for _, take := range takes() {
		item := saidYAML{Take: take, After: []string{"my name is", "i m", "^name", "regards,", "mr.", "name?"}}
		if takings[take] == takeAnswer {
			item.After = nil
		} else if takings[take].backward() {
			item.Before = []string{"is my name", "speaking"}
		}
		items = append(items, item)
	}
	s := newSaid(items)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		var b body
		if ascii(text) {
			b.plain(text)
		} else {
			b.fold(text)
		}
		s.match(&b, 0, b.length(), 0, b.length(), func(start, end int, _ float64) {
			if start < 0 || end <= start || end > b.length() {
				t.Fatalf("%q: span %d to %d of %d", text, start, end, b.length())
			}
			from, to := b.span(start, end)
			if !utf8.ValidString(text[from:to]) {
				t.Fatalf("%q: bytes %d to %d", text, from, to)
			}
		})
	})
}

func BenchmarkSaid(b *testing.B) {
	var text body
	text.plain("hi, i am looking for a jacket in blue, is this one in stock?")
	s := newSaid([]saidYAML{{Take: "known_name", After: []string{"i am", "i m", "this is"}}, {Take: "name", After: []string{"my name is"}}})
	b.ReportAllocs()
	for b.Loop() {
		s.match(&text, 0, text.length(), 0, text.length(), func(int, int, float64) {})
	}
}

func TestValidatePerson(t *testing.T) {
	for text, want := range map[string]bool{
		"Ingrid Solberg": true, "María de la Cruz": true, "Rose Carter": true, "Main Menu": false, "The End": false, "": false, "12 34": false,
	} {
		if got := validatePerson(text, nil); len(got) != 1 || got[0] != (part{0, len(text), want}) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestSpokenWords finds phrases whose words hold letters and digits.
func TestSpokenWords(t *testing.T) {
	l, err := Load([]Source{{Name: "digits", Body: []byte("prompts: [{id: p, asks: [cvv], words: ['cvv2']}]")}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := l.Set(View{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"What is your CVV2?", "Please send your cvv2."} {
		if result, err := set.Scan(text, Context{Direction: Outbound}); err != nil || len(result.Asks) != 1 {
			t.Errorf("%q: %v, %v", text, result.Asks, err)
		}
	}
}
