package route

import (
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/vault"
)

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
