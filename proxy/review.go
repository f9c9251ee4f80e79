package proxy

import (
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// Reviews takes what was found in shadow, for a person to look at. It returns at
// once and never fails a message.
type Reviews interface {
	Note(account string, direction rules.Direction, seen []redact.Sighting)
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

// review hands findings on, those of each account by themselves, when any of
// them is in shadow. owner is whose a stretch is.
func (p *Proxy) review(direction rules.Direction, seen sightings, owner func(stretch int) *Account) {
	for from := 0; from < len(seen); {
		to, shadow := from, false
		for to < len(seen) && owner(seen[to].Stretch) == owner(seen[from].Stretch) {
			shadow = shadow || seen[to].Mode == rules.Shadow
			to++
		}
		if account := owner(seen[from].Stretch); shadow && account != nil {
			p.config.Reviews.Note(account.Name, direction, seen[from:to])
		}
		from = to
	}
}

// ownerOf is whose a stretch of a bundle is.
func (b *bundle) ownerOf(stretch int) *Account {
	if stretch == 0 {
		return b.account
	}
	return b.owners[stretch-1]
}
