package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/transcript"
)

// newEnder makes what ends conversations as their policies say.
func (s *service) newEnder() *transcript.Ender {
	return transcript.New(transcript.Config{
		Book: s.core.book, Values: s.core.values, Eraser: s.people.eraser, Store: s.stores.values, Keys: s.keys,
		Accounts: endings(s.settings), Now: time.Now, Observe: s.observeEnding,
	})
}

// endings are the accounts whose conversations end by policy.
func endings(settings *config.Config) map[string]transcript.Terms {
	terms := map[string]transcript.Terms{}
	for i := range settings.Accounts {
		a := &settings.Accounts[i]
		if d := settings.Policies[a.Policy].Destroy; d.After > 0 {
			terms[a.Name] = transcript.Terms{After: d.After, Keep: d.Transcript}
		}
	}
	return terms
}

func (s *service) observeEnding(event string) {
	line := s.log.Info
	switch event {
	case transcript.EventFault:
		line = s.log.Warn
	case transcript.EventTampered:
		line = s.log.Error
	}
	line("", zap.String("event", event))
}

// endConversations does so until the function that it returns is called.
func (s *service) endConversations() (end func() error) {
	s.people.ender = s.newEnder()
	if len(endings(s.settings)) == 0 {
		return func() error { return nil }
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { s.people.ender.Run(ctx) })
	return func() error {
		cancel()
		done.Wait()
		return nil
	}
}

// transcriptDesk answers the admin API about what remains of conversations. Each
// order is in the audit log before it is answered.
type transcriptDesk struct {
	ender   *transcript.Ender
	tenants *proxy.Tenants
	audit   proxy.Auditor
}

// List implements console.Transcripts.
func (d transcriptDesk) List(ctx context.Context, o console.TranscriptOrder) (console.TranscriptPage, error) {
	answer := console.TranscriptPage{Transcripts: []console.SignedTranscript{}}
	if _, ok := d.tenants.Account(o.Account); !ok {
		return answer, proxy.ErrNoAccount
	}
	if err := d.audit.RecordDurable(audit.Event{Actor: o.Actor, Action: "transcript list", Account: o.Account, Source: console.SourceOf(ctx), Result: audit.Done}); err != nil {
		return answer, errUnsaid
	}
	page, err := d.ender.List(ctx, o.Account, o.After)
	if err != nil {
		return answer, errors.New("the store cannot be read: try again")
	}
	for _, signed := range page.Signed {
		answer.Transcripts = append(answer.Transcripts, console.SignedTranscript(signed))
	}
	answer.Next, answer.Tampered = page.Next, page.Tampered
	return answer, nil
}
