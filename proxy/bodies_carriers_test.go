package proxy_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// trait is something that a kind of body has, and that a hiding place needs.
type trait uint

const (
	isJSON      trait = 1 << iota // the whole body is one JSON text
	isForm                        // fields in url-encoding, in the body or in an item of a batch
	inQuery                       // what is said stands in the query
	isMultipart                   // parts with heads
	hasFile                       // a file goes with it
	isBatch                       // several calls in one
	hasBody                       // there is a body that can be recoded
	isPacked                      // it is compressed already
	isInbound                     // it comes from the platform
	isAnswer                      // to a call of the bot
)

// attached is a file in a multipart body.
type attached struct{ name, contentType, content, head string }

// outgoing is a message on its way into a body, and where it hides something.
type outgoing struct {
	message string      // JSON text of the parameter message
	more    [][2]string // further parameters: name and JSON text
	behind  [][2]string // parameters behind the file
	query   string      // beside the body
	headers []string
	member  string                   // further members of a batch's item
	address string                   // further parameters in the relative_url of a batch's item
	items   string                   // further items of a batch
	file    *attached                // in the place of the harmless one
	part    string                   // head of one more part, and its body
	around  [2]string                // before the first and behind the last boundary
	spell   func(string) string      // of each value, inside the url-encoding
	recode  func([]byte) []byte      // of the whole body
	retype  func(string) string      // of the Content-Type
	batched func(item string) string // of an item's JSON text
}

// posted is what goes over the wire.
type posted struct {
	target, contentType string
	headers             []string
	body                []byte
}

// bodyKind is a way in which a bot says something to the platform.
type bodyKind struct {
	name   string
	traits trait
	post   func(o outgoing) posted
	// same says that what arrived means what was sent, where bytes may change;
	// why says why they may. Without it they must not.
	same func(sent, got posted) bool
	why  string
}

const tableSend = "/shop/v23.0/me/messages"

// parameters are what every kind says.
func (o outgoing) parameters() [][2]string {
	return append([][2]string{{"recipient", `{"id":"` + anna + `"}`}, {"message", o.message}}, o.more...)
}

func (o outgoing) posted(target, contentType string, body []byte) posted {
	if o.query != "" {
		target += map[bool]string{true: "&", false: "?"}[strings.Contains(target, "?")] + o.query
	}
	if o.recode != nil && body != nil {
		body = o.recode(body)
	}
	if o.retype != nil {
		contentType = o.retype(contentType)
	}
	return posted{target, contentType, o.headers, body}
}

// object is the parameters as one JSON text.
func (o outgoing) object(more ...string) string {
	var members []string
	for _, p := range o.parameters() {
		members = append(members, `"`+p[0]+`":`+p[1])
	}
	return "{" + strings.Join(append(members, more...), ",") + "}"
}

// fields is the parameters as a form. Texts lose their quotes there.
func (o outgoing) fields(of [][2]string, value func(string) string) string {
	var fields []string
	for _, p := range of {
		text := value(p[1])
		if o.spell != nil {
			text = o.spell(text)
		}
		fields = append(fields, p[0]+"="+url.QueryEscape(text))
	}
	return strings.Join(fields, "&")
}

// bare takes the quotes off a JSON string: a form's field holds the text itself.
func bare(text string) string {
	var s string
	if json.Unmarshal([]byte(text), &s) == nil {
		return s
	}
	return text
}

// relaxed spells JSON as Meta's own samples do.
func relaxed(text string) string {
	text = bare(text)
	if !strings.HasPrefix(text, "{") || strings.Contains(text, `\"`) {
		return text
	}
	return strings.ReplaceAll(text, `"`, "'")
}

// parts is the parameters as multipart/form-data (RFC 7578).
func (o outgoing) parts(file *attached) []byte {
	var b strings.Builder
	field := func(p [2]string) {
		fmt.Fprintf(&b, "--tableboundary\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", p[0], bare(p[1]))
	}
	b.WriteString(o.around[0])
	for _, p := range o.parameters() {
		field(p)
	}
	if o.part != "" {
		b.WriteString("--tableboundary\r\n" + o.part + "\r\n")
	}
	if o.file != nil {
		file = o.file
	}
	if file != nil {
		fmt.Fprintf(&b, "--tableboundary\r\nContent-Disposition: form-data; name=\"filedata\"; filename=\"%s\"\r\nContent-Type: %s\r\n%s\r\n%s\r\n", file.name, file.contentType, file.head, file.content)
	}
	for _, p := range o.behind {
		field(p)
	}
	b.WriteString("--tableboundary--\r\n" + o.around[1])
	return []byte(b.String())
}

// batch is the parameters as an item of a batch, behind one that reads.
func (o outgoing) batch() string {
	inner, _ := json.Marshal(o.fields(o.parameters(), bare))
	address := "me/messages"
	if o.address != "" {
		address += "?" + o.address
	}
	item := `{"method":"POST","relative_url":"` + address + `","body":` + string(inner) + o.member + `}`
	if o.batched != nil {
		item = o.batched(item)
	}
	return `[{"method":"GET","relative_url":"me?fields=name"},` + item + o.items + `]`
}

const (
	formType  = "application/x-www-form-urlencoded"
	jsonType  = "application/json"
	partsType = "multipart/form-data; boundary=tableboundary"
)

// bodyKinds are the columns of the table.
func bodyKinds() []bodyKind {
	picture := &attached{"a.png", "image/png", tinyPNG(), ""}
	return []bodyKind{
		{name: "JSON", traits: isJSON | hasBody, post: func(o outgoing) posted { return o.posted(tableSend, jsonType, []byte(o.object())) }},
		{
			name: "JSON, gzip", traits: isJSON | hasBody | isPacked,
			post: func(o outgoing) posted {
				o.headers = append(o.headers, "Content-Encoding: gzip")
				p := o.posted(tableSend, jsonType, []byte(o.object()))
				p.body = zipped(p.body)
				return p
			},
			same: func(sent, got posted) bool { return string(gunzipped(sent.body)) == string(unpacked(got)) }, why: "it is unpacked",
		},
		{name: "form", traits: isForm | hasBody, post: func(o outgoing) posted {
			return o.posted(tableSend, formType, []byte(o.fields(o.parameters(), bare)))
		}},
		{
			name: "form, relaxed JSON", traits: isForm | hasBody,
			post: func(o outgoing) posted {
				return o.posted(tableSend, formType, []byte(o.fields(o.parameters(), relaxed)))
			},
			same: sameFields, why: "relaxed JSON goes on as strict JSON",
		},
		{name: "query", traits: isForm | inQuery, post: func(o outgoing) posted {
			return o.posted(tableSend+"?"+o.fields(o.parameters(), bare), "", nil)
		}},
		{name: "multipart", traits: isMultipart | hasBody, post: func(o outgoing) posted { return o.posted(tableSend, partsType, o.parts(nil)) }},
		{name: "multipart, file", traits: isMultipart | hasBody | hasFile, post: func(o outgoing) posted { return o.posted(tableSend, partsType, o.parts(picture)) }},
		{name: "batch in JSON", traits: isForm | isBatch | hasBody, post: func(o outgoing) posted {
			return o.posted("/shop/v23.0/", jsonType, []byte(`{"batch":`+o.batch()+`}`))
		}},
		{name: "batch in a form", traits: isForm | isBatch | hasBody, post: func(o outgoing) posted {
			return o.posted("/shop/", formType, []byte("batch="+url.QueryEscape(o.batch())+"&include_headers=false"))
		}},
		{name: "batch in the query", traits: isForm | isBatch | inQuery, post: func(o outgoing) posted {
			return o.posted("/shop/?batch="+url.QueryEscape(o.batch()), "", nil)
		}},
		{name: "batch in multipart", traits: isForm | isBatch | hasBody, post: func(o outgoing) posted {
			whole := outgoing{around: o.around, file: o.file}
			return o.posted("/shop/", partsType, whole.batchParts(o.batch()))
		}},
	}
}

// batchParts is a batch in a multipart body, without other parameters.
func (o outgoing) batchParts(batch string) []byte {
	return []byte(o.around[0] + "--tableboundary\r\nContent-Disposition: form-data; name=\"batch\"\r\n\r\n" + batch + "\r\n--tableboundary--\r\n" + o.around[1])
}

func zipped(body []byte) []byte {
	var packed bytes.Buffer
	to := gzip.NewWriter(&packed)
	_, _ = to.Write(body)
	_ = to.Close()
	return packed.Bytes()
}

// sameFields says that two forms have the same fields, JSON text taken for what
// it says.
func sameFields(sent, got posted) bool {
	a, errA := url.ParseQuery(string(sent.body))
	b, errB := url.ParseQuery(string(got.body))
	if errA != nil || errB != nil || len(a) != len(b) {
		return false
	}
	for name := range a {
		if strings.ReplaceAll(a.Get(name), "'", `"`) != b.Get(name) {
			return false
		}
	}
	return true
}
