package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
)

// newFleetDesk is a desk with three piiproxies on one PostgreSQL; proxy is the
// first of them.
func newFleetDesk(t *testing.T, change func(*rig.Setup)) (*desk, []*rig.Proxy) {
	return newFleetDeskOn(t, pgtest.Start(t).Database(t), change)
}

func newFleetDeskOn(t *testing.T, database string, change func(*rig.Setup)) (*desk, []*rig.Proxy) {
	d := &desk{T: t, platform: rig.NewPlatform(t), bot: rig.NewBot(t, mainApp)}
	fleet := rig.NewFleet(t, 3, database)
	d.proxy = fleet[0]
	setup := rig.Setup{
		Apps: []rig.App{mainApp}, BotTimeout: time.Second,
		Accounts: []rig.Account{{
			Name: "shop", App: "main", Channel: "messenger", ID: page, Token: shopToken, Bot: d.bot.URL, Graph: d.platform.URL,
		}},
	}
	if change != nil {
		change(&setup)
	}
	for _, p := range fleet {
		p.Start(t, setup)
	}
	return d, fleet
}

// TestFleetCrash is TestCrash with three instances behind one address, of which one
// is killed at a time, while the others go on.
func TestFleetCrash(t *testing.T) {
	t.Parallel()
	d, fleet := newFleetDesk(t, withSpool)
	r := newRoad(t, d)
	r.proxies = fleet
	r.run()
}

// TestFleetDatabase is TestFleetCrash for the database: it is killed, and the
// network to it hangs, breaks, swallows and dawdles. Meanwhile nothing with a value
// in it gets to the bot, and afterwards everything goes on by itself.
func TestFleetDatabase(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	between := pgtest.NewBetween(t, server)
	d, fleet := newFleetDeskOn(t, between.URL(t, server.Database(t)), withSpool)
	r := newRoad(t, d)
	r.proxies, r.patient = fleet, true
	strikes := []func(){
		func() { restart(t, server) },
		func() { during(between, pgtest.Hang) },
		func() { during(between, pgtest.Reset) },
		func() { during(between, pgtest.HalfOpen) },
		func() { during(between, pgtest.Slow) },
	}
	r.strike = func(round int) { strikes[round%len(strikes)]() }
	r.rounds = max(r.rounds, len(strikes))
	r.run()
}

// faultFor is how long a fault of the database or of the network to it lasts.
const faultFor = 2 * time.Second

func restart(t *testing.T, server *pgtest.Server) {
	t.Helper()
	server.Kill()
	time.Sleep(faultFor / 2)
	if err := server.Restart(); err != nil {
		t.Fatalf("restarting the database: %v", err)
	}
}

func during(between *pgtest.Between, fault pgtest.Fault) {
	between.Set(fault)
	time.Sleep(faultFor)
	between.Set(pgtest.None)
}

// relay is a desk on which every step is another instance's, and the one that did
// the step before has been killed.
type relay struct {
	*desk
	fleet []*rig.Proxy
	at    int // who is next
	cards flock
}

// next kills the instance that did the last step, and gives another one, which
// knows nothing but what is in the database.
func (r *relay) next() *rig.Proxy {
	r.Helper()
	r.fleet[r.at].Kill()
	r.fleet[(r.at+2)%len(r.fleet)].Run(r) // killed a step earlier
	r.at = (r.at + 1) % len(r.fleet)
	r.proxy = r.fleet[r.at]
	return r.proxy
}

// TestFleetRelay: a person writes, the bot arms a question, the person answers; the
// bot asks for a card, the person opens the form, fills it in, and the bot has its
// turn: every step another instance's, kill -9 between any two.
func TestFleetRelay(t *testing.T) {
	t.Parallel()
	d, fleet := newFleetDesk(t, nil)
	r := &relay{desk: d, fleet: fleet}
	fleet[2].Kill()
	rounds := max(2, *rig.Rounds/7) // each kills seven times
	for round := range rounds {
		r.round(round)
		if t.Failed() {
			t.Fatalf("round %d failed", round+1)
		}
	}
	t.Logf("%d rounds, each step another instance's", rounds)
}

func (r *relay) round(round int) {
	r.Helper()
	person := fmt.Sprintf("71203488904%05d", 10000+round)
	r.deliverTo(r.proxy, person, "hi")
	r.next()
	r.asksFor(person, "What are the last 4 digits of your card?")
	r.next()
	if got := r.hears(person, "4821"); strings.Contains(got, "4821") {
		r.Errorf("armed by another instance: the bot got %q", got)
	}
	r.next()
	link := r.asksFor(person, askForCard)
	if link == "" {
		r.Fatal("the question was not captured")
	}
	card := r.cards.hatch("form", aCard, false)
	form, reply, err := r.next().NewVisitor().Open(r.Context(), link)
	if err != nil {
		r.Fatalf("opening the form elsewhere: %d %v", reply.Status, err)
	}
	seen := newSignal()
	if round%2 == 0 { // the one that was told of it cannot bring it to the bot
		r.bot.Behave(func(w http.ResponseWriter, q *http.Request, delivery rig.Delivery) {
			away(w, q, delivery)
			seen.give()
		})
	}
	if reply := form.On(r.next()).Fill(r.Context(), cardOf(card)); reply.Err != nil || reply.Status != http.StatusSeeOther {
		r.Fatalf("filling it in elsewhere: %d (error: %v)", reply.Status, reply.Err)
	}
	if round%2 == 0 {
		<-seen.given
	}
	r.next()
	r.bot.Behave(nil)
	turn := r.turnOf(person, card)
	if again := form.On(r.proxy).Fill(r.Context(), cardOf(card)); again.Status != http.StatusGone {
		r.Errorf("once more: %d", again.Status)
	}
	r.next()
	like, _, _ := strings.Cut(turn, " ")
	if got := r.gets(person, "We charge "+like); strings.Contains(got, like) || strings.Contains(got, strings.ReplaceAll(card, " ", "")) || !strings.HasPrefix(got, "We charge ") {
		r.Errorf("the person got %q", got)
	}
}

// deliverTo delivers a person's text to one instance.
func (r *relay) deliverTo(p *rig.Proxy, person, text string) {
	r.Helper()
	body := rig.Page(rig.PageEntry(page, rig.Text(person, page, rig.NewID("m_"), text)))
	r.platform.MustDeliver(r, p.Webhook(mainApp), mainApp, body)
}

// asksFor lets the bot ask, and gives the link that took the question's place, if
// one did.
func (r *relay) asksFor(person, question string) string {
	r.Helper()
	before := len(sends(r.platform))
	if reply := r.says(person, question); reply.Err != nil || reply.Status != http.StatusOK {
		r.Fatalf("asking: %d %s (error: %v)", reply.Status, reply.Body, reply.Err)
	}
	return rig.LinkID(awaitSend(r.T, r.platform, before+1).Body)
}

// turnOf waits for the one message that the bot gets for a form: the look-alike of
// the card.
func (r *relay) turnOf(person, card string) (text string) {
	r.Helper()
	digits := strings.ReplaceAll(card, " ", "")
	turns := map[string]string{}
	rig.Within(r, 2*time.Minute, func() bool {
		for _, delivery := range r.bot.Deliveries() {
			for _, m := range messages(r, delivery.Body) {
				if m.person == person && strings.Contains(m.text, digits[12:]) {
					turns[m.id], text = m.text, m.text
				}
			}
		}
		return len(turns) > 0
	}, func() string { return "the bot did not get what was filled in" })
	if len(turns) != 1 || strings.Contains(text, digits) {
		r.Errorf("the bot got %v", turns)
	}
	return text
}
