package console

import (
	"context"
	"net/http"

	"github.com/piiproxy/piiproxy/rules/compare"
)

// Rules is what operators may ask of the rules. Errors are for the operator; they
// may quote rule files, never a message.
type Rules interface {
	// List describes the rules in force.
	List() RuleList
	// Test loads the rules on disk and runs their examples; nothing changes.
	Test() (RuleTest, error)
	// Diff compares the rules in force with those on disk.
	Diff(order DiffOrder) (RuleDiff, error)
	// Reload puts the rules on disk in force, or says why not.
	Reload(ctx context.Context, order ReloadOrder) (Reloaded, error)
}

// RuleList is the answer to GET /v1/rules.
type RuleList struct {
	Version string `json:"version"` // as rules_version in logs
	Rules   []Rule `json:"rules"`   // in the order in which they are loaded
}

// Rule is one rule or, with Asks, one prompt rule. Mode and threshold are those of
// the overrides, where there are any.
type Rule struct {
	ID        string   `json:"id"`
	Kind      string   `json:"kind,omitempty"`
	Asks      []string `json:"asks,omitempty"`
	Regions   []string `json:"regions,omitempty"`
	Mode      string   `json:"mode"`
	Threshold float64  `json:"threshold,omitempty"`
	Validator string   `json:"validator,omitempty"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Examples  int      `json:"examples"`
}

// RuleTest is the answer to POST /v1/rules/test.
type RuleTest struct {
	Version  string   `json:"version"` // of the rules on disk; empty when they do not load
	InForce  bool     `json:"in_force"`
	Rules    int      `json:"rules"`
	Problems []string `json:"problems"` // file:line: text; empty when all is fine
}

// DiffOrder asks what the rules on disk would change. Texts are tried on both,
// and not kept; without any only the rules are compared.
type DiffOrder struct {
	Texts     []string `json:"texts"`
	Direction string   `json:"direction"` // inbound (when empty) or outbound
	Actor     string   `json:"actor"`
}

// RuleDiff is the answer. Examples in the report are shapes; places are "text:1".
type RuleDiff struct {
	Old     string          `json:"old"` // versions
	New     string          `json:"new"`
	Added   []string        `json:"added"` // ids
	Removed []string        `json:"removed"`
	Report  *compare.Report `json:"report"`
}

// ReloadOrder asks for the rules on disk to be put in force.
type ReloadOrder struct {
	Actor string `json:"actor"`
}

// Reloaded is the answer: which version is in force, and which was before.
type Reloaded struct {
	Version  string `json:"version"`
	Previous string `json:"previous"`
	Rules    int    `json:"rules"`
}

// nothing is an order without contents.
type nothing struct{}

func mountRules(mux *http.ServeMux, desk Rules) {
	mux.HandleFunc("GET /v1/rules", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, desk.List()) })
	mux.Handle("POST /v1/rules/test", order(func(context.Context, nothing) (RuleTest, error) { return desk.Test() }))
	mux.Handle("POST /v1/rules/diff", order(func(_ context.Context, o DiffOrder) (RuleDiff, error) { return desk.Diff(o) }))
	mux.Handle("POST /v1/rules/reload", order(desk.Reload))
}
