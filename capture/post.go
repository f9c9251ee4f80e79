package capture

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/piiproxy/piiproxy/capture/form"
)

// maxBody is the longest form that is read, in bytes.
const maxBody = 64 << 10

// post is what a browser sends back: values, a code, or the wish for a new code
// or link.
func (b *Book) post(w http.ResponseWriter, r *http.Request) {
	if !b.meters.client.allow(caller(b.config.Client(r)), b.now()) {
		b.limited(w, r, "")
		return
	}
	typed, status := read(w, r)
	if status != 0 {
		b.page(w, status, nil, form.Page{Language: language(r)}, b.pages.Sorry)
		return
	}
	v := b.visit(w, r)
	if v == nil {
		return
	}
	if !b.meters.link.allow(v.link.key, b.now()) || !b.meters.account.allow(v.account.Name, b.now()) {
		b.limited(w, r, v.account.Name)
		return
	}
	v.decide(typed)
}

// decide tells what a post is for. What is over is over for everybody, so it is
// said first; nothing else is done without the proof that the page was ours.
func (v *visit) decide(typed url.Values) {
	b := v.book
	status := v.link.status(b.now(), b.limits.Tries)
	again := typed.Get(form.InputAgain) != ""
	switch {
	case errors.Is(status, ErrUsed):
		v.page(http.StatusGone, b.pages.Used)
	case status != nil && !again:
		v.expired()
	case v.fresh || !v.ours() || !b.proves(v.link.id, v.session, typed.Get(form.InputProof)):
		v.stranger()
	case status != nil:
		v.resend()
	case v.proved() && (again || typed.Has(form.InputCode)):
		v.redirect(v.path()) // from a page that asked for what was proved since
	case v.proved():
		v.fill(typed)
	case v.account.StepUp.Method == ChatCode && again:
		v.sendCode()
	case v.account.StepUp.Method == ChatCode && typed.Has(form.InputCode):
		v.enterCode(typed)
	default:
		v.prove(http.StatusForbidden, nil)
	}
}

// read returns the one kind of body that a form of ours sends, or a status.
func read(w http.ResponseWriter, r *http.Request) (url.Values, int) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" || r.Header.Get("Content-Encoding") != "" {
		return nil, http.StatusUnsupportedMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return nil, http.StatusBadRequest
	}
	typed, err := url.ParseQuery(string(body)) // its error quotes
	if err != nil {
		return nil, http.StatusBadRequest
	}
	for _, values := range typed {
		if len(values) > 1 {
			return nil, http.StatusBadRequest // which of them is meant?
		}
	}
	return typed, 0
}

// ours says that the browser comes from our own page. Where it sends fetch
// metadata, that decides: our pages send no referrer, and then browsers put null
// for the origin of a form (Fetch, "append a request Origin header"). The proof
// stands behind it in any case.
func (v *visit) ours() bool {
	origin := v.r.Header.Get("Origin")
	if site := v.r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return false
	}
	return origin == "" || origin == "null" || origin == v.book.origin
}

// stranger answers a post without the proof: a browser that keeps no cookies, a
// page older than a day, or another site's form. The link is as it was.
func (v *visit) stranger() {
	page := v.data()
	page.Action = v.path()
	v.book.page(v.w, http.StatusForbidden, &v.account, page, v.book.pages.Cookies)
}

// fill counts the try, and then judges.
func (v *visit) fill(typed url.Values) {
	b := v.book
	counted, err := b.try(v.r.Context(), v.link.id)
	if err != nil {
		v.fail(err)
		return
	}
	v.link = counted
	problems, err := b.submit(v.r.Context(), counted, typed)
	switch {
	case len(problems) > 0 && counted.Tries >= b.limits.Tries:
		v.locked()
	case len(problems) > 0:
		v.form(http.StatusUnprocessableEntity, problems, typed)
	case err != nil:
		v.fail(err)
	default:
		v.thank()
	}
}

// thank sends the browser on to a page that holds nothing, so that neither back
// nor reload shows or sends anything, and then tells the chat. With HTTP/1 the
// browser would ask for that page on this connection, and wait behind the chat.
func (v *visit) thank() {
	if v.r.ProtoMajor < 2 {
		v.w.Header().Set("Connection", "close")
	}
	v.redirect(v.path() + "?done")
	_ = http.NewResponseController(v.w).Flush() // the browser need not wait for the chat
	v.book.confirm(v.r.Context(), v.link)
}

// redirect sends the browser on with GET (RFC 9110, 15.4.4).
func (v *visit) redirect(to string) {
	form.Headers(v.w.Header(), nil)
	v.w.Header().Del("Content-Type")
	v.w.Header().Set("Location", to)
	v.w.Header().Set("Content-Length", "0")
	v.w.WriteHeader(http.StatusSeeOther)
}

// locked says that the last try failed, and offers a new link.
func (v *visit) locked() {
	v.posting(http.StatusGone, v.data(), v.book.pages.Locked)
}

// fail answers what became of a link meanwhile.
func (v *visit) fail(err error) {
	b := v.book
	switch {
	case errors.Is(err, ErrUsed):
		v.page(http.StatusGone, b.pages.Used)
	case errors.Is(err, ErrExpired):
		v.expired()
	case errors.Is(err, ErrNoLink):
		b.unknown(v.w, v.r)
	default:
		page := v.data()
		page.Action = v.path()
		b.observe(v.account.Name, eventFault)
		b.sorry(v.w, &v.account, page)
	}
}

// resend sends a new link into the chat.
func (v *visit) resend() {
	b := v.book
	if !b.meters.resends.allow(v.link.conversation.Path(), b.now()) {
		b.limited(v.w, v.r, v.account.Name)
		return
	}
	if err := b.resend(v.r.Context(), v.link.id); err != nil {
		v.fail(err)
		return
	}
	v.page(http.StatusOK, b.pages.Sent)
}
