package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// folkPeople are those who write messages.
const folkPeople = "71203488906"

// folk is a person who writes on and on, whatever the network does.
type folk struct {
	person, page string
	n            int
}

func newFolk(i int) *folk {
	f := &folk{person: fmt.Sprintf("%s%05d", folkPeople, 10000+i), page: page}
	if i%2 == 1 {
		f.page = secondPage
	}
	return f
}

// larkOf is the address in a person's n-th message.
func larkOf(person string, n int) string {
	return fmt.Sprintf("%s%s.%d@example.org", larkStem, person[11:], n)
}

// cardWith is a card whose number begins with the stem, and has a right check digit.
func cardWith(n int) string {
	digits := fmt.Sprintf("%s%03d", cardStem, n)
	sum := 0
	for i := range digits {
		d := int(digits[i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + fmt.Sprint((10-sum%10)%10)
}

// writes delivers messages, each until it is taken, and some again, as Meta does.
func (w *town) writes(ctx context.Context, f *folk) {
	webhook := func() string { return "http://" + w.platformLine.Address() + "/webhook/" + mainApp.Name }
	for ; ctx.Err() == nil; f.n++ {
		id := fmt.Sprintf("m_%s_%06d", f.person, f.n)
		text := fmt.Sprintf("write to %s or charge %s", larkOf(f.person, f.n), cardWith(rand.IntN(1000)))
		body := rig.Page(rig.PageEntry(f.page, rig.Text(f.person, f.page, id, text)))
		taken, tries := w.platform.InsistAt(w.Context(), webhook, mainApp, body)
		if !taken {
			return // the test is over
		}
		w.retried.Add(int64(tries - 1))
		w.mu.Lock()
		w.taken[id] = true
		w.mu.Unlock()
		if f.n%20 == 7 {
			w.platform.Deliver(ctx, webhook(), mainApp, body)
		}
		time.Sleep(40 * time.Millisecond)
	}
}

// hear is the bot: it notes what it gets, drops repeats and answers each message
// with what is in it.
func (w *town) hear(_ http.ResponseWriter, _ *http.Request, delivery rig.Delivery) {
	if !delivery.Valid256 {
		w.Error("the bot got a delivery with a wrong signature")
	}
	w.closed("the bot", string(delivery.Body), larkStem, cardStem)
	for _, m := range messages(w, delivery.Body) {
		w.mu.Lock()
		before, again := w.heard[m.id]
		if !again {
			w.heard[m.id] = m.text
			if strings.HasPrefix(m.person, formPeople) && m.text != "hi" {
				if other := w.turns[m.person]; other != "" {
					w.Errorf("the bot got two messages for one form of %s", m.person)
				}
				w.turns[m.person] = m.id
			}
		}
		w.mu.Unlock()
		switch {
		case again:
			w.twice.Add(1)
			if before != m.text {
				w.Errorf("message %s came again with other tokens", m.id)
			}
		case !strings.HasPrefix(m.person, formPeople):
			w.sending.Go(func() { w.answers(m) })
		}
	}
}

var noteNumber = regexp.MustCompile(`note (\d+)\.`)

// answers sends a message's tokens back to its person, with an address that the
// bot has from elsewhere.
func (w *town) answers(m heard) {
	number := fmt.Sprint(w.notes.Add(1))
	text := fmt.Sprintf("note %s. We write to %s about %s, not to %s%s@example.org", number,
		emailToken.FindString(m.text), cardToken.FindString(m.text), wrenStem, number)
	account, token := "shop", shopToken
	if w.pageOf(m.person) == secondPage {
		account, token = "spool", "EAAGspool3Xv"
	}
	if w.sends(account, token, m.person, text) {
		w.mu.Lock()
		w.done[number] = true
		w.mu.Unlock()
	}
}

func (w *town) pageOf(person string) string {
	for _, f := range w.folks {
		if f.person == person {
			return f.page
		}
	}
	return page
}

// sends makes one call of the bot, and makes it again only where the answer says
// that it may: true when it is done. Without an answer the bot does not know, and
// does not try again.
func (w *town) sends(account, token, person, text string) bool {
	body := rig.Marshal(rig.Object{"recipient": rig.Object{"id": person}, "message": rig.Object{"text": text}})
	for range 20 {
		request, err := http.NewRequestWithContext(w.Context(), http.MethodPost,
			"http://"+w.callLine.Address()+"/"+account+"/v23.0/me/messages", bytes.NewReader(body))
		if err != nil {
			w.Error(err)
			return false
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "Bearer "+token)
		reply := rig.Do(&w.agent, request)
		var refusal struct {
			Error struct {
				Transient bool `json:"is_transient"`
			}
		}
		switch {
		case reply.Err != nil:
			return false
		case reply.Status == http.StatusOK:
			return true
		case json.Unmarshal(reply.Body, &refusal) != nil || !refusal.Error.Transient:
			return false
		}
		w.retried.Add(1)
		time.Sleep(300 * time.Millisecond)
	}
	return false
}

// note is the platform: it notes sends and links, and answers as usual.
func (w *town) note(_ http.ResponseWriter, _ *http.Request, call rig.Call) bool {
	text := string(call.Body)
	w.closed("the platform", text, wrenStem, cardStem)
	var send struct {
		Recipient struct{ ID string }
		Message   struct{ Text string }
	}
	if json.Unmarshal(call.Body, &send) != nil {
		w.Error("the platform got a body that is no JSON")
		return false
	}
	person := send.Recipient.ID
	w.mu.Lock()
	defer w.mu.Unlock()
	if number := noteNumber.FindStringSubmatch(send.Message.Text); number != nil {
		w.arrived[number[1]]++
		switch words := send.Message.Text; {
		case strings.Contains(words, larkStem+person[11:]+"."):
		case strings.Contains(words, "We write to l***@example.org"):
			w.hidden++ // the rules had no time to look at it: unknown is not clean
		default:
			w.Errorf("send %s: the address was not restored: %q", number[1], words)
		}
	}
	if id := rig.LinkID(call.Body); id != "" {
		w.links[person] = id
	}
	return false
}

// formPeople are those who fill forms in, each once.
const formPeople = "71203488907"

// fillsIn lets the bot ask one person after the other for a card, who gives it in
// the form, and tries again until they know that it has arrived.
func (w *town) fillsIn(ctx context.Context, seat int) {
	visitor := w.proxy.NewVisitorAt(w.formLine.Address(), givesUp)
	webhook := func() string { return "http://" + w.platformLine.Address() + "/webhook/" + mainApp.Name }
	for n := 0; ctx.Err() == nil; n++ {
		person := fmt.Sprintf("%s%05d", formPeople, 10000*(seat+1)+n)
		body := rig.Page(rig.PageEntry(page, rig.Text(person, page, "m_"+person, "hi")))
		if taken, _ := w.platform.InsistAt(ctx, webhook, mainApp, body); !taken {
			return
		}
		if !w.sends("shop", shopToken, person, askForCard) {
			continue // perhaps sent, perhaps not: the bot gives up on this person
		}
		w.mu.Lock()
		link := w.links[person]
		w.mu.Unlock()
		if link == "" {
			w.Errorf("the question to %s came to no link", person)
			return
		}
		w.fills(ctx, visitor, person, link)
		time.Sleep(100 * time.Millisecond)
	}
}

// fills is one person with one form. Whoever pressed the button and had no answer
// opens the link again; that it is used up then means that it worked.
func (w *town) fills(ctx context.Context, visitor *rig.Visitor, person, link string) {
	values := cardOf(cardWith(rand.IntN(1000)))
	pressed := false
	for ctx.Err() == nil {
		form, reply, err := visitor.Open(ctx, link)
		done := pressed && reply.Err == nil && reply.Status == http.StatusGone
		if err == nil {
			pressed = true
			reply = form.Fill(ctx, values)
			done = reply.Err == nil && (reply.Status == http.StatusSeeOther || reply.Status == http.StatusGone)
		}
		if done {
			w.mu.Lock()
			w.filled[person] = true
			w.mu.Unlock()
			return
		}
		w.retried.Add(1)
		time.Sleep(300 * time.Millisecond)
	}
}
