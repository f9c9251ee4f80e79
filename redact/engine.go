// Package redact turns a payload, the findings in it and a policy into edits,
// and splices them into the original bytes: every other byte stays as it came.
// What cannot be judged with certainty is refused or made unreadable, never
// passed on. A token that the bot can see is durable before Rewrite returns.
//
// Data walks one way: document -> strings -> findings -> marks -> edits ->
// bytes. The walk (walk.go) knows where a string stands, judge.go what a
// finding there may do, settle.go what stands in its place.
package redact

import (
	"context"
	"slices"
	"time"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

// Conversations finds the record of a chat by the platform's ids for a person.
type Conversations interface {
	// Find gives conversation.ErrUnknown when no alias was ever seen.
	Find(ctx context.Context, account string, aliases []string) (*conversation.Conversation, error)
	// Ensure makes the record when there is none and learns new aliases.
	Ensure(ctx context.Context, account string, aliases []string) (*conversation.Conversation, error)
}

// Vault keeps values and hands out their tokens.
type Vault interface {
	// Tokens gives one token per value, durable on return; a value that the
	// conversation has seen before keeps its token.
	Tokens(ctx context.Context, c *conversation.Conversation, values []vault.Value) ([]string, error)
	// Likes is Tokens for values that get a look-alike where there is a safe one.
	Likes(ctx context.Context, c *conversation.Conversation, values []vault.Value) ([]string, error)
	// Likeness resolves a look-alike by kind and canonical form; vault.ErrNoToken
	// when the conversation has no such one.
	Likeness(ctx context.Context, c *conversation.Conversation, kind, canonical string) (vault.Value, error)
	// Lookup gives what is kept of a value by kind and canonical form;
	// vault.ErrNoToken when the conversation never had it.
	Lookup(ctx context.Context, c *conversation.Conversation, kind, canonical string) (vault.Value, error)
	// Resolve gives vault.ErrNoToken for a token that is unknown, expired,
	// erased or of another conversation.
	Resolve(ctx context.Context, c *conversation.Conversation, token string) (vault.Value, error)
}

// Scope is what the strings of one stretch share: whose words they are and
// what is done with findings in them. Read-only once a payload is rewritten.
type Scope struct {
	Policy  *Policy
	Rules   *rules.Set
	Context rules.Context
	// Mode is the account's mode. Enforced kinds stay enforced in shadow mode
	// (break glass keeps card numbers and security codes hidden).
	Mode     rules.Mode
	Enforced []string
	// Interim says that the mode is an operator's for a while: the bot still
	// holds tokens from before, which mean nothing to anybody else.
	Interim bool
	// Aliases name the person (channel.Person); none: tokens are neither made
	// nor restored.
	Aliases []string
	// Message is the platform's id of the message that the words came by; "" when
	// it has none.
	Message string
	// Echo says that the account itself wrote the words.
	Echo bool
	// Captured are the kinds that the person has entered into forms: outbound
	// their values are masked, whatever policy says.
	Captured []string
	// Restored are values that the bot's call put in the place of tokens, longest
	// first: in the answer they become the same tokens again, whatever the rules
	// find.
	Restored []Restored
	// Back is what other instances put into the chat not long ago: see Result. An
	// echo of it is read as one of what this instance put there.
	Back []Restored
}

// captured says that what the rules take for a value of this kind may have come by
// a form.
func (s *Scope) captured(kind string) bool {
	return slices.ContainsFunc(vault.LikeKinds(kind), func(kind string) bool { return slices.Contains(s.Captured, kind) })
}

// alike says that what the rules take for a value of this kind may have been given
// to the bot as a look-alike: for any token, or for those of forms.
func (s *Scope) alike(kind string) bool {
	return slices.ContainsFunc(vault.LikeKinds(kind), func(kind string) bool {
		return s.Policy.Formats.Like(kind) || slices.Contains(s.Captured, kind) && s.Policy.Formats.LikeCaptured(kind)
	})
}

// outbound says that the bytes go toward the platform.
func (s *Scope) outbound() bool { return s.Context.Direction == rules.Outbound }

// Off says that nothing is looked at: no rule runs, nothing is counted.
func (s *Scope) Off() bool { return s.Mode == rules.Off && !s.Interim }

// action is what policy does with a kind in this direction.
func (s *Scope) action(kind string) Action {
	if s.outbound() {
		return s.Policy.Outbound.For(kind)
	}
	return s.Policy.Inbound.For(kind)
}

// mode is the mode that holds for a kind.
func (s *Scope) mode(kind string) rules.Mode {
	for _, enforced := range s.Enforced {
		if enforced == kind {
			return rules.Enforce
		}
	}
	return s.Mode
}

// Stretch is a subtree of a document whose strings share a scope. Stretches
// stand in document order; the innermost one around a string counts.
type Stretch struct {
	Root  int
	Scope *Scope
}

// Body is a payload to rewrite: its document, the table that says what each
// path is, and whose words stand where. The first stretch must hold the root.
type Body struct {
	Document  *payload.Document
	Channel   *channel.Channel
	Table     *channel.Table
	Stretches []Stretch
	// Observe is called for each finding, in the order in which they are judged;
	// nil: nobody looks. It runs in the message's own time.
	Observe func(Sighting)
	// Links are the beginnings of links to secure forms, up to the id: inbound the
	// id is taken out.
	Links []string
	// Relink is asked about each string that is a URL as a whole; nil: all stay.
	Relink Relink
	// LastTry says that a text whose rules run out of their budget is to be
	// hidden or refused now, not left for another try.
	LastTry bool
}

// Tally counts findings that share a rule, a kind, an action and a mode.
type Tally struct {
	Rule, Kind string
	Action     Action
	Mode       rules.Mode
	Count      int
}

// Reason names why a payload is not passed on; the list is closed and
// documented in docs/reasons.md.
type Reason string

// The reasons of this package.
const (
	PolicyBlock   Reason = "policy_block"
	UnlistedValue Reason = "unlisted_value"
	ValueInNumber Reason = "value_in_number"
	ValueInName   Reason = "value_in_name"
	ValueInArray  Reason = "value_in_array"
	RuleBudget    Reason = "rule_budget"
	PromptNoOne   Reason = "prompt_without_person"
	FetchExpired  Reason = "fetch_url_expired"
	FetchForeign  Reason = "fetch_url_foreign"
)

// Reasons lists them.
func Reasons() []Reason {
	return []Reason{PolicyBlock, UnlistedValue, ValueInNumber, ValueInName, ValueInArray, RuleBudget, PromptNoOne, FetchExpired, FetchForeign}
}

// Result is a rewritten payload and what was found in it.
type Result struct {
	// Bytes is the document's own slice when nothing was edited.
	Bytes   []byte
	Edited  bool
	Tallies []Tally
	// Prompts are the rules that found the bot asking for personal data.
	Prompts []rules.Ask
	// Unresolved counts tokens that stood for nothing any more.
	Unresolved int
	// Back is what a message puts into the chat: values in the place of tokens, and
	// masks, which have none. Their echo may come to another instance, which has to
	// be told (Scope.Back). Values of volatile kinds are not in it.
	Back []Restored
	// Refusals name, for each stretch (by index) that must not be passed on,
	// the first reason. Outbound any entry refuses the call; inbound the
	// stretch goes into quarantine.
	Refusals map[int]Reason
	// Overrun says that the rules ran out of their budget, so that nothing is
	// known and nothing was edited: try again, or say that it is the last try.
	Overrun bool
	// Took is the time that finding and judging took, without the store's.
	Took time.Duration
}

// Engine rewrites payloads. It is safe for concurrent use.
type Engine struct {
	conversations Conversations
	vault         Vault
	wordings      wordings
	limits        payload.Limits
	restored      *restored
}

// New makes an engine. With a nil vault it makes and restores no tokens:
// findings become [KIND], as `piiproxy scan` writes them.
func New(conversations Conversations, vault Vault, limits payload.Limits) *Engine {
	return &Engine{conversations: conversations, vault: vault, wordings: loadWordings(), limits: limits, restored: newRestored()}
}

// Rewrite finds, judges and edits. Errors are those of the store and the
// vault: they pass, and the caller answers that it should be tried again.
func (e *Engine) Rewrite(ctx context.Context, body Body) (Result, error) {
	started := time.Now()
	w := newWalk(e, body)
	defer w.release()
	w.document(body.Document, body.Table.Root())
	w.copies()
	took := time.Since(started)
	result, err := w.settle(ctx)
	result.Took = took
	return result, err
}

// Text rewrites a plain text and lists every finding in it, whatever its
// action, with the action that policy gives it.
func (e *Engine) Text(ctx context.Context, text string, scope *Scope) (TextResult, error) {
	w := newWalk(e, Body{Stretches: []Stretch{{Scope: scope}}, LastTry: true})
	defer w.release()
	w.keep = true
	switch {
	case scope.Off():
	case isCard(text):
		w.card(place{class: channel.Free}, text)
	default:
		w.judge(place{class: channel.Free}, text)
	}
	result, err := w.settleText(ctx, text)
	if err != nil {
		return TextResult{}, err
	}
	return TextResult{Text: string(result.Bytes), Findings: w.judged, Result: result}, nil
}

// TextResult is a rewritten text with its findings in order.
type TextResult struct {
	Text     string
	Findings []Judged
	Result
}

// Judged is a finding with what policy does about it.
type Judged struct {
	rules.Finding
	Action Action
}
