package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// customer is a good platform and a good bot, who go on while somebody attacks,
// and machines that watch piiproxy's health.
type customer struct {
	*desk
	mu    sync.Mutex
	took  []time.Duration
	wrong []string
	fds   float64 // the most that was open at once
}

// goesOn delivers, sends and looks at the health until the context ends.
func (c *customer) goesOn(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		person := fmt.Sprintf("71203488908%05d", n)
		body := rig.Page(rig.PageEntry(page, rig.Text(person, page, rig.NewID("m_"), "write to "+email)))
		c.note("webhook", c.platform.Deliver(c.Context(), c.webhook(), mainApp, body))
		c.note("send", c.says(person, "hello, we have your order"))
		c.note("health", c.proxy.Ops(c.Context(), "/healthz"))
		fds := c.metric("process_open_fds", "")
		c.mu.Lock()
		c.fds = max(c.fds, fds)
		c.mu.Unlock()
		time.Sleep(50 * time.Millisecond)
	}
}

func (c *customer) note(what string, reply rig.Reply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took = append(c.took, reply.Took)
	if reply.Err != nil || reply.Status != http.StatusOK {
		c.wrong = append(c.wrong, fmt.Sprintf("%s: %d %s (error: %v)", what, reply.Status, reply.Body, reply.Err))
	}
}

// during runs an attack while the customer goes on, and fails the test when
// anything of theirs went wrong.
func (c *customer) during(name string, d time.Duration, attack func(ctx context.Context)) {
	c.Helper()
	c.took, c.wrong, c.fds = nil, nil, 0
	ctx, stop := context.WithTimeout(c.Context(), d)
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { c.goesOn(ctx) })
	attack(ctx)
	both.Wait()
	for _, wrong := range c.wrong[:min(len(c.wrong), 3)] {
		c.Errorf("%s: %s", name, wrong)
	}
	slices.Sort(c.took)
	if len(c.took) == 0 {
		c.Fatalf("%s: the good clients got nowhere", name)
	}
	c.Logf("%s: %d of %d requests went wrong, 99 of 100 took %s at most; %.0f descriptors", name,
		len(c.wrong), len(c.took), c.took[len(c.took)*99/100].Round(time.Millisecond), c.fds)
}

// TestSlowAttacks: connections whose head or body never ends, or that read their
// answer byte by byte, at both listeners. Health stays 200, and nobody else
// notices.
func TestSlowAttacks(t *testing.T) {
	c := &customer{desk: newDesk(t, func(s *rig.Setup) { s.Server = "{write_timeout: 15s}" })}
	big := rig.Marshal(rig.Object{"data": rig.List{rig.Object{"id": "t_1", "name": strings.Repeat("a", 200<<10)}}})
	c.platform.Answer(func(w http.ResponseWriter, _ *http.Request, call rig.Call) bool {
		if call.Path != "/v23.0/big" {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(big)
		return true
	})
	before := c.metric("go_goroutines", "")
	for _, attack := range rig.SlowAttacks {
		for name, address := range map[string]string{"bot": "http://" + c.proxy.BotSide() + "/shop/v23.0/me/messages", "public": c.webhook()} {
			if attack.Name == "read" {
				if name == "public" {
					continue // its answers have no length
				}
				address = "http://" + c.proxy.BotSide() + "/shop/v23.0/big"
			}
			c.during(attack.Name+", "+name, *rig.AttackFor, func(ctx context.Context) { attack.Run(ctx, t, address, *rig.Connections) })
			if c.fds < float64(*rig.Connections)/2 {
				t.Errorf("%s, %s: only %.0f descriptors were open: the attack showed nothing", attack.Name, name, c.fds)
			}
		}
	}
	rig.Within(t, 2*time.Minute, func() bool { return c.metric("go_goroutines", "") <= before+20 }, func() string {
		return fmt.Sprintf("%.0f goroutines stay, %.0f were there before", c.metric("go_goroutines", ""), before)
	})
}

// TestStreamAttacks: what abuses the streams of HTTP/2, at the listener with TLS,
// which offers HTTP/1.1 only.
func TestStreamAttacks(t *testing.T) {
	c := &customer{desk: &desk{T: t, platform: rig.NewPlatform(t), proxy: rig.NewProxy(t), bot: rig.NewBot(t, mainApp)}}
	c.proxy.Secure(t)
	c.proxy.Start(t, rig.Setup{Apps: []rig.App{mainApp}, Accounts: []rig.Account{{
		Name: "shop", App: "main", Channel: "messenger", ID: page, Token: shopToken, Bot: c.bot.URL, Graph: c.platform.URL,
	}}})
	c.during("nothing", time.Second, func(ctx context.Context) { <-ctx.Done() })
	before := c.proxy.Resident(t)
	for _, attack := range rig.StreamAttacks {
		for name, protocols := range map[string][]string{"offered": {"h2"}, "not offered": {"http/1.1"}} {
			var mu sync.Mutex
			connections, streams := 0, 0
			c.during(attack.Name+", "+name, *rig.AttackFor/2, func(ctx context.Context) {
				var four sync.WaitGroup
				for range 4 {
					four.Go(func() {
						a, b := attack.Run(ctx, c.proxy.Public(), protocols...)
						mu.Lock()
						defer mu.Unlock()
						connections, streams = connections+a, streams+b
					})
				}
				four.Wait()
			})
			t.Logf("%s, %s: %d connections, %d streams were written", attack.Name, name, connections, streams)
		}
	}
	if after := c.proxy.Resident(t); after > before+64<<20 {
		t.Errorf("piiproxy held %d MiB, and holds %d MiB now", before>>20, after>>20)
	}
}
