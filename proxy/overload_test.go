package proxy_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// slow is a rule that runs out of its budget on a long run of words.
func slow(p *plan) {
	p.rule = "rules:\n  - {id: slow, kind: email, patterns: [{regex: '(?:\\w+\\W*)*END'}]}\n"
}

var endless = "END " + strings.Repeat("aaaaaaaa ", 2000) + "!stop?"

// A text that the rules cannot judge in time may be read at the next try; the
// third time it is hidden whole, and the original sealed.
func TestRuleBudgetInbound(t *testing.T) {
	r := newRig(t, slow)
	body := page(entry(shopID, text(shopID, anna, endless), text(shopID, bert, "hello "+card)))
	for i, want := range []int{503, 503, 200} {
		if got := r.hook(body); got.status != want {
			t.Errorf("time %d: answered %d, want %d", i+1, got.status, want)
		}
	}
	matches(t, "the bot", strings.NewReplacer(endless, "[UNREADABLE]", card, "{creditcard}").Replace(body), r.only(r.bots["bot"]).body)
	if got := r.quarantined(); len(got) != 1 || got[0] != "rule_budget "+body {
		t.Errorf("quarantine holds %.200s", got)
	}
	if got := r.counter(`piiproxy_refused_total{reason="rule_budget"}`); got != 2 {
		t.Errorf("counted %v", got)
	}
}

// A bot's text that cannot be judged is refused, and may be tried again.
func TestRuleBudgetOutbound(t *testing.T) {
	r := newRig(t, slow)
	for range 3 {
		r.refused("a long text", r.call("/shop/me/messages", sent(anna, endless)), http.StatusServiceUnavailable, "rule_budget")
	}
	r.nothing(r.platform)
	r.platform.says(http.StatusOK, "application/json", `{"error":{"message":"`+endless+`"}}`)
	got := r.send(anna, "hello")
	r.refused("a long answer to a send", got, http.StatusBadGateway, "rule_budget")
	if !strings.Contains(got.body, `"is_transient":false`) {
		t.Errorf("a send that was carried out is called transient: %s", got.body)
	}
	got = r.ask("bot", "GET", "/shop/me/conversations", "")
	r.refused("a long answer to a read", got, http.StatusServiceUnavailable, "rule_budget")
}

// Bodies that are held are bounded by their bytes; over it callers are told to
// come again, and what was held is given back.
func TestBodiesHeld(t *testing.T) {
	r := newRig(t, func(p *plan) { p.limits.Payload.Bytes, p.limits.Admission.Held = 4096, 64*4096 })
	var held []net.Conn
	hold := func() {
		connection, err := net.Dial("tcp", r.address["bot"])
		r.must(err)
		t.Cleanup(func() { _ = connection.Close() })
		_, err = io.WriteString(connection, request(sendLine, strings.Repeat("x", 4000), fmt.Sprint("Content-Length: ", 4001)))
		r.must(err)
		held = append(held, connection)
	}
	long := sent(anna, strings.Repeat("a", 3900))
	var got reply
	// One by one: bodies that are read at once push each other out when it is full.
	r.until("overload", func() bool {
		hold()
		got = r.call("/shop/me/messages", long)
		return strings.Contains(got.body, "(overload)")
	})
	r.refused("too many bodies", got, http.StatusServiceUnavailable, "overload")
	if shape := graphShape(got.body); shape.Code != 80007 || !*shape.Transient {
		t.Errorf("answered %s", got.body)
	}
	if got := r.hook(page(entry(shopID, text(shopID, anna, "hi")))); got.status != http.StatusOK {
		t.Errorf("a webhook, which has a gate of its own: answered %d", got.status)
	}
	for _, connection := range held {
		_ = connection.Close()
	}
	r.until("room again", func() bool { return r.call("/shop/me/messages", long).status == http.StatusOK })
}

// Whoever only promises a body takes nobody's room.
func TestPromisedBodies(t *testing.T) {
	r := newRig(t, func(p *plan) { p.limits.Payload.Bytes, p.limits.Admission.Held = 4096, 64*4096 })
	for range 100 {
		connection, err := net.Dial("tcp", r.address["bot"])
		r.must(err)
		defer connection.Close()
		_, err = io.WriteString(connection, request(sendLine, "", "Content-Length: 4096"))
		r.must(err)
	}
	time.Sleep(50 * time.Millisecond) // lets the heads arrive
	if got := r.call("/shop/me/messages", sent(anna, strings.Repeat("a", 3900))); got.status != http.StatusOK {
		t.Errorf("answered %d %s", got.status, got.body)
	}
}
