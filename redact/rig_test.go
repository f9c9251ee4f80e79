package redact_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/vault"
)

const (
	card   = "4111 1111 1111 1111"
	digits = "4111111111111111" // of card
	email  = "jane.doe@corp.example"
	anna   = "psid:7301558493021174"
)

// builtin is compiled once.
var builtin = sync.OnceValues(func() (*rules.Library, error) { return rules.Load(rules.Sources("builtin")) })

func set(t testing.TB, overrides ...rules.Override) *rules.Set {
	t.Helper()
	library, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	s, err := library.Set(rules.View{Account: "shop", Channel: "messenger", Regions: []string{"US"}, Languages: []string{"en"}, Overrides: overrides})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// defaults is the built-in policy (design.md, section 7), with changes.
func defaults(t testing.TB, change ...func(*redact.Tables)) *redact.Policy {
	t.Helper()
	tables := redact.Tables{
		Inbound:  map[string]string{"person": "allow", "url": "report", "geo": "report", "username": "report", "default": "tokenize"},
		Outbound: map[string]string{"person": "allow", "url": "allow", "geo": "allow", "username": "allow", "default": "mask"},
		Tokens:   map[string]string{"email": "restore", "phone": "restore", "default": "mask"},
		Prompts:  map[string]string{"credit_card": "capture", "default": "arm"},
	}
	for _, c := range change {
		c(&tables)
	}
	policy, err := redact.NewPolicy("default", tables)
	if err != nil {
		t.Fatal(err)
	}
	return &policy
}

// scope is one person's words on their way in; change alters it.
func scope(t testing.TB, change ...func(*redact.Scope)) *redact.Scope {
	t.Helper()
	s := &redact.Scope{
		Policy: defaults(t), Rules: set(t), Aliases: []string{anna},
		Context: rules.Context{Direction: rules.Inbound, Channel: "messenger", Account: "shop", Region: "US", Language: "en"},
	}
	for _, c := range change {
		c(s)
	}
	return s
}

func outbound(s *redact.Scope) { s.Context.Direction = rules.Outbound }

// engine stands on real stores.
func engine(t testing.TB) (*redact.Engine, *vault.Vault) {
	t.Helper()
	e, values, _ := booked(t)
	return e, values
}

// booked is engine with the book of conversations.
func booked(t testing.TB) (*redact.Engine, *vault.Vault, *conversation.Book) {
	t.Helper()
	folder := t.TempDir()
	secrets, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	open := func(name string) *bolt.Store {
		s, err := bolt.Open(bolt.Config{Path: filepath.Join(folder, name)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	values := vault.New(vault.Config{Store: open("values.db")})
	t.Cleanup(func() { _ = values.Close() })
	book := conversation.NewBook(open("conversations.db"), secrets, nil)
	return redact.New(book, values, payload.DefaultLimits()), values, book
}

// bare makes no tokens, as piiproxy scan does not.
func bare() *redact.Engine { return redact.New(nil, nil, payload.DefaultLimits()) }

// rewrite runs a whole payload of a channel through an engine.
func rewrite(t testing.TB, e *redact.Engine, name, body string, s *redact.Scope) redact.Result {
	t.Helper()
	ch, ok := channel.ByName(name)
	if !ok {
		t.Fatal(name)
	}
	document, err := payload.Parse([]byte(body), payload.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	table := ch.Webhook()
	if s.Context.Direction == rules.Outbound {
		table = ch.Request()
	}
	result, err := e.Rewrite(t.Context(), redact.Body{Document: document, Channel: ch, Table: table, Stretches: []redact.Stretch{{Scope: s}}, LastTry: true})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// words rewrites a plain text.
func words(t testing.TB, e *redact.Engine, text string, s *redact.Scope) redact.TextResult {
	t.Helper()
	result, err := e.Text(t.Context(), text, s)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// overruns is how often a machine may be too busy to read a text in time: all
// that is known of it then is that nothing is.
const overruns = 50

// wordsInTime is words where the rules had the time they need.
func wordsInTime(t testing.TB, e *redact.Engine, text string, s *redact.Scope) redact.TextResult {
	t.Helper()
	for range overruns {
		result := words(t, e, text, s)
		if !slices.ContainsFunc(result.Tallies, func(t redact.Tally) bool { return t.Kind == "unreadable" }) {
			return result
		}
	}
	t.Fatalf("the rules had no time %d times in a row", overruns)
	return redact.TextResult{}
}

// webhook is a delivery with an event's members.
func webhook(members string) string {
	return `{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"2"},` + members + `}]}]}`
}

// said is a delivery with a text, JSON-escaped by the caller.
func said(text string) string { return webhook(`"message":{"mid":"m","text":"` + text + `"}`) }

var (
	markIn  = regexp.MustCompile(`\\\{([a-z0-9]+)\\\}`)
	tokenIn = regexp.MustCompile(`pii_[a-z0-9]+_[a-z2-7]{26}`)
)

// matches wants a text like a template, in which {creditcard} stands for a
// token of that kind.
func matches(t *testing.T, what, template, got string) {
	t.Helper()
	pattern := markIn.ReplaceAllString(regexp.QuoteMeta(template), `pii_${1}_[a-z2-7]{26}`)
	if !regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(got) {
		t.Errorf("%s:\n got %s\nwant %s", what, got, template)
	}
}

// tallied describes tallies as rule/kind/action/mode*count.
func tallied(tallies []redact.Tally) string {
	out := ""
	for _, tally := range tallies {
		out += tally.Rule + "/" + tally.Kind + "/" + tally.Action.String() + "/" + tally.Mode.String() + " "
	}
	return out
}

// document parses a payload of a channel.
func document(t testing.TB, name, body string) (*payload.Document, *channel.Channel) {
	t.Helper()
	ch, _ := channel.ByName(name)
	d, err := payload.Parse([]byte(body), payload.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return d, ch
}
