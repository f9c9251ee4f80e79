package conversation

import "context"

// Open returns the conversation with this id (Conversation.ID) of an account;
// ErrUnknown when it was erased, has expired, or is another account's. It reads
// the store each time, so an erasure takes effect at once.
func (b *Book) Open(ctx context.Context, account, id string) (*Conversation, error) {
	if account == "" || len(account) > MaxAlias || len(id) != encoding.EncodedLen(16) {
		return nil, ErrUnknown
	}
	for i := range len(id) {
		if !('a' <= id[i] && id[i] <= 'z' || '2' <= id[i] && id[i] <= '7') {
			return nil, ErrUnknown // not within the grammar of a store key
		}
	}
	p, err := b.readPage(ctx, account, id)
	if err != nil {
		return nil, err
	}
	return p.conversation, nil
}

// Home returns the conversation that the person of c has now: c, or the one that
// its aliases were moved to since, whose tokens are theirs. It reads the store;
// ErrUnknown when either is gone.
func (b *Book) Home(ctx context.Context, c *Conversation) (*Conversation, error) {
	p, err := b.readPage(ctx, c.Account, c.ID)
	if err != nil {
		return nil, err
	}
	for _, alias := range p.content.Aliases {
		l, err := b.readLink(ctx, c.Account, alias)
		switch {
		case err != nil:
			return nil, err
		case l.id == c.ID:
			return p.conversation, nil
		case l.id != "":
			return b.Open(ctx, c.Account, l.id)
		}
	}
	return p.conversation, nil
}

// HashOf returns what logs show for the person of a conversation: the Hash of its
// first alias. It reads the store; ErrUnknown when the conversation is gone.
func (b *Book) HashOf(ctx context.Context, c *Conversation) (string, error) {
	p, err := b.readPage(ctx, c.Account, c.ID)
	if err != nil {
		return "", err
	}
	if len(p.content.Aliases) == 0 {
		return "", ErrUnknown
	}
	return b.Hash(c.Account, p.content.Aliases[0]), nil
}
