package rig

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// PublicOrigin is the public_url of every piiproxy of the tests.
const PublicOrigin = "https://chat.example.com"

// linkIn finds the address of a form, as it is or in Meta's spelling.
var linkIn = regexp.MustCompile(`https:\\?/\\?/chat\.example\.com\\?/c\\?/([a-z2-7]{26})`)

// LinkID is the id of the first link to a form in a text; "" when there is none.
func LinkID(text []byte) string {
	if found := linkIn.FindSubmatch(text); found != nil {
		return string(found[1])
	}
	return ""
}

// Visitor opens and fills forms as a browser without scripts does. It has
// cookies of its own, and follows no redirect by itself.
type Visitor struct {
	base   string
	client *http.Client
}

// NewVisitor is a browser that nobody has used yet.
func (p *Proxy) NewVisitor() *Visitor { return p.NewVisitorAt(p.public, p.client.Timeout) }

// NewVisitorAt is a browser that reaches the forms at another address, and gives
// up after a time.
func (p *Proxy) NewVisitorAt(address string, patience time.Duration) *Visitor {
	return &Visitor{base: "http://" + address, client: &http.Client{
		Transport:     p.client.Transport,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Form is a form that a visitor has open.
type Form struct {
	Path   string // /c/ and the link's id
	Page   string // the HTML
	Proof  string
	Cookie string // name=value

	visitor *Visitor
}

// Get opens a path, with the given headers.
func (v *Visitor) Get(ctx context.Context, method, path string, header http.Header) Reply {
	return v.do(ctx, method, path, nil, header)
}

var proofIn = regexp.MustCompile(`name="proof" value="([^"]+)"`)

var errNoForm = errors.New("the page is no form")

// Open opens the form behind a link's id.
func (v *Visitor) Open(ctx context.Context, id string) (Form, Reply, error) {
	form := Form{Path: "/c/" + id, visitor: v}
	reply := v.Get(ctx, http.MethodGet, form.Path, nil)
	if reply.Err != nil {
		return form, reply, reply.Err
	}
	form.Page = string(reply.Body)
	proof := proofIn.FindStringSubmatch(form.Page)
	if reply.Status != http.StatusOK || proof == nil {
		return form, reply, errNoForm
	}
	form.Proof = proof[1]
	form.Cookie, _, _ = strings.Cut(reply.Header.Get("Set-Cookie"), ";")
	return form, reply, nil
}

// Fill posts values as the form would. The answer to a success is a redirect.
func (f Form) Fill(ctx context.Context, values map[string]string) Reply {
	typed := url.Values{"proof": {f.Proof}}
	for name, value := range values {
		typed.Set(name, value)
	}
	return f.visitor.do(ctx, http.MethodPost, f.Path, strings.NewReader(typed.Encode()), http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Cookie": {f.Cookie},
	})
}

// On is the form as another instance of a fleet gets it back: the person's browser
// knows one address only.
func (f Form) On(p *Proxy) Form {
	f.visitor = p.NewVisitor()
	return f
}

// Follow posts values and goes where the answer sends the browser.
func (f Form) Follow(ctx context.Context, values map[string]string) Reply {
	reply := f.Fill(ctx, values)
	if reply.Err != nil || reply.Status != http.StatusSeeOther {
		return reply
	}
	return f.visitor.Get(ctx, http.MethodGet, reply.Header.Get("Location"), http.Header{"Cookie": {f.Cookie}})
}

func (v *Visitor) do(ctx context.Context, method, path string, body io.Reader, header http.Header) Reply {
	request, err := http.NewRequestWithContext(ctx, method, v.base+path, body)
	if err != nil {
		return Reply{Err: err}
	}
	for name, values := range header {
		request.Header[name] = values
	}
	return Do(v.client, request)
}
