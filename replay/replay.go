// Package replay tells what a configuration would have done on recorded
// payloads: raw webhook deliveries and Graph calls, as `piiproxy scan --format
// payload` takes them.
//
// It makes no token, opens no store and asks nobody; a payload goes through the
// same engine as in serve. The same payloads give the same report, and no report
// holds a text: examples are shapes with their place. What serve knows and a
// recording does not: which account made a call, and what tokens stand for.
package replay

import (
	"context"
	"errors"
	"fmt"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// Account is one account of a configuration, as far as it decides what is done.
type Account struct {
	Name, ID, Business string
	Channel            *channel.Channel
	Policy             *redact.Policy
	Rules              *rules.Set
	Mode               rules.Mode
	Region, Language   string
	Conduct            Conduct
}

// Side is a configuration.
type Side struct {
	Accounts []Account
	Limits   payload.Limits
	// Caller makes the calls, which do not say whose they are: the name of an
	// account, or empty for the first one of the channel.
	Caller string
}

// Payload is one recorded payload.
type Payload struct {
	File    string
	Line    int
	Body    []byte
	Channel string // of calls; a delivery names its own
}

// Where is "file:line".
func (p Payload) Where() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// ErrPayload says that a body is neither a delivery nor a call that this
// configuration has an account for. It never quotes the body.
var ErrPayload = errors.New("no account of the configuration takes it")

// errObject says that a delivery is of none of the channels.
var errObject = errors.New("no channel has such an object")

// outcome is what one side does with one payload.
type outcome struct {
	direction rules.Direction
	changed   bool
	sightings []redact.Sighting
	prompts   []prompt
	refusals  []string
	caller    *Account // of a call, and of a delivery its first
	person    string   // alias of who is asked; never reported
	needs     Conduct
}

// budgetTries is how often a payload runs again that ran out of the rules'
// budget, which is of real time; then it counts as serve settles it at last.
const budgetTries = 5

// play runs a payload through a side.
func (s *Side) play(ctx context.Context, p Payload) (*outcome, error) {
	document, err := payload.Parse(p.Body, s.Limits)
	if err != nil {
		return nil, err
	}
	defer document.Free()
	body := redact.Body{Document: document}
	o := &outcome{}
	ch, known := channel.ByObject(document.Text(max(0, document.Child(0, "object"))))
	switch delivery := document.Child(0, "object") >= 0 && document.Child(0, "entry") >= 0; {
	case delivery && known:
		err = s.delivery(&body, ch, o)
	case delivery:
		err = errObject
	default:
		err = s.call(&body, p.Channel, o)
	}
	if err != nil || len(body.Stretches) == 0 {
		return o, err
	}
	return o, s.rewrite(ctx, body, o)
}

// delivery gives every part the scope of its account. Parts of no account are set
// aside, unread.
func (s *Side) delivery(body *redact.Body, ch *channel.Channel, o *outcome) error {
	parts, err := ch.Delivery(body.Document)
	if err != nil {
		return err
	}
	body.Channel, body.Table = ch, ch.Webhook()
	var first *Account
	var stretches []redact.Stretch
	aside := map[int]bool{} // elements
	for _, part := range parts {
		account := s.owner(ch, part)
		if account == nil {
			if !aside[part.Element] && !aside[part.Entry] {
				o.refusals = append(o.refusals, "account_unknown")
			}
			aside[part.Element] = true
			stretches = append(stretches, redact.Stretch{Root: part.Root, Scope: &redact.Scope{Mode: rules.Off}})
			continue
		}
		if first == nil {
			first = account
		}
		scope := account.scope(rules.Inbound, part.Person)
		scope.Echo = part.Echo
		stretches = append(stretches, redact.Stretch{Root: part.Root, Scope: scope})
	}
	o.caller = first
	if first != nil { // what stands around the parts goes with the first
		root := redact.Stretch{Scope: first.scope(rules.Inbound, channel.Person{})}
		body.Stretches = append([]redact.Stretch{root}, stretches...)
	}
	return nil
}

// owner finds the account of a part as serve does: by id, by business, or because
// there is one of the channel without an id.
func (s *Side) owner(ch *channel.Channel, part channel.Part) *Account {
	var alone []*Account
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if a.Channel != ch {
			continue
		}
		if a.ID != "" && a.ID == part.Account || part.Account == "" && a.Business != "" && a.Business == part.Business {
			return a
		}
		alone = append(alone, a)
	}
	if len(alone) == 1 && alone[0].ID == "" {
		return alone[0]
	}
	return nil
}

// call gives a call the scope of the account that makes it.
func (s *Side) call(body *redact.Body, name string, o *outcome) error {
	o.direction = rules.Outbound
	if product := body.Document.Child(0, "messaging_product"); product >= 0 && body.Document.Text(product) == string(channel.WhatsApp) {
		name = string(channel.WhatsApp)
	}
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if s.Caller != "" && a.Name != s.Caller || s.Caller == "" && string(a.Channel.Name()) != name {
			continue
		}
		o.caller = a
		body.Channel, body.Table = a.Channel, a.Channel.Request()
		body.Stretches = []redact.Stretch{{Scope: a.scope(rules.Outbound, a.Channel.Send(body.Document).Person)}}
		return nil
	}
	return ErrPayload
}

// scope is how an account's words are judged.
func (a *Account) scope(direction rules.Direction, person channel.Person) *redact.Scope {
	return &redact.Scope{
		Policy: a.Policy, Rules: a.Rules, Mode: a.Mode, Aliases: person.Aliases,
		Context: rules.Context{Direction: direction, Channel: string(a.Channel.Name()), Account: a.Name, Region: a.Region, Language: a.Language},
	}
}

// rewrite runs the engine.
func (s *Side) rewrite(ctx context.Context, body redact.Body, o *outcome) error {
	engine := redact.New(nil, nil, s.Limits)
	body.Observe = func(seen redact.Sighting) { o.sightings = append(o.sightings, seen) }
	for try := 1; ; try++ {
		o.sightings = nil
		body.LastTry = try == budgetTries
		result, err := engine.Rewrite(ctx, body)
		if err != nil {
			return err
		}
		if result.Overrun {
			continue
		}
		o.settle(body, result)
		return nil
	}
}

// settle notes what the engine made of the payload.
func (o *outcome) settle(body redact.Body, result redact.Result) {
	o.changed = result.Edited
	for stretch := range body.Stretches {
		if reason, refused := result.Refusals[stretch]; refused {
			o.refusals = append(o.refusals, string(reason))
		}
	}
	o.asks(o.caller, body, result)
}
