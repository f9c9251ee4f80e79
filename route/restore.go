package route

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/vault"
)

// restored is what a request's tokens stand for.
type restored struct {
	values map[string]vault.Value // by token
	owners map[string]int         // by token: whose, of homes
	opened map[vault.Owner]opened // each once: a request's tokens are mostly of one
	homes  []home                 // of their people, each once
	counts Counts                 // by place and kind
}

// home is a conversation and what logs show for its person.
type home struct {
	conversation *conversation.Conversation
	hash         string
	kinds        map[string]int // of the person's values, and how many
}

// opened is where tokens belong, and which of the homes its person has now.
type opened struct {
	conversation *conversation.Conversation
	home         int
}

// account is whose rules judge the answer; "" when no token says it.
func (r *restored) account() string {
	if len(r.homes) == 0 {
		return ""
	}
	return r.homes[0].conversation.Account
}

// hash is the one person's; "" when there is none, or more.
func (r *restored) hash() string {
	if len(r.homes) != 1 {
		return ""
	}
	return r.homes[0].hash
}

// kinds lists the kinds of the values, and how many values there are in places.
func (r *restored) kinds() (kinds []string, count int) {
	all := map[string]bool{}
	for _, byKind := range r.counts {
		for kind, n := range byKind {
			all[kind] = true
			count += n
		}
	}
	return slices.Sorted(maps.Keys(all)), count
}

// restore finds what the tokens of a request stand for. All that is wrong with a
// token gets one answer: which place it is in, and not why.
func (d *Desk) restore(ctx context.Context, r *reading) (*restored, *Refusal) {
	found := &restored{values: map[string]vault.Value{}, owners: map[string]int{}, opened: map[vault.Owner]opened{}, counts: Counts{}}
	for i := range r.finds {
		f := &r.finds[i]
		value, known := found.values[f.token]
		if !known {
			var refused *Refusal
			if value, refused = d.value(ctx, r.route, f, found); refused != nil {
				return nil, refused
			}
			found.values[f.token] = value
		}
		text := r.route.spell(value)
		if text == "" || f.header != "" && !headerSafe(text) {
			return nil, refuseToken.in(f.place)
		}
		f.edit.Text = text
		found.counts.add(f.place, value.Kind, 1)
		found.homes[found.owners[f.token]].kinds[value.Kind]++
	}
	if len(found.homes) > 1 && !r.route.Restore.Many {
		return nil, &refusePeople
	}
	return found, nil
}

// value resolves one token, and notes whose it is.
func (d *Desk) value(ctx context.Context, route *served, f *find, found *restored) (vault.Value, *Refusal) {
	spelled, _ := vault.ParseToken(f.token)
	if !slices.ContainsFunc(route.Restore.Kinds, func(kind string) bool { return strings.ReplaceAll(kind, "_", "") == spelled }) {
		return vault.Value{}, refuseToken.in(f.place)
	}
	owner, err := d.config.Vault.Locate(ctx, f.token)
	if err != nil {
		return vault.Value{}, unresolved(err, f.place)
	}
	if !slices.Contains(route.Restore.Accounts, owner.Account) {
		return vault.Value{}, refuseToken.in(f.place)
	}
	at, err := d.open(ctx, owner, found)
	if err != nil {
		return vault.Value{}, unresolved(err, f.place)
	}
	value, err := d.config.Vault.Resolve(ctx, at.conversation, f.token)
	if err != nil {
		return vault.Value{}, unresolved(err, f.place)
	}
	if !slices.Contains(route.Restore.Kinds, value.Kind) {
		return vault.Value{}, refuseToken.in(f.place)
	}
	found.owners[f.token] = at.home
	return value, nil
}

// open opens a conversation that tokens belong to.
func (d *Desk) open(ctx context.Context, owner vault.Owner, found *restored) (opened, error) {
	if at, known := found.opened[owner]; known {
		return at, nil
	}
	c, err := d.config.Conversations.Open(ctx, owner.Account, owner.Conversation)
	if err != nil {
		return opened{}, err
	}
	at := opened{conversation: c}
	if at.home, err = d.settle(ctx, c, found); err != nil {
		return opened{}, err
	}
	found.opened[owner] = at
	return at, nil
}

// settle notes the conversation that a token's person has now, and says which it is
// of all: new values of the answer belong there.
func (d *Desk) settle(ctx context.Context, c *conversation.Conversation, found *restored) (int, error) {
	now, err := d.config.Conversations.Home(ctx, c)
	if err != nil {
		return 0, err
	}
	for i, h := range found.homes {
		if h.conversation.Path() == now.Path() {
			return i, nil
		}
	}
	hash, err := d.config.Conversations.HashOf(ctx, now)
	if err != nil {
		return 0, err
	}
	found.homes = append(found.homes, home{now, hash, map[string]int{}})
	return len(found.homes) - 1, nil
}

// unresolved tells a token that stands for nothing from a fault that may pass and
// from a record that was altered.
func unresolved(err error, place string) *Refusal {
	switch {
	case errors.Is(err, vault.ErrNoToken), errors.Is(err, conversation.ErrUnknown):
		return refuseToken.in(place)
	case errors.Is(err, vault.ErrTampered), errors.Is(err, conversation.ErrTampered):
		return &refuseTampered
	}
	return &refuseStore
}

// spell is a value as the vendor gets it.
func (r *served) spell(v vault.Value) string {
	if r.Restore.Written {
		return v.Text
	}
	return v.Canonical
}

// headerSafe says that a value can stand in a header and be nothing else: printable
// ASCII that does not begin or end with a space (RFC 9110, 5.5; threats.md O6).
func headerSafe(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return strings.TrimSpace(text) == text
}

// written puts the values in their places. Every other byte of the body stays.
func (r *reading) written(to http.Header) ([]byte, error) {
	edits := make([]payload.Edit, 0, len(r.finds))
	for _, f := range r.finds {
		if f.header != "" {
			to[f.header] = []string{f.edit.Text}
			continue
		}
		edits = append(edits, f.edit)
	}
	return payload.Splice(r.raw, edits)
}

// back lists the values as they were restored, as they were written, both with single
// spaces, as vendors store them, and as bare digits, longest first: in the answer
// they become their tokens again.
func (r *restored) back() []redact.Restored {
	var list []redact.Restored
	for token, value := range r.values {
		spellings := []string{value.Canonical, value.Text, spaced(value.Canonical), spaced(value.Text), digitsOf(value.Canonical)}
		for i, text := range spellings {
			if text != "" && !slices.Contains(spellings[:i], text) {
				list = append(list, redact.Restored{Text: text, Token: token})
			}
		}
	}
	slices.SortFunc(list, func(a, b redact.Restored) int {
		if n := len(b.Text) - len(a.Text); n != 0 {
			return n
		}
		return strings.Compare(a.Token, b.Token)
	})
	return list
}

// spaced is a text with single spaces where it had several, or line ends.
func spaced(text string) string { return strings.Join(strings.Fields(text), " ") }

// digitsOf is a value that is all digits without what stands between them; "" for
// any other.
func digitsOf(text string) string {
	const between = "+-(). /"
	if strings.Trim(text, between+"0123456789") != "" {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(between, r) {
			return -1
		}
		return r
	}, text)
}
