package proxy

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
)

// content is what a body says, before it is known whose call it is.
type content struct {
	raw      []byte // nil: there is no body
	limits   payload.Limits
	document *payload.Document // of a JSON body
	fields   []payload.Field   // of a form, or of parts
	parts    *parts            // of a multipart body
}

// parameters reads what a call says, wherever it says it. A file that is uploaded
// is not read here: true says that it is streamed.
func (p *Proxy) parameters(w http.ResponseWriter, r *http.Request, x *exchange) (bool, *Refusal) {
	if refused := x.override(x.query["method"]); refused != nil {
		return false, refused
	}
	c, streamed, refused := p.content(w, r, x)
	switch {
	case refused != nil:
		return false, refused
	case streamed && x.method != r.Method: // who sends a file changes something by that
		return false, &refuseOverride
	case streamed:
		return true, nil
	}
	if refused := x.override(c.values("method")); refused != nil {
		return false, refused
	}
	if c.parts.hasFiles() && x.method != r.Method { // as above
		return false, &refuseOverride
	}
	if refused := p.gather(r, x, c); refused != nil {
		return false, refused
	}
	if x.overridden && r.Method == http.MethodGet {
		r.Method = x.method // net/http sends a GET again by itself, and this one may be a message
	}
	return false, x.empty(r)
}

// content reads the body.
func (p *Proxy) content(w http.ResponseWriter, r *http.Request, x *exchange) (c content, streamed bool, refused *Refusal) {
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		return c, false, nil
	}
	types := r.Header["Content-Type"]
	if isMultipart(types) {
		refused = p.readMultipart(w, r, x, &c)
		return c, false, refused
	}
	declared, refused := declared(types)
	switch {
	case refused != nil:
		return c, false, refused
	case declared.kind != jsonKind && x.call.Kind == channel.CallUpload && len(types) < 2:
		return c, true, nil
	case declared.kind == unreadKind:
		return c, false, &refuseMediaType
	}
	c.limits = p.config.Limits.Payload
	if len(r.Header["Content-Encoding"]) > 0 {
		c.limits.Bytes = max(c.limits.Bytes, int(p.config.Limits.Bodies.Unpacked))
	}
	if c.raw, refused = p.readCall(w, r, &x.holding); refused != nil {
		return c, false, refused
	}
	x.record.bytesIn = len(c.raw)
	if declared.ascii { // what is put into it is UTF-8
		r.Header.Set("Content-Type", plainTypes[declared.kind])
	}
	return c, false, c.parse(declared)
}

// parse reads a body as what it is declared to be.
func (c *content) parse(declared declaration) *Refusal {
	var err error
	if declared.kind == formKind {
		var form *payload.Form
		if form, err = payload.ParseForm(c.raw, c.limits); err == nil {
			c.fields = form.Fields
		}
	} else {
		c.document, err = payload.Parse(c.raw, c.limits)
	}
	switch {
	case err != nil:
		return unparsable(err)
	case declared.ascii && !c.isASCII():
		return &refuseCharset
	}
	return nil
}

// isASCII says that a body is the same in every charset that holds ASCII. Escapes of
// JSON name characters, those of forms bytes.
func (c *content) isASCII() bool {
	for _, field := range c.fields {
		if !isASCII(field.Name) || !isASCII(field.Value) {
			return false
		}
	}
	return isASCII(c.raw)
}

func isASCII[T string | []byte](text T) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// values are those of a parameter in the body.
func (c *content) values(name string) []string {
	if c.document != nil {
		if node := c.document.Child(0, name); node >= 0 {
			return []string{c.document.Text(node)}
		}
	}
	for i := range c.fields {
		if c.fields[i].Name == name {
			return []string{c.fields[i].Value}
		}
	}
	return nil
}

// override makes a call the one that a parameter says it is: Graph takes the method
// from there, whatever the request's own is (threats.md O10). Everything behind
// goes by it. What says two things, or nothing that is known, is refused.
func (x *exchange) override(methods []string) *Refusal {
	if len(methods) == 0 {
		return nil
	}
	method := strings.ToUpper(methods[0])
	switch {
	case len(methods) > 1 || x.overridden:
		return &refuseOverride
	case method != http.MethodGet && method != http.MethodPost && method != http.MethodDelete:
		return &refuseOverride
	case x.method != method && x.method != http.MethodGet && x.method != http.MethodPost:
		return &refuseOverride
	}
	x.method, x.overridden = method, true
	call, err := channel.ParseCall(method, x.path)
	if err != nil {
		return &refuseTarget
	}
	x.call = call
	return nil
}

// reads says that a call changes nothing.
func (x *exchange) reads() bool { return x.method == http.MethodGet || x.method == http.MethodHead }

// gather puts the parameters of body and query together. A JSON body that has all
// of them is the document itself.
func (p *Proxy) gather(r *http.Request, x *exchange, c content) *Refusal {
	query, refused := p.takeQuery(r, x)
	switch {
	case refused != nil:
		return refused
	case len(query) == 0 && c.document != nil:
		x.document, x.carrier = c.document, jsonBody{}
		return x.credentialsOnce()
	case len(query) == 0 && c.raw == nil && c.parts == nil:
		return nil
	case c.document != nil && c.document.Nodes[0].Kind != payload.Object:
		return &refuseQuery
	case c.document != nil:
		c.fields = payload.Members(c.document)
	}
	limits := p.config.Limits.Payload
	if c.raw != nil {
		limits = c.limits
	}
	parameters, err := payload.Assemble(limits, c.fields, query)
	if err != nil {
		return unparsable(err)
	}
	x.document, x.doubtful = parameters.Document, parameters.Doubtful
	x.carrier = &fields{parameters: parameters, body: c.raw}
	if c.parts != nil {
		c.parts.parameters = parameters
		x.carrier, x.parts = c.parts, c.parts
	}
	return x.credentialsOnce()
}

// takeQuery takes the parameters out of the query, where credentials stay. That of a
// call that only reads, or uploads a piece of a file, has none: it is judged as it
// is, and not edited.
func (p *Proxy) takeQuery(r *http.Request, x *exchange) ([]payload.Field, *Refusal) {
	if x.reads() || x.call.Kind == channel.CallUpload {
		return nil, nil
	}
	taken := false
	for name, values := range x.query {
		if len(values) > 1 {
			return nil, unparsable(&payload.Error{Reason: payload.ReasonDuplicateKey})
		}
		taken = taken || !slices.Contains(credentials, name)
	}
	if !taken {
		return nil, nil
	}
	form, err := payload.ParseForm([]byte(r.URL.RawQuery), p.config.Limits.Payload)
	if err != nil {
		return nil, unparsable(err)
	}
	left := url.Values{}
	fields := slices.DeleteFunc(form.Fields, func(f payload.Field) bool {
		credential := slices.Contains(credentials, f.Name)
		if credential {
			left[f.Name] = []string{f.Value}
		}
		return credential
	})
	for i := range fields {
		if !plainName(fields[i].Name) {
			return nil, &refuseQuery
		}
	}
	x.query = left
	return fields, nil
}

// credentialsOnce sees that body and query do not name two access tokens or the
// like. Some libraries send the same one in both.
func (x *exchange) credentialsOnce() *Refusal {
	for name, values := range x.query {
		node := x.document.Child(0, name)
		if node >= 0 && slices.Contains(credentials, name) && x.document.Text(node) != values[0] {
			return unparsable(&payload.Error{Reason: payload.ReasonDuplicateKey})
		}
	}
	return nil
}

// empty refuses a batch without calls, and a message that says nothing at all where
// JSON is declared.
func (x *exchange) empty(r *http.Request) *Refusal {
	switch {
	case x.document != nil || x.method != http.MethodPost:
		return nil
	case x.call.Kind == channel.CallBatch:
		return &refuseBatch
	case x.call.Kind != channel.CallSend || r.URL.RawQuery != "":
		return nil
	}
	if ok, _ := isJSON(r.Header["Content-Type"]); !ok {
		return nil
	}
	return unparsable(&payload.Error{Reason: payload.ReasonEmpty})
}

// unparsable is the refusal of what is not strictly what it is declared to be.
func unparsable(err error) *Refusal {
	f := refuseSyntax.because(parseReason(err))
	return &f
}

// doubts refuses a call with a parameter that holds members where it is one of the
// platform's, looks like a document, and cannot be read as one.
func (x *exchange) doubts() *Refusal {
	root := x.account.Channel.Request().Root()
	for _, name := range x.doubtful {
		if root.Member(name).HasMembers() {
			return unparsable(&payload.Error{Reason: payload.ReasonDocument})
		}
	}
	return nil
}

// edited reads a call again that was edited after it was judged. Its size was
// bounded when it came, packed or not, and an edit may make it a little longer.
func (p *Proxy) edited(raw []byte) (*payload.Document, error) {
	limits := p.config.Limits.Payload
	limits.Bytes = max(limits.Bytes, len(raw))
	return payload.Parse(raw, limits)
}
