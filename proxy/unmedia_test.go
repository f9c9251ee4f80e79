package proxy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/rules"
)

// keeping is a policy that keeps pictures and files from the bot.
func keeping(inbound map[string]string) func(*plan) {
	return func(p *plan) {
		telling(p)
		p.conduct.Telling.NoticeNew, p.conduct.Telling.NoticeRisky = false, false
		p.media = proxy.Media{Inbound: inbound, Outbound: map[string]string{"default": "pass"}, Direct: true}
	}
}

const (
	mediaWords = "We cannot look at pictures"
	photo      = `{"type":"image","payload":{"url":"https://scontent.xx.fbcdn.net/v/photo.jpg?oh=1"}}`
	thumb      = `{"type":"image","payload":{"url":"https://scontent.xx.fbcdn.net/v/thumb.png","sticker_id":369239263222822}}`
	voice      = `{"type":"audio","payload":{"url":"https://cdn.fbsbx.com/v/voice.mp4"}}`
	shared     = `{"type":"fallback","title":"a page","payload":{"url":"https://example.com"}}`
)

func withAttachments(mid, more string, attachments ...string) string {
	return event(shopID, anna, `"message":{"mid":"`+mid+`",`+more+`"attachments":[`+strings.Join(attachments, ",")+`]}`)
}

// Files that policy keeps from the bot leave words in brackets; the message stays
// one that a bot can read, and every other byte stays.
func TestMediaKeptFromTheBot(t *testing.T) {
	r := newRig(t, keeping(map[string]string{"image": "block", "audio": "block", "default": "pass"}))
	for name, test := range map[string][2]string{
		"a picture":              {withAttachments("a", "", photo), `"message":{"mid":"a","text":"[IMAGE]"}`},
		"two and words":          {withAttachments("b", `"text":"look",`, photo, voice), `"message":{"mid":"b","text":"[IMAGE] [AUDIO] look"}`},
		"words behind":           {event(shopID, anna, `"message":{"mid":"b2","attachments":[`+photo+`],"text":"look"}`), `"message":{"mid":"b2","text":"[IMAGE] look"}`},
		"a picture and a link":   {withAttachments("c", "", photo, shared), `"message":{"mid":"c","text":"[IMAGE]","attachments":[` + shared + `]}`},
		"link, picture and text": {withAttachments("d", `"text":"hi",`, shared, photo), `"message":{"mid":"d","text":"[IMAGE] hi","attachments":[` + shared + `]}`},
		"the thumb":              {withAttachments("e", "", thumb), `"sticker_id":369239263222822}}]`},
		"a card beside":          {withAttachments("f", `"text":"`+card+`",`, photo), `"text":"[IMAGE] pii_creditcard_`},
	} {
		before := len(r.bots["bot"].requests())
		if got := r.hook(page(entry(shopID, test[0]))); got.status != 200 {
			t.Fatalf("%s: answered %d", name, got.status)
		}
		body := r.bots["bot"].bodies()[before]
		if !strings.Contains(body, test[1]) || name != "the thumb" && strings.Contains(body, "photo.jpg") {
			t.Errorf("%s: the bot got %s", name, body)
		}
	}
	r.until("the person is told", func() bool { return r.count(mediaWords) == 1 })
	r.must(r.proxy.Close())
	if n := r.count(mediaWords); n != 1 {
		t.Errorf("told %d times within ten minutes", n)
	}
	if got := r.counter(`piiproxy_findings_total{account="shop",action="block",direction="inbound",kind="image",mode="enforce"}`); got != 6 {
		t.Errorf("counted %v pictures", got)
	}
}

// WhatsApp's message with a file becomes a text; the caption stays, and is judged.
func TestMediaKeptOnWhatsApp(t *testing.T) {
	r := newRig(t, keeping(map[string]string{"file": "block", "sticker": "pass", "default": "block"}))
	message := func(id, kind, content string) string {
		return waba(change(lineID, `"contacts":[{"profile":{"name":"Anna"},"wa_id":"`+annaPhone+`"}],"messages":[{"from":"`+annaPhone+`","id":"`+id+`","timestamp":"1","type":"`+kind+`","`+kind+`":`+content+`}]`))
	}
	for name, test := range map[string][2]string{
		"a picture":         {message("a", "image", `{"id":"77","mime_type":"image/jpeg","sha256":"x"}`), `"type":"text","text":{"body":"[IMAGE]"}`},
		"with a caption":    {message("b", "document", `{"caption":"my card \"`+card+`\"","filename":"a.pdf","id":"78"}`), `"type":"text","text":{"body":"[FILE] my card \"pii_creditcard_`},
		"a sticker":         {message("c", "sticker", `{"id":"79","animated":false}`), `"type":"sticker","sticker":{"id":"79","animated":false}`},
		"a voice recording": {message("d", "audio", `{"id":"80","voice":true}`), `"type":"text","text":{"body":"[AUDIO]"}`},
	} {
		before := len(r.bots["bot"].requests())
		if got := r.hook(test[0]); got.status != 200 {
			t.Fatalf("%s: answered %d", name, got.status)
		}
		if body := r.bots["bot"].bodies()[before]; !strings.Contains(body, test[1]) || strings.Contains(body, card) {
			t.Errorf("%s: the bot got %s", name, body)
		}
	}
	r.until("the person is told", func() bool { return r.count(mediaWords) == 1 })
}

// Where policy offers a form for a file, who answers a question with a picture gets
// the form for what was asked; who was asked nothing gets words.
func TestMediaBecomesForm(t *testing.T) {
	r := newRig(t, keeping(map[string]string{"image": "capture", "default": "pass"}))
	r.says("a", "hi")
	r.hook(page(entry(shopID, withAttachments("b", "", photo))))
	r.until("the person is told", func() bool { return r.count(mediaWords) == 1 })
	r.send(anna, askCard)
	r.clock.advance(11 * time.Minute)
	r.hook(page(entry(shopID, withAttachments("c", "", photo))))
	r.until("the person is told again", func() bool { return r.count(mediaWords) == 2 })
	for i, body := range r.platform.bodies() {
		if strings.Contains(body, mediaWords) && (linkIn.FindString(body) == "") != (i == 0) {
			t.Errorf("message %d: %s", i, body)
		}
	}
}

// In shadow mode the log says what would be kept, and nothing is.
func TestMediaShadow(t *testing.T) {
	r := newRig(t, keeping(map[string]string{"default": "block"}), func(p *plan) { p.accounts[0].mode = rules.Shadow })
	body := page(entry(shopID, withAttachments("a", "", photo)))
	r.hook(body)
	if got := r.only(r.bots["bot"]).body; got != body {
		t.Errorf("the bot got %s", got)
	}
	if got := r.counter(`piiproxy_findings_total{account="shop",action="block",direction="inbound",kind="image",mode="shadow"}`); got != 1 {
		t.Errorf("counted %v", got)
	}
}
