package client

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"time"
)

// linkID is the form of a link's id; what is none could be another path.
var linkID = regexp.MustCompile(`^[a-zA-Z0-9]{1,64}$`)

var errLinkID = errors.New("the id of a link is letters and digits, as CreateLink returns it")

// LinkOrder asks for a link to a form.
type LinkOrder struct {
	Account string `json:"account"`
	// User is the platform's id of somebody who has written to the account.
	User   string  `json:"user"`
	Fields []Field `json:"fields"`
	// Language of the form, ISO 639-1; the account's first when empty.
	Language string `json:"language,omitempty"`
}

// Field is one thing that a form asks for.
type Field struct {
	Kind string `json:"kind"`
	// Need is how much of it: full, last4, bin, over_18, zip; what policy needs when
	// empty, and never more than that.
	Need string `json:"need,omitempty"`
	// Name and Label are in answers only: the name of the value, and what to call it
	// in the language of the link.
	Name  string `json:"name,omitempty"`
	Label string `json:"label,omitempty"`
}

// Link is for one person. Whoever has its URL can fill in the form.
type Link struct {
	ID      string    `json:"id"`
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
	Reused  bool      `json:"reused"` // the person had it already
}

// LinkFacts is what a link asks for, and how it stands.
type LinkFacts struct {
	Account  string    `json:"account"`
	Title    string    `json:"title"`
	Person   string    `json:"person"` // the hash by which logs call the person
	Fields   []Field   `json:"fields"`
	Language string    `json:"language"`
	State    string    `json:"state"` // open, used, expired
	Valid    bool      `json:"valid"` // it can be filled in now
	Expires  time.Time `json:"expires"`
	Tries    int       `json:"tries"` // left
}

// CreateLink makes a link, or returns the open one of this person for the same
// fields.
func (c *Client) CreateLink(ctx context.Context, order LinkOrder) (Link, error) {
	var link Link
	err := c.call(ctx, http.MethodPost, "/v1/links", order, &link)
	return link, err
}

// Link tells what a link asks for, and changes nothing.
func (c *Client) Link(ctx context.Context, id string) (LinkFacts, error) {
	var facts LinkFacts
	if !linkID.MatchString(id) {
		return facts, errLinkID
	}
	err := c.call(ctx, http.MethodGet, "/v1/links/"+id, nil, &facts)
	return facts, err
}

// Fill uses a link: the values by the names of its fields, all of them. The bot gets
// the person's next message. Values that cannot be right are an *Error with
// Problems and Tries.
func (c *Client) Fill(ctx context.Context, id string, values map[string]string) error {
	if !linkID.MatchString(id) {
		return errLinkID
	}
	order := struct {
		Values map[string]string `json:"values"`
	}{values}
	return c.call(ctx, http.MethodPost, "/v1/links/"+id+"/values", order, &struct{}{})
}
