package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// desk is a Messenger page, a WhatsApp number and an Instagram account of one app with a bot of
// ours, which can be slow, broken and forgetful.
type desk struct {
	*testing.T
	platform *rig.Platform
	proxy    *rig.Proxy
	bot      *rig.Bot
}

// newDesk starts one; change may alter the setup before.
func newDesk(t *testing.T, change func(*rig.Setup)) *desk {
	d := &desk{T: t, platform: rig.NewPlatform(t), proxy: rig.NewProxy(t), bot: rig.NewBot(t, mainApp)}
	setup := rig.Setup{
		Apps: []rig.App{mainApp},
		Accounts: []rig.Account{
			{
				Name: "shop", App: "main", Channel: "messenger", ID: page, Token: shopToken,
				Bot: d.bot.URL, Graph: d.platform.URL,
			},
			{
				Name: "line", App: "main", Channel: "whatsapp", ID: numberOne.ID, Business: numberOne.Business,
				Token: phoneToken, Bot: d.bot.URL, Graph: d.platform.URL,
			},
			{
				Name: "insta", App: "main", Channel: "instagram", ID: instagramID, Token: "IGAAinsta6Kd",
				Bot: d.bot.URL, Graph: d.platform.URL,
			},
		},
	}
	if change != nil {
		change(&setup)
	}
	d.proxy.Start(t, setup)
	return d
}

// webhook is where the app's deliveries go.
func (d *desk) webhook() string { return d.proxy.Webhook(mainApp) }

// deliver delivers a body once and fails the test unless it is taken.
func (d *desk) deliver(body []byte) {
	d.Helper()
	d.platform.MustDeliver(d, d.webhook(), mainApp, body)
}

// hears delivers a person's text to the page and returns what the bot saw.
func (d *desk) hears(person, text string) string {
	d.Helper()
	mid := rig.NewID("m_")
	before := len(d.bot.Deliveries())
	d.deliver(rig.Page(rig.PageEntry(page, rig.Text(person, page, mid, text))))
	for _, delivery := range d.bot.Await(d, before+1)[before:] {
		for _, m := range messages(d, delivery.Body) {
			if m.id == mid {
				return m.text
			}
		}
	}
	d.Fatal("the bot got a delivery without the message")
	return ""
}

// says has the bot send a text to a person and returns piiproxy's answer.
func (d *desk) says(person, text string) rig.Reply {
	d.Helper()
	return d.proxy.Send(d.Context(), "/shop/v23.0/me/messages?access_token="+shopToken, "", rig.Marshal(rig.Object{
		"recipient": rig.Object{"id": person}, "messaging_type": "RESPONSE", "message": rig.Object{"text": text},
	}))
}

// gets is what a person gets when the bot sends a text: the platform's view.
func (d *desk) gets(person, text string) string {
	d.Helper()
	before := len(sends(d.platform))
	if reply := d.says(person, text); reply.Err != nil || reply.Status != http.StatusOK {
		d.Fatalf("send: want 200, got %d %s (error: %v)", reply.Status, reply.Body, reply.Err)
	}
	text, _ = dig(d.T, awaitSend(d.T, d.platform, before+1).JSON(d), "message", "text").(string)
	return text
}

// heard is a person's message as a bot saw it.
type heard struct{ person, id, text string }

// messages are the people's text messages in a webhook of either channel.
func messages(t testing.TB, body []byte) []heard {
	t.Helper()
	var webhook struct {
		Entry []struct {
			Messaging []struct {
				Sender  struct{ ID string }
				Message struct{ Mid, Text string }
			}
			Changes []struct {
				Value struct {
					Messages []struct {
						From, ID string
						Text     struct{ Body string }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(body, &webhook); err != nil {
		t.Fatalf("the bot got a body that is no JSON: %v", err)
	}
	var all []heard
	for _, entry := range webhook.Entry {
		for _, event := range entry.Messaging {
			all = append(all, heard{event.Sender.ID, event.Message.Mid, event.Message.Text})
		}
		for _, change := range entry.Changes {
			for _, m := range change.Value.Messages {
				all = append(all, heard{m.From, m.ID, m.Text.Body})
			}
		}
	}
	return all
}

// graphError fails the test unless a reply has the shape of Graph's errors
// with piiproxy's type and a trace that the log knows as request_id.
func (d *desk) graphError(reply rig.Reply, status, code int) {
	d.Helper()
	if reply.Err != nil || reply.Status != status {
		d.Errorf("want status %d, got %d %s (error: %v)", status, reply.Status, reply.Body, reply.Err)
		return
	}
	var answer struct {
		Error struct {
			Message     string
			Type        string
			Code        int
			IsTransient *bool  `json:"is_transient"`
			Trace       string `json:"fbtrace_id"`
		}
	}
	if err := json.Unmarshal(reply.Body, &answer); err != nil {
		d.Errorf("the error is no JSON: %v", err)
		return
	}
	e := answer.Error
	if e.Type != "PiiproxyException" || e.Code != code || e.Message == "" || e.IsTransient == nil || e.Trace == "" {
		d.Errorf("want a Graph error of type PiiproxyException with code %d, got %s", code, reply.Body)
	}
	rig.Eventually(d, func() bool { return strings.Contains(string(d.proxy.Logs()), `"request_id":"`+e.Trace+`"`) },
		func() string {
			return fmt.Sprintf("no log line has the request_id %s of the error's fbtrace_id", e.Trace)
		})
}

// metric is the sum of a metric over all its labels that contain label.
func (d *desk) metric(name, label string) float64 {
	d.Helper()
	reply := d.proxy.Ops(d.Context(), "/metrics")
	if reply.Err != nil || reply.Status != http.StatusOK {
		d.Fatalf("/metrics: got %d (error: %v)", reply.Status, reply.Err)
	}
	line := regexp.MustCompile(`(?m)^` + name + `(\{[^}]*\})? (\S+)$`)
	sum := 0.0
	for _, match := range line.FindAllStringSubmatch(string(reply.Body), -1) {
		if strings.Contains(match[1], label) {
			value, err := strconv.ParseFloat(match[2], 64)
			if err != nil {
				d.Fatalf("/metrics: %q is no number", match[2])
			}
			sum += value
		}
	}
	return sum
}
