package e2e

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// margin is what a loaded machine may add to a time that the design names.
const margin = 10 * time.Second

// letter is one message of a conversation, and the delivery that carries it.
type letter struct {
	person, id string
	body       []byte
}

// letters makes n messages each for a few people, in turns.
func letters(people, n int) []letter {
	var all []letter
	for i := range n {
		for p := range people {
			person := fmt.Sprintf("71203488902145%02d", p)
			id := fmt.Sprintf("m_%02d_%03d", p, i)
			text := fmt.Sprintf("message %d, write to person%d.number%d@example.org", i, p, i)
			all = append(all, letter{person, id, rig.Page(rig.PageEntry(page, rig.Text(person, page, id, text)))})
		}
	}
	return all
}

// inOrder is what a bot that drops repeats keeps of what it accepted: the ids
// of each person's messages, in the order of their first arrival.
func inOrder(t *testing.T, deliveries []rig.Delivery) map[string][]string {
	t.Helper()
	seen := map[string]bool{}
	kept := map[string][]string{}
	for _, delivery := range deliveries {
		if !delivery.Valid256 || !delivery.Valid1 {
			t.Error("the bot got a delivery with a wrong signature")
		}
		for _, m := range messages(t, delivery.Body) {
			if !seen[m.id] {
				seen[m.id] = true
				kept[m.person] = append(kept[m.person], m.id)
			}
		}
	}
	return kept
}

// complete fails the test unless the bot has every letter once, each person's
// in the order they were written.
func complete(t *testing.T, sent []letter, deliveries []rig.Delivery) {
	t.Helper()
	want := map[string][]string{}
	for _, l := range sent {
		want[l.person] = append(want[l.person], l.id)
	}
	got := inOrder(t, deliveries)
	for person, ids := range want {
		if fmt.Sprint(got[person]) != fmt.Sprint(ids) {
			t.Errorf("person %s: the bot has %v, want %v", person, got[person], ids)
		}
	}
	if len(got) != len(want) {
		t.Errorf("the bot heard of %d people, want %d", len(got), len(want))
	}
}

// ids are all message ids that a bot has.
func ids(t *testing.T, deliveries []rig.Delivery) int {
	n := 0
	for _, list := range inOrder(t, deliveries) {
		n += len(list)
	}
	return n
}

// away makes a bot drop the connection without an answer, as one that has
// crashed does.
func away(w http.ResponseWriter, _ *http.Request, _ rig.Delivery) {
	if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = connection.Close()
	}
}

// A bot that is down or slow: the platform hears 503 within bot_timeout, and
// everything arrives when it delivers again.
func TestDirectBotDown(t *testing.T) {
	const timeout = 2 * time.Second
	d := newDesk(t, func(s *rig.Setup) { s.BotTimeout = timeout })
	hold := make(chan struct{})
	slow := func(_ http.ResponseWriter, r *http.Request, _ rig.Delivery) {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	}
	refuses := func(w http.ResponseWriter, _ *http.Request, _ rig.Delivery) {
		w.WriteHeader(http.StatusInternalServerError)
	}
	sent := letters(3, 4)
	for name, behave := range map[string]func(http.ResponseWriter, *http.Request, rig.Delivery){"slow": slow, "crashed": away, "failing": refuses} {
		d.bot.Behave(behave)
		d.refusedInTime(name, sent, timeout)
	}
	before := len(d.bot.Deliveries())
	d.bot.Behave(nil)
	close(hold)
	d.insist(sent)
	complete(t, sent, d.bot.Deliveries()[before:])
}

// refusedInTime delivers all letters at once and wants a failure that the
// platform will retry after.
func (d *desk) refusedInTime(name string, sent []letter, timeout time.Duration) {
	d.Helper()
	var all sync.WaitGroup
	for _, l := range sent {
		all.Go(func() {
			reply := d.platform.Deliver(d.Context(), d.webhook(), mainApp, l.body)
			if reply.Err != nil || reply.Status/100 != 5 {
				d.Errorf("%s bot: want 5xx, got %d (error: %v)", name, reply.Status, reply.Err)
			}
			if reply.Took > timeout+margin {
				d.Errorf("%s bot: the platform waited %s", name, reply.Took)
			}
		})
	}
	all.Wait()
}

// insist delivers letters as the platform does, each person's one after the
// other, until all are taken.
func (d *desk) insist(sent []letter) {
	d.Helper()
	people := map[string][]letter{}
	for _, l := range sent {
		people[l.person] = append(people[l.person], l)
	}
	ctx, cancel := context.WithTimeout(d.Context(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for _, theirs := range people {
		all.Go(func() {
			for _, l := range theirs {
				if taken, tries := d.platform.Insist(ctx, d.webhook(), mainApp, l.body); !taken {
					d.Errorf("message %s was not taken in %d tries", l.id, tries)
				}
			}
		})
	}
	all.Wait()
}

// spooled is a setup whose accounts acknowledge first and deliver then.
func spooled(s *rig.Setup) {
	s.BotTimeout = 2 * time.Second
	for i := range s.Accounts {
		s.Accounts[i].Delivery = "spool"
	}
}

// A spooled account acknowledges although the bot is down, and delivers
// everything in order once it is back; nothing of it lies readable on disk.
func TestSpoolBotDown(t *testing.T) {
	d := newDesk(t, spooled)
	d.bot.Behave(away)
	sent := letters(3, 8)
	for _, l := range sent {
		if reply := d.platform.Deliver(t.Context(), d.webhook(), mainApp, l.body); reply.Status != http.StatusOK {
			t.Errorf("spool: want 200, got %d (error: %v)", reply.Status, reply.Err)
		} else if reply.Took > time.Second+margin {
			t.Errorf("spool: the platform waited %s", reply.Took)
		}
	}
	leaks, err := rig.FindInFolder(d.proxy.Dir+"/data", []rig.Canary{
		{Place: "spooled text", Value: "person1.number1@example.org"}, {Place: "spooled words", Value: "message 1, write to"}, {Place: "spooled person", Value: sent[0].person},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range leaks {
		t.Error(leak)
	}
	down := len(d.bot.Deliveries()) // tries that the bot dropped
	d.bot.Behave(nil)
	rig.Eventually(t, func() bool { return ids(t, d.bot.Deliveries()[down:]) == len(sent) }, func() string {
		return fmt.Sprintf("the bot has %d of %d spooled messages", ids(t, d.bot.Deliveries()[down:]), len(sent))
	})
	complete(t, sent, d.bot.Deliveries()[down:])
}

// A spooled account whose bot takes a message and dies before it answers:
// repeats come, and each message is kept once, in order.
func TestSpoolBotForgets(t *testing.T) {
	d := newDesk(t, spooled)
	var mu sync.Mutex
	n := 0
	d.bot.Behave(func(w http.ResponseWriter, r *http.Request, delivery rig.Delivery) {
		mu.Lock()
		n++
		dies := n%3 == 0
		mu.Unlock()
		if dies {
			away(w, r, delivery)
		}
	})
	sent := letters(4, 10)
	for _, l := range sent {
		d.deliver(l.body)
	}
	rig.Eventually(t, func() bool { return d.metric("piiproxy_outbox", "") == 0 && ids(t, d.bot.Deliveries()) == len(sent) }, func() string {
		return fmt.Sprintf("the bot has %d of %d messages and piiproxy_outbox is %v", ids(t, d.bot.Deliveries()), len(sent), d.metric("piiproxy_outbox", ""))
	})
	complete(t, sent, d.bot.Deliveries())
}

// What is in flight at SIGTERM ends well, in both directions, and the process
// ends by itself with code 0.
func TestDrain(t *testing.T) {
	d := newDesk(t, nil)
	go1, go2 := make(chan struct{}), make(chan struct{})
	d.bot.Behave(func(_ http.ResponseWriter, _ *http.Request, delivery rig.Delivery) {
		if containsText(delivery.Body, `"m_drain"`) {
			<-go1
		}
	})
	d.platform.Answer(func(http.ResponseWriter, *http.Request, rig.Call) bool { <-go2; return false })

	var webhook, send rig.Reply
	var flying sync.WaitGroup
	flying.Go(func() {
		webhook = d.platform.Deliver(t.Context(), d.webhook(), mainApp, rig.Page(rig.PageEntry(page, rig.Text(anna, page, "m_drain", said))))
	})
	flying.Go(func() { send = d.says(anna, "hello") })
	rig.Eventually(t, func() bool { return len(d.bot.Deliveries()) == 1 && len(d.platform.Calls()) == 1 }, func() string { return "nothing is in flight" })

	d.proxy.Signal(syscall.SIGTERM)
	rig.Eventually(t, func() bool {
		late := d.platform.Deliver(t.Context(), d.webhook(), mainApp, rig.Page(rig.PageEntry(page, rig.Text(bruno, page, rig.NewID("m_late"), "late"))))
		return late.Err != nil || late.Status == http.StatusServiceUnavailable
	}, func() string { return "piiproxy still takes deliveries after SIGTERM" })
	close(go1)
	close(go2)
	flying.Wait()
	if webhook.Status != http.StatusOK || send.Status != http.StatusOK {
		t.Errorf("in flight at SIGTERM: want 200 and 200, got %d (%v) and %d (%v)", webhook.Status, webhook.Err, send.Status, send.Err)
	}
	if code := d.proxy.Exit(t); code != 0 {
		t.Errorf("after SIGTERM: want exit code 0, got %d", code)
	}
}

// Many deliveries to a bot that hangs do not pile up in memory.
func TestMemoryIsBounded(t *testing.T) {
	d := newDesk(t, func(s *rig.Setup) { s.BotTimeout = time.Second })
	hold := make(chan struct{})
	defer close(hold)
	d.bot.Behave(func(_ http.ResponseWriter, r *http.Request, _ rig.Delivery) {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	})
	big := make([]byte, 200<<10)
	for i := range big {
		big[i] = 'a' + byte(i%7)
	}
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for range 5 {
				body := rig.Page(rig.PageEntry(page, rig.Text(anna, page, rig.NewID("m_"), string(big))))
				d.platform.Deliver(t.Context(), d.webhook(), mainApp, body)
			}
		})
	}
	all.Wait()
	const bound = 400 << 20
	if resident := d.proxy.Resident(t); resident > bound {
		t.Errorf("piiproxy holds %d MiB after 64 MiB of deliveries to a bot that hangs", resident>>20)
	}
}
