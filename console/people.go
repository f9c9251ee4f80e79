package console

import (
	"context"
	"net/http"

	"github.com/piiproxy/piiproxy/erasure"
)

// The scopes of /v1/conversations.
const (
	scopeErase  = "erase"
	scopeExport = "export"
)

// People erases what is kept of people, and shows it. Whoever implements it audits
// each order before it carries it out. An account that is not there for whoever
// asks is answered as a person who is not there. Errors are as of Links.
type People interface {
	// Erase takes away all that is kept of a person, or counts it.
	Erase(ctx context.Context, who Who, account string, order EraseOrder) (erasure.Report, error)
	// Export collects all that is kept of a person.
	Export(ctx context.Context, who Who, account string, order ExportOrder) (erasure.Dossier, error)
	// Find looks for those of whom a value is kept, in any account, one part of the
	// conversations at a time. It is for commands.
	Find(ctx context.Context, who Who, order FindOrder) (Findings, error)
}

// EraseOrder asks for an erasure. Ids stand here and never in a URL, which servers
// and proxies write down.
type EraseOrder struct {
	// User is the platform's id of the person; one of User and Ref.
	User string `json:"user,omitempty"`
	// Ref is a person that Find has found.
	Ref string `json:"ref,omitempty"`
	// DryRun counts and changes nothing.
	DryRun bool `json:"dry_run,omitempty"`
	// Reason is kept in the audit log and the tombstone.
	Reason string `json:"reason,omitempty"`
	// Actor is who gave the order to a command; of a caller its own name counts.
	Actor string `json:"actor,omitempty"`
}

// ExportOrder asks for an export.
type ExportOrder struct {
	User string `json:"user"`
	// Values asks for the values, too, and the person's ids. A caller gets those of
	// the kinds that it may reveal in full.
	Values bool   `json:"values,omitempty"`
	Reason string `json:"reason,omitempty"`
	Actor  string `json:"actor,omitempty"`
}

// FindOrder asks who has a value. It is judged and brought into normal form by the
// rules of each account.
type FindOrder struct {
	Value string `json:"value"`
	// After is where the last answer ended; empty to begin.
	After string `json:"after,omitempty"`
	Actor string `json:"actor,omitempty"`
}

// Findings is part of an answer.
type Findings struct {
	Found []Finding `json:"found"`
	// Seen is how many conversations this part had.
	Seen int `json:"seen"`
	// Next goes into the next order's After; empty at the end.
	Next string `json:"next,omitempty"`
}

// Finding is a person who has the value.
type Finding struct {
	Account      string   `json:"account"`
	Conversation string   `json:"conversation"` // as logs show the person
	Kinds        []string `json:"kinds"`
	Ref          string   `json:"ref"`
}

func mountErase(mux *http.ServeMux, people People) {
	mux.HandleFunc("POST /v1/conversations/{account}/erase", func(w http.ResponseWriter, r *http.Request) {
		order(func(ctx context.Context, o EraseOrder) (erasure.Report, error) {
			return people.Erase(ctx, whoOf(ctx), r.PathValue("account"), o)
		}).ServeHTTP(w, r)
	})
}

func mountExport(mux *http.ServeMux, people People) {
	mux.HandleFunc("POST /v1/conversations/{account}/export", func(w http.ResponseWriter, r *http.Request) {
		order(func(ctx context.Context, o ExportOrder) (erasure.Dossier, error) {
			return people.Export(ctx, whoOf(ctx), r.PathValue("account"), o)
		}).ServeHTTP(w, r)
	})
}

func mountFind(mux *http.ServeMux, people People) {
	mux.Handle("POST /v1/values/find", order(func(ctx context.Context, o FindOrder) (Findings, error) {
		return people.Find(ctx, whoOf(ctx), o)
	}))
}
