package capture

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/vault"
)

// messengerFrames are the sites whose webview may frame a form.
var messengerFrames = []string{"https://www.messenger.com", "https://www.facebook.com"}

// visit is one request for one link.
type visit struct {
	book    *Book
	w       http.ResponseWriter
	r       *http.Request
	link    *link
	account Account
	session session
	fresh   bool // the browser has no session for this link yet
}

// Handler serves GET, HEAD and POST /c/{link}, and what its pages load under
// /c/assets/. GET and HEAD never change anything; a POST that fills a link in is
// sent on with 303 to a page without data.
func (b *Book) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(form.AssetPath, form.Assets())
	mux.HandleFunc(form.AssetPath+"logo/{account}", b.logo)
	mux.HandleFunc("GET "+signedInPath, b.signedIn)
	mux.HandleFunc("/c/{link}", b.serve)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { b.unknown(w, r) })
	return mux
}

func (b *Book) serve(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		if v := b.visit(w, r); v != nil {
			v.show()
		}
	case http.MethodPost:
		b.post(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		b.page(w, http.StatusMethodNotAllowed, nil, form.Page{Language: language(r)}, b.pages.Unknown)
	}
}

// visit finds the link of a request; nil when it was answered. Unknown, foreign,
// altered and erased are one answer.
func (b *Book) visit(w http.ResponseWriter, r *http.Request) *visit {
	l, err := b.find(r.Context(), r.PathValue("link"))
	if errors.Is(err, ErrNoLink) {
		b.unknown(w, r)
		return nil
	}
	if err != nil {
		b.observe("", eventFault)
		b.sorry(w, nil, form.Page{Language: language(r)})
		return nil
	}
	account, known := b.config.Accounts(l.conversation.Account)
	if !known || account.External != "" {
		b.unknown(w, r)
		return nil
	}
	v := &visit{book: b, w: w, r: r, link: l, account: account}
	if s, ok := b.session(r, l.id); ok {
		v.session = s
	} else {
		v.session, v.fresh = newSession(provedNothing), true
	}
	return v
}

// show is the page of a link as it stands; the same however often it is asked.
func (v *visit) show() {
	b, now := v.book, v.book.now()
	status := v.link.status(now, b.limits.Tries)
	query := v.r.URL.RawQuery
	switch {
	case errors.Is(status, ErrUsed) && query == "done":
		v.page(http.StatusOK, b.pages.Done)
	case errors.Is(status, ErrUsed):
		v.page(http.StatusGone, b.pages.Used)
	case status != nil:
		v.expired()
	case v.proved():
		v.form(http.StatusOK, nil, nil)
	case v.account.StepUp.Method == OIDC && query == "sign-in" && v.ours():
		v.signIn()
	default:
		v.prove(http.StatusOK, nil)
	}
}

// proved says that this browser may see the form.
func (v *visit) proved() bool {
	switch v.account.StepUp.Method {
	case None:
		return true
	case ChatCode:
		return v.session.proved == provedChat || v.book.remembered(v.r, v.account, v.link.conversation)
	case OIDC:
		return v.session.proved == provedSubject && v.link.Subject != ""
	}
	return false // a method that nobody knows
}

// data is what the pages of a link show.
func (v *visit) data() form.Page {
	page := form.Page{
		Brand: form.Brand{Title: v.account.Look.Title, Color: v.account.Look.Color}, Language: v.link.Language,
		Regions: regions(v.account), Texts: v.account.Texts,
	}
	if v.account.Look.Logo != nil {
		page.Brand.Logo = form.AssetPath + "logo/" + v.account.Name
	}
	return page
}

// form is the form, with the problems of what was typed.
func (v *visit) form(status int, problems map[string]string, typed map[string][]string) {
	page := v.data()
	page.Fields = formFields(v.link.Fields)
	page.Keep = keep(v.account, page.Fields)
	page.Problems, page.Typed = problems, typed
	page.Tries = v.book.limits.Tries - v.link.Tries
	v.posting(status, page, v.book.pages.Form)
}

// expired is the page of a link whose time is over; it offers a new one, once.
func (v *visit) expired() {
	page := v.data()
	if v.link.State == replaced {
		v.book.page(v.w, http.StatusGone, &v.account, page, v.book.pages.Expired)
		return
	}
	v.posting(http.StatusGone, page, v.book.pages.Expired)
}

// posting writes a page that can be posted back.
func (v *visit) posting(status int, page form.Page, write func(io.Writer, form.Page) error) {
	if v.fresh {
		v.book.keepSession(v.w, v.account, v.link.id, v.session)
	}
	page.Action, page.Proof = v.path(), v.book.proof(v.link.id, v.session)
	v.book.page(v.w, status, &v.account, page, write)
}

// page writes a page that says something and can only be read.
func (v *visit) page(status int, write func(io.Writer, form.Page) error) {
	v.book.page(v.w, status, &v.account, v.data(), write)
}

func (v *visit) path() string { return "/c/" + v.link.id }

// page writes a page whole or not at all.
func (b *Book) page(w http.ResponseWriter, status int, account *Account, page form.Page, write func(io.Writer, form.Page) error) {
	var frames []string
	if account != nil && account.Framed {
		frames = messengerFrames
	}
	form.Headers(w.Header(), frames)
	page.Plain = b.loopback // no other address may be without TLS
	var body bytes.Buffer
	if err := write(&body, page); err != nil {
		status = http.StatusInternalServerError
		body.Reset()
	}
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the reader is gone: nobody to tell
}

// unknown is the one answer for what is no link, slower for who asks often.
func (b *Book) unknown(w http.ResponseWriter, r *http.Request) {
	if !b.meters.guesses.allow(caller(b.config.Client(r)), b.now()) {
		b.limited(w, r, "")
		return
	}
	b.page(w, http.StatusNotFound, nil, form.Page{Language: language(r)}, b.pages.Unknown)
}

// limited answers who is too fast.
func (b *Book) limited(w http.ResponseWriter, r *http.Request, account string) {
	b.observe(account, eventLimited)
	w.Header().Set("Retry-After", "60")
	b.page(w, http.StatusTooManyRequests, nil, form.Page{Language: language(r)}, b.pages.Sorry)
}

// sorry says that the fault is ours.
func (b *Book) sorry(w http.ResponseWriter, account *Account, page form.Page) {
	w.Header().Set("Retry-After", "10")
	b.page(w, http.StatusServiceUnavailable, account, page, b.pages.Sorry)
}

// logo serves an account's picture. It is of three kinds that hold no script.
func (b *Book) logo(w http.ResponseWriter, r *http.Request) {
	account, known := b.config.Accounts(r.PathValue("account"))
	kind := http.DetectContentType(account.Look.Logo)
	if !known || kind != "image/png" && kind != "image/jpeg" && kind != "image/webp" {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("Cache-Control", "public, max-age=300")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(account.Look.Logo))
}

func formFields(fields []Field) []form.Field {
	asked := make([]form.Field, len(fields))
	for i, field := range fields {
		asked[i] = form.Field{Kind: field.Kind, Need: field.Need}
	}
	return asked
}

// keep is how long the values that are kept longest are.
func keep(account Account, fields []form.Field) time.Duration {
	var longest time.Duration
	for _, field := range fields {
		lifetime, _ := vault.Lifetime(field.Asks())
		if account.Kept != nil {
			lifetime = account.Kept(field.Asks())
		}
		longest = max(longest, lifetime)
	}
	return longest
}

func regions(account Account) string { return strings.Join(account.Regions, " ") }

// language is what the browser likes best, for pages that belong to no link.
func language(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	first, _, _ = strings.Cut(first, ";")
	return strings.TrimSpace(first)
}
