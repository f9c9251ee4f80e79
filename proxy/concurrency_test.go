package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

// Many people at once: buffers are shared between messages, words are not.
// Everybody's token stands for their own value, in their own conversation.
func TestManyAtOnce(t *testing.T) {
	r := newRig(t)
	r.platform.answers(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"message_id":"m","echo":%s}`, body) // unlisted places are scanned, too
	})
	var all sync.WaitGroup
	for worker := range 12 {
		all.Go(func() {
			for n := range 12 {
				r.converse(fmt.Sprintf("70000%03d%03d", worker, n), fmt.Sprintf("person.%d.%d@corp.example", worker, n), strings.Repeat("filler ", worker*n*5))
			}
		})
	}
	all.Wait()
	for _, got := range r.bots["bot"].requests() {
		if strings.Contains(got.body, "corp.example") {
			t.Fatalf("the bot got %s", got.body)
		}
		signedForBot(t, got, "bot")
	}
}

// unreadable says that a busy machine kept the rules from judging a text in
// their budget: then it is hidden whole, which is right, and no test of tokens.
func unreadable(body string) bool {
	return strings.Contains(body, "[UNREADABLE]") || strings.Contains(body, "rule_budget")
}

// converse has a person write an address and the bot write to it.
func (r *rig) converse(person, address, filler string) {
	delivery := page(entry(shopID, text(shopID, person, filler+"I am "+address)))
	got := r.hook(delivery)
	for range 2 { // the platform's retries: a busy machine may run out of the rules' budget
		if got.status != http.StatusOK {
			got = r.hook(delivery)
		}
	}
	if got.status != http.StatusOK {
		r.t.Errorf("%s: answered %d, %s", person, got.status, r.reasons())
		return
	}
	token := ""
	for _, body := range r.bots["bot"].bodies() {
		if strings.Contains(body, `"sender":{"id":"`+person+`"}`) {
			if token = tokenIn.FindString(body); unreadable(body) {
				return
			}
		}
	}
	value, err := r.value("shop", "psid:"+person, token)
	if err != nil || value.Text != address {
		r.t.Errorf("%s: the token does not stand for their address: %v", person, err)
	}
	got = r.call("/shop/me/messages", sent(person, filler+"to "+token))
	if unreadable(got.body) {
		return
	}
	want := sent(person, filler+"to "+strings.Replace(address, "@", `\u0040`, 1))
	found := false
	for _, body := range r.platform.bodies() {
		found = found || body == want
	}
	if !found || got.status != http.StatusOK || !strings.Contains(got.body, person) || strings.Contains(got.body, "corp.example") {
		r.t.Errorf("%s: answered %d %s", person, got.status, got.body)
	}
}

// Operators change modes while messages are under way.
func TestModeUnderLoad(t *testing.T) {
	r := newRig(t)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for range 25 {
				r.hook(page(entry(shopID, text(shopID, fmt.Sprint("7000", worker), "card "+card+" mail "+email))))
				r.send(anna, card)
			}
		})
	}
	for i := range 10 {
		r.mustBreak("shop", []rules.Mode{rules.Shadow, rules.Off, rules.Enforce}[i%3].String())
	}
	all.Wait()
	for _, body := range r.bots["bot"].bodies() {
		clean, hidden := strings.Contains(body, "card "+card+" mail "+email), len(tokenIn.FindAllString(body, -1)) == 2
		if clean == hidden && !unreadable(body) {
			t.Errorf("a message saw two modes: %s", body)
		}
	}
}
