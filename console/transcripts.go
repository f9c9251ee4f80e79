package console

import (
	"context"
	"net/http"
)

// Transcripts are what remains of conversations that ended by policy. Whoever
// implements it audits each order before it answers.
type Transcripts interface {
	List(ctx context.Context, order TranscriptOrder) (TranscriptPage, error)
}

// TranscriptOrder names an account, and where an earlier page ended.
type TranscriptOrder struct {
	Account string `json:"account"`
	After   string `json:"after,omitempty"`
	Actor   string `json:"actor"`
}

// TranscriptPage is part of an account's transcripts.
type TranscriptPage struct {
	Transcripts []SignedTranscript `json:"transcripts"`
	// Next is where the list goes on; "" at its end.
	Next string `json:"next,omitempty"`
	// Tampered counts those, of any account, that do not open or are not signed.
	Tampered int `json:"tampered"`
}

// SignedTranscript is a statement as it was signed: Ed25519 under the key of this
// id, over "piiproxy transcript", a line feed, and the statement.
type SignedTranscript struct {
	Statement []byte `json:"statement"`
	Key       string `json:"key"`
	Signature []byte `json:"signature"`
}

func mountTranscripts(mux *http.ServeMux, desk Transcripts) {
	mux.Handle("POST /v1/transcripts", order(desk.List))
}
