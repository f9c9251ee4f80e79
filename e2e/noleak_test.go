package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// strict hides everything in both directions, so that a canary may be of any
// kind.
const strict = `  strict: {inbound: {default: tokenize}, outbound: {default: mask}, tokens: {default: mask}}`

// aviary is a desk with canaries in every place, and what came back from
// piiproxy to anybody.
type aviary struct {
	*desk
	flock   flock
	vendor  *shopwork
	mu      sync.Mutex
	answers bytes.Buffer // error answers and pages for machines
}

func newAviary(t *testing.T, mode string) *aviary {
	a := &aviary{vendor: newShopwork(t)}
	a.desk = newDesk(t, func(s *rig.Setup) {
		yaml, environ := callers()
		s.LogLevel, s.Policies = "debug", strict+"\n"+yaml
		s.Routes, s.Environ = a.vendor.routed(), append(environ, "SHOPWORK_KEY=sk_vendor_51Hx6uYw")
		s.BotTimeout, s.Upstream = 2*time.Second, 2*time.Second // what busy machines need
		for i := range s.Accounts {
			s.Accounts[i].Policy, s.Accounts[i].Mode = "strict", mode
		}
		spool := s.Accounts[0]
		spool.Name, spool.ID, spool.Token, spool.Delivery = "spool", secondPage, "EAAGspool3Xv", "spool"
		spool.Bot = "http://127.0.0.1:9/webhook" // nobody: what it gets stays in the store
		s.Accounts = append(s.Accounts, spool)
	})
	return a
}

// TestNoLeak puts canaries into every place of webhooks and sends, in good
// days and in every error there is, at log level debug. Then it looks for
// them in what the bot got, what the platform got, the log, the metrics, the
// error answers, temporary files and the raw bytes of the store, in every
// spelling and as digests.
func TestNoLeak(t *testing.T) {
	a := newAviary(t, "enforce")
	for _, step := range []struct {
		name string
		play func()
	}{
		{"good days", a.goodDays},
		{"bot down", a.botDown},
		{"bot slow", a.botSlow},
		{"bot fails", a.botFails},
		{"platform down", a.platformDown},
		{"platform slow", a.platformSlow},
		{"platform talks", a.platformTalks},
		{"store full", a.storeFull},
		{"spooled", a.spooled},
		{"forms", a.forms},
		{"routes", a.routes},
		{"people", a.people},
		{"reveals", a.reveals},
		{"wrong signature", a.wrongSignature},
		{"bad bodies", a.badBodies},
		{"odd requests", a.oddRequests},
	} {
		t.Run(step.name, func(t *testing.T) {
			a.T = t
			step.play()
			a.T = nil
		})
		a.T = t
	}
	a.pages()
	a.search(t)
}

// phase names the places of canaries after what was going on.
func (a *aviary) webhooks(phase string) []rig.Reply {
	a.Helper()
	replies := make([]rig.Reply, len(webhookNests))
	var all sync.WaitGroup
	gate := make(chan struct{}, 16)
	for i, nest := range webhookNests {
		body := nest.body(a.flock.hatch(phase+", "+nest.place, nest.kind, nest.open))
		all.Go(func() {
			gate <- struct{}{}
			replies[i] = a.platform.Deliver(a.Context(), a.webhook(), mainApp, body)
			<-gate
		})
	}
	all.Wait()
	a.keep(replies...)
	return replies
}

// calls sends every nest once and returns piiproxy's answers.
func (a *aviary) calls(phase string) []rig.Reply {
	a.Helper()
	replies := make([]rig.Reply, len(sendNests))
	var all sync.WaitGroup
	gate := make(chan struct{}, 16)
	for i, nest := range sendNests {
		target, body := nest.call(a.flock.hatch(phase+", send, "+nest.place, nest.kind, nest.open))
		token := "EAAG" + a.flock.hatch(phase+", access token in the header of "+nest.place, aWord, true)
		all.Go(func() {
			gate <- struct{}{}
			if body == nil {
				replies[i] = a.get(target, token)
			} else {
				replies[i] = a.proxy.Send(a.Context(), target, token, body)
			}
			<-gate
		})
	}
	all.Wait()
	a.keep(replies...)
	return replies
}

func (a *aviary) get(target, token string) rig.Reply {
	request, err := http.NewRequestWithContext(a.Context(), http.MethodGet, "http://"+a.proxy.BotSide()+target, nil)
	if err != nil {
		return rig.Reply{Err: err}
	}
	request.Header.Set("Authorization", "Bearer "+token)
	return rig.Do(http.DefaultClient, request)
}

// keep remembers answers that are ours, for the search. The platform's own
// answers name the recipient and go to the bot, which knows it.
func (a *aviary) keep(replies ...rig.Reply) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, reply := range replies {
		if reply.Status != http.StatusOK {
			fmt.Fprintf(&a.answers, "%d %v\n%s\n", reply.Status, reply.Header, reply.Body)
		}
	}
}

func (a *aviary) goodDays() {
	for i, reply := range a.webhooks("good days") {
		if reply.Status != http.StatusOK {
			a.Errorf("webhook with %s: got %d", webhookNests[i].place, reply.Status)
		}
	}
	for i, reply := range a.calls("good days") {
		if reply.Status != http.StatusOK {
			a.Errorf("send with %s: got %d %s", sendNests[i].place, reply.Status, reply.Body)
		}
	}
	if got := len(a.bot.Deliveries()); got < len(webhookNests) {
		a.Errorf("the bot got %d of %d deliveries", got, len(webhookNests))
	}
}

// refused wants every answer to be an error.
func (a *aviary) refused(phase string, replies []rig.Reply) {
	a.Helper()
	for i, reply := range replies {
		if reply.Err != nil || reply.Status < 400 {
			a.Errorf("%s, row %d: want an error, got %d (error: %v)", phase, i, reply.Status, reply.Err)
		}
	}
}

func (a *aviary) botDown() {
	a.bot.Behave(away)
	a.refused("bot down", a.webhooks("bot down"))
	a.bot.Behave(nil)
}

func (a *aviary) botSlow() {
	a.bot.Behave(func(_ http.ResponseWriter, r *http.Request, _ rig.Delivery) { <-r.Context().Done() })
	a.refused("bot slow", a.webhooks("bot slow"))
	a.bot.Behave(nil)
}

func (a *aviary) botFails() {
	a.bot.Behave(func(w http.ResponseWriter, _ *http.Request, delivery rig.Delivery) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write(delivery.Body) // a bot that prints what it choked on
	})
	a.refused("bot fails", a.webhooks("bot fails"))
	a.bot.Behave(nil)
}

func (a *aviary) platformDown() {
	a.platform.Answer(func(w http.ResponseWriter, _ *http.Request, _ rig.Call) bool {
		if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = connection.Close()
		}
		return true
	})
	a.refused("platform down", a.calls("platform down"))
	a.platform.Answer(nil)
}

func (a *aviary) platformSlow() {
	a.platform.Answer(func(_ http.ResponseWriter, r *http.Request, _ rig.Call) bool { <-r.Context().Done(); return true })
	a.refused("platform slow", a.calls("platform slow"))
	a.platform.Answer(nil)
	a.platformBack()
}

// platformBack waits until piiproxy asks the platform again, which it does not for
// some seconds after it hung.
func (a *aviary) platformBack() {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if reply := a.get("/shop/v23.0/"+page, shopToken); !strings.Contains(string(reply.Body), "upstream_circuit") {
			return
		}
	}
	a.Error("piiproxy never asked the platform again")
}

// platformTalks has the platform answer with people's words and names, which
// bots can ask for without a webhook.
func (a *aviary) platformTalks() {
	answers := map[string]rig.Object{
		"/shop/v23.0/" + anna + "?fields=first_name,last_name": {
			"first_name": a.flock.hatch("profile, first name", aName, false), "last_name": a.flock.hatch("profile, last name", aName, false), "id": anna,
		},
		"/shop/v23.0/" + page + "/conversations?fields=messages{message,from}": {"data": rig.List{rig.Object{
			"id": "t_1", "messages": rig.Object{"data": rig.List{rig.Object{
				"id": "m_1", "message": "card " + a.flock.hatch("history, message", aCard, false),
				"from": rig.Object{"id": anna, "name": a.flock.hatch("history, name", aName, false), "email": a.flock.hatch("history, e-mail", anEmail, false)},
			}}},
		}}},
	}
	for target, answer := range answers {
		a.platform.Answer(func(w http.ResponseWriter, _ *http.Request, _ rig.Call) bool {
			w.Header().Set("Content-Type", "application/json; charset=UTF-8")
			_, _ = w.Write(rig.Marshal(answer))
			return true
		})
		reply := a.get(target, shopToken)
		if reply.Status != http.StatusOK {
			a.Errorf("GET %s: got %d %s", target, reply.Status, reply.Body)
		}
		for _, leak := range rig.Find("the answer to GET "+target, reply.Body, a.flock.closed()) {
			a.Error(leak)
		}
	}
	a.platform.Answer(nil)
}

// storeFull: a token that is not durable must not reach the bot.
func (a *aviary) storeFull() {
	a.proxy.StoreFull(a, true)
	heard := len(a.bot.Deliveries())
	value := a.flock.hatch("store full, first", anEmail, false)
	reply := a.platform.Deliver(a.Context(), a.webhook(), mainApp, messenger(rig.Object{"text": "mail " + value}))
	a.keep(reply)
	if reply.Status != http.StatusServiceUnavailable {
		a.Errorf("store full: want 503, got %d (error: %v)", reply.Status, reply.Err)
	}
	if len(a.bot.Deliveries()) != heard {
		a.Error("store full: the bot got a token that is not on disk")
	}
	a.webhooks("store full")
	a.calls("store full")
	a.proxy.StoreFull(a, false)
	rig.Eventually(a, func() bool {
		return a.platform.Deliver(a.Context(), a.webhook(), mainApp, messenger(rig.Object{"text": "mail again " + value})).Status == http.StatusOK
	}, func() string { return "piiproxy does not recover after the store was full" })
}

// spooled leaves sealed deliveries in the store.
func (a *aviary) spooled() {
	for _, kind := range []struct {
		name string
		make kind
	}{{"e-mail", anEmail}, {"card", aCard}, {"words", aWord}} {
		person := a.flock.hatch("spooled, sender of "+kind.name, anID, true)
		text := "mine is " + a.flock.hatch("spooled, "+kind.name, kind.make, kind.name == "words")
		a.deliver(rig.Page(rig.PageEntry(secondPage, rig.Text(person, secondPage, rig.NewID("m_"), text))))
	}
}

func (a *aviary) wrongSignature() {
	for _, nest := range webhookNests {
		body := nest.body(a.flock.hatch("wrong signature, "+nest.place, nest.kind, false))
		header := http.Header{"X-Hub-Signature-256": {"sha256=" + otherApp.MAC256(body)}}
		a.keep(a.platform.Post(a.Context(), a.webhook(), body, header))
	}
}

// TestNoLeakWouldTell switches the rules off: then every canary that is
// nobody's business must be found where it went, or TestNoLeak proves nothing.
func TestNoLeakWouldTell(t *testing.T) {
	a := newAviary(t, "off")
	a.goodDays()
	seen := a.bot.Seen()
	for _, call := range a.platform.Calls() {
		seen = append(seen, call.Body...)
	}
	for _, canary := range a.flock.closed() {
		if rig.Find("", seen, []rig.Canary{canary}) == nil {
			t.Errorf("the canary of %q is not found where it is", canary.Place)
		}
	}
}

// pages keeps what machines that watch can read.
func (a *aviary) pages() {
	for _, page := range []string{"/metrics", "/healthz", "/readyz", "/"} {
		reply := a.proxy.Ops(context.Background(), page)
		fmt.Fprintf(&a.answers, "%d %v\n%s\n", reply.Status, reply.Header, reply.Body)
	}
}

// search looks everywhere. It stops the process with a dump of its stacks,
// which must not tell either.
func (a *aviary) search(t *testing.T) {
	a.proxy.Signal(syscall.SIGQUIT)
	a.proxy.Exit(t)
	t.Logf("%d canaries in %d places of webhooks and %d of sends", a.flock.n, len(webhookNests), len(sendNests))
	leaks := rig.Find("what the bot got", a.bot.Seen(), a.flock.closed())
	for _, call := range a.platform.Calls() {
		leaks = append(leaks, rig.Find("what the platform got", call.Body, a.flock.closed())...)
		leaks = append(leaks, rig.Find("a header that the platform got", fmt.Append(nil, call.Header, call.Query), a.flock.closed())...)
	}
	leaks = append(leaks, rig.Find("the log", a.proxy.Logs(), a.flock.everyone())...)
	leaks = append(leaks, rig.Find("an answer of ours or a page for machines", a.answers.Bytes(), a.flock.everyone())...)
	inFiles, err := rig.FindInFolder(a.proxy.Dir, a.flock.everyone())
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range append(leaks, inFiles...) {
		t.Error(leak)
	}
}
