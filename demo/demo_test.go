package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/piiproxy/piiproxy/demo/bot"
	"github.com/piiproxy/piiproxy/demo/platform"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHeadlessPassesBehindAProxyThatHides(t *testing.T) {
	var out bytes.Buffer
	if err := Headless(t.Context(), &out, startToy(t, true, nil), quick); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, wanted := range []string{"No leak", "person sees", "platform stores", "bot sees", "bot sees echo", "vault holds", "delivered it 4 times", "#389501", "[ Enter ]", "Filled in the form", toyLike} {
		if !strings.Contains(out.String(), wanted) {
			t.Errorf("the output lacks %q\n%s", wanted, out.String())
		}
	}
}

// quick is the plain demo on a platform that does not wait for more.
var quick = Options{batch: 2 * time.Millisecond, grace: 100 * time.Millisecond}

// Each way to err must be named. These are the checks' own tests: without them
// nobody knows that they can fail.
func TestHeadlessNamesWhatIsWrong(t *testing.T) {
	var once sync.Once
	tests := map[string]struct {
		hides  bool
		off    bool
		change func([]byte) []byte
		wanted []string
	}{
		"a proxy that passes everything on": {wanted: []string{
			"credit_card of message 2 on messenger shows in a webhook to the bot",
			"card_expiry of message 2 on messenger shows in a webhook to the bot",
			"credit_card of message 2 on messenger shows in the bot's log",
			"credit_card of message 2 on messenger shows in what the bot sent to the platform",
			"email of message 3 on messenger shows in a webhook to the bot",
			"phone of message 4 on whatsapp shows in a webhook to the bot",
			"iban of message 6 on messenger shows in what the bot sent to the platform",
			"iban of message 6 on whatsapp shows in a webhook to the bot",
			"ssn of message 7 on whatsapp shows in the bot's log",
			"credit_card of message 8 on messenger shows in what the bot sent to the platform",
			"email of message 8 on whatsapp shows in what the bot sent to the platform",
			"credit_card of message 9 on messenger shows in a webhook to the bot",
			"address of message 11 on whatsapp shows in the bot's log",
			"dob of message 12 on messenger shows in a webhook to the bot",
			"password of message 12 on whatsapp shows in what the bot sent to the platform",
			"prompt of message 13 on messenger shows in what the bot sent to the platform",
			"prompt of message 13 on whatsapp shows in what the platform stores",
			"message 13 on messenger: the bot's question did not become a button to a form",
			"message 14 on whatsapp: no button leads to a form",
			"card_last4 of message 20 on messenger shows in a webhook to the bot",
			"credit_card of message 21 on whatsapp shows in a webhook to the bot",
		}},
		"rules switched off": {hides: true, off: true, wanted: []string{"credit_card of message 2 on whatsapp shows in a webhook to the bot"}},
		"a card with other separators": {
			hides:  true,
			change: replace(toyToken(seedCard), "9999-9999.9999 9999"),
			wanted: []string{"credit_card of message 2 on messenger shows in a webhook to the bot"},
		},
		"all but the last four digits": {
			hides:  true,
			change: replace(toyToken(fourthCard), "4111 1111 1111 XXXX"),
			wanted: []string{"credit_card of message 10 on whatsapp shows in a webhook to the bot"},
		},
		"another item number": {
			hides:  true,
			change: replace("389501", "[NUMBER]"),
			wanted: []string{"message 2 on messenger: what policy lets through changed"},
		},
		"another name": {
			hides:  true,
			change: replace(caller, "[PERSON]"),
			wanted: []string{"message 12 on whatsapp: what policy lets through changed"},
		},
		"a part of an address": {
			hides:  true,
			change: replace(toyToken(home), "48 Maple Avenue, [ADDRESS]"),
			wanted: []string{"address of message 11 on messenger shows in a webhook to the bot"},
		},
		"another person's id": {
			hides:  true,
			change: replace(`"from":"1`, `"from":"2`),
			wanted: []string{"message 1 on whatsapp: the person's id changed"},
		},
		"white space in a clean message": {
			hides:  true,
			change: replace(`"text":"Hi"`, `"text": "Hi"`),
			wanted: []string{"message 1 on messenger: nothing in it is personal, but its bytes changed"},
		},
		"another token at the second try": {
			hides: true,
			change: func(body []byte) []byte {
				if bytes.Contains(body, []byte(toyToken(mobile))) {
					once.Do(func() { body = replace(toyToken(mobile), "pii_phone_other")(body) })
				}
				return body
			},
			wanted: []string{"message 4 on messenger: delivered again, it did not get the same tokens"},
		},
		"a card from a form in the clear": {
			hides:  true,
			change: replace(toyLike, formCard.text),
			wanted: []string{"credit_card of message 14 on messenger shows in a webhook to the bot", "credit_card of message 14 on whatsapp shows in what the bot sent to the platform"},
		},
		"a link to a form": {
			hides:  true,
			change: replace("[LINK]", "toylink0000000000000000001"),
			wanted: []string{"link of message 13 on messenger shows in a webhook to the bot"},
		},
		"a token that the bot does not take": {
			hides:  true,
			change: replace(toyLike, "4012 8877 7776 1882"),
			wanted: []string{"message 14 on messenger: the bot's answer lacks a part that the person must see: on file"},
		},
		"four digits that were not asked for": {
			hides:  true,
			change: replace(`"4821"`, `"[NUMBER]"`),
			wanted: []string{"message 18 on messenger: what policy lets through changed"},
		},
		"a text swallowed": {
			hides:  true,
			change: replace("my social security number is "+toyToken(social), " "),
			wanted: []string{"message 7 on messenger: its text is gone"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var failure *Failure
			err := Headless(t.Context(), io.Discard, startToy(t, test.hides, test.change), Options{Off: test.off, batch: quick.batch, grace: quick.grace})
			if !errors.As(err, &failure) {
				t.Fatalf("got %v, wanted a *Failure", err)
			}
			for _, wanted := range test.wanted {
				if !strings.Contains(err.Error(), wanted) {
					t.Errorf("%q is not named in\n%v", wanted, err)
				}
			}
		})
	}
}

func replace(old, with string) func([]byte) []byte {
	return func(body []byte) []byte { return bytes.ReplaceAll(body, []byte(old), []byte(with)) }
}

func TestHeadlessNamesAVaultThatIsNotSealed(t *testing.T) {
	start := func(_ context.Context, s Settings) (Proxy, error) {
		p := openToy(t, s, true, nil)
		p.sealed = func(v value) string { return hex.EncodeToString([]byte("v1:" + v.text)) }
		return p, nil
	}
	err := Headless(t.Context(), io.Discard, start, quick)
	if err == nil || !strings.Contains(err.Error(), "ssn of message 7 on messenger shows in the vault's sealed bytes") {
		t.Fatalf("got %v", err)
	}
}

func TestHeadlessNamesALinkThatWorksTwice(t *testing.T) {
	start := func(_ context.Context, s Settings) (Proxy, error) {
		p := openToy(t, s, true, nil)
		p.endless = true
		return p, nil
	}
	err := Headless(t.Context(), io.Discard, start, quick)
	if err == nil || !strings.Contains(err.Error(), "message 14 on whatsapp: the link of a form that was filled in opens again") {
		t.Fatalf("got %v", err)
	}
}

func TestHeadlessNamesASilentBot(t *testing.T) {
	start := startToy(t, true, func(body []byte) []byte {
		return bytes.ReplaceAll(body, []byte(`"text":"Hi"`), []byte(`"text":"Hi`)) // not JSON any more
	})
	err := Headless(t.Context(), io.Discard, start, quick)
	if err == nil || !strings.Contains(err.Error(), "message 1 on messenger: the bot's answer did not reach the person") {
		t.Fatalf("got %v", err)
	}
}

func TestHeadlessTellsWhyItCannotPlay(t *testing.T) {
	broken := func(context.Context, Settings) (Proxy, error) { return nil, errors.New("no rules") }
	if err := Headless(t.Context(), io.Discard, broken, Options{}); err == nil || !strings.Contains(err.Error(), "starting the proxy: no rules") {
		t.Errorf("got %v", err)
	}
	if err := Headless(t.Context(), io.Discard, startToy(t, true, nil), Options{BotURL: "http://127.0.0.1:1/"}); err == nil || !strings.Contains(err.Error(), "leave out --bot") {
		t.Errorf("got %v", err)
	}
}

// running is a demo that a test talks to.
type running struct {
	page string
	out  *logBook
}

func run(t *testing.T, options Options) running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out := &logBook{}
	ended := make(chan error, 1)
	options.Address = anyPort
	reader, writer := io.Pipe()
	go func() { ended <- Run(ctx, io.MultiWriter(out, writer), startToy(t, true, nil), options) }()
	lines := bufio.NewScanner(reader)
	page := ""
	for page == "" && lines.Scan() {
		for _, part := range strings.Fields(lines.Text()) {
			if strings.HasPrefix(part, "http://") && strings.Contains(lines.Text(), "pen  ") {
				page = part
			}
		}
	}
	drained := make(chan struct{})
	go func() { defer close(drained); _, _ = io.Copy(io.Discard, reader) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
		_ = writer.Close()
		<-drained
		http.DefaultClient.CloseIdleConnections()
	})
	return running{page: page, out: out}
}

func (r running) post(t *testing.T, path, body string) int {
	t.Helper()
	answer, err := http.Post(r.page+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// await reads the event stream until the scene is as wanted.
func (r running) await(t *testing.T, channel string, wanted func(scene) bool) scene {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, r.page+"/events?channel="+channel, nil)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	events := bufio.NewScanner(answer.Body)
	events.Buffer(nil, 8<<20)
	for events.Scan() {
		raw, ok := strings.CutPrefix(events.Text(), "data: ")
		if !ok {
			continue
		}
		var shown scene
		if err := json.Unmarshal([]byte(raw), &shown); err != nil {
			t.Fatal(err)
		}
		if wanted(shown) {
			return shown
		}
	}
	t.Fatalf("the page never showed it: %v", events.Err())
	return scene{}
}

func TestPageShowsTheFourViews(t *testing.T) {
	r := run(t, Options{})
	if status := r.post(t, "/say", `{"channel":"messenger","text":"`+seedCase+`"}`); status != http.StatusNoContent {
		t.Fatalf("say: %d", status)
	}
	shown := r.await(t, "messenger", func(s scene) bool { return len(s.Lines) == 2 && s.Lines[1].Echo != nil })
	said, answered := shown.Lines[0], shown.Lines[1]
	if !marked(said.Person.Words, "value", seedCard.text) || !marked(said.Bot.Words, "token", toyToken(seedCard)) {
		t.Errorf("the card is not marked: %+v %+v", said.Person.Words, said.Bot.Words)
	}
	if !marked(answered.Platform.Words, "mask", "•••• 9999") || !marked(answered.Bot.Words, "token", toyToken(seedCard)) {
		t.Errorf("the answer is not marked: %+v %+v", answered.Platform.Words, answered.Bot.Words)
	}
	if !strings.Contains(said.Platform.Raw, `01\/20`) || strings.Contains(said.Bot.Raw, seedCard.text) {
		t.Errorf("the raw bytes are not those of each side:\n%s\n%s", said.Platform.Raw, said.Bot.Raw)
	}
	if len(shown.Vault) != 2 {
		t.Errorf("the vault shows %d records", len(shown.Vault))
	}
	r.post(t, "/again", `{"channel":"messenger"}`)
	if fresh := r.await(t, "messenger", func(s scene) bool { return len(s.Lines) == 0 }); fresh.ID == shown.ID {
		t.Error("the new person has the old id")
	}
}

func marked(words []word, mark, text string) bool {
	return slices.Contains(words, word{Text: text, Mark: mark})
}

func TestPageTapsButtons(t *testing.T) {
	for _, channel := range channels {
		r := run(t, Options{})
		r.post(t, "/say", `{"channel":"`+channel+`","text":"Hi"}`)
		shown := r.await(t, channel, func(s scene) bool { return len(s.Lines) == 2 })
		body, _ := json.Marshal(map[string]string{"channel": channel, "message": shown.Lines[1].ID, "button": "ORDER"})
		if status := r.post(t, "/tap", string(body)); status != http.StatusNoContent {
			t.Fatalf("tap: %d", status)
		}
		shown = r.await(t, channel, func(s scene) bool { return len(s.Lines) == 4 })
		if text := shown.Lines[3].Person.Words[0].Text; !strings.Contains(text, "Which item") {
			t.Errorf("%s: the bot answered %q", channel, text)
		}
	}
}

func TestPageIsStrict(t *testing.T) {
	r := run(t, Options{})
	answer, err := http.Get(r.page)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if got := answer.Header.Get("Content-Security-Policy"); got != policy {
		t.Errorf("policy %q", got)
	}
	for _, never := range []string{"<style", "style=", "onclick", "https://", "//cdn"} {
		if strings.Contains(string(body), never) {
			t.Errorf("the page holds %q", never)
		}
	}
	tests := map[string]struct {
		path, body string
		status     int
	}{
		"no JSON":      {"/say", `{`, http.StatusBadRequest},
		"no channel":   {"/say", `{"channel":"fax","text":"x"}`, http.StatusNotFound},
		"no text":      {"/say", `{"channel":"whatsapp","text":" "}`, http.StatusConflict},
		"no button":    {"/tap", `{"channel":"whatsapp","message":"m","button":"b"}`, http.StatusConflict},
		"another path": {"/vault", `{}`, http.StatusMethodNotAllowed},
	}
	for name, test := range tests {
		if status := r.post(t, test.path, test.body); status != test.status && (name != "another path" || status != http.StatusNotFound) {
			t.Errorf("%s: got %d, wanted %d", name, status, test.status)
		}
	}
	form, err := http.Post(r.page+"/say", "text/plain", strings.NewReader(`{"channel":"messenger","text":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = form.Body.Close()
	if form.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a form of another site: %d", form.StatusCode)
	}
	foreign, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, r.page+"/say", strings.NewReader(`{}`))
	foreign.Header.Set("Content-Type", "application/json")
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	refused, err := http.DefaultClient.Do(foreign)
	if err != nil {
		t.Fatal(err)
	}
	_ = refused.Body.Close()
	if refused.StatusCode != http.StatusForbidden {
		t.Errorf("a request of another site: %d", refused.StatusCode)
	}
}

func TestRunBeforeTheUsersOwnBot(t *testing.T) {
	var hook http.Handler
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		handler := hook
		mu.Unlock()
		if handler == nil {
			http.Error(w, "not set up yet", http.StatusForbidden)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	r := run(t, Options{BotURL: server.URL + "/hook"})
	r.await(t, "whatsapp", func(s scene) bool { return strings.Contains(s.Note, "403") })
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	mu.Lock()
	hook = bot.New(bot.Config{ // with what the terminal says
		GraphURL: r.printed("Graph base URL"), AppSecret: r.printed("app secret"), VerifyToken: r.printed("verify token"),
		WhatsAppNumber: r.printed("number id"), WhatsAppToken: fixedNumber, MessengerToken: fixedPage, Client: client,
	})
	mu.Unlock()
	r.await(t, "whatsapp", func(s scene) bool { return s.Note == "" })
	r.post(t, "/say", `{"channel":"whatsapp","text":"`+seedCase+`"}`)
	shown := r.await(t, "whatsapp", func(s scene) bool { return len(s.Lines) == 2 && s.Lines[1].Bot != nil })
	if !marked(shown.Lines[0].Bot.Words, "token", toyToken(seedCard)) {
		t.Errorf("the bot got %+v", shown.Lines[0].Bot.Words)
	}
	if shown.Lines[1].Speaker != platform.ByBot {
		t.Errorf("%s answered", shown.Lines[1].Speaker)
	}
}

// printed reads a setting from the terminal's text.
func (r running) printed(label string) string {
	for _, line := range r.out.lines() {
		if _, rest, ok := strings.Cut(line, label); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

func TestRunRefusesABotURLThatIsNone(t *testing.T) {
	err := Run(t.Context(), io.Discard, startToy(t, true, nil), Options{BotURL: "localhost:3000"})
	if err == nil || !strings.Contains(err.Error(), "write it like http://127.0.0.1:3000/webhook") {
		t.Errorf("got %v", err)
	}
}
