// Package console is the operator's way in: the admin API. Nobody gets an
// answer without credentials, and what it does is audited by whoever does it.
//
// Commands that run beside a serving process speak to it here. They prove that
// they may read the key set by signing each order with it (authorize.go), so that
// there is no default, no file and no secret to set, and nothing to replay.
//
// Machines elsewhere are callers that the configuration names (access.go). Each
// has a token, of which only a hash is kept, the endpoints of its scopes, and its
// accounts; for everything else it is nobody.
package console

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Keys signs the commands' orders.
type Keys interface {
	PRF(label string, parts ...string) []byte
}

// Operations is what operators may do.
type Operations interface {
	// SetMode changes an account's mode for a while. The error is for the
	// operator.
	SetMode(ctx context.Context, order ModeOrder) error
	// ConversationHash gives what logs show for a user id. source is the address
	// that the order came from.
	ConversationHash(account, id, actor, source string) (string, error)
}

// ModeOrder asks for another mode. For is a Go duration such as 30m.
type ModeOrder struct {
	Account string        `json:"account"`
	Mode    string        `json:"mode"`
	For     time.Duration `json:"for"`
	Reason  string        `json:"reason"`
	All     bool          `json:"all"`
	Actor   string        `json:"actor"`
}

// HashOrder asks for the hash that logs show for a user id.
type HashOrder struct {
	Account string `json:"account"`
	ID      string `json:"id"`
	Actor   string `json:"actor"`
}

// HashAnswer answers it.
type HashAnswer struct {
	Conversation string `json:"conversation"`
}

// Problem is the body of every answer that is not 200.
type Problem struct {
	Error string `json:"error"`
	// Problems says of single values what is wrong: by the field's name the key of
	// a text (docs/forms.md lists them), never the value.
	Problems map[string]string `json:"problems,omitempty"`
	// Texts says the same to the person, in the language of the link.
	Texts map[string]string `json:"texts,omitempty"`
	// Tries are left; present with Problems.
	Tries *int `json:"tries,omitempty"`
}

// Refusal is an order that cannot be carried out, and why.
type Refusal struct {
	Status  int // of HTTP, from 400
	Problem Problem
	// Wait is how long until it is worth to ask again; zero says nothing of it.
	Wait time.Duration
}

// Error is the problem's; it holds no value.
func (r *Refusal) Error() string { return r.Problem.Error }

// maxOrder bounds the body of an order.
const maxOrder = 64 << 10

// Desks are who carries orders out. Endpoints of a desk that is nil are not there.
type Desks struct {
	Operations Operations
	Rules      Rules
	Reviews    Reviews
	Links      Links
	Prompts    Prompts
	Keys       KeyDesk
	Routes     Routes
	Reveals    Reveals
	People     People
	Quarantine Quarantine
	// Transcripts are what remains of conversations.
	Transcripts Transcripts
}

// Handler serves the admin API.
func Handler(access Access, desks Desks) http.Handler {
	mux := http.NewServeMux()
	if desks.Operations != nil {
		mountOperations(mux, desks.Operations)
	}
	if desks.Rules != nil {
		mountRules(mux, desks.Rules)
	}
	if desks.Reviews != nil {
		mountReviews(mux, desks.Reviews)
	}
	if desks.Prompts != nil {
		mountPrompts(mux, desks.Prompts)
	}
	if desks.Transcripts != nil {
		mountTranscripts(mux, desks.Transcripts)
	}
	if desks.Quarantine != nil {
		mountQuarantine(mux, desks.Quarantine)
	}
	if desks.Keys != nil {
		mountKeys(mux, desks.Keys)
	}
	if desks.Routes != nil {
		mountRoutes(mux, desks.Routes)
	}
	scopes := map[string]*http.ServeMux{}
	if desks.Links != nil {
		mountLinks(mux, desks.Links)
		scopes[scopeLinks] = http.NewServeMux()
		mountLinks(scopes[scopeLinks], desks.Links)
	}
	if desks.Reveals != nil {
		mountNamed(mux)
		scopes[scopeReveal], scopes[scopeRestore] = http.NewServeMux(), http.NewServeMux()
		mountReveal(scopes[scopeReveal], desks.Reveals)
		mountRestore(scopes[scopeRestore], desks.Reveals)
	}
	if desks.People != nil {
		mountErase(mux, desks.People)
		mountExport(mux, desks.People)
		mountFind(mux, desks.People)
		scopes[scopeErase], scopes[scopeExport] = http.NewServeMux(), http.NewServeMux()
		mountErase(scopes[scopeErase], desks.People)
		mountExport(scopes[scopeExport], desks.People)
	}
	return newDoor(access, mux, scopes)
}

func mountOperations(mux *http.ServeMux, operations Operations) {
	mux.Handle("POST /v1/mode", order(func(ctx context.Context, o ModeOrder) (struct{}, error) {
		return struct{}{}, operations.SetMode(ctx, o)
	}))
	mux.Handle("POST /v1/conversation", order(func(ctx context.Context, o HashOrder) (HashAnswer, error) {
		hash, err := operations.ConversationHash(o.Account, strings.TrimSpace(o.ID), o.Actor, SourceOf(ctx))
		return HashAnswer{hash}, err
	}))
}

// order decodes a strict JSON order, has it carried out and answers.
func order[Order, Answer any](do func(context.Context, Order) (Answer, error)) http.Handler {
	return orderUpTo(maxOrder, do)
}

// orderUpTo is order for a body of up to most bytes.
func orderUpTo[Order, Answer any](most int64, do func(context.Context, Order) (Answer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			write(w, http.StatusUnsupportedMediaType, Problem{Error: "send application/json"})
			return
		}
		var o Order
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, most))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&o); err != nil || !errors.Is(decoder.Decode(&struct{}{}), io.EOF) {
			write(w, http.StatusBadRequest, Problem{Error: "the order is not the JSON object that this endpoint takes"})
			return
		}
		done, err := do(r.Context(), o)
		answer(w, done, err)
	})
}

// answer writes what an order led to. What is wrong is for whoever gave it.
func answer(w http.ResponseWriter, done any, err error) {
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		if refusal.Wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(refusal.Wait/time.Second)+1))
		}
		write(w, refusal.Status, refusal.Problem)
	case err != nil:
		write(w, http.StatusUnprocessableEntity, Problem{Error: err.Error()})
	default:
		write(w, http.StatusOK, done)
	}
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may be gone
}
