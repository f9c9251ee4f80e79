package console

import (
	"context"
	"net/http"
	"time"
)

// scopeLinks is the scope of /v1/links.
const scopeLinks = "links"

// Links makes links to forms and fills them in, for those who know piiproxy: a
// bot, and the server of a customer's own form. Whoever implements it audits each
// order before it carries it out. An account that is not there for whoever asks
// is answered as one that is not there at all.
//
// Errors are *Refusal for what the caller can do something about; all others are
// faults of ours that may pass.
type Links interface {
	// Create makes a link, or returns the open one of this person for the same
	// fields.
	Create(ctx context.Context, who Who, order LinkOrder) (Link, error)
	// Read tells what a link asks for, and changes nothing.
	Read(ctx context.Context, who Who, id string) (LinkFacts, error)
	// Fill uses a link: the bot gets the person's next message.
	Fill(ctx context.Context, who Who, id string, values LinkValues) error
}

// LinkOrder asks for a link.
type LinkOrder struct {
	Account string `json:"account"`
	// User is the platform's id of the person: a PSID, an Instagram id, a WhatsApp
	// number or business-scoped user id. It must have written to the account.
	User   string      `json:"user"`
	Fields []LinkField `json:"fields"` // in the order in which they are asked
	// Language of the form, ISO 639-1; the account's first when empty.
	Language string `json:"language,omitempty"`
}

// LinkField is one thing that a link asks for.
type LinkField struct {
	Kind string `json:"kind"`
	// Need is how much of it: full, last4, bin, over_18, zip. What policy needs
	// when empty; policy has the last word.
	Need string `json:"need,omitempty"`
	// Name is the name of the value: card_last4 for a credit_card of which four
	// digits are needed. Only in answers.
	Name string `json:"name,omitempty"`
	// Label is what the form calls it, in the language of the link. Only in answers.
	Label string `json:"label,omitempty"`
}

// Link is the answer to an order. Whoever has it can fill in the form: it is for
// the person, and for nobody else.
type Link struct {
	ID      string    `json:"id"`
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
	Reused  bool      `json:"reused"` // the person had it already
}

// LinkFacts is what the server of a form may know of a link.
type LinkFacts struct {
	Account string `json:"account"`
	Title   string `json:"title"` // who asks, as people know it
	// Person is the keyed hash by which logs and the audit call the person.
	Person   string      `json:"person"`
	Fields   []LinkField `json:"fields"`
	Language string      `json:"language"`
	State    string      `json:"state"` // open, used, expired
	Valid    bool        `json:"valid"` // it can be filled in now
	Expires  time.Time   `json:"expires"`
	Tries    int         `json:"tries"` // left
}

// LinkValues are what the person typed, by the fields' names. All fields are
// needed.
type LinkValues struct {
	Values map[string]string `json:"values"`
}

// Filled is the answer to values that were taken.
type Filled struct {
	State string `json:"state"` // used
}

func mountLinks(mux *http.ServeMux, links Links) {
	mux.Handle("POST /v1/links", order(func(ctx context.Context, o LinkOrder) (Link, error) {
		return links.Create(ctx, whoOf(ctx), o)
	}))
	mux.HandleFunc("GET /v1/links/{id}", func(w http.ResponseWriter, r *http.Request) {
		facts, err := links.Read(r.Context(), whoOf(r.Context()), r.PathValue("id"))
		answer(w, facts, err)
	})
	mux.HandleFunc("POST /v1/links/{id}/values", func(w http.ResponseWriter, r *http.Request) {
		order(func(ctx context.Context, values LinkValues) (Filled, error) {
			return Filled{State: "used"}, links.Fill(ctx, whoOf(ctx), r.PathValue("id"), values)
		}).ServeHTTP(w, r)
	})
}
