package main

import (
	"errors"
	"html/template"
	"log"
	"net/http"
)

// pages are what a person sees.
type pages struct{ piiproxy client }

func (p pages) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /secure/{id}", p.show)
	mux.HandleFunc("POST /secure/{id}", p.send)
	return mux
}

// page is what the template shows: a form, or a message.
type page struct {
	Link     link
	Problems map[string]string
	Message  string
}

func (p pages) show(w http.ResponseWriter, r *http.Request) {
	l, err := p.piiproxy.read(r.Context(), r.PathValue("id"))
	if err == nil && l.State != "open" {
		err = errOver
	}
	if err != nil {
		fail(w, err)
		return
	}
	write(w, http.StatusOK, page{Link: l})
}

func (p pages) send(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		write(w, http.StatusBadRequest, page{Message: "This was too long. Please go back and try again."})
		return
	}
	l, err := p.piiproxy.read(r.Context(), id)
	if err != nil {
		fail(w, err)
		return
	}
	values := map[string]string{}
	for _, f := range l.Fields { // what it asks for, and nothing else of what was sent
		values[f.Name] = r.PostForm.Get(f.Name)
	}
	var invalid wrong
	switch err := p.piiproxy.fill(r.Context(), id, values); {
	case errors.As(err, &invalid):
		l.Tries = invalid.Tries
		if l.Tries == 0 {
			fail(w, errOver)
			return
		}
		write(w, http.StatusUnprocessableEntity, page{Link: l, Problems: invalid.Texts})
	case err != nil:
		fail(w, err)
	default:
		write(w, http.StatusOK, page{Message: "Thank you. Your details have arrived; you can go back to the chat."})
	}
}

// fail says what a person can do about an error.
func fail(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, errNoLink):
		write(w, http.StatusNotFound, page{Message: "We do not know this link. Please open it again from your chat."})
	case errors.Is(err, errOver):
		write(w, http.StatusGone, page{Message: "This link was used or has expired. Please ask for a new one in your chat."})
	default:
		log.Print(err) // it names no link and no value
		write(w, http.StatusBadGateway, page{Message: "Please try again in a minute. Nothing was sent."})
	}
}

// write sends a page that nothing keeps, frames, or learns the address of.
func write(w http.ResponseWriter, status int, p page) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer") // the id is in the address
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	if err := layout.Execute(w, p); err != nil {
		log.Print("the person's browser is gone")
	}
}

// Mode is the keyboard that a phone shows for a field.
func (f field) Mode() string {
	switch f.Name {
	case "credit_card", "card_last4", "card_bin", "card_expiry", "cvv", "ssn", "ssn_last4":
		return "numeric"
	case "email":
		return "email"
	case "phone":
		return "tel"
	}
	return "text"
}

// Fill is what browsers may fill in by themselves (WCAG 2.2, 1.3.5).
func (f field) Fill() string {
	fills := map[string]string{
		"credit_card": "cc-number", "card_expiry": "cc-exp", "person": "name", "email": "email", "phone": "tel", "dob": "bday", "postcode": "postal-code",
	}
	if fill := fills[f.Name]; fill != "" {
		return fill
	}
	return "off"
}

// layout is the page. What was typed is never in it, not even after an error.
var layout = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="{{or .Link.Language "en"}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{or .Link.Title "Secure form"}}</title>
</head>
<body>
<main>
{{- if .Message}}
<p role="status">{{.Message}}</p>
{{- else}}
<h1>{{.Link.Title}}</h1>
{{- if .Problems}}
<p role="alert">Please check what you entered. Tries left: {{.Link.Tries}}.</p>
{{- end}}
<form method="post" autocomplete="on">
{{- range .Link.Fields}}
<p><label for="{{.Name}}">{{.Label}}</label><br>
<input id="{{.Name}}" name="{{.Name}}" inputmode="{{.Mode}}" autocomplete="{{.Fill}}" required{{if index $.Problems .Name}} aria-invalid="true" aria-describedby="{{.Name}}-problem"{{end}}>
{{- if index $.Problems .Name}}<br><strong id="{{.Name}}-problem">{{index $.Problems .Name}}</strong>{{end}}</p>
{{- end}}
<button>Send securely</button>
</form>
{{- end}}
</main>
</body>
</html>
`))
