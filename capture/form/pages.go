package form

import (
	"embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed templates
var templateFiles embed.FS

// Pages writes the pages. It is safe for concurrent use.
type Pages struct {
	templates *template.Template
}

// New reads the templates.
func New() (*Pages, error) {
	templates, err := template.ParseFS(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("reading form templates: %w", err)
	}
	return &Pages{templates}, nil
}

// Form asks for the fields; with problems it says what is wrong.
func (p *Pages) Form(w io.Writer, page Page) error {
	v := newView(page, "page.title")
	v.Heading = v.T("page.title")
	v.askFor()
	return p.write(w, "form", v)
}

// Code asks for the code that was sent into the chat. The problem of InputCode
// is "code" when it was wrong. It posts InputCode, or InputAgain for a new one.
func (p *Pages) Code(w io.Writer, page Page) error {
	v := newView(page, "code.title")
	v.Heading, v.Lead = v.T("code.title"), v.T("code.text")
	v.askForCode()
	return p.write(w, "code", v)
}

// Done thanks for the values. It shows none.
func (p *Pages) Done(w io.Writer, page Page) error { return p.notice(w, page, "done", "good") }

// Expired offers a new link in the chat: it posts InputAgain. Without an Action
// it offers none.
func (p *Pages) Expired(w io.Writer, page Page) error { return p.notice(w, page, "expired", "late") }

// Sent says that a new link is in the chat.
func (p *Pages) Sent(w io.Writer, page Page) error { return p.notice(w, page, "sent", "good") }

// Used says that the link was used before.
func (p *Pages) Used(w io.Writer, page Page) error { return p.notice(w, page, "used", "good") }

// Unknown says that there is no such link.
func (p *Pages) Unknown(w io.Writer, page Page) error { return p.notice(w, page, "unknown", "late") }

// Locked says that there were too many tries, and offers a new link as Expired
// does.
func (p *Pages) Locked(w io.Writer, page Page) error { return p.notice(w, page, "locked", "late") }

// Sorry says that the fault is ours, or that somebody was too fast, and to try
// again. With an Action it links there.
func (p *Pages) Sorry(w io.Writer, page Page) error { return p.notice(w, page, "sorry", "late") }

// notice writes a page that says one thing.
func (p *Pages) notice(w io.Writer, page Page, name, tone string) error {
	v := newView(page, name+".title")
	v.Heading, v.Lead, v.Tone = v.T(name+".title"), v.T(name+".text"), tone
	if v.Action != "" {
		v.Button, v.Again = v.T(name+".button"), postsAgain[name]
	}
	return p.write(w, "notice", v)
}

func (p *Pages) write(w io.Writer, name string, v *view) error {
	if err := p.templates.ExecuteTemplate(w, name, v); err != nil {
		return fmt.Errorf("writing page %s: %w", name, err)
	}
	return nil
}
