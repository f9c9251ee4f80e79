package route

import (
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
