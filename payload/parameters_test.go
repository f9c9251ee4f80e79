package payload_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/payload"
)

// form reads a form, or fails.
func form(t *testing.T, raw string) *payload.Form {
	t.Helper()
	f, err := payload.ParseForm([]byte(raw), payload.DefaultLimits())
	if err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	return f
}

func assemble(t *testing.T, sources ...[]payload.Field) *payload.Parameters {
	t.Helper()
	p, err := payload.Assemble(payload.DefaultLimits(), sources...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What stands in a form is what the document says.
func TestAssemble(t *testing.T) {
	for _, test := range []struct{ raw, want, doubtful string }{
		{"", `{}`, ""},
		{"a=1&b=x+y", `{"a":"1","b":"x y"}`, ""},
		{"a", `{"a":""}`, ""},
		{"a=%22%5C%0A%C3%A9%01", `{"a":"\"\\\né\u0001"}`, ""},
		{`recipient={"id":"1"}&message={"text":"hi"}`, `{"recipient":{"id":"1"},"message":{"text":"hi"}}`, ""},
		{`m=+{"text":"hi"}%0A&n=[1, 2]`, `{"m": {"text":"hi"}` + "\n" + `,"n":[1, 2]}`, ""},
		{`recipient={'id':'<PSID>'}&message={text:'Hello'}`, `{"recipient":{"id":"<PSID>"},"message":{"text":"Hello"}}`, ""},
		{`m={'a':'it\'s "q" "',b:[1,true,null,{}],"c":''}`, `{"m":{"a":"it's \"q\" \"","b":[1,true,null,{}],"c":""}}`, ""},
		// One value that ends in the next one, and what seems to be one and is more.
		{`a={"x":1},"b":{"y":2}`, `{"a":"{\"x\":1},\"b\":{\"y\":2}"}`, "a"},
		{`a={"x":1},"b":{"y":2}&b=c`, `{"a":"{\"x\":1},\"b\":{\"y\":2}","b":"c"}`, "a"},
		{`a=[1],[2]`, `{"a":"[1],[2]"}`, "a"},
		{`a={"x":[}&b={]}`, `{"a":"{\"x\":[}","b":"{]}"}`, "a b"},
		{`a=[sic]&b=[x]+it+is`, `{"a":"[sic]","b":"[x] it is"}`, "a"},
		{`a={"x":1,"x":2}`, `{"a":"{\"x\":1,\"x\":2}"}`, "a"},
		{`a={"x":1,'x':2}`, `{"a":"{\"x\":1,'x':2}"}`, "a"},
		{`a={"x":1}tail`, `{"a":"{\"x\":1}tail"}`, "a"},
		{`a="x"&b=null&c=12`, `{"a":"\"x\"","b":"null","c":"12"}`, ""},
	} {
		p := assemble(t, form(t, test.raw).Fields)
		if got := string(p.Document.Raw); got != test.want || strings.Join(p.Doubtful, " ") != test.doubtful {
			t.Errorf("%s: %s %q, want %s %q", test.raw, got, p.Doubtful, test.want, test.doubtful)
		}
		parse(t, string(p.Document.Raw))
	}
}

// What two readers could take for two calls is no set of parameters.
func TestAssembleRefuses(t *testing.T) {
	small := payload.DefaultLimits()
	small.Depth, small.Strings, small.Bytes = 3, 4, 200
	for _, test := range []struct{ body, query, reason string }{
		{"a[b]=1", "", payload.ReasonName},
		{"a%5Bb=1", "", payload.ReasonName},
		{"a.b=1", "", payload.ReasonName},
		{"a+b=1", "", payload.ReasonName},
		{"=1", "", payload.ReasonName},
		{"%C3%A9=1", "", payload.ReasonName},
		{"a=1", "a=1", payload.ReasonDuplicateKey},
		{"x=1&a=1", "y=1&%61=1", payload.ReasonDuplicateKey},
		{"a=[[[1]]]", "", payload.ReasonTooDeep},
		{"a={'b':{'c':{}}}", "", payload.ReasonTooDeep},
		{`a=["1","2","3"]&b=x&c=y`, "", payload.ReasonTooManyStrings},
		{"a=" + strings.Repeat("%0A", 150), "", payload.ReasonTooLarge},
	} {
		_, err := payload.Assemble(small, form(t, test.body).Fields, form(t, test.query).Fields)
		var problem *payload.Error
		if !errors.As(err, &problem) || problem.Reason != test.reason {
			t.Errorf("%s, %s: %v, want %s", test.body, test.query, err, test.reason)
		}
	}
}

// Relaxed JSON is two things beside JSON; whatever else is no document.
func TestRelaxedIsLittle(t *testing.T) {
	for _, text := range []string{
		`{a:1,}`, `[1,]`, `{,}`, `{/**/a:1}`, `{a:1}//`, `{a:+1}`, `{a:.5}`, `{a:01}`, `{a:0x1}`, `{a:NaN}`, `{a:undefined}`, `{a:True}`, `{a:None}`,
		`{id:<PSID>}`, `{id:12_3}`, `{1:2}`, `{a b:1}`, `{a-b:1}`, `{true:1}`, `{null:1}`, `{é:1}`, `{a:'b}`, `{a:"b'}`, `{'a":1}`, `{a:'\x41'}`,
		`{a:'\v'}`, `{a:'\0'}`, `{a:'\u12'}`, `{a:"\'"}`, `{a:'b'c}`, `{a:'b' 'c'}`, `{a}`, `{a:}`, `{:1}`, `{a=1}`, `{a;1}`, "{a:`b`}", "{a:'b\nc'}",
		`{a:“b”}`, `{a:1}{b:2}`, `{a:(1)}`, `[a]`, `{a:b}`, `{a:'b'+'c'}`, "{a:\u00a01}", `{a:1e}`, `{a:-}`, `{a:1,a:2}`, `{a:1,'\u0061':2}`, `{a:'\`,
	} {
		p := assemble(t, form(t, "m="+url.QueryEscape(text)).Fields)
		if !slices.Equal(p.Doubtful, []string{"m"}) || p.Document.Nodes[1].Kind != payload.String || p.Document.Text(1) != text {
			t.Errorf("%s: read as %s", text, p.Document.Raw)
		}
	}
}

// Edits of the document become edits of what it came from, and nothing else of it
// changes.
func TestParameterEdits(t *testing.T) {
	for _, test := range []struct{ body, query, edited, wantBody, wantQuery string }{
		{"a=1&b=x%20y", "c=%7A", `{"a":"1","b":"x y","c":"z"}`, "a=1&b=x%20y", "c=%7A"},
		{"a=call+me+now&b=x%20y", "", `{"a":"call X& now","b":"x y"}`, "a=call+X%26+now&b=x%20y", ""},
		{`m={"text":%20"card+4111","n":[1,+"x"]}&b=2`, "", `{"m":{"text": "card #","n":[1, "y"]},"b":"2"}`, `m={"text":%20"card+%23","n":[1,+"y"]}&b=2`, ""},
		{"m={text:'a'}&b=2", "", `{"m":{"text":"a"},"b":"2"}`, "m=%7B%22text%22%3A%22a%22%7D&b=2", ""},
		{"b=2", "m={'text':'a'}&c=3", `{"b":"2","m":{"text":"b"},"c":"3"}`, "b=2", "m=%7B%22text%22%3A%22b%22%7D&c=3"},
		{`type=text&text={"body":"x"}&to=1`, "", `{"type":"interactive","interactive":{"a":1},"to":"1"}`, `type=interactive&interactive=%7B%22a%22%3A1%7D&to=1`, ""},
		{`text={"body":"x"}&to=1`, "", `{"type":"i","interactive":{"a":1},"to":"1"}`, `type=i&to=1&interactive=%7B%22a%22%3A1%7D`, ""},
		{"a=1&b=2&c=3", "", `{"b":"2"}`, "&b=2&", ""},
		{"a=1", "b=2", `{"a":"1"}`, "a=1", ""},
		{"a&b=", "", `{"a":"x","b":"y"}`, "a=x&b=y", ""},
		{`m={"a":1}`, "", `{"m":"text"}`, "m=text", ""},
		{"m=text", "", `{"m":{"a":1}}`, "m=%7B%22a%22%3A1%7D", ""},
		{`m={"a":1}`, "", `{"m":{"b":1}}`, `m={"b":1}`, ""},
		{"", "", `{}`, "", ""},
	} {
		body, query := form(t, test.body), form(t, test.query)
		p := assemble(t, body.Fields, query.Fields)
		p.Document.Free() // the edits need no nodes of it
		edits, err := p.Edits([]byte(test.edited))
		if err != nil {
			t.Errorf("%s, %s: %v", test.body, test.query, err)
			continue
		}
		gotBody, err := payload.Splice(body.Raw, edits[0])
		gotQuery, err2 := payload.Splice(query.Raw, edits[1])
		if err != nil || err2 != nil || string(gotBody) != test.wantBody || string(gotQuery) != test.wantQuery {
			t.Errorf("%s, %s: %s, %s (%v, %v), want %s, %s", test.body, test.query, gotBody, gotQuery, err, err2, test.wantBody, test.wantQuery)
		}
	}
	p := assemble(t)
	for _, edited := range []string{`{"a":1}`, `[]`, `x`, ``} {
		if _, err := p.Edits([]byte(edited)); !errors.Is(err, payload.ErrStructure) {
			t.Errorf("%q: %v", edited, err)
		}
	}
}

// The members of a JSON body stand beside the fields of a query.
func TestMembers(t *testing.T) {
	const raw = `{ "a" : 1 ,"b.c":{ "text": "x" }, "\u0064":[3] }`
	for _, test := range []struct{ edited, wantBody, wantQuery string }{
		{`{"a":1,"b.c":{ "text": "x" },"d":[3],"q":"1"}`, raw, "q=1"},
		{`{"a":2,"b.c":{ "text": "y" },"d":[3],"q":"2"}`, `{ "a" : 2 ,"b.c":{ "text": "y" }, "\u0064":[3] }`, "q=2"},
		{`{"b.c":{ "text": "x" },"q":"1"}`, `{ "b.c":{ "text": "x" } }`, "q=1"},
		{`{"a":1,"n":"m","d":[3],"q":"1"}`, `{ "a" : 1 ,"n":"m", "\u0064":[3] }`, "q=1"},
		{`{"a":1,"b.c":{ "text": "x" },"d":[3],"q":"1","n":2}`, `{ "a" : 1 ,"b.c":{ "text": "x" }, "\u0064":[3],"n":2 }`, "q=1"},
		{`{"a":"1","b.c":"t","d":[3],"q":"1"}`, `{ "a" : "1" ,"b.c":"t", "\u0064":[3] }`, "q=1"},
	} {
		body, query := parse(t, raw), form(t, "q=1")
		p := assemble(t, payload.Members(body), query.Fields)
		edits, err := p.Edits([]byte(test.edited))
		if err != nil {
			t.Fatal(err)
		}
		gotBody, err := payload.Splice(body.Raw, edits[0])
		gotQuery, err2 := payload.Splice(query.Raw, edits[1])
		if err != nil || err2 != nil || string(gotBody) != test.wantBody || string(gotQuery) != test.wantQuery {
			t.Errorf("%s: %s, %s (%v, %v)", test.edited, gotBody, gotQuery, err, err2)
		}
	}
	if payload.Members(parse(t, `[1]`)) != nil || payload.Members(parse(t, `"a"`)) != nil {
		t.Error("what is no object has members")
	}
}

// FuzzParameters: every value is in the document as it stood or as what it says, a
// document that nobody edited needs no edits but for relaxed JSON, and the sources
// that were edited say what the document says.
func FuzzParameters(f *testing.F) {
	f.Add("recipient={'id':'1'}&message={\"text\":\"hi 4111\"}&a&b=%C3%A9", "x=y", uint8(2), "é\"&")
	f.Add("a=[1,{\"b\":null}]&c={d:'e'}", "", uint8(0), "")
	f.Add("a={\"x\":1},\"b\":{\"y\":2}&b=", "c=%7B%7D", uint8(9), "{}")
	f.Fuzz(func(t *testing.T, first, second string, pick uint8, text string) {
		one, err := payload.ParseForm([]byte(first), payload.DefaultLimits())
		two, err2 := payload.ParseForm([]byte(second), payload.DefaultLimits())
		if err != nil || err2 != nil || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			return
		}
		p, err := payload.Assemble(payload.DefaultLimits(), one.Fields, two.Fields)
		if err != nil {
			return
		}
		again := roundTrip(t, one, two, p, p.Document.Raw)
		if fresh := roundTrip(t, again[0], again[1], assemble(t, again[0].Fields, again[1].Fields), p.Document.Raw); string(fresh[0].Raw) != string(again[0].Raw) || string(fresh[1].Raw) != string(again[1].Raw) {
			t.Fatalf("strict parameters were edited")
		}
		var texts []int
		for i, n := range p.Document.Nodes {
			if n.Kind == payload.String {
				texts = append(texts, i)
			}
		}
		if len(texts) == 0 {
			return
		}
		node := texts[int(pick)%len(texts)]
		edited, err := payload.Splice(p.Document.Raw, []payload.Edit{{Codecs: []payload.Codec{p.Document.Scope(node)}, End: len(p.Document.Text(node)), Text: text}})
		if err != nil {
			t.Fatal(err)
		}
		roundTrip(t, one, two, p, edited)
	})
}

// roundTrip edits two forms as the document was, and sees that they say the same.
func roundTrip(t *testing.T, one, two *payload.Form, p *payload.Parameters, edited []byte) [2]*payload.Form {
	t.Helper()
	edits, err := p.Edits(edited)
	if err != nil {
		t.Fatal(err)
	}
	var after [2]*payload.Form
	for i, source := range []*payload.Form{one, two} {
		raw, err := payload.Splice(source.Raw, edits[i])
		if err != nil {
			t.Fatalf("%q: %v", source.Raw, err)
		}
		after[i] = form(t, string(raw))
	}
	want := parse(t, string(edited))
	i := 1
	for _, fields := range [][]payload.Field{after[0].Fields, after[1].Fields} {
		for _, field := range fields {
			says := want.Text(i)
			if n := want.Nodes[i]; n.Kind == payload.Object || n.Kind == payload.Array {
				says = string(want.Raw[n.Start:n.End])
				if !sameTokens(t, field.Value, says) {
					t.Fatalf("%s became %q", says, field.Value)
				}
			} else if field.Value != says {
				t.Fatalf("%q became %q", says, field.Value)
			}
			if field.Name != want.Name(i) {
				t.Fatalf("%q became %q", want.Name(i), field.Name)
			}
			i = want.Nodes[i].Next
		}
	}
	if i != len(want.Nodes) {
		t.Fatalf("%d of %d nodes came back", i, len(want.Nodes))
	}
	return after
}

// sameTokens compares two documents but for white space around them.
func sameTokens(t *testing.T, a, b string) bool {
	t.Helper()
	return strings.Trim(a, " \t\r\n") == strings.Trim(b, " \t\r\n")
}

// BenchmarkForm is a send as a form beside the same one as JSON.
func BenchmarkForm(b *testing.B) {
	const text = `{"text":"hello, your order is on its way and arrives on Thursday"}`
	asJSON := []byte(`{"recipient":{"id":"6401822549930011"},"message":` + text + `,"messaging_type":"RESPONSE"}`)
	asForm := []byte("recipient=" + url.QueryEscape(`{"id":"6401822549930011"}`) + "&message=" + url.QueryEscape(text) + "&messaging_type=RESPONSE")
	lim := payload.DefaultLimits()
	b.Run("form", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			form, err := payload.ParseForm(asForm, lim)
			if err != nil {
				b.Fatal(err)
			}
			p, err := payload.Assemble(lim, form.Fields)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := p.Edits(p.Document.Raw); err != nil {
				b.Fatal(err)
			}
			p.Document.Free()
		}
	})
	b.Run("JSON", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d, err := payload.Parse(asJSON, lim)
			if err != nil {
				b.Fatal(err)
			}
			d.Free()
		}
	})
}
