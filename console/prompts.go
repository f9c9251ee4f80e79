package console

import (
	"context"
	"net/http"
)

// Prompts says what bots asked for, and what became of it. No person is in it.
type Prompts interface {
	Prompts(ctx context.Context) (PromptReport, error)
}

// PromptReport is the answer to GET /v1/prompts: lines by account and kind.
type PromptReport struct {
	Prompts []PromptLine `json:"prompts"`
}

// PromptLine counts since the account's first prompt; a crash loses a minute.
type PromptLine struct {
	Account  string `json:"account"`
	Kind     string `json:"kind"`
	Asked    int    `json:"asked"`    // messages of the bot that ask for it
	Swapped  int    `json:"swapped"`  // of these, with a form in its place
	Filled   int    `json:"filled"`   // values from forms
	Revealed int    `json:"revealed"` // times that somebody looked at one
	Need     string `json:"need"`     // how much of it policy says is needed
}

func mountPrompts(mux *http.ServeMux, desk Prompts) {
	mux.HandleFunc("GET /v1/prompts", func(w http.ResponseWriter, r *http.Request) {
		report, err := desk.Prompts(r.Context())
		answer(w, report, err)
	})
}
