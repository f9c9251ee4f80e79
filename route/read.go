package route

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/vault"
)

const (
	// maxTokens is how many tokens one request may have: each is some reads of the
	// store.
	maxTokens = 100
	// maxDecoded bounds the bytes that are read of one request in all its encodings.
	maxDecoded = 32 << 20
)

// find is a token in a listed place.
type find struct {
	token string // in lower case
	place string // as the configuration names it: json:/customer/email
	edit  payload.Edit
	// header is the name of the header that it is the value of; then there is no edit.
	header string
}

// reading is what a request says, and where in it tokens become values.
type reading struct {
	route  *served
	budget int
	finds  []find
	raw    []byte
}

// read looks at every part of a request. The body comes last: a request that is
// refused for its head is not read on.
func (r *reading) read(request *http.Request, path string, body func() ([]byte, *Refusal)) *Refusal {
	for _, step := range []func() *Refusal{
		func() *Refusal { return r.bare("path", path) },
		func() *Refusal { return r.bare("host", request.Host) },
		func() *Refusal { return r.query(request.URL.RawQuery) },
		func() *Refusal { return r.headers(request.Header) },
		func() *Refusal { return r.body(request, body) },
	} {
		if refused := step(); refused != nil {
			return refused
		}
	}
	if len(r.finds) > maxTokens {
		return &refuseTokens
	}
	return nil
}

// bare refuses a token, in any spelling, where none may be.
func (r *reading) bare(place, text string) *Refusal {
	if len(text) < shortest {
		return nil
	}
	found, whole := layers{see: hasToken, least: shortest, budget: &r.budget}.search(text)
	switch {
	case found:
		return refusePlace.in(place)
	case !whole:
		return refuseEncodings.in(place)
	}
	return nil
}

func hasToken(text string) bool { return len(vault.FindTokens(text)) > 0 }

// overrides are parameters by which some servers take another method than the
// request's (threats.md O10).
var overrides = []string{"_method", "x-http-method-override", "x-http-method", "x-method-override"}

func (r *reading) query(raw string) *Refusal {
	if refused := r.bare("query", raw); refused != nil {
		return refused
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return &refuseQuery
	}
	for name := range values {
		if slices.Contains(overrides, strings.ToLower(name)) {
			return &refuseOverride
		}
	}
	return nil
}

func (r *reading) headers(h http.Header) *Refusal {
	for name, values := range h {
		if r.route.Token != nil && http.CanonicalHeaderKey(r.route.Credential) == name {
			continue // is the route's token, and ends here
		}
		if refused := r.bare("header name", name); refused != nil {
			return refused
		}
		listed := slices.IndexFunc(r.route.Restore.Headers, func(l string) bool { return http.CanonicalHeaderKey(l) == name })
		for _, value := range values {
			place := "header"
			if listed >= 0 {
				place = "header:" + r.route.Restore.Headers[listed]
			}
			if _, token := vault.ParseToken(value); token && listed >= 0 && len(values) == 1 {
				r.finds = append(r.finds, find{token: strings.ToLower(value), place: place, header: name})
				continue
			}
			if refused := r.bare(place, value); refused != nil {
				return refused
			}
		}
	}
	return nil
}

// body reads a body by its declared kind. One of another kind is refused: it could
// hold a token in a way that nobody here can read.
func (r *reading) body(request *http.Request, body func() ([]byte, *Refusal)) *Refusal {
	raw, refused := body()
	if refused != nil {
		return refused
	}
	if r.raw = raw; len(raw) == 0 {
		return nil
	}
	kind, refused := kindOf(request.Header["Content-Type"])
	switch {
	case refused != nil:
		return refused
	case kind == kindJSON:
		return r.json()
	case kind == kindForm:
		return r.form()
	}
	return &refuseType
}

// Kinds of bodies.
const (
	kindJSON = "json"
	kindForm = "form"
	kindText = "text"
)

// kindOf is the kind of a declared type; "" for one that is not read.
func kindOf(types []string) (string, *Refusal) {
	if len(types) != 1 {
		return "", nil
	}
	declared, parameters, err := mime.ParseMediaType(types[0])
	if err != nil {
		return "", nil
	}
	charset, said := parameters["charset"]
	if charset = strings.ToLower(charset); said && charset != "utf-8" && charset != "utf8" && charset != "us-ascii" {
		return "", &refuseCharset
	}
	switch {
	case declared == "application/json", declared == "text/json", strings.HasPrefix(declared, "application/") && strings.HasSuffix(declared, "+json"):
		return kindJSON, nil
	case declared == "application/x-www-form-urlencoded":
		return kindForm, nil
	case declared == "text/plain":
		return kindText, nil
	}
	return "", nil
}

func (r *reading) json() *Refusal {
	d, err := payload.Parse(r.raw, r.route.limits)
	if err != nil {
		return unparsed(err)
	}
	for i := range d.Nodes {
		node := &d.Nodes[i]
		if node.KeyEnd-node.KeyStart >= shortest {
			if refused := r.bare("member name", d.Name(i)); refused != nil {
				return refused
			}
		}
		if node.Kind != payload.String || node.End-node.Start < shortest {
			continue
		}
		if refused := r.text(d, i); refused != nil {
			return refused
		}
	}
	return nil
}

// text reads one string of a document.
func (r *reading) text(d *payload.Document, i int) *Refusal {
	text := d.Text(i)
	for _, p := range r.route.Restore.JSON {
		if p.at(d, i) {
			return r.value("json:"+p.String(), text, d.Scope(i))
		}
	}
	for _, p := range r.route.Restore.Text {
		if p.at(d, i) {
			return r.prose("json:"+p.String(), d, i)
		}
	}
	return r.bare(where(d, i), text)
}

// value reads a place that is one token or has none.
func (r *reading) value(place, text string, codec payload.Codec) *Refusal {
	if _, token := vault.ParseToken(text); token {
		r.finds = append(r.finds, find{
			token: strings.ToLower(text), place: place, edit: payload.Edit{Codecs: []payload.Codec{codec}, End: len(text)},
		})
		return nil
	}
	return r.bare(place, text)
}

// prose reads a place in which tokens stand among words. A document in a string is
// no prose: a value could end what it stands in there.
func (r *reading) prose(place string, d *payload.Document, i int) *Refusal {
	text := d.Text(i)
	if inner, err := d.Inner(i, r.route.limits); inner != nil || err != nil {
		return r.bare(place, text)
	}
	rest := []byte(text)
	for _, span := range vault.FindTokens(text) {
		r.finds = append(r.finds, find{
			token: strings.ToLower(text[span[0]:span[1]]), place: place,
			edit: payload.Edit{Codecs: []payload.Codec{d.Scope(i)}, Start: span[0], End: span[1]},
		})
		for j := span[0]; j < span[1]; j++ {
			rest[j] = ' '
		}
	}
	return r.bare(place, string(rest))
}

func (r *reading) form() *Refusal {
	form, err := payload.ParseForm(r.raw, r.route.limits)
	if err != nil {
		return unparsed(err)
	}
	for i := range form.Fields {
		field := &form.Fields[i]
		if slices.Contains(overrides, strings.ToLower(field.Name)) {
			return &refuseOverride
		}
		if refused := r.bare("field name", field.Name); refused != nil {
			return refused
		}
		if slices.Contains(r.route.Restore.Form, field.Name) {
			if refused := r.value("form:"+field.Name, field.Value, field.Scope()); refused != nil {
				return refused
			}
		} else if refused := r.bare("form", field.Value); refused != nil {
			return refused
		}
	}
	return nil
}

// unparsed is the refusal of a body that is not strictly what it declares.
func unparsed(err error) *Refusal {
	var problem *payload.Error
	if errors.As(err, &problem) {
		return refuseParse.because("parse_" + problem.Reason)
	}
	return &refuseParse
}

// where is the JSON pointer of a node, for whoever sent it. Names that are no
// plain words are left out: they may be data.
func where(d *payload.Document, node int) string {
	var steps []string
	for d.Nodes[node].Parent >= 0 {
		step := stepOf(d, node)
		if len(step) > 32 || strings.ContainsFunc(step, func(r rune) bool {
			return r >= 0x80 || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-'
		}) || strings.IndexFunc(step, unicode.IsDigit) >= 0 && d.Nodes[node].KeyEnd > 0 {
			step = "…"
		}
		steps = append(steps, escapePointer.Replace(step))
		node = d.Nodes[node].Parent
	}
	slices.Reverse(steps)
	return "json:/" + strings.Join(steps, "/")
}

// stepOf is a node's name, or its position.
func stepOf(d *payload.Document, node int) string {
	if n := &d.Nodes[node]; n.KeyEnd == 0 {
		return itoa(n.Index)
	}
	return d.Name(node)
}
