package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
)

// Canaries of TestFaults carry a stem that says whose they are, so that
// thousands of them can be searched for at once: an address of a person, which
// may come back to that person only; one that the bot has from elsewhere; and a
// card of a person, in a message or in a form. Of a card a look-alike keeps the
// first six digits, so that the stem needs more of them.
const (
	larkStem = "larkfault"
	wrenStem = "wrenfault"
	cardStem = "453988207419"
)

// town is a desk whose parties reach each other over lines that can be faulty.
type town struct {
	*desk
	platformLine, botLine, callLine, graphLine, storeLine, formLine *rig.Line

	database *pgtest.Server
	agent    http.Client // the bot's, for what it sends
	sending  sync.WaitGroup
	folks    []*folk
	notes    atomic.Int64 // sends of the bot, each with a number of its own
	retried  atomic.Int64 // deliveries and sends that were made again
	twice    atomic.Int64 // deliveries that the bot got again

	mu      sync.Mutex
	taken   map[string]bool   // message ids that were acknowledged
	heard   map[string]string // message id -> the text that the bot got first
	turns   map[string]string // of people who filled a form in: person -> message id
	links   map[string]string // person -> id of the link that the platform got for them
	arrived map[string]int    // number of a send -> how often the platform got it
	hidden  int               // sends in which an address was hidden that might have been restored
	done    map[string]bool   // numbers of sends that the bot was told are done
	filled  map[string]bool   // people who were told that their form is done
}

// patience is how long everybody waits for an answer before they give up.
const givesUp = 6 * time.Second

func newTown(t *testing.T) *town {
	w := &town{
		database: pgtest.Start(t), taken: map[string]bool{}, heard: map[string]string{}, turns: map[string]string{}, links: map[string]string{},
		arrived: map[string]int{}, done: map[string]bool{}, filled: map[string]bool{},
	}
	w.desk = &desk{T: t, platform: rig.NewPlatform(t), bot: rig.NewBot(t, mainApp)}
	w.platform.Patience(givesUp)
	w.storeLine = rig.NewLine(t, "proxy to store", w.database.Address())
	w.proxy = rig.NewFleet(t, 1, through(t, w.database.Database(t), w.storeLine))[0]
	w.platformLine = rig.NewLine(t, "platform to proxy", w.proxy.Public())
	w.formLine = rig.NewLine(t, "person to form", w.proxy.Public())
	w.callLine = rig.NewLine(t, "bot to proxy", w.proxy.BotSide())
	w.botLine = rig.NewLine(t, "proxy to bot", hostOf(t, w.bot.URL))
	w.graphLine = rig.NewLine(t, "proxy to Graph", hostOf(t, w.platform.URL))
	w.agent = http.Client{Timeout: givesUp, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	t.Cleanup(w.agent.CloseIdleConnections)
	setup := rig.Setup{
		Apps: []rig.App{mainApp}, BotTimeout: 2 * time.Second, Upstream: 2 * time.Second,
		Accounts: []rig.Account{{
			Name: "shop", App: "main", Channel: "messenger", ID: page, Token: shopToken,
			Bot: "http://" + w.botLine.Address() + "/webhook", Graph: "http://" + w.graphLine.Address(),
		}},
	}
	withSpool(&setup)
	w.bot.Behave(w.hear)
	w.platform.Answer(w.note)
	w.proxy.Start(t, setup)
	return w
}

func (w *town) lines() []*rig.Line {
	return []*rig.Line{w.platformLine, w.botLine, w.callLine, w.graphLine, w.storeLine, w.formLine}
}

// through is an address of a database by way of a line.
func through(t *testing.T, database string, line *rig.Line) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal("reading the database's URL")
	}
	u.Host = line.Address()
	return u.String()
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// TestFaults makes the network between platform, bot, store, person and piiproxy
// faulty, one line after the other and two at a time, while everybody goes on.
//
//   - leaked: nobody sees, and nothing keeps in the clear, what is not theirs;
//   - lost: what was acknowledged arrives, be it a message or a form;
//   - doubled: the platform gets each send of the bot once at most, and one that
//     the bot was told is done exactly once;
//   - left over: goroutines, sockets and memory come back to where they were.
func TestFaults(t *testing.T) {
	t.Parallel() // most of its time is waiting
	w := newTown(t)
	before := w.quiet()
	ctx, stop := context.WithCancel(t.Context())
	var everybody sync.WaitGroup
	for i := range 8 {
		f := newFolk(i)
		w.folks = append(w.folks, f)
		everybody.Go(func() { w.writes(ctx, f) })
	}
	for i := range 2 {
		everybody.Go(func() { w.fillsIn(ctx, i) })
	}
	faults := w.storm(time.Duration(*rig.Minutes * float64(time.Minute)))
	stop()
	everybody.Wait()
	w.sending.Wait()
	w.settle()
	w.lost()
	w.doubled()
	w.leftOver(before)
	t.Logf("%d faults: %d messages and %d forms of people, %d came again; %d sends of the bot, %d arrived; %d tries again",
		faults, len(w.taken), len(w.filled), w.twice.Load(), w.notes.Load(), len(w.arrived), w.retried.Load())
	if w.retried.Load() == 0 {
		t.Error("nobody had to try again: the test showed nothing")
	}
	w.leaked()
}

// storm makes lines faulty for a time and tells how often it did.
func (w *town) storm(d time.Duration) int64 {
	var faults atomic.Int64
	end := time.Now().Add(d)
	pause := min(d/60, 2500*time.Millisecond)
	lines := w.lines()
	var both sync.WaitGroup
	for half := range 2 { // each half has three lines: two are faulty at a time
		both.Go(func() {
			for n := 0; time.Now().Before(end); n++ {
				line := lines[2*(n%3)+half]
				fault := rig.Faults[(n/3+n)%len(rig.Faults)]
				line.Set(fault)
				faults.Add(1)
				time.Sleep(2 * pause)
				line.Set(rig.Clear)
				time.Sleep(pause)
			}
		})
	}
	both.Wait()
	return faults.Load()
}

// quiet is what the process holds at rest, once caches are warm.
func (w *town) quiet() holding {
	w.Helper()
	person := folkPeople + "99999"
	for n := range 100 {
		w.platform.MustDeliver(w, w.webhook(), mainApp, rig.Page(rig.PageEntry(page, rig.Text(person, page, fmt.Sprint("m_", n), "mail "+larkOf(person, n)))))
	}
	w.sending.Wait()
	w.cut()
	time.Sleep(time.Second)
	return w.holds()
}

// cut breaks the connections that are kept for later.
func (w *town) cut() {
	w.agent.CloseIdleConnections()
	for _, line := range w.lines() {
		line.Cut()
	}
}

// settle waits until nothing is on its way any more.
func (w *town) settle() {
	w.Helper()
	missing := func() (messages, forms int) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for id := range w.taken {
			if _, there := w.heard[id]; !there {
				messages++
			}
		}
		for person := range w.filled {
			if w.turns[person] == "" {
				forms++
			}
		}
		return messages, forms
	}
	rig.Within(w, 3*time.Minute, func() bool { m, f := missing(); return m+f == 0 }, func() string {
		m, f := missing()
		return fmt.Sprintf("lost: the bot lacks %d messages and %d forms that were acknowledged", m, f)
	})
	rig.Within(w, time.Minute, func() bool { return w.metric("piiproxy_outbox", "") == 0 }, func() string { return "something stays in the outbox" })
}

// lost fails the test unless every account of what arrived is right.
func (w *town) lost() {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.filled) == 0 || len(w.taken) < 50 {
		w.Errorf("%d messages and %d forms: too few to show anything", len(w.taken), len(w.filled))
	}
	if w.hidden*100 > len(w.arrived) {
		w.Errorf("in %d of %d sends a person's own address was hidden", w.hidden, len(w.arrived))
	}
}

// doubled fails the test when a person would have got a message twice.
func (w *town) doubled() {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for number, times := range w.arrived {
		if times > 1 {
			w.Errorf("the platform got send %s %d times", number, times)
		}
	}
	for number := range w.done {
		if w.arrived[number] != 1 {
			w.Errorf("the bot was told that send %s is done; the platform got it %d times", number, w.arrived[number])
		}
	}
}

// holding is what the process holds, as it says itself.
type holding struct{ goroutines, sockets, heap, resident float64 }

func (h holding) String() string {
	return fmt.Sprintf("%.0f goroutines, %.0f sockets and files, heap %.1f MiB, resident %.1f MiB", h.goroutines, h.sockets, h.heap/(1<<20), h.resident/(1<<20))
}

func (w *town) holds() holding {
	w.Helper()
	return holding{
		w.metric("go_goroutines", ""), w.metric("process_open_fds", ""),
		w.metric("go_memstats_heap_alloc_bytes", ""), w.metric("process_resident_memory_bytes", ""),
	}
}

// leftOver fails the test unless the process comes back to what it held before.
// Connections that are kept for later go with their lines.
func (w *town) leftOver(before holding) {
	w.Helper()
	w.cut()
	var after holding
	rig.Within(w, 2*time.Minute, func() bool {
		after = w.holds()
		time.Sleep(200 * time.Millisecond)
		return after.goroutines <= before.goroutines+10 && after.sockets <= before.sockets+10 &&
			after.heap <= before.heap+32<<20 && after.resident <= before.resident+64<<20
	}, func() string { return fmt.Sprintf("it held %s, and now %s", before, after) })
	w.Logf("before: %s; after: %s", before, after)
}

// leaked looks everywhere for the canaries.
func (w *town) leaked() {
	w.Helper()
	everything := []rig.Canary{{Place: "people's addresses", Value: larkStem}, {Place: "the bot's addresses", Value: wrenStem}, {Place: "cards", Value: cardStem}}
	leaks := rig.Find("the log", w.proxy.Logs(), everything)
	if w.proxy.Ops(w.Context(), "/metrics").Status == http.StatusOK {
		leaks = append(leaks, rig.Find("metrics", w.proxy.Ops(w.Context(), "/metrics").Body, everything)...)
	}
	w.database.Kill() // what is in memory goes with it; the write-ahead log is what is looked at
	for _, folder := range []string{w.proxy.Dir, w.database.Folder()} {
		found, err := rig.FindInFolder(folder, everything)
		if err != nil {
			w.Fatal(err)
		}
		leaks = append(leaks, found...)
	}
	for _, leak := range leaks {
		w.Error(leak)
	}
}

// closed fails the test when somebody sees a canary that is not theirs. In long
// runs it is asked thousands of times, so it looks for the stems alone.
func (w *town) closed(who, text string, stems ...string) {
	compact := strings.NewReplacer(" ", "", "-", "").Replace(text)
	for _, stem := range stems {
		if at := strings.Index(compact, stem); at >= 0 {
			w.Errorf("leaked: %s got a canary of %s: %q", who, stem, compact[max(0, at-60):min(len(compact), at+60)])
		}
	}
}
