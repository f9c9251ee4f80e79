package payload_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/payload"
)

func TestSpan(t *testing.T) {
	tests := []struct {
		raw        string // inside of the JSON string
		start, end int    // decoded bytes
		want       string // the raw bytes they are spelt with
	}{
		{`abc`, 1, 2, `b`},
		{`abc`, 0, 3, `abc`},
		{`abc`, 3, 3, ``},
		{`a\u0062c`, 1, 2, `\u0062`},
		{`a\/b`, 1, 2, `\/`},
		{`a\nb\"c`, 1, 4, `\nb\"`},
		{`aéb`, 1, 3, `é`},
		{`aéb`, 2, 3, `é`}, // half a character: all of it
		{`aéb`, 0, 2, `aé`},
		{`a\u00e9b`, 2, 4, `\u00e9b`},
		{`a\ud83d\ude22b`, 1, 5, `\ud83d\ude22`},
		{`a\ud83d\ude22b`, 3, 4, `\ud83d\ude22`},
		{`a\ud83d\ude22b`, 0, 2, `a\ud83d\ude22`},
		{`a\ud83d\ude22b`, 4, 6, `\ud83d\ude22b`},
		{`a\ud83d\ude22b`, 3, 3, ``}, // nothing to replace: nothing is widened
		{`😢b`, 1, 2, `😢`},
		{`a\ud83db`, 1, 4, `\ud83d`},
		{`a\ud83db`, 2, 5, `\ud83db`},
		{`\ud83d\ud83d\ude22`, 3, 7, `\ud83d\ude22`},
		{``, 0, 0, ``},
	}
	for _, test := range tests {
		d := parse(t, `["x","`+test.raw+`"]`)
		start, end := d.Scope(2).Span(test.start, test.end)
		if start < 0 || string(d.Raw[start:end]) != test.want {
			t.Errorf("%s %d-%d: %d-%d", test.raw, test.start, test.end, start, end)
		}
		d = parse(t, `{"`+test.raw+`":1}`)
		start, end = d.NameScope(1).Span(test.start, test.end)
		if start < 0 || string(d.Raw[start:end]) != test.want {
			t.Errorf("name %s %d-%d: %d-%d", test.raw, test.start, test.end, start, end)
		}
	}
}

func TestSpanOutOfRange(t *testing.T) {
	d := parse(t, `{"a":"x\u00e9","n":12}`)
	for _, span := range [][2]int{{-1, 0}, {0, 4}, {4, 4}, {2, 1}, {99, 99}} {
		if start, end := d.Scope(1).Span(span[0], span[1]); start != -1 || end != -1 {
			t.Errorf("%v: %d-%d", span, start, end)
		}
	}
	if start, _ := d.Scope(2).Span(0, 1); start != -1 {
		t.Error("a number has text")
	}
	if start, _ := d.NameScope(0).Span(0, 1); start != -1 {
		t.Error("the root has a name")
	}
}

func TestSplice(t *testing.T) {
	const raw = "{ \"a\" : \"caf\\u00e9 4111\\/x\",\n\t\"b\":1.50e+2, \"c\":\"4111\" }"
	d := parse(t, raw)
	edit := func(node, start, end int, text string) payload.Edit {
		return payload.Edit{Codecs: []payload.Codec{d.Scope(node)}, Start: start, End: end, Text: text}
	}
	tests := []struct {
		name  string
		edits []payload.Edit
		want  string
		err   error
	}{
		{"none", nil, raw, nil},
		{"one", []payload.Edit{edit(1, 6, 10, "@<é")}, strings.Replace(raw, "4111", `\u0040\u003C\u00e9`, 1), nil},
		{"two, any order", []payload.Edit{edit(3, 0, 4, "y"), edit(1, 6, 10, "")}, strings.Replace(strings.Replace(raw, "4111", "", 1), "4111", "y", 1), nil},
		{"side by side", []payload.Edit{edit(3, 2, 4, "b"), edit(3, 0, 2, "a")}, strings.Replace(raw, `"4111"`, `"ab"`, 1), nil},
		{"insert in order", []payload.Edit{edit(3, 4, 4, "a"), edit(3, 4, 4, "b"), edit(3, 0, 0, "c")}, strings.Replace(raw, `"4111"`, `"c4111ab"`, 1), nil},
		{"raw", []payload.Edit{{Start: 0, End: 2, Text: "{"}}, raw[:1] + raw[2:], nil},
		{"overlap", []payload.Edit{edit(3, 0, 3, "a"), edit(3, 2, 4, "b")}, "", payload.ErrOverlap},
		{"insert inside", []payload.Edit{edit(3, 0, 3, "a"), edit(3, 2, 2, "b")}, "", payload.ErrOverlap},
		{"out of range", []payload.Edit{edit(3, 0, 5, "a")}, "", payload.ErrRange},
		{"raw out of range", []payload.Edit{{Start: 0, End: len(raw) + 1}}, "", payload.ErrRange},
		{"backwards", []payload.Edit{{Start: 2, End: 1}}, "", payload.ErrRange},
	}
	for _, test := range tests {
		got, err := payload.Splice(d.Raw, test.edits)
		if !errors.Is(err, test.err) || string(got) != test.want {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
	if string(d.Raw) != raw {
		t.Error("splicing wrote to the original")
	}
}

// nest wraps text in levels documents, each inside a string of the next.
func nest(t *testing.T, text string, levels int) string {
	t.Helper()
	for range levels {
		text = `{"k":7, "s":"` + string(payload.AppendMeta(nil, text)) + `"}`
	}
	return text
}

func TestSpliceNested(t *testing.T) {
	const words = "mein \"Café\" \\ 😢 card 4111 1111 / 50% <a@b>\n"
	for levels := 1; levels <= 4; levels++ {
		raw := nest(t, words, levels)
		d := parse(t, raw)
		codecs := []payload.Codec{d.Scope(d.Child(0, "s"))}
		inner := d
		for range levels - 1 {
			next, err := inner.Inner(inner.Child(0, "s"), payload.DefaultLimits())
			if err != nil || next == nil {
				t.Fatalf("level %d: %v", levels, err)
			}
			inner = next
			codecs = append([]payload.Codec{inner.Scope(inner.Child(0, "s"))}, codecs...)
		}
		text := inner.Text(inner.Child(0, "s"))
		if text != words {
			t.Fatalf("level %d reads %q", levels, text)
		}
		from := strings.Index(text, "4111")
		face := strings.Index(text, "😢")
		got, err := payload.Splice(d.Raw, []payload.Edit{
			{Codecs: codecs, Start: from, End: from + 9, Text: `"\é`},
			{Codecs: codecs, Start: face + 1, End: face + 2, Text: ":("},
		})
		if err != nil {
			t.Fatalf("level %d: %v", levels, err)
		}
		want := strings.Replace(strings.Replace(words, "4111 1111", `"\é`, 1), "😢", ":(", 1)
		if string(got) != nest(t, want, levels) {
			t.Errorf("level %d: %s", levels, got)
		}
	}
}

func TestKeep(t *testing.T) {
	const raw = `{"a": [ 1 , "b" ,` + "\n" + ` {"c":[0]} , [ ] ], "d":[]}`
	tests := []struct{ keep, want string }{
		{"1111", `[ 1 , "b" ,` + "\n" + ` {"c":[0]} , [ ] ]`},
		{"0111", `[ "b" ,` + "\n" + ` {"c":[0]} , [ ] ]`},
		{"1011", `[ 1 ,` + "\n" + ` {"c":[0]} , [ ] ]`},
		{"1001", `[ 1 , [ ] ]`},
		{"1110", `[ 1 , "b" ,` + "\n" + ` {"c":[0]} ]`},
		{"1100", `[ 1 , "b" ]`},
		{"0110", `[ "b" ,` + "\n" + ` {"c":[0]} ]`},
		{"0101", `[ "b" , [ ] ]`},
		{"1010", `[ 1 ,` + "\n" + ` {"c":[0]} ]`},
		{"0001", `[ [ ] ]`},
		{"1000", `[ 1 ]`},
		{"0010", `[ {"c":[0]} ]`},
		{"0000", `[  ]`},
	}
	for _, test := range tests {
		d := parse(t, raw)
		edits := d.Keep(d.Child(0, "a"), func(i int) bool { return test.keep[i] == '1' })
		got, err := payload.Splice(d.Raw, edits)
		if want := `{"a": ` + test.want + `, "d":[]}`; err != nil || string(got) != want {
			t.Errorf("%s: %s, %v", test.keep, got, err)
		}
		if !json.Valid(got) {
			t.Errorf("%s: not JSON", test.keep)
		}
	}
	d := parse(t, raw)
	for _, node := range []int{d.Child(0, "d"), 2, -1, 99} {
		if edits := d.Keep(node, func(int) bool { return false }); edits != nil {
			t.Errorf("node %d: %v", node, edits)
		}
	}
}

func TestKeepMembers(t *testing.T) {
	const raw = `{ "a" : 1 ,"b":{"a":2}, "\u0063":[3] }`
	tests := []struct{ drop, want string }{
		{"", raw},
		{"a", `{ "b":{"a":2}, "\u0063":[3] }`},
		{"b", `{ "a" : 1, "\u0063":[3] }`},
		{"c", `{ "a" : 1 ,"b":{"a":2} }`},
		{"ab", `{ "\u0063":[3] }`},
		{"ac", `{ "b":{"a":2} }`},
		{"bc", `{ "a" : 1 }`},
		{"abc", `{  }`},
	}
	for _, test := range tests {
		d := parse(t, raw)
		names := "abc"
		edits := d.Keep(0, func(i int) bool { return !strings.Contains(test.drop, names[i:i+1]) })
		if got, err := payload.Splice(d.Raw, edits); err != nil || string(got) != test.want || !json.Valid(got) {
			t.Errorf("%s: %s, %v", test.drop, got, err)
		}
	}
}

func TestAppendMeta(t *testing.T) {
	tests := []struct{ text, want string }{
		{"mail@example.org", `mail\u0040example.org`},
		{"(true) 50%", `(true) 50\u0025`},
		{"audio/ogg; codecs=opus", `audio\/ogg; codecs=opus`},
		{"😢", `\ud83d\ude22`},
		{"Saarbrücken", `Saarbr\u00fccken`},
		{"<b>&'", `\u003Cb>&'`},
		{"\"\\\b\f\n\r\t\x00\x1f", `\"\\\b\f\n\r\t\u0000\u001f`},
		{"\u2028\uffff", `\u2028\uffff`},
		{"a\xffb", `a\ufffdb`},
		{"", ``},
	}
	for _, test := range tests {
		if got := string(payload.AppendMeta([]byte("x"), test.text)); got != "x"+test.want {
			t.Errorf("%q: %s", test.text, got)
		}
	}
}

func FuzzMeta(f *testing.F) {
	f.Add("a\"\\/<%@é😢\x00\u2028\x7f")
	f.Add("\xff\xed\xa0\x80")
	f.Fuzz(func(t *testing.T, text string) {
		raw := append(payload.AppendMeta([]byte{'"'}, text), '"')
		d, err := payload.Parse(raw, payload.Limits{Bytes: 1 << 30, StringBytes: 1 << 30, Strings: 1, Values: 1})
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(text, ""); utf8.ValidString(text) && d.Text(0) != want {
			t.Fatalf("%q reads %q", want, d.Text(0))
		}
		for _, c := range raw {
			if c < ' ' || c > 0x7f {
				t.Fatalf("byte %#x is not ASCII text", c)
			}
		}
	})
}

// FuzzSplice: no edit gives the same bytes; an edit of one string, reached
// through one or two layers, decodes as intended and changes no other string.
func FuzzSplice(f *testing.F) {
	f.Add([]byte(`{"a":"caf\u00e9","b":["x","\ud83d\ude22"]}`), uint8(1), uint8(2), uint8(3), "é@/")
	f.Add([]byte(`["{\"a\":\"\\u00e9 1\"}"]`), uint8(0), uint8(0), uint8(2), `"`)
	f.Add([]byte(`["\ud83d","\ude22"]`), uint8(1), uint8(0), uint8(3), "")
	f.Fuzz(func(t *testing.T, raw []byte, pick, from, length uint8, text string) {
		d, err := payload.Parse(raw, payload.DefaultLimits())
		if err != nil || !utf8.ValidString(text) {
			return
		}
		if same, err := payload.Splice(raw, nil); err != nil || string(same) != string(raw) {
			t.Fatal("splicing nothing changed bytes")
		}
		var nodes []int
		for i, n := range d.Nodes {
			if n.Kind == payload.String {
				nodes = append(nodes, i)
			}
		}
		if len(nodes) == 0 {
			return
		}
		outer := nodes[int(pick)%len(nodes)]
		edited, node := d, outer
		codecs := []payload.Codec{d.Scope(outer)}
		if inner, err := d.Inner(outer, payload.DefaultLimits()); err == nil && inner != nil {
			for i, n := range inner.Nodes {
				if n.Kind == payload.String {
					edited, node = inner, i
					codecs = []payload.Codec{inner.Scope(i), d.Scope(outer)}
				}
			}
		}
		before := edited.Text(node)
		if strings.Contains(before, "\ufffd") {
			return // half surrogates may meet when what stood between them goes
		}
		start, end := onRunes(before, int(from), int(from)+int(length))
		out, err := payload.Splice(raw, []payload.Edit{{Codecs: codecs, Start: start, End: end, Text: text}})
		if err != nil {
			t.Fatal(err)
		}
		after, err := payload.Parse(out, payload.Limits{Bytes: 1 << 30, Depth: 64, Strings: 1 << 20, StringBytes: 1 << 30, NumberDigits: 64, Values: 1 << 20})
		if err != nil {
			t.Fatalf("not a document any more: %v", err)
		}
		for i := range d.Nodes {
			if i != outer && d.Nodes[i].Kind == payload.String && d.Text(i) != after.Text(i) || d.Name(i) != after.Name(i) {
				t.Fatalf("node %d changed", i)
			}
		}
		got := after.Text(outer)
		if edited != d {
			inner, err := payload.Parse([]byte(got), payload.DefaultLimits())
			if err != nil {
				t.Fatalf("inner document: %v", err)
			}
			got = inner.Text(node)
		}
		if want := before[:start] + text + before[end:]; got != want {
			t.Fatalf("%q became %q, want %q", before, got, want)
		}
	})
}

// onRunes clips a span to text and moves its ends out to whole characters.
func onRunes(text string, start, end int) (int, int) {
	start, end = min(start, len(text)), min(end, len(text))
	for start > 0 && start < len(text) && !utf8.RuneStart(text[start]) {
		start--
	}
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	return start, end
}
