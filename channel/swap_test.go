package channel

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/payload"
)

var secure = Wording{Lead: "Please enter your card number securely:", Button: "Enter securely"}

const (
	link      = "https://chat.example.com/c/abcdefghijklmnopqrstuvwxyz"
	linkText  = `https:\/\/chat.example.com\/c\/abcdefghijklmnopqrstuvwxyz`
	pageLink  = `{"type":"web_url","url":"` + linkText + `","title":"Enter securely","webview_height_ratio":"tall","webview_share_button":"hide"}`
	igLink    = `{"type":"web_url","url":"` + linkText + `","title":"Enter securely"}`
	linkCTA   = `"action":{"name":"cta_url","parameters":{"display_text":"Enter securely","url":"` + linkText + `"}}`
	leadWords = "Please enter your card number securely:"
)

// asksOf are the asks of a golden case.
func asksOf(c *Channel, d *payload.Document) []Ask {
	var asks []Ask
	for _, text := range c.Prompts(d) {
		if before, _, ok := strings.Cut(text.Text, "ask"); ok {
			asks = append(asks, Ask{text.Node, before})
		}
	}
	for _, request := range c.Wordless(d) {
		asks = append(asks, Ask{Node: request.Node})
	}
	return asks
}

func TestSwap(t *testing.T) {
	for _, test := range slices.Concat(pageGolden(), whatsAppGolden()) {
		c, _ := ByName(test.channel)
		d := parse(t, test.before)
		asks := asksOf(c, d)
		if len(asks) == 0 {
			t.Errorf("%s %s: no asks", test.channel, test.name)
		}
		got, err := c.Swap(d, asks, secure, link)
		if err != nil || string(got.Raw) != test.after || got.Dropped != test.dropped || got.Cut {
			t.Errorf("%s %s: %v\n got %s\nwant %s\ndropped %d", test.channel, test.name, err, got.Raw, test.after, got.Dropped)
			continue
		}
		after := parse(t, string(got.Raw))
		if was, is := c.Send(d), c.Send(after); !slices.Equal(was.Person.Aliases, is.Person.Aliases) || !is.Message {
			t.Errorf("%s %s: now for %v", test.channel, test.name, is)
		}
		if string(d.Raw) != test.before {
			t.Errorf("%s %s: the document changed", test.channel, test.name)
		}
		if left := c.Wordless(after); left != nil {
			t.Errorf("%s %s: still asks: %v", test.channel, test.name, left)
		}
	}
}

func TestCannotSwap(t *testing.T) {
	to := `"recipient":{"id":"7001"},`
	wa := `"messaging_product":"whatsapp","to":"16505551234",`
	tests := []struct{ channel, body, reason string }{
		{"messenger", `[]`, ReasonShape},
		{"messenger", `{"recipient":{"id":"7001"}}`, ReasonShape},
		{"messenger", `{"recipient":{"comment_id":"1_2"},"message":{"text":"ask"}}`, ReasonRecipient},
		{"messenger", `{"recipient":{"user_ref":"r"},"message":{"text":"ask"}}`, ReasonRecipient},
		{"messenger", `{"recipient":{"phone_number":"+15550001111"},"message":{"text":"ask"}}`, ReasonRecipient},
		{"messenger", `{"recipient":{"id":"7001","user_ref":"r"},"message":{"text":"ask"}}`, ReasonRecipient},
		{"messenger", `{"message":{"text":"ask"}}`, ReasonRecipient},
		{"messenger", `{` + to + `"message":{"template":{"name":"x","components":[{"type":"body","parameters":[{"type":"text","text":"ask"}]}]}}}`, ReasonTemplate},
		{"messenger", `{` + to + `"template":{"name":"x","components":[{"parameters":[{"text":"ask"}]}]}}`, ReasonTemplate},
		{"messenger", `{` + to + `"message":{"attachment":{"type":"template","payload":{"template_type":"generic","elements":[{"title":"ask","subtitle":"x"}]}}}}`, ReasonLayout},
		{"messenger", `{` + to + `"message":{"attachment":{"type":"template","payload":{"template_type":"receipt","elements":[{"title":"ask"}]}}}}`, ReasonLayout},
		{"messenger", `{` + to + `"message":{"attachment":{"type":"template","payload":{"template_type":"customer_feedback","title":"ask"}}}}`, ReasonLayout},
		{"messenger", `{` + to + `"message":{"attachment":{"type":"file","payload":{"url":"https://a.example"}},"quick_replies":[{"content_type":"user_email"}]}}`, ReasonAttachment},
		{"messenger", `{` + to + `"message":{"attachments":[{"type":"image"}],"text":"ask"}}`, ReasonAttachment},
		{"messenger", `{` + to + `"message":{"sticker_id":"1","text":"ask"}}`, ReasonAttachment},
		{"messenger", `{` + to + `"message":{"text":"ask","attachment":{"type":"image"}}}`, ReasonShape},
		{"messenger", `{` + to + `"message":{"text":7}}`, ReasonShape},
		{"messenger", `{` + to + `"message":{"text":"ask","quick_replies":{}}}`, ReasonShape},
		{"messenger", `{` + to + `"message":{"attachment":{"type":"template","payload":{"template_type":"button","text":"ask","buttons":{}}}}}`, ReasonShape},
		{"messenger", `{` + to + `"message":{"attachment":"{\"type\":\"template\",\"payload\":{\"template_type\":\"button\",\"text\":\"ask\"}}"}}`, ReasonNested},
		{"messenger", `{` + to + `"message":{"text":"ask","quick_replies":"[{\"content_type\":\"user_email\"}]"}}`, ReasonNested},
		{"messenger", `{` + to + `"message":"{\"text\":\"ask\",\"quick_replies\":[{\"content_type\":\"user_email\"}]}"}`, ReasonNested},
		{"whatsapp", `{"to":"GROUP","recipient_type":"group","type":"text","text":{"body":"ask"}}`, ReasonRecipient},
		{"whatsapp", `{` + wa + `"type":"template","template":{"name":"x","components":[{"type":"body","parameters":[{"type":"text","text":"ask"}]}]}}`, ReasonTemplate},
		{"whatsapp", `{` + wa + `"type":"text","text":{"body":"ask"},"template":{}}`, ReasonTemplate},
		{"whatsapp", `{` + wa + `"type":"text","text":{"body":"ask"},"image":{"id":"1"}}`, ReasonShape},
		{"whatsapp", `{` + wa + `"type":"text","text":"{\"body\":\"ask\"}"}`, ReasonNested},
		{"whatsapp", `{` + wa + `"type":"text","text":"ask"}`, ReasonShape},
		{"whatsapp", `{` + wa + `"type":"image","image":{"id":"1"}}`, ReasonAttachment},
		{"whatsapp", `{` + wa + `"type":"audio","audio":{"id":"1","caption":"ask"}}`, ReasonAttachment},
		{"whatsapp", `{` + wa + `"type":"location","location":{"name":"ask"}}`, ReasonLayout},
		{"whatsapp", `{` + wa + `"type":"TEXT","text":{"body":"ask"}}`, ReasonShape},
		{"whatsapp", `{` + wa + `"type":"interactive","interactive":{"body":{"text":"ask"}}}`, ReasonShape},
		{"whatsapp", `{` + wa + `"type":"interactive","interactive":{"type":"product_list","body":{"text":"ask"}}}`, ReasonLayout},
		{"whatsapp", `{` + wa + `"type":"interactive","interactive":{"type":"carousel","body":{"text":"x"},"action":{"cards":[{"body":{"text":"ask"}}]}}}`, ReasonLayout},
		{"whatsapp", `{` + wa + `"type":"interactive","interactive":{"type":"button","header":{"type":"text","text":"x","sub_text":"ask"},"body":{"text":"x"}}}`, ReasonLayout},
		{"whatsapp", `{` + wa + `"type":"interactive","interactive":{"type":"button","body":"{\"text\":\"ask\"}"}}`, ReasonNested},
		{"whatsapp", `{` + wa + `"type":"interactive","interactive":"{\"type\":\"button\",\"body\":{\"text\":\"ask\"}}"}`, ReasonNested},
		{"whatsapp", `{` + wa + `"type":"interactive","interactive":{"type":"button","body":["ask"]}}`, ReasonShape},
		{"whatsapp", `{` + wa + `"type":"interactive","interactive":{"type":"button","body":{"text":7}}}`, ReasonShape},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		d := parse(t, test.body)
		_, err := c.Swap(d, asksOf(c, d), secure, link)
		if !errors.Is(err, ErrCannotSwap) || reasonOf(err) != test.reason || !slices.Contains(SwapReasons(), test.reason) {
			t.Errorf("%s: %v, want %s", test.body, err, test.reason)
		}
		for _, text := range c.Prompts(d) {
			if strings.Contains(text.Text, "ask") && text.Reason != test.reason {
				t.Errorf("%s: the text says %q", test.body, text.Reason)
			}
		}
	}
}

func TestSwapWording(t *testing.T) {
	c, _ := ByName("messenger")
	d := parse(t, `{"recipient":{"id":"7001"},"message":{"text":"ask"}}`)
	for _, w := range []Wording{
		{},
		{"Lead", ""},
		{" ", "Button"},
		{"Lead", strings.Repeat("x", 21)},
		{"Lead", strings.Repeat("😀", 11)},
		{strings.Repeat("x", 641), "Button"},
		{strings.Repeat("한", 334), "Button"},
	} {
		if _, err := c.Swap(d, asksOf(c, d), w, link); reasonOf(err) != ReasonWording || !errors.Is(w.Check(), ErrWording) {
			t.Errorf("%q: %v", w.Button, err)
		}
	}
	for _, w := range []Wording{{strings.Repeat("x", 640), strings.Repeat("x", 20)}, {strings.Repeat("한", 333), "한"}} {
		if _, err := c.Swap(d, asksOf(c, d), w, link); err != nil || w.Check() != nil {
			t.Errorf("%q: %v", w.Button, err)
		}
	}
	for _, url := range []string{"", "https://" + strings.Repeat("x", 2000)} {
		if _, err := c.Swap(d, asksOf(c, d), secure, url); reasonOf(err) != ReasonWording {
			t.Errorf("link: %v", err)
		}
	}
	if _, err := c.Swap(d, []Ask{{Node: 0}}, secure, link); reasonOf(err) != ReasonLayout {
		t.Errorf("the root: %v", err)
	}
}

func TestSwapCuts(t *testing.T) {
	c, _ := ByName("whatsapp")
	body := "First. " + strings.Repeat("second ", 150) + ". ask"
	d := parse(t, `{"to":"16505551234","type":"interactive","interactive":{"type":"list","body":{"text":"`+body+`"},"action":{}}}`)
	got, err := c.Swap(d, asksOf(c, d), secure, link)
	if err != nil || !got.Cut || !strings.Contains(string(got.Raw), `"text":"First. `+leadWords+`"`) {
		t.Errorf("%s, %v", got.Raw, err)
	}
}

// FuzzSwap: whatever is swapped is a strict document for the same person that
// holds the link once, and whose other members at the root are the same bytes.
func FuzzSwap(f *testing.F) {
	for _, test := range slices.Concat(pageGolden(), whatsAppGolden()) {
		f.Add([]byte(test.before), "Hi. ", leadWords)
	}
	f.Fuzz(func(t *testing.T, raw []byte, stays, lead string) {
		d, err := payload.Parse(raw, payload.DefaultLimits())
		if err != nil {
			return
		}
		for _, c := range channels() {
			var asks []Ask
			for _, text := range c.Prompts(d) {
				if text.Reason == "" {
					asks = append(asks, Ask{text.Node, stays})
				}
			}
			for _, request := range c.Wordless(d) {
				asks = append(asks, Ask{Node: request.Node})
			}
			w := Wording{lead, "Enter securely"}
			got, err := c.Swap(d, asks, w, link)
			if err != nil {
				if !slices.Contains(SwapReasons(), reasonOf(err)) || w.Check() == nil && got.Raw != nil {
					t.Fatal(err)
				}
				continue
			}
			checkSwapped(t, c, d, got.Raw)
		}
	})
}

func checkSwapped(t *testing.T, c *Channel, d *payload.Document, raw []byte) {
	t.Helper()
	lim := payload.DefaultLimits()
	lim.Bytes += 1 << 20
	after, err := payload.Parse(raw, lim)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	if !slices.Equal(c.Send(d).Person.Aliases, c.Send(after).Person.Aliases) {
		t.Fatal("another person")
	}
	if c.Wordless(after) != nil {
		t.Fatal("still asks")
	}
	if strings.Count(string(raw), "webview_share_button")+strings.Count(string(raw), `"cta_url"`) == 0 && c.name != Instagram {
		t.Fatal("no button")
	}
	for member := range d.Children(0) {
		name := d.Name(member)
		if name == "message" || name == "type" || slices.Contains(contents, name) {
			continue
		}
		same := after.Child(0, name)
		if same < 0 {
			t.Fatal("a member is gone")
		}
		n, m := d.Nodes[member], after.Nodes[same]
		if string(d.Raw[n.KeyStart:n.End]) != string(raw[m.KeyStart:m.End]) {
			t.Fatal("a member changed")
		}
	}
}
