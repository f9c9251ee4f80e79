package proxy_test

import (
	"net/http"
	"sync"
	"testing"
)

// The platform delivers the same again, in turn and at once: the bot gets the
// same bytes and nothing new is kept (threats.md W4).
func TestRedelivery(t *testing.T) {
	r := newRig(t)
	body := page(entry(shopID, text(shopID, anna, "card "+card+" mail "+email), text(shopID, bert, "iban GB82 WEST 1234 5698 7654 32")))
	if got := r.hook(body); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	records := r.records("")
	people, err := r.people.List(t.Context(), "", "", 1000)
	r.must(err)
	for range 2 {
		r.hook(body)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			got := r.hook(body)
			for again := 0; got.status == http.StatusServiceUnavailable && again < 50; again++ {
				got = r.hook(body) // the machine was too busy for the rules: platforms try again
			}
			if got.status != http.StatusOK {
				t.Errorf("answered %d", got.status)
			}
		})
	}
	all.Wait()
	bodies := r.bots["bot"].bodies()
	if len(bodies) != 23 {
		t.Errorf("the bot got %d deliveries, want 23", len(bodies))
	}
	for _, got := range bodies {
		if got != bodies[0] {
			t.Errorf("the same delivery differs:\n%s\n%s", bodies[0], got)
		}
	}
	if got := r.records(""); got != records {
		t.Errorf("%d new values", got-records)
	}
	again, err := r.people.List(t.Context(), "", "", 1000)
	r.must(err)
	if len(again) != len(people) {
		t.Errorf("%d new conversation records", len(again)-len(people))
	}
}

// Many first deliveries at once make one conversation and one token.
func TestFirstDeliveryManyTimes(t *testing.T) {
	r := newRig(t)
	body := waba(change(lineID, waText(annaPhone, card)))
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() { r.hook(body) })
	}
	all.Wait()
	for _, got := range r.bots["bot"].bodies() {
		if got != r.bots["bot"].bodies()[0] {
			t.Fatalf("the same delivery differs:\n%s", got)
		}
	}
	if got := r.records("value"); got != 1 {
		t.Errorf("%d values were kept, want 1", got)
	}
	r.restart()
	r.hook(body)
	if bodies := r.bots["bot"].bodies(); bodies[len(bodies)-1] != bodies[0] {
		t.Error("after a restart the same delivery differs")
	}
}
