package main

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
)

const (
	// findPage is how many conversations are read at once, and findTime how long one
	// answer may take: whoever asks sees that it goes on.
	findPage = 200
	findTime = 2 * time.Second
	maxValue = 4 << 10
)

// Find implements console.People.
func (d peopleDesk) Find(ctx context.Context, who console.Who, o console.FindOrder) (console.Findings, error) {
	value := strings.TrimSpace(o.Value)
	if value == "" || len(value) > maxValue {
		return console.Findings{}, refuse(http.StatusUnprocessableEntity, "a value has from 1 to 4096 bytes")
	}
	after := ""
	if o.After == "" {
		if err := d.note(who, o.Actor, audit.Event{Action: "value_search"}); err != nil {
			return console.Findings{}, err
		}
	} else if after = d.openCursor(who, o.Actor, value, o.After); after == "" {
		return console.Findings{}, refuse(http.StatusUnprocessableEntity, "after is not from an earlier answer: begin anew")
	}
	hunts, names := map[string]*hunt{}, []string{}
	for _, a := range d.core.tenants.Accounts() {
		hunts[a.Name] = newHunt(a, d.core.tenants.Rules(), value)
		names = append(names, a.Name)
	}
	findings := console.Findings{Found: []console.Finding{}}
	for end := time.Now().Add(findTime); ; {
		page, err := d.core.book.Walk(ctx, names, after, findPage)
		if err != nil {
			return console.Findings{}, errNotNow
		}
		for _, c := range page.Conversations {
			if err := d.look(ctx, c, hunts[c.Account], &findings); err != nil {
				return console.Findings{}, errNotNow
			}
		}
		if after = page.Next; after == "" {
			return findings, nil
		}
		if time.Now().After(end) {
			findings.Next = d.seal(d.cursorOf(who, o.Actor, value), after)
			return findings, nil
		}
	}
}

// look looks for the value in one conversation.
func (d peopleDesk) look(ctx context.Context, c *conversation.Conversation, h *hunt, findings *console.Findings) error {
	findings.Seen++
	var kinds []string
	err := d.archive.Values.Each(ctx, c, func(_ string, held vault.Held) error {
		if h.is(held.Value) && !slices.Contains(kinds, held.Value.Kind) {
			kinds = append(kinds, held.Value.Kind)
		}
		return nil
	})
	if err != nil && !errors.Is(err, vault.ErrTampered) {
		return err
	}
	if len(kinds) > 0 {
		findings.Found = append(findings.Found, console.Finding{
			Account: c.Account, Conversation: d.core.hash(c), Kinds: kinds, Ref: d.seal("ref", c.Account+"/"+c.ID),
		})
	}
	return nil
}

// hunt is a value that is looked for, in the spelling of one account.
type hunt struct {
	folded string
	forms  map[string]bool // kind and canonical form, as the account's rules read it
}

func newHunt(a *proxy.Account, book *proxy.Rulebook, value string) *hunt {
	h := &hunt{folded: folded(value), forms: map[string]bool{}}
	result, err := book.Sets[a.Name].Scan(value, rules.Context{
		Direction: rules.Inbound, Channel: string(a.Channel.Name()), Account: a.Name, Region: a.Region, Language: a.Language,
	})
	if err != nil {
		return h // the folded form is looked for all the same
	}
	for _, f := range result.Findings {
		h.forms[f.Kind+" "+f.Canonical()] = true
	}
	return h
}

func (h *hunt) is(v vault.Value) bool {
	return h.forms[v.Kind+" "+v.Canonical] || folded(v.Canonical) == h.folded || folded(v.Text) == h.folded
}

// folded is a value without what people put between its parts.
func folded(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n\u00a0-.()/+", r) {
			return -1
		}
		return r
	}, strings.ToLower(text))
}

// seal makes an opaque text of what never leaves the house.
func (d peopleDesk) seal(what, text string) string {
	sealed, err := d.keys.Seal([]byte(text), []byte("piiproxy people "+what))
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(sealed)
}

func (d peopleDesk) unseal(what, text string) string {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	plain, err := d.keys.Open(sealed, []byte("piiproxy people "+what))
	if err != nil {
		return ""
	}
	return string(plain)
}

// cursorOf is what a cursor goes with: the search that is in the audit log, and no
// other value's and nobody else's.
func (d peopleDesk) cursorOf(who console.Who, said, value string) string {
	return "cursor " + base64.RawURLEncoding.EncodeToString(d.keys.PRF("value search", actorOf(who, said), value))
}

func (d peopleDesk) openCursor(who console.Who, said, value, text string) string {
	return d.unseal(d.cursorOf(who, said, value), text)
}

func (d peopleDesk) openRef(text string) (account, id string) {
	account, id, _ = strings.Cut(d.unseal("ref", text), "/")
	return account, id
}
