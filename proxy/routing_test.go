package proxy_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

// twoBots gives the app two pages and two numbers of one business, whose bots
// differ, beside a page that shares a bot.
func twoBots(p *plan) {
	p.accounts = []account{
		{name: "shop", channel: "messenger", id: "1001", app: "main", bot: "left"},
		{name: "store", channel: "messenger", id: "1002", app: "main", bot: "left"},
		{name: "desk", channel: "messenger", id: "1003", app: "main", bot: "right"},
		{name: "east", channel: "whatsapp", id: "2001", business: lineBusiness, app: "main", bot: "left"},
		{name: "west", channel: "whatsapp", id: "2002", business: lineBusiness, app: "main", bot: "right"},
		{name: "alien", channel: "messenger", id: "3001", app: "other", bot: "alien"},
	}
}

// A delivery is split only where bots differ; what nobody names is set aside.
func TestRouting(t *testing.T) {
	a, b, c, foreign := text("1001", anna, "one "+card), text("1002", bert, "two"), text("1003", anna, "three "+email), text("9999", anna, "foreign "+card)
	for _, test := range []struct {
		name, sent, left, right string
		aside                   []string
	}{
		{"several messages", page(entry("1001", a, text("1001", bert, "four"))), page(entry("1001", a, text("1001", bert, "four"))), "", nil},
		{"several entries", page(entry("1001", a), entry("1001", text("1001", bert, "four"))), page(entry("1001", a), entry("1001", text("1001", bert, "four"))), "", nil},
		{"accounts of one bot", page(entry("1001", a), entry("1002", b)), page(entry("1001", a), entry("1002", b)), "", nil},
		{"two bots", page(entry("1001", a), entry("1003", c), entry("1002", b)), page(entry("1001", a), entry("1002", b)), page(entry("1003", c)), nil},
		{"foreign entry", page(entry("9999", foreign), entry("1001", a)), page(entry("1001", a)), "", []string{foreign}},
		{"foreign between two bots", page(entry("1003", c), entry("9999", foreign), entry("1001", a)), page(entry("1001", a)), page(entry("1003", c)), []string{foreign}},
		{"only foreign", page(entry("9999", foreign)), "", "", []string{foreign}},
		{"another app's account", page(entry("3001", text("3001", anna, "x")), entry("1001", a)), page(entry("1001", a)), "", []string{text("3001", anna, "x")}},
		{
			"changes of two numbers", waba(change("2001", waText(annaPhone, card)), change("2002", waText(annaPhone, "hi"))),
			waba(change("2001", waText(annaPhone, card))), waba(change("2002", waText(annaPhone, "hi"))), nil,
		},
		{
			"foreign number", waba(change("7777", waText(annaPhone, card)), change("2002", waText(annaPhone, "hi"))),
			"", waba(change("2002", waText(annaPhone, "hi"))),
			[]string{change("7777", waText(annaPhone, card))},
		},
		{"messenger id on another channel", instagram(entry("1001", a)), "", "", []string{a}},
	} {
		r := newRig(t, twoBots)
		if got := r.hook(test.sent); got.status != http.StatusOK {
			t.Errorf("%s: answered %d", test.name, got.status)
			continue
		}
		for name, want := range map[string]string{"left": test.left, "right": test.right, "alien": ""} {
			bodies := r.bots[name].bodies()
			switch {
			case want == "" && len(bodies) == 0:
			case want == "" || len(bodies) != 1:
				t.Errorf("%s: bot %s got %d deliveries: %s", test.name, name, len(bodies), bodies)
			default:
				matches(t, test.name+" to "+name, strings.NewReplacer(card, "{creditcard}", email, "{email}").Replace(want), bodies[0])
				signedForBot(t, r.bots[name].requests()[0], name)
			}
		}
		var aside []string
		for _, element := range test.aside {
			aside = append(aside, "account_unknown "+element)
		}
		if got := r.quarantined(); !slices.Equal(got, aside) {
			t.Errorf("%s: quarantine holds\n     %s\nwant %s", test.name, got, aside)
		}
		if got := r.counter(`piiproxy_quarantine{reason="account_unknown"}`); got != float64(len(aside)) {
			t.Errorf("%s: counted %v, want %d", test.name, got, len(aside))
		}
	}
}

// What stands in an entry beside its events goes with them, to every bot.
func TestUnknownMemberOfEntry(t *testing.T) {
	with := func(changes ...string) string {
		return strings.Replace(waba(changes...), `"changes"`, `"something_new":{"a":1},"changes"`, 1)
	}
	east, west := change("2001", waText(annaPhone, "east")), change("2002", waText(annaPhone, "west"))
	for _, test := range []struct {
		sent, left, right string
		aside             int
	}{
		{with(east), with(east), "", 0},
		{with(west), "", with(west), 0},
		{with(east, west), with(east), with(west), 0},
		{with(change("7777", `"x":1`), west), "", with(west), 1},
		{with(change("7777", `"x":1`)), "", "", 1},
	} {
		r := newRig(t, twoBots)
		if got := r.hook(test.sent); got.status != http.StatusOK {
			t.Errorf("answered %d", got.status)
		}
		left, right := strings.Join(r.bots["left"].bodies(), "\n"), strings.Join(r.bots["right"].bodies(), "\n")
		if left != test.left || right != test.right || len(r.quarantined()) != test.aside {
			t.Errorf("%s\n left got %s\nright got %s\nquarantine %s", test.sent, left, right, r.quarantined())
		}
	}
}

// A number whose account names no business gets its messages whatever else
// stands in the entry.
func TestEntryWithoutBusiness(t *testing.T) {
	r := newRig(t, func(p *plan) { p.accounts[2].business = "" })
	sent := strings.Replace(waba(change(lineID, waText(annaPhone, "hi"))), `"changes"`, `"something_new":1,"changes"`, 1)
	if got := r.hook(sent); got.status != http.StatusOK {
		t.Errorf("answered %d", got.status)
	}
	if got := strings.Join(r.bots["bot"].bodies(), ""); !strings.Contains(got, "wamid."+annaPhone) {
		t.Errorf("the message did not reach its bot; quarantine %s", r.quarantined())
	}
}

// Each part is judged by its own account: one that is off, or in shadow, does
// not open the door for its neighbour in the delivery.
func TestModesInOneDelivery(t *testing.T) {
	for _, mode := range []rules.Mode{rules.Off, rules.Shadow} {
		for _, order := range [][2]string{{"1001", "1002"}, {"1002", "1001"}} {
			r := newRig(t, twoBots, func(p *plan) { p.accounts[0].mode = mode })
			sent := page(entry(order[0], text(order[0], anna, card)), entry(order[1], text(order[1], anna, card)))
			if got := r.hook(sent); got.status != http.StatusOK {
				t.Fatalf("answered %d", got.status)
			}
			want := strings.Replace(sent, text("1002", anna, card), text("1002", anna, "{creditcard}"), 1)
			got := r.only(r.bots["left"]).body
			matches(t, mode.String(), want, got)
		}
	}
}

// A bot that fails does not keep the others of a delivery from their parts.
func TestOneBotDownOfTwo(t *testing.T) {
	for _, failing := range []string{"left", "right"} {
		r := newRig(t, twoBots)
		r.bots[failing].says(http.StatusInternalServerError, "text/plain", "no")
		sent := page(entry("1001", text("1001", anna, "one")), entry("1003", text("1003", anna, "two")))
		if got := r.hook(sent); got.status < 500 {
			t.Errorf("%s fails: answered %d, so that the platform never tries again", failing, got.status)
		}
		for _, bot := range []string{"left", "right"} {
			if n := len(r.bots[bot].requests()); n != 1 {
				t.Errorf("%s fails: bot %s got %d deliveries, want 1", failing, bot, n)
			}
		}
	}
}

// Objects of no channel and documents of no shape can never be passed on.
func TestUnknownShapes(t *testing.T) {
	r := newRig(t)
	for i, test := range []struct{ body, reason string }{
		{`{"object":"user","entry":[{"id":"1","uid":"1","time":1}]}`, "object_unknown"},
		{`{"entry":[]}`, "object_unknown"},
		{`{"object":7}`, "object_unknown"},
		{`{"object":{"a":"page"}}`, "object_unknown"},
		{`["page"]`, "object_unknown"},
		{`"page"`, "shape_unknown"},
	} {
		if got := r.hook(test.body); got.status != http.StatusOK {
			t.Errorf("%s: answered %d", test.body, got.status)
		}
		if got := r.quarantined(); len(got) != i+1 || !slices.Contains(got, test.reason+" "+test.body) {
			t.Errorf("%s: quarantine holds %s", test.body, got)
		}
		r.hook(test.body) // what comes again is not sealed again
		if got := r.quarantined(); len(got) != i+1 {
			t.Errorf("%s: a redelivery made another item", test.body)
		}
	}
	r.nothing(r.bots["bot"])
}

// An account without an id takes what comes for its app and channel, when it
// is the only one.
func TestAccountWithoutID(t *testing.T) {
	r := newRig(t, func(p *plan) {
		p.accounts = []account{
			{name: "shop", channel: "messenger", app: "main", bot: "left"},
			{name: "line", channel: "whatsapp", app: "main", bot: "right"},
		}
	})
	r.hook(page(entry("555", text("555", anna, "hi"))))
	r.hook(waba(change("666", waText(annaPhone, "hi"))))
	if left, right := r.bots["left"].bodies(), r.bots["right"].bodies(); len(left) != 1 || len(right) != 1 {
		t.Errorf("got %v and %v", left, right)
	}
}

// A part that must not be passed on is set aside; the rest goes on. On WhatsApp
// that is a whole change.
func TestWithheldParts(t *testing.T) {
	number := event(shopID, anna, `"message":{"mid":"m_2","text":`+digits+`}`)
	name := change(lineID, waMessage(annaPhone, `"type":"contacts","contacts":[{"`+digits+`":"x"}]`))
	inner := change(lineID, waMessage(annaPhone, `"type":"interactive","interactive":{"nfm_reply":{"response_json":"{\"`+digits+`\":1}"}}`))
	pages := func(parts ...string) string { return page(entry(shopID, parts...)) }
	for _, test := range []struct {
		what, bad, good, reason string
		wrap                    func(parts ...string) string
	}{
		{"number in a free place", number, text(shopID, bert, "hello"), "value_in_number", pages},
		{"name in a free place", name, change(lineID, waText("15557654321", "hello")), "value_in_name", waba},
		{"name in a document in a string", inner, change(lineID, waText("15557654321", "hello")), "value_in_name", waba},
	} {
		for _, sent := range []string{test.wrap(test.bad, test.good), test.wrap(test.good, test.bad), test.wrap(test.bad, test.good, test.bad)} {
			r := newRig(t)
			if got := r.hook(sent); got.status != http.StatusOK {
				t.Errorf("%s: answered %d", test.what, got.status)
			}
			if got := r.bots["bot"].bodies(); len(got) != 1 || got[0] != test.wrap(test.good) {
				t.Errorf("%s: the bot got %s", test.what, got)
			}
			for _, item := range r.quarantined() {
				if item != test.reason+" "+test.bad {
					t.Errorf("%s: quarantine holds %s", test.what, item)
				}
			}
			if got := len(r.quarantined()); got != 1 { // the same bytes are one item, however often they come
				t.Errorf("%s: quarantine holds %d items, want 1", test.what, got)
			}
		}
		r := newRig(t)
		if got := r.hook(test.wrap(test.bad)); got.status != http.StatusOK || len(r.quarantined()) != 1 {
			t.Errorf("%s alone: answered %d", test.what, got.status)
		}
		r.nothing(r.bots["bot"])
	}
}
