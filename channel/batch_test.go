package channel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/payload"
)

func parsed(t *testing.T, text string) *payload.Document {
	t.Helper()
	d, err := payload.Parse([]byte(text), payload.DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

// An item's parts are what its members spell, and an edit of them lands where
// they are spelled, however deep.
func TestBatchItem(t *testing.T) {
	list := `[{"method":"get","relative_url":"me?fields=id"}, {"method":"POST","relative_url":"v23.0\/me\/messages?a=%41","body":"message=%7B%22text%22%3A%22hi%22%7D&x=\u0031","name":"one","headers":[{"name":"User-Agent","value":"x"}],"omit_response_on_success":false}]`
	for name, text := range map[string]string{
		"list":   `{"access_token":"t","batch":` + list + `}`,
		"string": `{"batch":"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(list) + `"}`,
	} {
		d := parsed(t, text)
		b, err := ParseBatch(d, 2, payload.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		get, post := b.Items[0], b.Items[1]
		if get.Method != "GET" || get.Path != "/me" || get.Call.Kind != CallRead || get.Query.Text != "fields=id" || get.Body.Text != "" {
			t.Errorf("%s: the first is %+v", name, get)
		}
		if post.Call.Kind != CallSend || post.Call.Version != "v23.0" || post.Query.Text != "a=%41" || post.Body.Text != "message=%7B%22text%22%3A%22hi%22%7D&x=1" || post.Name != "one" {
			t.Errorf("%s: the second is %+v", name, post)
		}
		at := strings.Index(post.Body.Text, "hi")
		raw, err := payload.Splice(d.Raw, []payload.Edit{
			{Codecs: post.Body.Codecs, Start: at, End: at + 2, Text: `"%`},
			{Codecs: post.Query.Codecs, Start: 2, End: 5, Text: "Z"},
		})
		if err != nil {
			t.Fatal(err)
		}
		b, err = ParseBatch(parsed(t, string(raw)), 2, payload.DefaultLimits())
		if err != nil {
			t.Fatalf("%s: %v in %s", name, err, raw)
		}
		if got := b.Items[1]; got.Query.Text != "a=Z" || got.Body.Text != "message=%7B%22text%22%3A%22\"%%22%7D&x=1" {
			t.Errorf("%s: edited to %s", name, raw)
		}
	}
}

// What is doubtful in a batch is refused, each for its own reason.
func TestBatchRefused(t *testing.T) {
	item := func(members string) string {
		return `{"batch":[{"method":"POST","relative_url":"me/messages",` + members + `}]}`
	}
	get := func(url string) string { return `{"batch":[{"method":"GET","relative_url":"` + url + `"}]}` }
	for text, reason := range map[string]string{
		`{}`: BatchShape, `{"batch":{}}`: BatchShape, `{"batch":[]}`: BatchShape, `{"batch":"x"}`: BatchShape, `{"batch":null}`: BatchShape,
		`{"batch":[1]}`: BatchShape, `{"batch":[[]]}`: BatchShape, `{"batch":[{}]}`: BatchShape, `{"batch":"{}"}`: BatchShape,
		`{"batch":[{"relative_url":"me"}]}`: BatchShape, `{"batch":[{"method":"GET"}]}`: BatchShape,
		`{"batch":[{"method":"PUT","relative_url":"me"}]}`: BatchShape, `{"batch":[{"method":1,"relative_url":"me"}]}`: BatchShape,
		`{"batch":[` + strings.Repeat(`{"method":"GET","relative_url":"me"},`, 2) + `{"method":"GET","relative_url":"me"}]}`: BatchSize,
		item(`"body":{"message":"x"}`): BatchShape, item(`"body":["x"]`): BatchShape, item(`"body":1`): BatchShape,
		item(`"Body":"x"`): BatchShape, item(`"relative-url":"x"`): BatchShape, item(`"relative url":"x"`): BatchShape, item(`"body ":"x"`): BatchShape,
		item(`"name":1`): BatchShape, item(`"name":"a b"`): BatchShape, item(`"depends_on":["a"]`): BatchShape, item(`"attached_files":{}`): BatchShape,
		`{"batch":[{"method":"GET","relative_url":"a","name":"n"},{"method":"GET","relative_url":"b","name":"n"}]}`: BatchShape,
		get("https://graph.facebook.com/me"): BatchURL, get("//evil.example/me"): BatchURL, get("../me"): BatchURL, get("me/../x"): BatchURL, get("me/%2e%2e/x"): BatchURL,
		get("me#x"): BatchURL, get("me//x"): BatchURL, get(`me\\x`): BatchURL, get("me%2fx"): BatchURL, get("me x"): BatchURL, get("me%0ax"): BatchURL,
		`{"batch":[{"method":"POST","relative_url":""}]}`: BatchNested, `{"batch":[{"method":"POST","relative_url":"v23.0/"}]}`: BatchNested,
		item(`"headers":"x: y"`): BatchShape, item(`"headers":["x"]`): BatchShape, item(`"headers":[1]`): BatchShape, item(`"headers":{"a":1}`): BatchShape,
		item(`"headers":[{"name":"a"}]`): BatchShape, item(`"headers":["X-HTTP-Method-Override: DELETE"]`): BatchHeader, item(`"headers":{"Authorization":"Bearer x"}`): BatchHeader,
		item(`"headers":["Content-Type: application/x-www-form-urlencoded; charset=utf-16"]`): BatchHeader, item(`"headers":["Accept: {result=a:$.b}"]`): BatchHeader,
		item(`"headers":[{"name":"Content-Type","value":"application/json"}]`): BatchHeader, item(`"headers":{"Host":"evil.example"}`): BatchHeader,
		item(`"body":"a={result=one:$.id"`): BatchExpression, item(`"body":"a={ Result =one:$.id}"`): BatchExpression, item(`"body":"a={result=one}"`): BatchExpression,
		item(`"body":"a={result=one:id}"`): BatchExpression, item(`"body":"a={result=one:$.4111111111111111}"`): BatchExpression, item(`"body":"a={result=one:$.a&b=1}"`): BatchExpression,
		get("me/{result=one:$.id}"): BatchExpression, get("x{result=one:$.id}"): BatchExpression, get("{result=one:$.id}x"): BatchExpression, get("{result=a:$.b}{result=a:$.c}"): BatchExpression,
		get("me?id={result=one:$[?(@.x)]}"): BatchExpression,
	} {
		_, err := ParseBatch(parsed(t, text), 2, payload.DefaultLimits())
		var problem *BatchError
		if !errors.As(err, &problem) || problem.Reason != reason {
			t.Errorf("%s: %v, want %s", text, err, reason)
		}
	}
	if _, err := ParseBatch(parsed(t, `{"batch":"[{]"}`), 2, payload.DefaultLimits()); err == nil {
		t.Error("a string that is no list was read")
	}
}

// An expression may stand for an id or a choice, never for words, a link or
// structure, in whatever way it is spelled.
func TestExpressions(t *testing.T) {
	for _, name := range []string{"messenger", "whatsapp"} {
		c, _ := ByName(name)
		for text, want := range map[string]string{
			`{"recipient":{"id":"{result=one:$.id}"}}`: "[one]", `{"recipient":"{\"id\":\"{result=one:$.data[0].id}\"}"}`: "[one]",
			`{"recipient":"{result=one:$}"}`: "[one]", `{"after":"{result=a:$.x}{result=b:$.y}"}`: "[a b]",
			`{"message":{"text":"hello {name} {result} {{x}}"}}`: "[]", `{"message":{"text":"{result=one:$.id}"}}`: "no",
			`{"message":{"text":"\u007Bresult=one:$.id}"}}`: "no", `{"message":"{\"text\":\"\\u007bresult=one:$.id}\"}"}`: "no",
			`{"message":{"text":"a { RESULT = x"}}`: "no", `{"message":{"attachment":{"payload":{"url":"{result=one:$.id}"}}}}`: "no",
			`{"callback_url":"{result=one:$.id}"}`: "no", `{"new":"{result=one:$.id}"}`: "no", `{"{result=one:$.id}":"x"}`: "no", `{"a{":1}`: "no",
		} {
			if name == "whatsapp" && strings.Contains(text, "recipient") {
				text = strings.NewReplacer(`"recipient":{"id":"{result=one:$.id}"}`, `"to":"{result=one:$.id}"`, `"recipient":"{\"id\":\"{result=one:$.data[0].id}\"}"`, `"recipient":"{result=one:$}"`).Replace(text)
			}
			if name == "whatsapp" && strings.Contains(text, "after") {
				continue
			}
			names, ok := c.Expressions(parsed(t, text))
			got := "no"
			if ok {
				got = fmt.Sprint(names)
			}
			if got != want {
				t.Errorf("%s: %s gave %s, want %s", name, text, got, want)
			}
		}
	}
	c, _ := ByName("messenger")
	if send := c.Send(parsed(t, `{"recipient":{"id":"{result=one:$.id}"},"message":{"text":"hi"}}`)); send.Person.Known() || !send.Message {
		t.Errorf("an expression is %+v", send)
	}
}

// Items are taken out whole, and nobody waits for what is done.
func TestBatchRemove(t *testing.T) {
	for text, want := range map[string]string{
		`{"batch":[{"method":"GET","relative_url":"a","name":"n"}, {"depends_on":"n" ,"method":"GET","relative_url":"b"}]}`: `{"batch":[{"method":"GET","relative_url":"b"}]}`,
		`{"batch":"[{\"method\":\"GET\",\"relative_url\":\"a\"},{\"method\":\"GET\",\"relative_url\":\"b\"}]"}`:             `{"batch":"[{\"method\":\"GET\",\"relative_url\":\"b\"}]"}`,
	} {
		d := parsed(t, text)
		b, err := ParseBatch(d, 50, payload.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		raw, err := payload.Splice(d.Raw, b.Remove(map[int]bool{0: true}, map[int]bool{0: true}))
		if err != nil || string(raw) != want {
			t.Errorf("%s (%v), want %s", raw, err, want)
		}
	}
}

// FuzzBatch: no batch makes the reader fail, what it read of an item is what a
// strict parser reads there, and an edit of a part lands in it.
func FuzzBatch(f *testing.F) {
	for _, seed := range []string{
		`{"batch":[{"method":"POST","relative_url":"me/messages?a=b","body":"message=%7B%7D","name":"x"}]}`,
		`{"batch":"[{\"method\":\"GET\",\"relative_url\":\"{result=a:$.b}\\/x?\\u0061=1\",\"body\":\"\\ud83d\\ude00=1\"}]"}`,
		`{"batch":[{"method":"DELETE","relative_url":"/1","headers":{"Accept":"x"},"depends_on":"a","attached_files":"f"},{"method":"GET","relative_url":"?ids={result=x:$.y}"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := payload.Parse(raw, payload.DefaultLimits())
		if err != nil {
			return
		}
		b, err := ParseBatch(d, 50, payload.DefaultLimits())
		if err != nil {
			return
		}
		for i := range b.Items {
			rewriteItem(t, d, b, i)
		}
		spliced, err := payload.Splice(d.Raw, b.Remove(map[int]bool{0: true}, map[int]bool{0: true}))
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if _, err := payload.Parse(spliced, payload.DefaultLimits()); err != nil {
			t.Fatalf("%s became %s: %v", raw, spliced, err)
		}
	})
}

// rewriteItem puts awkward words into the first string of an item's parameters,
// and wants to read them there again, and nothing else changed.
func rewriteItem(t *testing.T, d *payload.Document, b *Batch, i int) {
	before, ok := parametersOf(b.Items[i])
	if !ok {
		return
	}
	edited := before.Document.Raw
	for node := range before.Document.Nodes {
		if before.Document.Nodes[node].Kind == payload.String {
			words := payload.Edit{Codecs: []payload.Codec{before.Document.Scope(node)}, End: len(before.Document.Text(node)), Text: "\"a%26&+=é\\😀;{"}
			var err error
			if edited, err = payload.Splice(edited, []payload.Edit{words}); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	edits, err := before.Edits(edited)
	if err != nil {
		t.Fatalf("%s: %v", edited, err)
	}
	var out []payload.Edit
	for source, piece := range []Piece{b.Items[i].Query, b.Items[i].Body} {
		for _, edit := range edits[source] {
			edit.Codecs = append(edit.Codecs[:len(edit.Codecs):len(edit.Codecs)], piece.Codecs...)
			out = append(out, edit)
		}
	}
	raw, err := payload.Splice(d.Raw, out)
	if err != nil {
		t.Fatalf("%s: %v", d.Raw, err)
	}
	again, err := payload.Parse(raw, payload.DefaultLimits())
	if err != nil {
		t.Fatalf("%s became %s: %v", d.Raw, raw, err)
	}
	c, err := ParseBatch(again, 50, payload.DefaultLimits())
	if err != nil || c.Items[i].Path != b.Items[i].Path {
		t.Fatalf("%s became %s: %v", d.Raw, raw, err)
	}
	after, ok := parametersOf(c.Items[i])
	if !ok || sense(t, after.Document.Raw) != sense(t, edited) {
		t.Fatalf("%s became %s, want %s", d.Raw, raw, edited)
	}
}

// parametersOf assembles the parameters of an item, where it has some that can be.
func parametersOf(item BatchItem) (*payload.Parameters, bool) {
	query, err := payload.ParseForm([]byte(item.Query.Text), payload.DefaultLimits())
	if err != nil {
		return nil, false
	}
	body, err := payload.ParseForm([]byte(item.Body.Text), payload.DefaultLimits())
	if err != nil || len(query.Fields)+len(body.Fields) == 0 {
		return nil, false
	}
	parameters, err := payload.Assemble(payload.DefaultLimits(), query.Fields, body.Fields)
	return parameters, err == nil
}

// sense is what a document says, however it is spelled.
func sense(t *testing.T, raw []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var said any
	if err := decoder.Decode(&said); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	spelled, err := json.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	return string(spelled)
}
