package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/review"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/transcript"
	"github.com/piiproxy/piiproxy/vault"
)

// people is what is kept of people, for erasures and exports.
type people struct {
	eraser  *erasure.Eraser
	archive erasure.Archive
	ender   *transcript.Ender
}

// erasing makes what erases people, before the first message is taken: it learns of
// earlier erasures, and takes away what an older copy of a store brought back.
func (s *service) erasing(p *proxy.Proxy) (proxy.Erasing, error) {
	eraser := erasure.New(erasure.Config{
		Book: s.core.book, Records: erasure.Records{Conversations: s.stores.conversations, Values: s.stores.values, Keys: s.keys},
		Audit: s.core.audit, Parts: s.parts(p), Groups: s.groups, Lifetime: s.settings.Erasure.Tombstones, Now: time.Now, Observe: s.observeErasure,
	})
	ctx := context.Background()
	if err := eraser.Load(ctx); err != nil {
		return nil, err
	}
	_ = eraser.Finish(ctx) // what fails was observed, and is tried again
	s.people = people{eraser: eraser, archive: erasure.Archive{
		Values: s.core.values, Memory: s.core.memory, Residues: s.core.residues, Links: s.stores.values, Keys: s.keys,
	}}
	return taker{eraser, s.core.book, s.core.values, s.core.residues}, nil
}

// groups are WhatsApp's; the other channels have none.
func (s *service) groups(account string) func(alias string) string {
	if a, ok := s.core.tenants.Account(account); !ok || a.Channel.Name() != channel.WhatsApp {
		return nil
	}
	return channel.MemberOf
}

func (s *service) observeErasure(event string) {
	line := s.log.Info
	switch event {
	case erasure.EventFault:
		line = s.log.Warn
	case erasure.EventRestored, erasure.EventTampered:
		line = s.log.Error
	}
	line("", zap.String("event", event))
}

// parts are all places where something is kept of people, beside the book of
// conversations. A new one belongs here, or erasing forgets it; TestErasePrefixes
// tells.
func (s *service) parts(p *proxy.Proxy) []erasure.Part {
	values := s.stores.values
	branch := func(what string, prefix func(path string) string) erasure.Part {
		return erasure.Branch{What: what, Store: values, Prefix: prefix}
	}
	return []erasure.Part{
		valuesPart{branch("values", func(path string) string { return "value/" + path + "/" }), s.core.values},
		branch("likes", func(path string) string { return "like/" + path + "/" }),
		branch("indexes", func(path string) string { return "index/" + path + "/" }),
		chatPart{branch("chat", func(path string) string { return conversation.Prefixes(path)["chat"] }), s.core.memory},
		branch("residues", func(path string) string { return conversation.Prefixes(path)["residues"] }),
		branch("charts", capture.ChartPrefix),
		branch("drafts", transcript.DraftPrefix),
		branch("echoes", proxy.BackPrefix),
		erasure.Past{Root: "transcript/", Branch: erasure.Branch{
			What: "transcripts", Store: values, Prefix: func(path string) string { return "transcript/" + path },
		}},
		erasure.Heap{What: "links", Store: values, Prefix: capture.LinkPrefix, Whose: s.whoseLink},
		erasure.Heap{What: "reviews", Store: values, Prefix: review.Prefix, Whose: s.whoseReview},
		p.Queued(), p.Quarantined(),
	}
}

func (s *service) whoseLink(_ context.Context, record store.Record, subjects []erasure.Subject) (int, error) {
	account, conversation, ok := capture.OwnerOf(s.keys, record)
	for i := range subjects {
		if ok && subjects[i].Has(account, conversation) {
			return i, nil
		}
	}
	return -1, nil
}

func (s *service) whoseReview(_ context.Context, record store.Record, subjects []erasure.Subject) (int, error) {
	person := review.PersonOf(s.keys, record)
	for i := range subjects {
		if person != "" && subjects[i].Known([]string{person}) {
			return i, nil
		}
	}
	return -1, nil
}

// valuesPart also ends values that are in memory only, and what leads to a value
// from its token alone: both need the conversation itself.
type valuesPart struct {
	erasure.Part
	vault *vault.Vault
}

// Count implements erasure.Part.
func (v valuesPart) Count(ctx context.Context, subjects []erasure.Subject) ([]int, error) {
	counts, err := v.Part.Count(ctx, subjects)
	for i, s := range subjects {
		for _, c := range s.Conversations {
			fault := v.vault.Each(ctx, c, func(_ string, held vault.Held) error {
				if held.Volatile {
					counts[i]++
				}
				return nil
			})
			if fault != nil && !errors.Is(fault, vault.ErrTampered) {
				err = errors.Join(err, fault)
			}
		}
	}
	return counts, err
}

// Erase implements erasure.Part.
func (v valuesPart) Erase(ctx context.Context, subjects []erasure.Subject) ([]int, error) {
	erased := make([]int, len(subjects))
	var faults error
	for i, s := range subjects {
		for _, c := range s.Conversations {
			n, err := v.vault.Erase(ctx, c)
			erased[i] += n
			faults = errors.Join(faults, err)
		}
	}
	rest, err := v.Part.Erase(ctx, subjects) // of those whose keys are gone
	for i := range rest {
		erased[i] += rest[i]
	}
	return erased, errors.Join(faults, err)
}

// chatPart also forgets what is in memory.
type chatPart struct {
	erasure.Part
	memory *conversation.Memory
}

// Erase implements erasure.Part.
func (p chatPart) Erase(ctx context.Context, subjects []erasure.Subject) ([]int, error) {
	counts, err := p.Part.Erase(ctx, subjects)
	for _, s := range subjects {
		for _, c := range s.Conversations {
			p.memory.Forget(c)
		}
	}
	return counts, err
}

// taker is what the proxy needs of erasures.
type taker struct {
	*erasure.Eraser
	book     *conversation.Book
	values   *vault.Vault
	residues *conversation.Ledger
}

// Unsend implements proxy.Erasing. The message may have come when the person had
// another conversation, which was merged into theirs since.
func (t taker) Unsend(ctx context.Context, c *conversation.Conversation, message string) (erased int, err error) {
	person, err := t.book.Whose(ctx, c)
	if errors.Is(err, conversation.ErrUnknown) {
		return 0, nil // all of it was erased meanwhile
	}
	if err != nil {
		return 0, err
	}
	for _, each := range person.Conversations {
		n, err := t.values.EraseMessage(ctx, each, message)
		erased += n
		if err != nil && !errors.Is(err, vault.ErrTampered) {
			return erased, err
		}
		if err := t.residues.Forget(ctx, each, message); err != nil {
			return erased, err
		}
	}
	return erased, nil
}

// finishErasures takes away what is left of erasures, until the function that it
// returns is called.
func (s *service) finishErasures() (end func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { s.people.eraser.Run(ctx) })
	return func() error {
		cancel()
		done.Wait()
		return nil
	}
}
