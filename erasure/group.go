package erasure

import (
	"context"
	"errors"
	"slices"

	"github.com/piiproxy/piiproxy/conversation"
)

// What somebody says in a group is another conversation than theirs, because all of
// the group read it. Nothing leads from the person to it, so it is looked for.

// groupsOf finds the conversations that the person of these hashes has as a member
// of groups.
func (e *Eraser) groupsOf(ctx context.Context, account string, hashes []string) ([]*conversation.Conversation, error) {
	if e.config.Groups == nil || e.config.Groups(account) == nil {
		return nil, nil
	}
	memberOf := e.config.Groups(account)
	return e.config.Book.Where(ctx, account, func(alias string) bool {
		member := memberOf(alias)
		return member != "" && slices.Contains(hashes, e.config.Book.Hash(account, member))
	})
}

// endGroups ends them, each with its own line in the audit log and its own
// tombstone; what is left of them is due at once.
func (e *Eraser) endGroups(ctx context.Context, stones []*stone) error {
	var faults error
	for _, s := range stones {
		if s.Way == PolicyWay || !s.Finished.IsZero() {
			continue
		}
		groups, err := e.groupsOf(ctx, s.Account, s.Hashes)
		faults = errors.Join(faults, err)
		s.groups = 0
		for _, c := range groups {
			p, err := e.config.Book.Whose(ctx, c)
			if errors.Is(err, conversation.ErrUnknown) {
				continue
			}
			if err == nil {
				_, err = e.begin(ctx, s.Account, p.Aliases(), Order{Actor: s.Actor, Way: s.Way, Reason: s.Reason}, 0)
			}
			if err != nil && !errors.Is(err, ErrNobody) {
				faults = errors.Join(faults, err)
				continue
			}
			s.groups++
		}
	}
	return faults
}
