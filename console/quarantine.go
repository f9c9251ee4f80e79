package console

import (
	"context"
	"net/http"
)

// Quarantine is what was set aside. Whoever implements it audits each order before
// it carries it out. No answer holds a word of a message.
type Quarantine interface {
	// List gives a page of items, by id.
	List(ctx context.Context, order QuarantineOrder) (QuarantinePage, error)
	// Retry puts an item back on its way.
	Retry(ctx context.Context, order QuarantineOrder) (QuarantineOutcome, error)
	// Drop destroys an item.
	Drop(ctx context.Context, order QuarantineOrder) (QuarantineOutcome, error)
}

// QuarantineOrder names an item, or the one after which a page begins.
type QuarantineOrder struct {
	ID    string `json:"id,omitempty"`
	After string `json:"after,omitempty"`
	Actor string `json:"actor"`
}

// QuarantinePage is the answer to a list.
type QuarantinePage struct {
	Items []QuarantineItem `json:"items"`
	Next  string           `json:"next,omitempty"` // after, for the next page; "" at the end
}

// QuarantineItem is one item.
type QuarantineItem struct {
	ID       string `json:"id"`
	Reason   string `json:"reason"`             // of docs/reasons.md, or unreadable
	App      string `json:"app,omitempty"`      // none: its account is gone
	Account  string `json:"account,omitempty"`  // none: it is not one account's
	Request  string `json:"request,omitempty"`  // request_id of the delivery, as in the log
	Accepted string `json:"accepted,omitempty"` // RFC 3339
	Expires  string `json:"expires"`            // RFC 3339
	Bytes    int    `json:"bytes"`
}

// QuarantineOutcome says what became of an item.
type QuarantineOutcome struct {
	ID   string `json:"id"`
	Gone bool   `json:"gone"`          // it is in quarantine no more
	Why  string `json:"why,omitempty"` // it stays: a reason, or what the bot answered
}

func mountQuarantine(mux *http.ServeMux, desk Quarantine) {
	mux.Handle("POST /v1/quarantine/list", order(desk.List))
	mux.Handle("POST /v1/quarantine/retry", order(desk.Retry))
	mux.Handle("POST /v1/quarantine/drop", order(desk.Drop))
}
