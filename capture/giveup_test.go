package capture_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/conversation"
)

// TestRefundedTime: a try that failed by our own fault starts no clock. The link
// that is handed out again has the time that it says it has.
func TestRefundedTime(t *testing.T) {
	b := newBench(t)
	s := b.site()
	w, o := s.browser(), order(b.person("psid:1"), "credit_card")
	path := "/c/" + b.issue(s.book, o).ID
	opened := w.get(path)
	b.unborn = capture.ErrUnknownIDs
	w.post(opened, path, "credit_card", visa).want(t, "a fault", http.StatusServiceUnavailable, "Please try again")
	b.unborn = nil
	b.move(10 * time.Minute)
	if again := b.issue(s.book, o); !again.Reused || !again.Expires.Equal(b.now().Add(time.Hour)) {
		t.Errorf("handed out again until %v", again.Expires)
	}
	b.move(10 * time.Minute)
	w.post(opened, path, "credit_card", visa).want(t, "in its time", http.StatusOK, sayDone)
	b.one("psid:1")
}

// deserted is an outbox whose caller gives up, and that then fails.
type deserted struct {
	outbox
	leave context.CancelFunc
}

func (d deserted) Resume(context.Context, capture.Turn) (capture.Reservation, error) {
	d.leave()
	return nil, errFault
}

// TestGivenUp: a fault costs no try, even of a browser that did not wait for it.
func TestGivenUp(t *testing.T) {
	b := newBench(t)
	issued := b.issue(b.book(), order(b.person("psid:1"), "credit_card"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	config := b.config()
	config.House.Outbox = deserted{outbox{b}, cancel}
	book, err := capture.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := book.API().Fill(ctx, issued.ID, []form.Value{{Kind: "credit_card", Text: visa}}); err == nil {
		t.Fatal("filled in all the same")
	}
	if info, err := book.API().Read(t.Context(), issued.ID); err != nil || info.Tries != 5 {
		t.Errorf("%d tries are left (%v)", info.Tries, err)
	}
}

// slow is a speaker whose platform takes its time.
type slow struct{ until chan struct{} }

func (s slow) Say(ctx context.Context, _ string, _ *conversation.Conversation, _ string, _ *capture.Button) error {
	select {
	case <-s.until:
	case <-ctx.Done():
	}
	return nil
}

// TestSlowChat: the page that thanks does not wait for the chat, though browsers
// ask for it on the connection that the form was sent on.
func TestSlowChat(t *testing.T) {
	b := newBench(t)
	config, speaker := b.config(), slow{make(chan struct{})}
	config.House.Speaker = speaker
	s := b.site()
	var err error
	if s.book, err = capture.New(config); err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = s.book.Handler()
	w := s.browser()
	w.client.Timeout = 3 * time.Second
	path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card")).ID
	w.post(w.get(path), path, "credit_card", visa).want(t, "filling in", http.StatusOK, sayDone)
	close(speaker.until)
}
