// Package form is what a person sees who is asked for personal data: a page on
// our own site in the place of a message in the chat. It shows pages and judges
// what was typed; it keeps nothing and knows of no link, session or store.
//
// Three promises. Every page works without JavaScript, loads nothing from
// another site, and shows whatever comes from outside as text only. What Read
// accepts has passed the validator that the rules have for its kind, in the same
// normal form, so that a value has one token wherever it was typed. A secret
// (what opens an account or proves who somebody is) is never written into a
// page, not even into the one that asks for it again.
package form

import (
	"fmt"
	"net/url"
	"time"
)

// Needs: how much of a value is asked for.
const (
	NeedFull   = "full"
	NeedLast4  = "last4"
	NeedBIN    = "bin" // the first six digits of a card number
	NeedOver18 = "over_18"
	NeedZIP    = "zip"
)

// Names of the inputs that are no values.
const (
	InputProof    = "proof"    // Page.Proof
	InputCode     = "code"     // the code from the chat
	InputAgain    = "again"    // present when a new code or a new link is wanted
	InputRemember = "remember" // present when the device is to be remembered
)

// Field is one thing that a form asks for.
type Field struct {
	Kind string // a kind of the rules
	Need string // full (or empty), last4, bin, over_18, zip
}

// lessThanAll gives the kind that is asked for instead of a whole value.
var lessThanAll = map[Field]string{
	{"credit_card", NeedLast4}: "card_last4",
	{"credit_card", NeedBIN}:   "card_bin",
	{"ssn", NeedLast4}:         "ssn_last4",
	{"dob", NeedOver18}:        "over_18",
	{"address", NeedZIP}:       "postcode",
}

// Asks is the kind of the value that the person is asked for: card_last4 when
// four digits of a credit_card are enough. It is the name of the input, the kind
// of the Value and the key in Problems. A need that the kind does not have counts
// as full.
func (f Field) Asks() string {
	if kind, ok := lessThanAll[f]; ok {
		return kind
	}
	return f.Kind
}

// Brand is who asks.
type Brand struct {
	Title string // name of the business, at most 80 characters are shown
	Color string // "#rrggbb"; anything else is our own blue. Text on it is black or white
	Logo  string // path of a picture on this site, "" for none; shown 40 by 40
}

// Page is everything that a page shows. The zero values of what a page does not
// use are fine.
type Page struct {
	Brand    Brand
	Language string        // ISO 639-1, with or without a region; English when unknown
	Regions  string        // ISO 3166 codes, separated by spaces, as for Read; the first decides the order of a date
	Texts    Texts         // the account's own words; the zero value has the built-in ones
	Fields   []Field       // in the order they are asked for
	Keep     time.Duration // how long the values are kept; 0: as long as the conversation
	Action   string        // where the form is posted to: a path on this site
	Proof    string        // posted back as InputProof

	Problems map[string]string // by kind asked (and InputCode): what Read returned
	Typed    url.Values        // what was posted; secrets in it are not shown
	Tries    int               // tries that are left; shown beside problems when positive
	Remember bool              // offer to remember the device
	Code     bool              // ask for the code from the chat, too
	Plain    bool              // the connection is not encrypted, as on loopback: do not say that it is
}

// Value is what was typed, judged and in normal form. It hides itself whenever
// it is printed.
type Value struct {
	Kind      string // as Field.Asks
	Canonical string // the rules' normal form
	Text      string // as it is to be used
}

const hidden = "<value>"

// String hides the value.
func (v Value) String() string { return hidden }

// GoString hides the value.
func (v Value) GoString() string { return hidden }

// Format hides the value from every verb.
func (v Value) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(hidden)) }

// MarshalText hides the value from JSON, YAML and the like.
func (v Value) MarshalText() ([]byte, error) { return []byte(hidden), nil }
