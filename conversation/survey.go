package conversation

import (
	"context"
	"errors"
	"slices"
)

// survey is what the store holds for some aliases.
type survey struct {
	links []link
	pages map[string]*page // by id, of all links that lead somewhere
}

// first is the conversation of the first alias that has one; nil when none has.
func (s *survey) first() *page {
	for _, l := range s.links {
		if l.id != "" {
			return s.pages[l.id]
		}
	}
	return nil
}

func (b *Book) survey(ctx context.Context, account string, aliases []string) (*survey, error) {
	s := &survey{pages: map[string]*page{}}
	for _, alias := range aliases {
		l, err := b.readLink(ctx, account, alias)
		if err != nil {
			return nil, err
		}
		if l.id != "" && s.pages[l.id] == nil {
			p, err := b.readPage(ctx, account, l.id)
			switch {
			case errors.Is(err, ErrUnknown):
				l.id = "" // erased or expired: the alias is free
			case err != nil:
				return nil, err
			default:
				s.pages[l.id] = p
			}
		}
		s.links = append(s.links, l)
	}
	return s, nil
}

// moves lists the alias records to write: those that do not lead home yet, all
// aliases of conversations that are merged into it, and when the lifetime is
// refreshed those that lead home already, so that none expires before it.
func (b *Book) moves(ctx context.Context, home *page, found *survey, refresh bool) ([]link, error) {
	id := home.conversation.ID
	var move []link
	seen := map[string]bool{}
	for _, l := range found.links {
		seen[l.alias] = true
		if l.id != id || refresh {
			move = append(move, l)
		}
	}
	var others []string
	if refresh {
		others = append(others, home.content.Aliases...)
	}
	for _, l := range found.links {
		if other := found.pages[l.id]; l.id != id && other != nil && !slices.Contains(home.content.Merged, l.id) {
			home.content.Merged = append(home.content.Merged, l.id)
			home.content.Merged = append(home.content.Merged, other.content.Merged...)
			others = append(others, other.content.Aliases...)
		}
	}
	for _, alias := range others {
		if seen[alias] {
			continue
		}
		seen[alias] = true
		l, err := b.readLink(ctx, home.conversation.Account, alias)
		if err != nil {
			return nil, err
		}
		// One that leads to a third conversation was moved there since.
		if l.id == "" || l.id == id || found.pages[l.id] != nil {
			move = append(move, l)
		}
	}
	return move, nil
}
