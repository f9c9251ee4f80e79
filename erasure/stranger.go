package erasure

import (
	"context"
	"errors"

	"github.com/piiproxy/piiproxy/audit"
)

// A stranger has no conversation, or none any more, and may still be in what was
// set aside before one was made.

func (e *Eraser) stranger(account string, aliases []string) Subject {
	s := Subject{Account: account, Until: e.config.Now(), Asked: true}
	for _, alias := range aliases {
		s.Hashes = append(s.Hashes, e.config.Book.Hash(account, alias))
	}
	return s
}

// eraseStranger takes away what there is. There are no secrets to end and no
// tombstone to set.
func (e *Eraser) eraseStranger(ctx context.Context, account string, aliases []string, o Order) (Report, error) {
	report, err := e.Survey(ctx, account, aliases)
	if err != nil {
		return Report{}, err
	}
	event := eventOf(o, account, report)
	if err := e.config.Audit.RecordDurable(event); err != nil {
		return Report{}, ErrUnaudited
	}
	ctx = context.WithoutCancel(ctx)
	subject := []Subject{e.stranger(account, aliases)}
	faults := errors.Join(e.recollect(ctx, subject), e.endGroups(ctx, []*stone{{Tombstone: Tombstone{
		Account: account, Hashes: subject[0].Hashes, Way: o.Way, Actor: o.Actor, Reason: o.Reason,
	}}}))
	for _, part := range e.config.Parts {
		counts, err := part.Erase(ctx, subject)
		faults = errors.Join(faults, err)
		if len(counts) > 0 {
			report.Parts[part.Name()] = counts[0]
		}
	}
	if report.Finished = faults == nil; !report.Finished {
		event.Result = audit.Failed
		if e.config.Audit.RecordDurable(event) != nil {
			e.config.Observe(EventFault)
		}
	}
	return report, nil
}
