package client

import (
	"context"
	"fmt"
	"net/http"
)

// MostTokens is how many tokens one request has; calls with more make several.
const MostTokens = 1000

// Question asks what tokens stand for.
type Question struct {
	Tokens []string
	// Purpose is one of the caller's; the audit log keeps it.
	Purpose string
	// Account narrows the question to one of the caller's; empty for all.
	Account string
	// User narrows it to one person of that account, by the platform's id.
	User string
}

// Value is what the caller is told of a token. It prints as <value>.
type Value struct {
	// Found is false for a token that is unknown, expired, erased, malformed, or not
	// for this caller: which of them is not told.
	Found   bool   `json:"found"`
	Account string `json:"account"`
	Kind    string `json:"kind"`
	// Text is what the caller's level tells: the value as it was written, its mask,
	// its last four; empty where that is nothing.
	Text string `json:"value"`
}

// String hides the value.
func (Value) String() string { return "<value>" }

// GoString hides the value.
func (Value) GoString() string { return "<value>" }

// Format hides the value from every verb.
func (Value) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte("<value>")) }

// Reveal tells what tokens stand for, in their order. An error of any part is one
// of the whole: there is no value beside it. Errors are *Error for what piiproxy
// answered, and faults of the network.
func (c *Client) Reveal(ctx context.Context, question Question) ([]Value, error) {
	return batches(question.Tokens, func(tokens []string) ([]Value, error) {
		return c.values(ctx, "/v1/reveal", len(tokens), struct {
			Tokens  []string `json:"tokens"`
			Purpose string   `json:"purpose"`
			Account string   `json:"account,omitempty"`
			User    string   `json:"user,omitempty"`
		}{tokens, question.Purpose, question.Account, question.User})
	})
}

// Restore gives the whole values of tokens that stand in a file, to two callers
// together: the token of the second is in Config.Second. file is the SHA-256 of the
// file in hex, for the audit log. Errors as of Reveal.
func (c *Client) Restore(ctx context.Context, tokens []string, file string) ([]Value, error) {
	return batches(tokens, func(tokens []string) ([]Value, error) {
		return c.values(ctx, "/v1/restore", len(tokens), struct {
			Tokens []string `json:"tokens"`
			File   string   `json:"file"`
		}{tokens, file})
	})
}

func batches(tokens []string, ask func([]string) ([]Value, error)) ([]Value, error) {
	values := make([]Value, 0, len(tokens))
	for len(tokens) > 0 {
		n := min(len(tokens), MostTokens)
		some, err := ask(tokens[:n])
		if err != nil {
			return nil, err
		}
		values, tokens = append(values, some...), tokens[n:]
	}
	return values, nil
}

func (c *Client) values(ctx context.Context, path string, n int, order any) ([]Value, error) {
	var answer struct {
		Values []Value `json:"values"`
	}
	if err := c.call(ctx, http.MethodPost, path, order, &answer); err != nil {
		return nil, err
	}
	if len(answer.Values) != n {
		return nil, fmt.Errorf("piiproxy answered %d of %d tokens", len(answer.Values), n)
	}
	return answer.Values, nil
}
