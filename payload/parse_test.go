package payload_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/payload"
)

// accepted are texts that must parse, each with what its root reads as.
var accepted = map[string]string{
	`[]`: "[]", ` { } `: "{ }", `null`: "null", "\t0\r\n": "0", `-0`: "-0", `1E+2`: "1E+2",
	`"a"`: "a", `"\u0000"`: "\x00", `"\"\\\/\b\f\n\r\t"`: "\"\\/\b\f\n\r\t",
	`"\u00E9\u00e9é"`: "ééé", `"\ud83d\ude22"`: "😢", `"😢"`: "😢",
	`"\ud83d"`: "\ufffd", `"\ude22\ud83d"`: "\ufffd\ufffd", `"\ud83dx"`: "\ufffdx", `"\ud83d\n"`: "\ufffd\n",
	`"\ud83d\ud83d\ude22"`: "\ufffd😢", "\"\u2028\u007f\"": "\u2028\u007f", `"\uFFFE"`: "\ufffe",
	`[1,"a",{"b":[null,true,false]}]`:    `[1,"a",{"b":[null,true,false]}]`,
	`{"":0,"a":{"a":1}}`:                 `{"":0,"a":{"a":1}}`,
	`123456789012345678901234567890`:     `123456789012345678901234567890`,
	`0.` + strings.Repeat("0", 99) + `1`: `0.` + strings.Repeat("0", 99) + `1`,
}

func TestParseAccepts(t *testing.T) {
	for text, want := range accepted {
		d, err := payload.Parse([]byte(text), payload.DefaultLimits())
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := d.Text(0); got != want {
			t.Errorf("%q reads %q, want %q", text, got, want)
		}
	}
}

// refused are texts that must not parse, by reason.
var refused = map[string][]string{
	payload.ReasonEmpty: {``, ` `, "\n\t"},
	payload.ReasonSyntax: {
		`{`, `[`, `]`, `}`, `[1,]`, `[,1]`, `[1 2]`, `[1,,2]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{'a':1}`, `{"a" 1}`, `{1:1}`, `{"a":1 "b":2}`,
		`[1}`, `{"a":1]`, `"`, `"a`, `"\"`, `"\x41"`, `"\u12"`, `"\u12G4"`, `"\U0041"`, "\"\n\"", "\"\t\"", "\"\x00\"",
		`[01]`, `-`, `+1`, `1.`, `.1`, `1e`, `1e+`, `[0x1]`, `[1_0]`, `NaN`, `Infinity`, `-Infinity`, `True`, `nul`, `tru`, `'a'`, `a`,
		`// c`, `/* c */ 1`, `[1 /* c */]`, `[1 // c` + "\n]", "\ufeff{}", "\ufeff", "\u00a01", `[1,` + "\f" + `2]`, `<a/>`, `[`, `[{"":[{`,
	},
	payload.ReasonTrailingData: {`{} {}`, `1 2`, `[]]`, `{}}`, `{}//`, `"a"b`, `null,`, "1\x00", `{}#`, `01`, `0x1`},
	payload.ReasonDuplicateKey: {
		`{"a":1,"a":1}`, `{"a":1,"\u0061":2}`, `[{"x":{"é":1,"b":2,"\u00e9":3}}]`, `{"":1,"":2}`, `{"\ud800":1,"\ud801":2}`,
	},
	payload.ReasonInvalidUTF8: {"\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"", "\"\xc0\xaf\"", "\"\xf4\x90\x80\x80\"", "\xfe\xff\x00\"", "{\"\xe9\":1}", "\x80"},
}

func TestParseRefuses(t *testing.T) {
	for reason, texts := range refused {
		for _, text := range texts {
			_, err := payload.Parse([]byte(text), payload.DefaultLimits())
			checkReason(t, text, err, reason)
		}
	}
}

func checkReason(t *testing.T, text string, err error, reason string) {
	t.Helper()
	var refusal *payload.Error
	if !errors.As(err, &refusal) {
		t.Errorf("%.60q: got error %v, want %s", text, err, reason)
		return
	}
	if refusal.Reason != reason {
		t.Errorf("%.60q: refused for %s, want %s", text, refusal.Reason, reason)
	}
	if refusal.Offset < 0 || refusal.Offset > len(text) {
		t.Errorf("%.60q: offset %d", text, refusal.Offset)
	}
}

func TestParseLimits(t *testing.T) {
	lim := payload.Limits{Bytes: 60, Depth: 3, Strings: 3, StringBytes: 8, NumberDigits: 5, Values: 8}
	tests := []struct{ text, reason string }{
		{`[[[]]]`, ""},
		{`[[[[]]]]`, payload.ReasonTooDeep},
		{`{"a":{"b":{"c":{}}}}`, payload.ReasonTooDeep},
		{`["a","b","c"]`, ""},
		{`["a","b","c","d"]`, payload.ReasonTooManyStrings},
		{`{"a":1,"b":2,"c":3,"d":4}`, ""},
		{`["12345678"]`, ""},
		{`["123456789"]`, payload.ReasonStringTooLong},
		{`{"123456789":1}`, payload.ReasonStringTooLong},
		{`[-1234.5]`, ""},
		{`[12345.6]`, payload.ReasonNumberTooLong},
		{`[0.000000001]`, ""},
		{`[1,2,3,4,5,6,7]`, ""},
		{`[1,2,3,4,5,6,7,8]`, payload.ReasonTooManyValues},
		{strings.Repeat(" ", 60) + `1`, payload.ReasonTooLarge},
	}
	for _, test := range tests {
		_, err := payload.Parse([]byte(test.text), lim)
		if test.reason == "" {
			if err != nil {
				t.Errorf("%s: %v", test.text, err)
			}
			continue
		}
		checkReason(t, test.text, err, test.reason)
	}
	deep := strings.Repeat("[", 100_000)
	_, err := payload.Parse([]byte(deep), payload.DefaultLimits())
	checkReason(t, deep, err, payload.ReasonTooDeep)
}

// TestErrorsQuoteNothing: an error is logged, so no byte of a document may be in it.
func TestErrorsQuoteNothing(t *testing.T) {
	for _, text := range []string{
		`{"qqqq":1,"qqqq":2}`, `{"qqqq":qqqq}`, `["qqqq`, `["\qqqq"]`, `{} qqqq`, "[\"qqqq\xff\"]", `{"qqqq":{"a":1,"a":2}}`,
	} {
		_, err := payload.Parse([]byte(text), payload.DefaultLimits())
		if err == nil {
			t.Fatalf("%q parsed", text)
		}
		if strings.Contains(err.Error(), "q") {
			t.Errorf("%q: error says %q", text, err)
		}
	}
}

func TestNodes(t *testing.T) {
	d := parse(t, `{"a":[1,{"b":"x"},"y"],"c\u0064":null}`)
	a := d.Child(0, "a")
	b := d.At(0, "a")
	if a != 1 || b != a {
		t.Fatalf("a is node %d, %d", a, b)
	}
	var indexes []int
	for c := range d.Children(a) {
		indexes = append(indexes, d.Nodes[c].Index)
		if d.Nodes[c].Parent != a {
			t.Errorf("node %d has parent %d", c, d.Nodes[c].Parent)
		}
	}
	if len(indexes) != 3 || indexes[2] != 2 {
		t.Errorf("children of a: %v", indexes)
	}
	cd := d.Child(0, "cd")
	if cd < 0 || d.Name(cd) != "cd" || d.Nodes[cd].Kind != payload.Null || d.Nodes[cd].Index != 1 {
		t.Errorf("cd is node %d", cd)
	}
	for _, missing := range []int{d.Child(0, "b"), d.Child(a, "a"), d.Child(-1, "a"), d.Child(99, "a"), d.At(0, "a", "b", "c")} {
		if missing != -1 {
			t.Errorf("found %d, want nothing", missing)
		}
	}
	for range d.Children(-1) {
		t.Error("a missing node has children")
	}
	if d.Nodes[0].Next != len(d.Nodes) || d.Nodes[0].Parent != -1 || d.Name(0) != "" {
		t.Error("the root is not the root")
	}
}

func TestInner(t *testing.T) {
	d := parse(t, `["{\"a\":1}"," [1]\n","[sic]","{\"a\":1,\"a\":2}","{x","text","",7,"{}"]`)
	want := []string{`{"a":1}`, ` [1]` + "\n", "error", "error", "", "", "", "", "{}"}
	for i, node := 0, 1; node < len(d.Nodes); i, node = i+1, d.Nodes[node].Next {
		inner, err := d.Inner(node, payload.DefaultLimits())
		switch {
		case want[i] == "error" && err == nil:
			t.Errorf("%d: no error", i)
		case want[i] == "" && (inner != nil || err != nil):
			t.Errorf("%d: %v, %v", i, inner, err)
		case want[i] != "" && want[i] != "error" && (err != nil || string(inner.Raw) != want[i]):
			t.Errorf("%d: %v", i, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for text := range accepted {
		f.Add([]byte(text))
	}
	for _, texts := range refused {
		for _, text := range texts {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := payload.Parse(raw, payload.DefaultLimits())
		if err != nil {
			return
		}
		if !json.Valid(raw) {
			t.Fatal("encoding/json calls this invalid")
		}
		for i, n := range d.Nodes {
			if n.Start < 0 || n.Start >= n.End || n.End > len(raw) || n.Next <= i || n.Next > len(d.Nodes) {
				t.Fatalf("node %d: %+v", i, n)
			}
			if n.KeyEnd > 0 {
				sameText(t, raw[n.KeyStart:n.KeyEnd], d.Name(i))
			}
			if n.Kind == payload.String {
				sameText(t, raw[n.Start:n.End], d.Text(i))
			}
		}
	})
}

// sameText checks a decoded text against encoding/json.
func sameText(t *testing.T, raw []byte, got string) {
	t.Helper()
	var want string
	if err := json.Unmarshal(raw, &want); err != nil || got != want {
		t.Fatalf("%q reads %q, encoding/json says %q, %v", raw, got, want, err)
	}
}

func parse(t *testing.T, text string) *payload.Document {
	t.Helper()
	d, err := payload.Parse([]byte(text), payload.DefaultLimits())
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return d
}

func BenchmarkParse(b *testing.B) {
	raw := []byte(`{"object":"page","entry":[{"id":"1906385232743451","time":1458692752478,"messaging":[{"sender":{"id":"6401822549930011"},"recipient":{"id":"1906385232743451"},"timestamp":1458692752478,"message":{"mid":"mid.1457764197618:41d102a3e1ae206a38","text":"hello, where is my order?"}}]}]}`)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := payload.Parse(raw, payload.DefaultLimits()); err != nil {
			b.Fatal(err)
		}
	}
}
