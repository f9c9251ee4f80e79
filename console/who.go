package console

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// Grant is what a caller may ask for: all of it is a limit.
type Grant struct {
	Accounts []string
	// Kinds of values, in the rules' spelling; AllKinds for every kind.
	Kinds    []string
	AllKinds bool
	// Level is how much of a value: full, masked, last4, exists.
	Level    string
	Purposes []string
	// Tokens may be asked for in a Time.
	Tokens int
	Time   time.Duration
}

// Who is the one who asks: a caller, or one of the commands.
type Who struct {
	name    string
	command bool
	// Grant is what a caller may; of a command it is empty.
	Grant Grant
	// Source is the network address that the request came from.
	Source string

	tokens *meter
	now    func() time.Time
}

// May says whether an account is there for whoever asks.
func (w Who) May(account string) bool {
	return w.command || slices.Contains(w.Grant.Accounts, account)
}

// Named says that it is a caller of the configuration, and not a command.
func (w Who) Named() bool { return w.name != "" }

// Actor is the name for the audit log.
func (w Who) Actor() string {
	if w.command {
		return "command"
	}
	return "caller:" + w.name
}

// Take counts n tokens against the caller's rate. The error is for the caller: more
// than ever fit at once, or not yet.
func (w Who) Take(n int) error {
	if w.tokens == nil {
		return nil
	}
	if n > w.Grant.Tokens {
		return &Refusal{Status: http.StatusUnprocessableEntity, Problem: Problem{Error: "more tokens at once than the caller's rate has: send fewer, or raise callers.rate"}}
	}
	if wait, ok := w.tokens.take(w.now(), n); !ok {
		return &Refusal{Status: http.StatusTooManyRequests, Wait: wait, Problem: Problem{Error: "too many tokens for the caller's rate: wait as Retry-After says"}}
	}
	return nil
}

type whoKey struct{}

func whoOf(ctx context.Context) Who {
	who, _ := ctx.Value(whoKey{}).(Who)
	return who
}
