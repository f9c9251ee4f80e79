package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

var cvvToken = regexp.MustCompile(`pii_cvv_[a-z2-7]{26}`)

// walker is a person who writes on and on while piiproxy is killed. Each
// message has a new address, and a security code now and then.
type walker struct {
	person, page string
	sent         []letter
	address      map[string]string // message id -> the address in it
	code         map[string]string // message id -> the security code in it
}

func (w *walker) next(n int) letter {
	id := fmt.Sprintf("m_%s_%05d", w.person, n)
	address := fmt.Sprintf("walker%s.step%d@path%d.example.org", w.person[12:], n, n%97)
	text := "write to " + address
	if n%4 == 0 {
		code := fmt.Sprintf("%03d", 100+(n*37)%900)
		text += " and my cvv is " + code
		w.code[id] = code
	}
	w.address[id] = address
	return letter{w.person, id, rig.Page(rig.PageEntry(w.page, rig.Text(w.person, w.page, id, text)))}
}

// road is a desk with a direct and a spooled page, people who write, and what
// their bot learned.
type road struct {
	*desk
	proxies []*rig.Proxy // of which one is killed at a time
	walkers []*walker
	retries atomic.Int64
	rounds  int
	pace    time.Duration   // between two messages of one person
	strike  func(round int) // in the middle of a round; piiproxy is killed when nil
	patient bool            // the bot tries again what may pass

	seen map[string]heard // message id -> as the bot saw it first
	read int              // deliveries of the bot that are in seen
}

// Rounds of kill -9 under load: what the bot saw stays true.
//
//   - every token that it ever saw resolves after the restart; a security
//     code, which lives in memory, answers as expired;
//   - a delivery that the platform repeats has the tokens that it had;
//   - what was acknowledged arrives, and a bot that drops repeats has each
//     message once, in order.
func TestCrash(t *testing.T) {
	t.Parallel() // most of its time is waiting
	r := newRoad(t, newDesk(t, withSpool))
	r.run()
}

// run kills and looks.
func (r *road) run() {
	r.Helper()
	checked := map[string]bool{}
	for round := range r.rounds {
		r.kill(round)
		r.resolve(checked)
		if r.Failed() {
			r.Fatalf("round %d failed", round+1)
		}
	}
	r.settle()
	r.arrived()
	r.resolve(checked)
	r.Logf("%d rounds, %d messages, %d tokens, %d deliveries again", r.rounds, r.messages(), len(checked), r.retries.Load())
	if r.retries.Load() == 0 {
		r.Error("no delivery met a killed piiproxy: the test showed nothing")
	}
}

// withSpool adds a page whose deliveries are spooled.
func withSpool(s *rig.Setup) {
	spool := s.Accounts[0]
	spool.Name, spool.ID, spool.Token, spool.Delivery = "spool", secondPage, "EAAGspool3Xv", "spool"
	s.Accounts = append(s.Accounts, spool)
}

func newRoad(t *testing.T, d *desk) *road {
	r := &road{desk: d, proxies: []*rig.Proxy{d.proxy}, rounds: *rig.Rounds, seen: map[string]heard{}}
	for i := range 8 {
		w := &walker{person: fmt.Sprintf("71203488902%05d", 30000+i), page: page, address: map[string]string{}, code: map[string]string{}}
		if i%2 == 1 {
			w.page = secondPage
		}
		r.walkers = append(r.walkers, w)
	}
	return r
}

// kill lets everybody write, kills piiproxy in the middle, starts it again (or
// does what strike does), and waits until what was on its way has been delivered
// again.
func (r *road) kill(round int) {
	r.Helper()
	walk, stop := context.WithCancel(r.Context())
	alive, dead := context.WithTimeout(r.Context(), 2*time.Minute)
	defer dead()
	var all sync.WaitGroup
	for _, w := range r.walkers {
		all.Go(func() { r.walk(walk, alive, w) })
	}
	time.Sleep(time.Duration(100+rand.IntN(500)) * time.Millisecond)
	if r.strike != nil {
		r.strike(round)
	} else {
		victim := r.door()
		victim.Kill()
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		victim.Run(r)
	}
	time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
	stop()
	all.Wait()
	if alive.Err() != nil {
		r.Errorf("round %d: the platform could not deliver within two minutes", round+1)
	}
}

// door is where a load balancer sends the next request, whether or not somebody is
// there.
func (r *road) door() *rig.Proxy { return r.proxies[rand.IntN(len(r.proxies))] }

func (r *road) webhookOfAny() string { return r.door().Webhook(mainApp) }

// walk writes until it is told to stop; a message on its way is delivered
// until it is taken, as Meta does.
func (r *road) walk(walk, alive context.Context, w *walker) {
	for walk.Err() == nil && alive.Err() == nil {
		l := w.next(len(w.sent))
		w.sent = append(w.sent, l)
		time.Sleep(r.pace)
		taken, tries := r.platform.InsistAt(alive, r.webhookOfAny, mainApp, l.body)
		if !taken {
			return
		}
		r.retries.Add(int64(tries - 1))
		if rand.IntN(10) == 0 { // Meta repeats what was taken, too
			r.platform.Deliver(alive, r.webhookOfAny(), mainApp, l.body)
		}
	}
}

func (r *road) messages() int {
	n := 0
	for _, w := range r.walkers {
		n += len(w.sent)
	}
	return n
}

// settle waits until nothing is left to deliver. A killed process leaves
// leases behind, and nobody may send until they have run out.
func (r *road) settle() {
	r.Helper()
	rig.Within(r, 3*time.Minute, func() bool { return len(r.first()) == r.messages() }, func() string {
		return fmt.Sprintf("the bot has %d of %d acknowledged messages", len(r.first()), r.messages())
	})
}

// first is each message as the bot saw it first; a repeat that differs fails
// the test.
func (r *road) first() map[string]heard {
	r.Helper()
	deliveries := r.bot.Deliveries()
	for _, delivery := range deliveries[r.read:] {
		for _, m := range messages(r, delivery.Body) {
			before, ok := r.seen[m.id]
			if !ok {
				r.seen[m.id] = m
			} else if !sameTokens(before.text, m.text) {
				r.Errorf("message %s came again with other tokens: %q, then %q", m.id, before.text, m.text)
			}
		}
	}
	r.read = len(deliveries)
	return r.seen
}

// sameTokens compares but for security codes: theirs end with the process.
func sameTokens(a, b string) bool {
	return cvvToken.ReplaceAllString(a, "«cvv»") == cvvToken.ReplaceAllString(b, "«cvv»")
}

func (r *road) arrived() {
	r.Helper()
	var sent []letter
	for _, w := range r.walkers {
		sent = append(sent, w.sent...)
	}
	complete(r.T, sent, r.bot.Deliveries())
}

// resolve has the bot send every token that it saw back to its person, and
// looks at what the person gets.
func (r *road) resolve(checked map[string]bool) {
	r.Helper()
	seen := r.first()
	for _, w := range r.walkers {
		for _, l := range w.sent {
			m, ok := seen[l.id]
			if !ok || checked[l.id] {
				continue
			}
			checked[l.id] = true
			r.resolves(w, m)
		}
	}
}

func (r *road) resolves(w *walker, m heard) {
	r.Helper()
	if strings.Contains(m.text, "@") {
		r.Errorf("message %s: the bot saw %q", m.id, m.text)
	}
	token := emailToken.FindString(m.text)
	if got := r.get(w, "to "+token); got != "to "+w.address[m.id] {
		r.Errorf("message %s: the person got %q, want %q", m.id, got, "to "+w.address[m.id])
	}
	if code := cvvToken.FindString(m.text); code != "" {
		got := r.get(w, "code "+code)
		if strings.Contains(got, code) || strings.Contains(got, w.code[m.id]) || got == "code " {
			r.Errorf("message %s: the person got %q, want a placeholder for the security code", m.id, got)
		}
	}
}

// get is what a person gets when the bot of their page sends a text. It is
// found by its message, for others send too.
func (r *road) get(w *walker, text string) string {
	r.Helper()
	account, token := "shop", shopToken
	if w.page == secondPage {
		account, token = "spool", "EAAGspool3Xv"
	}
	before := len(r.platform.Calls())
	send := func() rig.Reply {
		return r.door().Send(r.Context(), "/"+account+"/v23.0/me/messages", token, rig.Marshal(rig.Object{
			"recipient": rig.Object{"id": w.person}, "message": rig.Object{"text": text},
		}))
	}
	reply := send()
	for again := 0; r.patient && reply.Status == http.StatusServiceUnavailable && again < 30; again++ {
		time.Sleep(time.Second)
		reply = send()
	}
	if reply.Err != nil || reply.Status != http.StatusOK {
		r.Fatalf("send: want 200, got %d %s (error: %v)", reply.Status, reply.Body, reply.Err)
	}
	calls := r.platform.Calls()
	if len(calls) != before+1 {
		r.Fatalf("the platform got %d calls for one send", len(calls)-before)
	}
	got, _ := dig(r.T, calls[before].JSON(r), "message", "text").(string)
	return got
}
