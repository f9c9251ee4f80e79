package conversation_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
)

// chat is a conversation in a real store, and a memory beside it.
func chat(t *testing.T, alone bool) (*conversation.Memory, *conversation.Conversation, *bolt.Store) {
	t.Helper()
	values, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "values.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = values.Close() })
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	c, err := conversation.NewBook(values, set, nil).Ensure(t.Context(), "shop", []string{"psid:1"})
	if err != nil {
		t.Fatal(err)
	}
	return conversation.NewMemory(values, alone, time.Now), c, values
}

// TestMemory: what was written is recalled, here and by another process, with
// and without the cache; an altered record does not open.
func TestMemory(t *testing.T) {
	for _, alone := range []bool{true, false} {
		memory, c, values := chat(t, alone)
		if s, err := memory.Recall(t.Context(), c); err != nil || !s.Seen.IsZero() {
			t.Fatalf("an unknown chat: %v, %v", s.Seen, err)
		}
		now := time.Now()
		for range 3 {
			if _, err := memory.Update(t.Context(), c, func(s *conversation.State) bool {
				s.Heard(now, "Your card number?", []rules.Ask{{Asks: []string{"credit_card"}}}, conversation.Arming{Turns: 3, Time: time.Minute})
				return true
			}); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range []*conversation.Memory{memory, conversation.NewMemory(values, alone, time.Now)} {
			s, err := m.Recall(t.Context(), c)
			if asked := s.Asked(now, nil); err != nil || !slices.Equal(asked, []string{"credit_card"}) {
				t.Errorf("alone %v: asked %v, %v", alone, asked, err)
			}
		}
		record, err := values.Get(t.Context(), "chat/"+c.Path())
		if err != nil {
			t.Fatal(err)
		}
		record.Value[len(record.Value)-1] ^= 1
		if err := values.Put(t.Context(), record); err != nil {
			t.Fatal(err)
		}
		if _, err := conversation.NewMemory(values, alone, time.Now).Recall(t.Context(), c); err != conversation.ErrTampered {
			t.Errorf("an altered record: %v", err)
		}
	}
}

// TestMemoryLosesNothing: of many writers, in several memories, none is lost.
func TestMemoryLosesNothing(t *testing.T) {
	memory, c, values := chat(t, false)
	memories := []*conversation.Memory{memory, conversation.NewMemory(values, false, time.Now)}
	var writers sync.WaitGroup
	for i := range 16 {
		writers.Go(func() {
			_, err := memories[i%2].Update(t.Context(), c, func(s *conversation.State) bool {
				return s.Tell(time.Now(), fmt.Sprint(i), time.Hour)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	if s, err := memory.Recall(t.Context(), c); err != nil || len(s.Told) != 16 {
		t.Errorf("%d of 16 writes, %v", len(s.Told), err)
	}
}

// TestMemoryCacheIsFresh: a reader never sees what was there before a write that
// has returned.
func TestMemoryCacheIsFresh(t *testing.T) {
	memory, c, _ := chat(t, true)
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					_, _ = memory.Recall(t.Context(), c)
				}
			}
		})
	}
	for i := range 200 {
		what := fmt.Sprint(i % 7)
		if _, err := memory.Update(t.Context(), c, func(s *conversation.State) bool {
			s.Told = map[string]time.Time{what: time.Now()}
			return true
		}); err != nil {
			t.Fatal(err)
		}
		if s, err := memory.Recall(t.Context(), c); err != nil || s.Told[what].IsZero() {
			t.Fatalf("round %d: a stale state, %v", i, err)
		}
	}
	close(done)
	readers.Wait()
}

// TestMemoryFault: a store that fails is an error, never an empty state.
func TestMemoryFault(t *testing.T) {
	memory, c, values := chat(t, false)
	if err := values.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := memory.Recall(t.Context(), c); err == nil || err == store.ErrNotFound {
		t.Errorf("recalling from a closed store: %v", err)
	}
}

var arming = conversation.Arming{Turns: 2, Time: time.Minute}

// answered takes in a message that was read just before.
func answered(s *conversation.State, now time.Time, message string, told ...string) bool {
	messages := []string{message}
	return s.Answered(now, messages, conversation.Reading{State: *s, Asked: s.Asked(now, messages), Told: told})
}

// TestAsked: a question is open for turns and time, is closed by its answer, and
// the same message again is read as it was the first time.
func TestAsked(t *testing.T) {
	start := time.Now()
	question := []rules.Ask{{Asks: []string{"ssn_last4", "dob"}}}
	var s conversation.State
	if answered(&s, start, "m0") || s.Asked(start, []string{"m0"}) != nil {
		t.Fatal("something is asked in a new chat")
	}
	if !s.Heard(start, "Last four of your SSN, and your date of birth?", question, arming) {
		t.Fatal("the question changed nothing")
	}
	if got := s.Asked(start.Add(59*time.Second), nil); !slices.Equal(got, []string{"dob", "ssn_last4"}) {
		t.Errorf("asked %v", got)
	}
	if got := s.Asked(start.Add(time.Minute), nil); got != nil {
		t.Errorf("after the time: %v", got)
	}
	if !answered(&s, start, "m1", "ssn_last4") || !slices.Equal(s.Asked(start, []string{"m2"}), []string{"dob"}) {
		t.Errorf("after half an answer: %v", s.Asked(start, []string{"m2"}))
	}
	if got := s.Asked(start, []string{"m1"}); !slices.Equal(got, []string{"dob", "ssn_last4"}) {
		t.Errorf("the same message again: %v", got)
	}
	if answered(&s, start, "m1", "ssn_last4") {
		t.Error("the same message counts twice")
	}
	answered(&s, start, "m2") // the second turn, with no answer
	if got := s.Asked(start, []string{"m3"}); got != nil {
		t.Errorf("after two turns: %v", got)
	}
}

// TestHeard: another question of the bot ends an earlier one, a remark does not.
func TestHeard(t *testing.T) {
	now := time.Now()
	var s conversation.State
	if s.Heard(now, "How can I help?", nil, arming) {
		t.Error("a text that asks for nothing changes a new chat")
	}
	s.Heard(now, "Your card number?", []rules.Ask{{Asks: []string{"credit_card"}}}, arming)
	s.Heard(now, "One moment.", nil, arming)
	if s.Asked(now, nil) == nil {
		t.Error("a remark ended the question")
	}
	if !s.Heard(now, "Which colour would you like instead?", nil, arming) || s.Asked(now, nil) != nil {
		t.Error("another question left the first one open")
	}
}

// TestOpen: the window counts from the last message, never too long.
func TestOpen(t *testing.T) {
	now := time.Now()
	var s conversation.State
	if s.Open(now) || !s.Wrote(now) || s.Wrote(now.Add(59*time.Minute)) || !s.Wrote(now.Add(time.Hour)) {
		t.Error("writing is noted once an hour")
	}
	if !s.Open(now.Add(24*time.Hour)) || s.Open(now.Add(25*time.Hour)) {
		t.Error("the window is not 24 hours")
	}
	if !s.Tell(now, "notice", time.Hour) || s.Tell(now.Add(time.Minute), "notice", time.Hour) || !s.Tell(now.Add(time.Hour), "notice", time.Hour) {
		t.Error("telling is not once an hour")
	}
}

// TestHeardMeanwhile: what the bot asks while a message is being delivered is not
// answered by that message; what the message has told is not asked any more.
func TestHeardMeanwhile(t *testing.T) {
	now := time.Now()
	email, last := []rules.Ask{{Asks: []string{"email"}}}, []rules.Ask{{Asks: []string{"ssn_last4"}}}
	for name, test := range map[string]struct {
		asks []rules.Ask
		want []string
	}{
		"another kind":  {email, []string{"email"}},
		"the same kind": {last, []string{"ssn_last4"}},
	} {
		var s conversation.State
		s.Heard(now, "Last four of your SSN?", last, arming)
		read := conversation.Reading{State: s, Asked: s.Asked(now, nil), Told: []string{"ssn_last4"}}
		s.Heard(now.Add(time.Second), "And now?", test.asks, arming)
		s.Answered(now.Add(2*time.Second), []string{"m1"}, read)
		if got := s.Asked(now, nil); !slices.Equal(got, test.want) || s.Dialogue.Left != arming.Turns {
			t.Errorf("%s: asked %v for %d turns", name, got, s.Dialogue.Left)
		}
		if got := s.Asked(now, []string{"m1"}); !slices.Equal(got, []string{"ssn_last4"}) {
			t.Errorf("%s: the same message again: %v", name, got)
		}
	}
}

// TestRemarks: what the bot says beside a question makes it open for no longer,
// however many turns it is open for.
func TestRemarks(t *testing.T) {
	now := time.Now()
	for turns := 1; turns <= 5; turns++ {
		var s conversation.State
		s.Heard(now, "Your e-mail address?", []rules.Ask{{Asks: []string{"email"}}}, conversation.Arming{Turns: turns, Time: time.Minute})
		for i := range turns {
			if s.Heard(now.Add(30*time.Second), "One moment.", nil, conversation.Arming{Turns: turns, Time: time.Minute}) {
				t.Errorf("%d turns: a remark changed the state", turns)
			}
			answered(&s, now, fmt.Sprint(i))
		}
		if got := s.Asked(now, nil); got != nil {
			t.Errorf("%d turns: asked %v after as many messages", turns, got)
		}
	}
}
