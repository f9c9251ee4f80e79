package console

import (
	"context"
	"net/http"
)

// Scopes of the endpoints that give values.
const (
	scopeReveal  = "reveal"
	scopeRestore = "restore"
)

// maxTokens bounds the body of an order for values: 1,000 of the longest tokens.
const maxTokens = 128 << 10

// Reveals gives values to callers that are named in the configuration, never to a
// command: whoever can read the keys folder is nobody's named person. Whoever
// implements it audits each order before anything is read out.
//
// Errors are *Refusal for what the caller can do something about; all others are
// faults of ours that may pass.
type Reveals interface {
	// Reveal tells of each token what the caller's level allows.
	Reveal(ctx context.Context, who Who, order RevealOrder) (RevealAnswer, error)
	// Restore gives the values of tokens in a bot's own data, whole, to two callers
	// who may both have them.
	Restore(ctx context.Context, who, second Who, order RestoreOrder) (RevealAnswer, error)
}

// RevealOrder asks what tokens stand for.
type RevealOrder struct {
	// Tokens are 1 to 1,000, in any case.
	Tokens []string `json:"tokens"`
	// Purpose is one of the caller's.
	Purpose string `json:"purpose"`
	// Account narrows the order to one of the caller's.
	Account string `json:"account,omitempty"`
	// User narrows it to one person of that account, by the platform's id. A
	// look-alike means something only together with it.
	User string `json:"user,omitempty"`
}

// RestoreOrder asks for the values of tokens in a file.
type RestoreOrder struct {
	Tokens []string `json:"tokens"`
	// File is the SHA-256 of the file, in hex, for the audit log.
	File string `json:"file"`
}

// RevealAnswer has one answer for each token, in order.
type RevealAnswer struct {
	Values []Revealed `json:"values"`
}

// Revealed is what a caller is told of one token. One that is unknown, expired,
// erased, malformed or not for this caller is not found, and there is no more to
// say about it.
type Revealed struct {
	Found   bool   `json:"found"`
	Account string `json:"account,omitempty"`
	Kind    string `json:"kind,omitempty"`
	// Value is what the caller's level tells: the value as it was written, its mask,
	// its last four; absent where that is nothing.
	Value string `json:"value,omitempty"`
}

// String hides the value.
func (Revealed) String() string { return "<revealed>" }

// GoString hides the value.
func (Revealed) GoString() string { return "<revealed>" }

func mountReveal(mux *http.ServeMux, reveals Reveals) {
	mux.Handle("POST /v1/reveal", orderUpTo(maxTokens, func(ctx context.Context, o RevealOrder) (RevealAnswer, error) {
		return reveals.Reveal(ctx, whoOf(ctx), o)
	}))
}

func mountRestore(mux *http.ServeMux, reveals Reveals) {
	mux.Handle("POST /v1/restore", orderUpTo(maxTokens, func(ctx context.Context, o RestoreOrder) (RevealAnswer, error) {
		who, second := whoOf(ctx), secondOf(ctx)
		if !second.Named() || second.name == who.name {
			return RevealAnswer{}, errSecond
		}
		return reveals.Restore(ctx, who, second, o)
	}))
}

var (
	errSecond = &Refusal{Status: http.StatusForbidden, Problem: Problem{Error: "restoring takes two different callers with the scope restore: send the token of the second as " + approvalHeader + ": Bearer"}}
	errNamed  = &Refusal{Status: http.StatusForbidden, Problem: Problem{Error: "values are for callers that the configuration names, with a scope, kinds and purposes; commands do not reveal"}}
)

// mountNamed answers commands that ask for values.
func mountNamed(mux *http.ServeMux) {
	for _, path := range []string{"POST /v1/reveal", "POST /v1/restore"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { answer(w, nil, errNamed) })
	}
}
