package proxy

import (
	"context"
	"slices"
	"time"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// bundle is the part of a delivery that one bot gets.
type bundle struct {
	account   *Account // whose bot
	channel   *channel.Channel
	document  *payload.Document
	parts     []channel.Part
	owners    []*Account // of parts
	stretches []redact.Stretch
	media     bundleMedia // that was taken out of it
}

// bundles finds the account of every part and splits the delivery by bot. It
// stays one document, byte for byte, unless it is for several bots or holds
// parts that no account names: those go into quarantine.
func (p *Proxy) bundles(ctx context.Context, in inbound, ch *channel.Channel, d *payload.Document, parts []channel.Part) ([]bundle, *Refusal) {
	owners := p.config.Tenants.owners(in.app, ch, parts)
	var bots []*Account // one account for each bot
	foreign := false
	for _, owner := range owners {
		switch {
		case owner == nil:
			foreign = true
		case !slices.ContainsFunc(bots, owner.sameBot):
			bots = append(bots, owner)
		}
	}
	if !foreign && len(bots) == 1 {
		return []bundle{p.newBundle(in.rules, bots[0], ch, d, parts, owners)}, nil
	}
	if foreign {
		if refusal := p.setForeignAside(ctx, in, d, parts, owners); refusal != nil {
			return nil, refusal
		}
	}
	return p.split(in.rules, ch, d, parts, owners, bots)
}

// sameBot says that two accounts share a bot, so that a delivery for both can
// stay one.
func (a *Account) sameBot(other *Account) bool {
	return a == other || (a.Bot.URL.String() == other.Bot.URL.String() && a.Bot.Secret() == other.Bot.Secret() && a.Spool == other.Spool)
}

// split makes one document a bot, without the elements of the others.
func (p *Proxy) split(book *Rulebook, ch *channel.Channel, d *payload.Document, parts []channel.Part, owners, bots []*Account) ([]bundle, *Refusal) {
	bundles := make([]bundle, 0, len(bots))
	for _, bot := range bots {
		b, err := p.only(book, bot.App, ch, d, parts, func(i int) bool {
			return around(parts, i) || (owners[i] != nil && bot.sameBot(owners[i]))
		})
		if err != nil {
			return nil, &refuseInternal
		}
		if b != nil {
			bundles = append(bundles, *b)
		}
	}
	return bundles, nil
}

// only makes a bundle of the parts that are wanted; nil when there are none.
// An element (an event, a change) goes when any part of it is not wanted: a
// part that must not be passed on shares its element with nobody else.
func (p *Proxy) only(book *Rulebook, app *App, ch *channel.Channel, d *payload.Document, parts []channel.Part, wanted func(i int) bool) (*bundle, error) {
	dropped := map[int]bool{}
	for i, part := range parts {
		if !wanted(i) {
			dropped[part.Element] = true
		}
	}
	return p.rest(book, app, ch, d, parts, dropped)
}

// apart makes a bundle without some parts, and leaves what shares an element with
// them: the statuses of several messages come in one change. It is for parts that
// are no news, and not for those that must not be passed on.
func (p *Proxy) apart(book *Rulebook, app *App, ch *channel.Channel, d *payload.Document, parts []channel.Part, gone func(i int) bool) (*bundle, error) {
	dropped, shared := map[int]bool{}, map[int]bool{}
	for i, part := range parts {
		// Of a change's own part nothing is lost, nor of contacts without a message.
		if !gone(i) && part.Root != part.Element && d.Name(d.Nodes[part.Root].Parent) != "contacts" {
			shared[part.Element] = true
		}
	}
	for i, part := range parts {
		switch {
		case !gone(i):
		case shared[part.Element]:
			dropped[part.Root] = true
		default:
			dropped[part.Element] = true
		}
	}
	return p.rest(book, app, ch, d, parts, dropped)
}

// rest makes a bundle without the nodes that are dropped; nil when no part is left.
func (p *Proxy) rest(book *Rulebook, app *App, ch *channel.Channel, d *payload.Document, parts []channel.Part, dropped map[int]bool) (*bundle, error) {
	keptAny := false
	for i, part := range parts {
		if !dropped[part.Root] && !dropped[part.Element] && !dropped[part.Entry] && !around(parts, i) {
			keptAny = true
		}
	}
	if !keptAny {
		return nil, nil
	}
	raw, err := payload.Splice(d.Raw, without(d, parts, dropped))
	if err != nil {
		return nil, err
	}
	return p.read(book, app, ch, raw)
}

// read makes a bundle of a delivery for one bot that was edited.
func (p *Proxy) read(book *Rulebook, app *App, ch *channel.Channel, raw []byte) (*bundle, error) {
	document, err := payload.Parse(raw, p.config.Limits.Payload)
	if err != nil {
		return nil, err
	}
	parts, err := ch.Delivery(document)
	if err != nil {
		return nil, err
	}
	owners := p.config.Tenants.owners(app, ch, parts)
	b := p.newBundle(book, owners[0], ch, document, parts, owners)
	return &b, nil
}

// without removes elements, and entries that are left with none.
func without(d *payload.Document, parts []channel.Part, dropped map[int]bool) []payload.Edit {
	arrays := map[int]bool{}
	empty := map[int]bool{}
	for element := range dropped {
		arrays[d.Nodes[element].Parent] = true
	}
	for i, part := range parts {
		if _, seen := empty[part.Entry]; !seen {
			empty[part.Entry] = true
		}
		if !dropped[part.Root] && !dropped[part.Element] && !dropped[part.Entry] && !around(parts, i) {
			empty[part.Entry] = false
		}
	}
	entries := d.Child(0, "entry")
	edits := keep(d, entries, func(node int) bool { return !empty[node] && !dropped[node] })
	for array := range arrays {
		entry := d.Nodes[array].Parent
		if array != entries && !empty[entry] && !dropped[entry] {
			edits = append(edits, keep(d, array, func(node int) bool { return !dropped[node] })...)
		}
	}
	return edits
}

// keep is Document.Keep by node.
func keep(d *payload.Document, array int, wanted func(node int) bool) []payload.Edit {
	nodes := slices.Collect(d.Children(array))
	return d.Keep(array, func(position int) bool { return wanted(nodes[position]) })
}

// newBundle gives every part its scope.
func (p *Proxy) newBundle(book *Rulebook, account *Account, ch *channel.Channel, d *payload.Document, parts []channel.Part, owners []*Account) bundle {
	b := bundle{account: account, channel: ch, document: d, parts: parts, owners: owners}
	b.stretches = make([]redact.Stretch, 1, len(parts)+1)
	scopes := make([]redact.Scope, len(parts)+1)
	scopes[0] = p.scope(book, account, rules.Inbound, channel.Person{})
	b.stretches[0].Scope = &scopes[0]
	for i, part := range parts {
		scope := &scopes[i+1]
		*scope = p.scope(book, owners[i], rules.Inbound, part.Person)
		scope.Echo = part.Echo
		if len(part.IDs) > 0 {
			scope.Message = part.IDs[0]
		}
		b.stretches = append(b.stretches, redact.Stretch{Root: part.Root, Scope: scope})
	}
	return b
}

// prefixes are the beginnings of links to forms of any account in the bundle.
func (b *bundle) prefixes() []string {
	all := b.account.Prefixes
	for i, owner := range b.owners {
		if owner == nil || owner == b.account || i > 0 && owner == b.owners[i-1] {
			continue
		}
		for _, prefix := range owner.Prefixes {
			if !slices.Contains(all, prefix) {
				all = append(slices.Clip(all), prefix)
			}
		}
	}
	return all
}

// scope is how an account's words in one direction are judged.
func (p *Proxy) scope(book *Rulebook, a *Account, direction rules.Direction, person channel.Person) redact.Scope {
	return scopeOf(book, a, direction, person, p.config.Now)
}

func scopeOf(book *Rulebook, a *Account, direction rules.Direction, person channel.Person, now func() time.Time) redact.Scope {
	mode, enforced, interim := a.mode(now)
	return redact.Scope{
		Policy: a.Policy, Rules: book.Sets[a.Name], Mode: mode, Enforced: enforced, Interim: interim, Aliases: person.Aliases,
		Context: rules.Context{Direction: direction, Channel: string(a.Channel.Name()), Account: a.Name, Region: a.Region, Language: a.Language},
	}
}

// withhold takes the parts that must not be passed on out of a bundle and
// seals them; nil when nothing is left.
func (p *Proxy) withhold(ctx context.Context, in inbound, b bundle, result redact.Result) (*bundle, *Refusal) {
	refused := map[int]bool{}
	for stretch, reason := range result.Refusals {
		if stretch == 0 {
			refused = nil
		}
		what := aside{account: b.account.Name, reason: string(reason), body: b.document.Raw}
		if stretch > 0 {
			what.body = rawOf(b.document, b.parts[stretch-1].Element)
			what.delivery = alone(b.document, b.parts, b.parts[stretch-1].Element)
		}
		if refusal := p.setAside(ctx, in, what); refusal != nil {
			return nil, refusal
		}
		if refused == nil {
			return nil, nil // the root itself: nothing can be passed on
		}
		refused[b.parts[stretch-1].Element] = true
	}
	rest, err := p.only(in.rules, b.account.App, b.channel, b.document, b.parts, func(i int) bool { return !refused[b.parts[i].Element] })
	if err != nil {
		return nil, &refuseInternal
	}
	return rest, nil
}

// setForeignAside seals the elements that no account names.
func (p *Proxy) setForeignAside(ctx context.Context, in inbound, d *payload.Document, parts []channel.Part, owners []*Account) *Refusal {
	sealed := map[int]bool{}
	for i, part := range parts {
		if owners[i] != nil || sealed[part.Element] || sealed[part.Entry] {
			continue
		}
		sealed[part.Element] = true
		what := aside{reason: "account_unknown", body: rawOf(d, part.Element), delivery: alone(d, parts, part.Element)}
		if refusal := p.setAside(ctx, in, what); refusal != nil {
			return refusal
		}
	}
	return nil
}

// alone is a delivery with one of its elements and nothing else, for whoever puts
// that back on its way; nil when it cannot be made.
func alone(d *payload.Document, parts []channel.Part, element int) []byte {
	entry := element
	for _, part := range parts {
		if part.Element == element {
			entry = part.Entry
		}
	}
	dropped := map[int]bool{}
	for _, part := range parts {
		if part.Element != element && part.Element != entry && part.Entry != element {
			dropped[part.Element] = true
		}
	}
	if len(dropped) == 0 {
		return d.Raw
	}
	raw, err := payload.Splice(d.Raw, without(d, parts, dropped))
	if err != nil {
		return nil
	}
	return raw
}

// setAside seals bytes into quarantine, which ends their way: 200.
func (p *Proxy) setAside(ctx context.Context, in inbound, what aside) *Refusal {
	if in.again != nil { // it is there already, and stays
		in.again.Store(&what.reason)
		return nil
	}
	if err := p.quarantine.seal(ctx, in, what); err != nil {
		return &refuseStore
	}
	return nil
}

// repeatedly refuses a delivery that cannot be read, and seals it when it has
// come three times in ten minutes: then it must not block the account.
func (p *Proxy) repeatedly(ctx context.Context, in inbound, f Refusal) *Refusal {
	if in.again == nil && p.third(ctx, in.hash+f.Reason) {
		return p.setAside(ctx, in, aside{reason: f.Reason, body: in.body})
	}
	return &f
}

func rawOf(d *payload.Document, i int) []byte { return d.Raw[d.Nodes[i].Start:d.Nodes[i].End] }

// lanes are the conversations in a bundle, by their keyed hashes: a delivery
// must not overtake an earlier one of any of them.
// They cost a hash each and are needed only where something may wait.
func (p *Proxy) lanes(b bundle) []string {
	if !b.account.Spool && p.delivery.outbox.waiting.empty() {
		return nil
	}
	return p.lanesIn(b)
}

// lanesIn is lanes whatever waits.
func (p *Proxy) lanesIn(b bundle) []string {
	return p.lanesFor(b.parts, func(i int) *Account { return b.owners[i] })
}
