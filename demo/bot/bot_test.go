package bot

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// graph keeps what a bot sends.
type graph struct {
	*httptest.Server
	mu   sync.Mutex
	sent []string
}

func newGraph(t *testing.T) *graph {
	g := &graph{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.sent = append(g.sent, r.Method+" "+r.URL.Path+" "+string(body))
		_, _ = io.WriteString(w, `{"first_name":"Maria"}`)
	}))
	t.Cleanup(func() { g.Close(); http.DefaultTransport.(*http.Transport).CloseIdleConnections() })
	return g
}

func (g *graph) last() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.sent) == 0 {
		return ""
	}
	return g.sent[len(g.sent)-1]
}

func newBot(g *graph, log io.Writer) *Bot {
	return New(Config{GraphURL: g.URL, AppSecret: "secret", VerifyToken: "verify", MessengerToken: "m-token", WhatsAppToken: "w-token", WhatsAppNumber: "106", Log: log})
}

func post(b *Bot, secret, body string) int {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	request := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(body))
	request.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	recorder := httptest.NewRecorder()
	b.ServeHTTP(recorder, request)
	return recorder.Code
}

func messenger(id, text string) string {
	quoted, _ := json.Marshal(text)
	return `{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"7"},"recipient":{"id":"1"},"message":{"mid":"` + id + `","text":` + string(quoted) + `}}]}]}`
}

func whatsapp(id, text string) string {
	quoted, _ := json.Marshal(text)
	return `{"object":"whatsapp_business_account","entry":[{"id":"2","changes":[{"field":"messages","value":{"contacts":[{"profile":{"name":"Kim"},"wa_id":"8"}],"messages":[{"from":"8","id":"` + id + `","type":"text","text":{"body":` + string(quoted) + `}}]}}]}]}`
}

func TestHandshake(t *testing.T) {
	b := newBot(newGraph(t), io.Discard)
	for query, wanted := range map[string]int{
		"hub.mode=subscribe&hub.verify_token=verify&hub.challenge=123": 200,
		"hub.mode=subscribe&hub.verify_token=other&hub.challenge=123":  403,
		"": 403,
	} {
		recorder := httptest.NewRecorder()
		b.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/webhook?"+query, nil))
		if recorder.Code != wanted || wanted == 200 && recorder.Body.String() != "123" {
			t.Errorf("%q: %d %s", query, recorder.Code, recorder.Body)
		}
	}
}

func TestWrongSignaturesAreRefused(t *testing.T) {
	g := newGraph(t)
	b := newBot(g, io.Discard)
	if status := post(b, "other", messenger("m1", "hi")); status != http.StatusUnauthorized || g.last() != "" {
		t.Errorf("%d, sent %s", status, g.last())
	}
}

func TestOrderInOneGoAndStepByStep(t *testing.T) {
	talks := map[string][][2]string{
		"in one go": {
			{"Hi", "Welcome to Paper Lantern"},
			{"I want to buy item #389501 my cc is 9999999999999999 exp 01/20", "Item #389501 is in your basket. I have your card 9999999999999999 on file. It is good until 01/20."},
			{"my email is a@example.com", "The receipt goes to a@example.com then."},
			{"my phone number is +1 202 555 0143", "The courier will call +1 202 555 0143 before coming."},
		},
		"step by step, with words for values": {
			{"I would like #12345", "Which card would you like to pay with?"},
			{"4012 8888 8888 1882", "I cannot see a card number in that."},
			{"pii_creditcard_aaaaaaaaaaaaaaaaaaaaaaaaaa", "I cannot see a card number in that."},
			{"it is 4012 8888 8888 1881", "I have your card 4012 8888 8888 1881 on file."},
			{"01/30", "Which e-mail address"},
			{"some words", "The receipt goes to some words then."},
			{"0123", "Shall I place the order?"},
		},
		"other matters": {
			{"where is my order 114-38-90217?", "paid with card 5555 5555 5555 4444"},
			{"where is my order 999-38-90217?", "I cannot find order 999-38-90217."},
			{"please refund to IBAN GB33BUKB20201555555555", "“please refund to IBAN GB33BUKB20201555555555”"},
			{"what?", "You wrote: “what?”"},
			{"do I get my money back?", "never send us your card number here"},
			{"I want to return a lamp", "What are the last four digits of the card"},
			{"4821", "the card ending in 4821"},
			{"4821", "You wrote: “4821”"},
			{"cancel", "thrown that away"},
		},
	}
	for name, talk := range talks {
		for _, channel := range []func(id, text string) string{messenger, whatsapp} {
			g := newGraph(t)
			b := newBot(g, io.Discard)
			for i, turn := range talk {
				if status := post(b, "secret", channel("id"+string(rune('a'+i)), turn[0])); status != http.StatusOK {
					t.Fatalf("%s: %d", name, status)
				}
				if !strings.Contains(g.last(), turn[1]) {
					t.Errorf("%s: after %q it said %s", name, turn[0], g.last())
				}
			}
		}
	}
}

func TestTapsPlaceTheOrder(t *testing.T) {
	g := newGraph(t)
	b := newBot(g, io.Discard)
	post(b, "secret", messenger("m1", "item #42777, my cc is 1 exp 01/30, email is a@example.com, phone is 5"))
	if !strings.Contains(g.last(), `"template_type":"button"`) {
		t.Fatalf("no buttons: %s", g.last())
	}
	post(b, "secret", `{"object":"page","entry":[{"messaging":[{"sender":{"id":"7"},"postback":{"mid":"m2","payload":"PLACE"}}]}]}`)
	orders := b.Orders()
	if len(orders) != 1 || orders[0] != (Order{Number: "114-40-20001", Item: "42777", Card: "1", Expiry: "01/30", Email: "a@example.com", Phone: "5"}) {
		t.Errorf("order book: %+v", orders)
	}
}

func TestARepeatedMessageIsAnsweredOnce(t *testing.T) {
	g := newGraph(t)
	var log bytes.Buffer
	b := newBot(g, &log)
	post(b, "secret", whatsapp("w1", "Hi"))
	sent := len(g.sent)
	post(b, "secret", whatsapp("w1", "Hi"))
	if len(g.sent) != sent || !strings.Contains(log.String(), "answered before") {
		t.Errorf("it answered again: %v", g.sent[sent:])
	}
	if strings.Contains(log.String(), "w-token") || !strings.Contains(log.String(), `webhook {"object"`) {
		t.Errorf("log: %s", log.String())
	}
}
