package proxy

import (
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// Reviews takes what was found in shadow, for a person to look at. It returns at
// once and never fails a message.
type Reviews interface {
	// person is whose words these are, as logs show them; "" for nobody's.
	Note(account, person string, direction rules.Direction, seen []redact.Sighting)
}

// sightings collects what was found in one payload.
type sightings []redact.Sighting

// observe is what redact calls for each finding; nil when nobody reviews.
func (p *Proxy) observe(seen *sightings) func(redact.Sighting) {
	if p.config.Reviews == nil {
		return nil
	}
	return func(s redact.Sighting) { *seen = append(*seen, s) }
}

// whose is the account that a stretch is of, and the person, by their first alias.
type whose struct {
	account *Account
	alias   string
}

// review hands findings on, those of each person of an account by themselves, when
// any of them is in shadow. owner is whose a stretch is.
func (p *Proxy) review(direction rules.Direction, seen sightings, owner func(stretch int) whose) {
	for from := 0; from < len(seen); {
		to, shadow := from, false
		for to < len(seen) && owner(seen[to].Stretch) == owner(seen[from].Stretch) {
			shadow = shadow || seen[to].Mode == rules.Shadow
			to++
		}
		if of := owner(seen[from].Stretch); shadow && of.account != nil {
			p.config.Reviews.Note(of.account.Name, p.hashOf(of), direction, seen[from:to])
		}
		from = to
	}
}

// ownerOf is whose a stretch of a bundle is.
func (b *bundle) ownerOf(stretch int) whose {
	if stretch == 0 {
		return whose{account: b.account}
	}
	return whose{b.owners[stretch-1], firstAlias(b.parts[stretch-1].Person)}
}

func firstAlias(person channel.Person) string {
	if !person.Known() {
		return ""
	}
	return person.Aliases[0]
}

// hashOf is what logs show for a person; "" for nobody.
func (p *Proxy) hashOf(of whose) string {
	if of.alias == "" {
		return ""
	}
	return p.config.Records.Conversations.Hash(of.account.Name, of.alias)
}
