package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// client is a person who fills a form in while piiproxy is killed.
type client struct {
	person, link string
	card         string
	form         rig.Form
}

// post is a desk on which forms are filled in and piiproxy is killed.
type post struct {
	*desk
	cards   flock
	clients []*client
	read    int
	turns   map[string]map[string]string // person -> message id -> text
	unsure  int                          // clients who had no answer and tried again
	killed  map[string]int
}

// moment is between two steps of resume. It prepares the other side and returns
// when to kill: after the first client began, or when something was seen.
type moment struct {
	name    string
	arrange func(*post) (now <-chan struct{})
}

// moments are all that lie between the person's button and the bot's 200: at a
// random time after the post; the bot has the message and has not answered; it has
// just answered; the platform has the thanks and has not answered; the person has
// the answer and the bot was away.
var moments = []moment{
	{"at random", func(*post) <-chan struct{} { return after(time.Duration(rand.IntN(30_000)) * time.Microsecond) }},
	{"the bot holds", func(r *post) <-chan struct{} {
		seen := newSignal()
		r.bot.Behave(func(_ http.ResponseWriter, q *http.Request, _ rig.Delivery) { seen.give(); <-q.Context().Done() })
		return seen.given
	}},
	{"the bot has answered", func(r *post) <-chan struct{} {
		seen := newSignal()
		r.bot.Behave(func(http.ResponseWriter, *http.Request, rig.Delivery) {
			time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, seen.give)
		})
		return seen.given
	}},
	{"the platform holds the thanks", func(r *post) <-chan struct{} {
		seen := newSignal()
		r.platform.Answer(func(_ http.ResponseWriter, q *http.Request, _ rig.Call) bool {
			seen.give()
			<-q.Context().Done()
			return true
		})
		return seen.given
	}},
	{"the bot is away", func(r *post) <-chan struct{} {
		seen := newSignal()
		r.bot.Behave(func(w http.ResponseWriter, q *http.Request, delivery rig.Delivery) {
			away(w, q, delivery)
			time.AfterFunc(time.Duration(rand.IntN(20))*time.Millisecond, seen.give)
		})
		return seen.given
	}},
	{"soon after", func(*post) <-chan struct{} { return after(time.Duration(30+rand.IntN(120)) * time.Millisecond) }},
}

func after(d time.Duration) <-chan struct{} {
	seen := newSignal()
	time.AfterFunc(d, seen.give)
	return seen.given
}

// signal is given once.
type signal struct {
	once  sync.Once
	given chan struct{}
}

func newSignal() *signal { return &signal{given: make(chan struct{})} }
func (s *signal) give()  { s.once.Do(func() { close(s.given) }) }

// TestFormCrash: rounds of kill -9 between every two steps from the person's
// button to the bot's 200. Whoever saw success, or was told that the link was
// used, has told the bot exactly once; and whoever saw neither can try again.
func TestFormCrash(t *testing.T) {
	t.Parallel()
	r := &post{turns: map[string]map[string]string{}, killed: map[string]int{}}
	r.desk = formDesk(t, func(s *rig.Setup) { s.BotTimeout = time.Second })
	rounds := max(len(moments), *rig.Rounds)
	for round := range rounds {
		r.round(moments[round%len(moments)])
		if t.Failed() {
			t.Fatalf("round %d, %s", round+1, moments[round%len(moments)].name)
		}
	}
	rig.Within(t, 3*time.Minute, func() bool { r.listen(); return len(r.turns) == len(r.clients) }, func() string {
		return fmt.Sprintf("the bot has the messages of %d of %d forms", len(r.turns), len(r.clients))
	})
	d := r.desk
	rig.Eventually(t, func() bool { return d.metric("piiproxy_outbox", "") == 0 }, func() string { return "something stays in the outbox" })
	r.listen()
	for _, c := range r.clients {
		r.once(c)
	}
	t.Logf("%d rounds (%v), %d forms, %d had no answer", rounds, r.killed, len(r.clients), r.unsure)
}

// round lets four people fill a form in, kills piiproxy at a moment, starts it
// again and lets those try again who do not know whether it worked.
func (r *post) round(m moment) {
	r.Helper()
	var clients []*client
	for range 4 {
		clients = append(clients, r.client())
	}
	now := m.arrange(r)
	pressed := make([]bool, len(clients))
	var all sync.WaitGroup
	for i, c := range clients {
		all.Go(func() { pressed[i] = r.press(c) })
	}
	select {
	case <-now:
		r.killed[m.name]++
	case <-time.After(10 * time.Second):
		r.Errorf("%s: the moment did not come", m.name)
	}
	r.proxy.Kill()
	r.bot.Behave(nil)
	r.platform.Answer(nil)
	all.Wait()
	r.proxy.Run(r)
	for i, c := range clients {
		if !pressed[i] {
			r.unsure++
			r.again(c)
		}
	}
}

// client is a new person who has a form open.
func (r *post) client() *client {
	r.Helper()
	n := len(r.clients)
	c := &client{person: fmt.Sprintf("71203488903%05d", 10000+n), card: r.cards.hatch("form", aCard, false)}
	r.clients = append(r.clients, c)
	r.greets(shopDoor, c.person)
	c.link = r.asks(shopDoor, c.person, askForCard)
	form, reply, err := r.proxy.NewVisitor().Open(r.Context(), c.link)
	if err != nil {
		r.Fatalf("opening a form: %d %v", reply.Status, err)
	}
	c.form = form
	return c
}

// press fills the form in. It is true when the person saw success.
func (r *post) press(c *client) bool {
	ctx, end := context.WithTimeout(r.Context(), 20*time.Second)
	defer end()
	reply := c.form.Fill(ctx, cardOf(c.card))
	if reply.Err == nil && reply.Status != http.StatusSeeOther && reply.Status != http.StatusServiceUnavailable {
		r.Errorf("filling in: %d", reply.Status)
	}
	return reply.Err == nil && reply.Status == http.StatusSeeOther
}

// again opens the link once more, and fills the form in when there is one.
func (r *post) again(c *client) {
	r.Helper()
	form, reply, err := r.proxy.NewVisitor().Open(r.Context(), c.link)
	switch {
	case err == nil:
		c.form = form
		if !r.press(c) {
			r.Errorf("filling in again, with nobody who kills, failed")
		}
	case reply.Status != http.StatusGone:
		r.Errorf("opening the link again: %d (error: %v)", reply.Status, err)
	case !strings.Contains(string(reply.Body), "already used"):
		r.Error("the link is over, and was not used")
	}
}

// listen sorts what the bot got by person and message.
func (r *post) listen() {
	deliveries := r.bot.Deliveries()
	for _, delivery := range deliveries[r.read:] {
		for _, m := range messages(r, delivery.Body) {
			if m.text == "hi" {
				continue
			}
			if r.turns[m.person] == nil {
				r.turns[m.person] = map[string]string{}
			}
			if before, known := r.turns[m.person][m.id]; known && before != m.text {
				r.Errorf("a message came again as %q, after %q", m.text, before)
			}
			r.turns[m.person][m.id] = m.text
		}
	}
	r.read = len(deliveries)
}

// once wants exactly one message with the look-alike of the client's card.
func (r *post) once(c *client) {
	r.Helper()
	turns := r.turns[c.person]
	if len(turns) != 1 {
		r.Errorf("the bot has %d messages for one form", len(turns))
	}
	digits := strings.ReplaceAll(c.card, " ", "")
	for _, text := range turns {
		like, _, _ := strings.Cut(text, " ")
		if len(like) != 16 || like[12:] != digits[12:] || like == digits {
			r.Errorf("the bot got %q", text)
		}
	}
}
