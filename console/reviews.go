package console

import (
	"context"
	"net/http"
)

// Reviews is the list of sampled findings that a person looks through. Whoever
// implements it audits each order before it answers.
type Reviews interface {
	// List gives the findings of an account, without a word of theirs.
	List(ctx context.Context, order ReviewOrder) (ReviewList, error)
	// Show gives one finding with the words around it.
	Show(ctx context.Context, order ReviewOrder) (ReviewItem, error)
	// Mark keeps what the person says of it.
	Mark(ctx context.Context, order ReviewMark) (ReviewItem, error)
}

// ReviewOrder names an account and, to show one, an item.
type ReviewOrder struct {
	Account string `json:"account"`
	ID      string `json:"id,omitempty"`
	Actor   string `json:"actor"`
}

// ReviewMark says what a finding is: "false" for a false alarm, "right", or ""
// to take a mark back.
type ReviewMark struct {
	Account string `json:"account"`
	ID      string `json:"id"`
	Verdict string `json:"verdict"`
	Note    string `json:"note,omitempty"`
	Actor   string `json:"actor"`
}

// ReviewList is the answer to a list: items by rule and id.
type ReviewList struct {
	Items []ReviewItem `json:"items"`
}

// ReviewItem is one finding. Before, Value and After are only in the answer to a
// show.
type ReviewItem struct {
	ID        string   `json:"id"`
	Rule      string   `json:"rule"`
	Kind      string   `json:"kind"`
	Direction string   `json:"direction"`
	Action    string   `json:"action"`
	Score     float64  `json:"score"`
	Why       []string `json:"why"`
	Shape     string   `json:"shape"`
	Field     string   `json:"field"`
	Found     string   `json:"found"`   // RFC 3339
	Expires   string   `json:"expires"` // RFC 3339
	Verdict   string   `json:"verdict"`
	Note      string   `json:"note"`
	Before    string   `json:"before,omitempty"`
	Value     string   `json:"value,omitempty"`
	After     string   `json:"after,omitempty"`
}

func mountReviews(mux *http.ServeMux, desk Reviews) {
	mux.Handle("POST /v1/review/list", order(desk.List))
	mux.Handle("POST /v1/review/show", order(desk.Show))
	mux.Handle("POST /v1/review/mark", order(desk.Mark))
}
